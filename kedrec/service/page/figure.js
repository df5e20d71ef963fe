// The drawing as an SVG file, with legend, caption and the graph's fingerprint, and as a PNG made from it.

import { shown } from "./dom.js";
import { DASHES, lineOf } from "./relations.js";

const SVG = "http://www.w3.org/2000/svg";
const [MARGIN, LINE, SCALE] = [90, 18, 2];

function node(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const label = (text) => (text.length > 28 ? `${text.slice(0, 27)}…` : text);

/** The SVG's text. places: positions by node id. */
export function figure(answer, item, graph, places) {
  const [xs, ys] = [[...places.values()].map(({ x }) => x), [...places.values()].map(({ y }) => y)];
  const [left, top] = [Math.min(...xs) - MARGIN, Math.min(...ys) - 40];
  const relations = [...new Set([...graph.edges.values()].map(({ path, i }) => path.steps[i].relation))].sort();
  const used = (field) => [...new Set([...graph.edges.values()].flatMap(({ path, i }) => path.steps[i].edges.map((edge) => edge[field])))].sort().join(", ");
  const { kedrec, fingerprint } = answer.manifest;
  const captions = [
    `Paths from ${item.drug.name} to ${item.disease.name}. Rank ${item.rank} of ${answer.candidates}.`,
    `KEDRec ${kedrec}, graph ${fingerprint}. Sources: ${used("source")}. Licences: ${used("licence")}.`,
  ].map(shown);
  const width = Math.max(Math.max(...xs) - left + MARGIN, 7 * Math.max(...captions.map((text) => text.length)) + 20);
  const bottom = Math.max(...ys) - top + 60;
  const height = bottom + LINE * (relations.length + captions.length) + 20;
  const at = (id) => ({ x: places.get(id).x - left, y: places.get(id).y - top });
  const root = node("svg", { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height, "font-family": "system-ui, sans-serif", "font-size": 12 },
    node("title", {}, captions[0]), node("desc", {}, captions[1]), node("rect", { width, height, fill: "#fff" }));
  for (const { path, i } of graph.edges.values()) {
    const edge = path.steps[i].edges[0];
    const [a, b] = [at(edge.start), at(edge.end)];
    const { colour, style } = lineOf(edge.relation);
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const [dx, dy] = [(b.x - a.x) / length, (b.y - a.y) / length];
    const [tx, ty] = [b.x - 16 * dx, b.y - 12 * dy];
    root.append(node("line", { x1: a.x, y1: a.y, x2: tx, y2: ty, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": DASHES[style] }),
      node("path", { d: `M${tx} ${ty}l${-8 * dx + 4 * dy} ${-8 * dy - 4 * dx}l${-8 * dy} ${8 * dx}z`, fill: colour }));
  }
  for (const [id, { kind, name }] of graph.nodes) {
    const { x, y } = at(id);
    root.append(kind === "Gene" ? node("ellipse", { cx: x, cy: y, rx: 15, ry: 11, fill: "#eef1f5", stroke: "#555" })
      : node("rect", { x: x - 15, y: y - 11, width: 30, height: 22, rx: kind === "Drug" || kind === "Disease" ? 8 : 0, fill: "#eef1f5", stroke: "#555" }),
    node("text", { x, y: y + 25, "text-anchor": "middle", fill: "#111" }, label(shown(name))));
  }
  relations.forEach((relation, i) => {
    const { colour, style } = lineOf(relation);
    const y = bottom + LINE * i;
    root.append(node("line", { x1: 10, x2: 44, y1: y, y2: y, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": DASHES[style] }),
      node("text", { x: 52, y: y + 4, fill: "#111" }, relation.replaceAll("_", " ").toLowerCase()));
  });
  captions.forEach((text, i) => root.append(node("text", { x: 10, y: bottom + LINE * (relations.length + i) + 10, fill: "#111" }, text)));
  return new XMLSerializer().serializeToString(root);
}

/** A PNG of an SVG's text, at twice its size. */
export async function pngOf(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SCALE * image.naturalWidth, SCALE * image.naturalHeight];
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.drawImage(image, 0, 0);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
