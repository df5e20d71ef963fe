// Places of nodes: layers from left to right by their step on the paths, ordered so that few lines cross.

import { stepKey } from "./paths.js";

const [WIDE, HIGH] = [190, 64];
const [ACROSS, DOWN] = [104, 92]; // of layers from top to bottom, for narrow screens

/** The nodes and steps of some evidence: {nodes: Map(id -> node), edges: Map(key -> {path, i, ids})}. */
export function graphOf(evidence) {
  const [nodes, edges] = [new Map(), new Map()];
  for (const { id, path } of evidence) {
    path.nodes.forEach((node) => nodes.set(node.id, node));
    path.steps.forEach((step, i) => {
      const key = stepKey(path, i);
      if (!edges.has(key)) edges.set(key, { key, path, i, ids: new Set() });
      edges.get(key).ids.add(id);
    });
  }
  return { nodes, edges };
}

/** Positions by node id; from top to bottom for a narrow screen. */
export function layered(evidence, isNarrow = false) {
  const layer = new Map();
  const neighbours = new Map();
  for (const { path } of evidence) {
    path.nodes.forEach((node, i) => layer.set(node.id, Math.max(layer.get(node.id) ?? 0, i)));
    for (let i = 0; i + 1 < path.nodes.length; i++) {
      const [a, b] = [path.nodes[i].id, path.nodes[i + 1].id];
      neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
      neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
    }
  }
  const last = Math.max(...layer.values());
  for (const { path } of evidence) {
    layer.set(path.nodes[0].id, 0);
    layer.set(path.nodes.at(-1).id, last);
  }
  const layers = Array.from({ length: last + 1 }, () => []);
  for (const [id, index] of layer) layers[index].push(id);
  const height = new Map();
  const place = (ids) => ids.forEach((id, i) => height.set(id, (i - (ids.length - 1) / 2) * HIGH));
  layers.forEach(place);
  const middle = (id) => {
    const others = (neighbours.get(id) ?? []).map((other) => height.get(other));
    return others.reduce((sum, y) => sum + y, 0) / Math.max(1, others.length);
  };
  for (let round = 0; round < 4; round++) {
    for (const ids of round % 2 ? [...layers].reverse() : layers) {
      ids.sort((a, b) => middle(a) - middle(b));
      place(ids);
    }
  }
  const point = (index, offset) => (isNarrow ? { x: (offset / HIGH) * ACROSS, y: index * DOWN } : { x: index * WIDE, y: offset });
  return new Map([...layer].map(([id, index]) => [id, point(index, height.get(id))]));
}
