// The drawing of a pair's paths. Cytoscape.js is loaded when the first drawing is asked for.

import { counted, el, fill, save, shown } from "./dom.js";
import { figure, pngOf } from "./figure.js";
import { isFiltered, passes } from "./filters.js";
import { graphOf, layered } from "./layers.js";
import { pathsOf } from "./paths.js";
import { edgeFacts, markedIds } from "./reasons.js";
import { lineOf, shapeOf } from "./relations.js";

const LIBRARIES = ["cytoscape.min.js", "layout-base.js", "cose-base.js", "cytoscape-fcose.js"];
const NARROW = 500; // px
let loading;

function loadScript(name) {
  return new Promise((done, failed) => {
    const script = el("script", { src: `vendor/${name}`, onload: done, onerror: () => failed(new Error(`${name} can't be loaded.`)) });
    document.head.append(script);
  });
}

const library = () => (loading ??= LIBRARIES.reduce((before, name) => before.then(() => loadScript(name)), Promise.resolve()).then(() => globalThis.cytoscape));

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const styleSheet = () => [
  { selector: "node", style: { label: "data(label)", shape: "data(shape)", width: 30, height: 22, "font-size": 12, color: colour("--text"), "background-color": colour("--node"), "border-color": colour("--muted"), "border-width": 1, "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "wrap", "text-max-width": 150, "text-background-color": colour("--panel"), "text-background-opacity": 0.8 } },
  { selector: "node.end", style: { "background-color": colour("--accent"), "font-weight": "bold", width: 40, height: 26 } },
  { selector: "edge", style: { width: 2.5, "line-color": "data(colour)", "line-style": "data(style)", "target-arrow-color": "data(colour)", "target-arrow-shape": "triangle", "curve-style": "bezier", "arrow-scale": 0.9 } },
  { selector: ".out", style: { opacity: 0.18 } },
  { selector: ".marked", style: { width: 5, "z-index": 9 } },
  { selector: "node.marked", style: { width: 40, height: 28, "border-width": 3, "border-color": colour("--text") } },
];

/** The drawing's section. view: {mark, filters, layout, setMark(mark), setLayout(name)}; `openEdge(key)` shows an edge's facts. */
export function drawing(answer, item, view) {
  const evidence = pathsOf(item);
  const box = el("div", { class: "drawing", role: "img", "aria-label": `${counted(evidence.length, "path")} from ${item.drug.name} to ${item.disease.name}; the list of evidence below has them in words` });
  const facts = el("div", { class: "facts-box", role: "status", id: "edge-facts" });
  const legend = el("ul", { class: "legend", "aria-label": "Relations" });
  const graph = graphOf(evidence);
  const relations = [...new Set([...graph.edges.values()].map(({ path, i }) => path.steps[i].relation))].sort();
  fill(legend, relations.map((relation) => {
    const { colour: line, style } = lineOf(relation);
    return el("li", {}, el("span", { class: "line", style: { borderTopColor: line, borderTopStyle: style } }), relation.replaceAll("_", " ").toLowerCase());
  }));
  const places = () => new Map(cy ? cy.nodes().map((node) => [node.id(), { ...node.position() }]) : layered(evidence));
  const name = `${item.drug.name}-${item.disease.name}`.replace(/[^\w-]+/g, "_").slice(0, 80);
  const svg = () => figure(answer, item, graph, places());
  const layout = (value, label) => el("label", {}, el("input", { type: "radio", name: "layout", value, checked: (view.layout ?? "layers") === value, "data-focus": `layout-${value}`, onchange: () => (view.setLayout(value), arrange(value)) }), label);
  let cy = null;

  function arrange(value) {
    if (!cy) return;
    const positions = layered(evidence, box.clientWidth < NARROW);
    const isForce = value === "force";
    cy.nodes().positions((node) => positions.get(node.id())); // where the forces start from
    if (isForce) cy.layout({ name: "fcose", animate: false, randomize: false, nodeSeparation: 90, idealEdgeLength: 110 }).run();
    cy.fit(undefined, 24);
    box.dataset.layout = value;
  }

  function openEdge(key) {
    const edge = graph.edges.get(key);
    if (!edge) return;
    fill(facts, edgeFacts(edge.path, edge.i), el("p", { class: "note" }, "On: ", [...edge.ids].map((id) => el("button", { type: "button", class: "cite", onclick: () => view.setMark(id) }, id))));
    facts.scrollIntoView({ block: "nearest" });
  }

  function mark(value, filters) {
    if (!cy) return;
    const marked = markedIds(item, value);
    const passing = new Set(evidence.filter(({ path }) => passes(path, filters)).map(({ id }) => id));
    cy.batch(() => {
      cy.elements().removeClass("marked out");
      cy.edges().forEach((edge) => {
        const ids = [...graph.edges.get(edge.data("key")).ids];
        if (isFiltered(filters) && !ids.some((id) => passing.has(id))) edge.addClass("out");
        if (!marked.size) return;
        if (ids.some((id) => marked.has(id))) edge.addClass("marked").connectedNodes().addClass("marked");
        else edge.addClass("out");
      });
      cy.nodes(".marked").removeClass("out");
    });
    box.dataset.marked = String(cy.edges(".marked").length);
    box.dataset.dimmed = String(cy.edges(".out").length);
  }

  async function start() {
    if (!evidence.length) return fill(box, el("p", { class: "note" }, "There is no path to draw."));
    try {
      const cytoscape = await library();
      if (!box.isConnected) return;
      const elements = [
        ...[...graph.nodes.values()].map((node) => ({ data: { id: node.id, label: shown(node.name), shape: shapeOf(node.kind) }, classes: [item.drug.id, item.disease.id].includes(node.id) ? "end" : "" })),
        ...[...graph.edges.values()].map(({ key, path, i }) => {
          const { start, end, relation } = path.steps[i].edges[0];
          const { colour: line, style } = lineOf(relation);
          return { data: { id: `edge ${key}`, key, source: start, target: end, colour: line, style } };
        }),
      ];
      const first = layered(evidence);
      cy = cytoscape({ container: box, elements, style: styleSheet(), layout: { name: "preset", positions: (node) => first.get(node.id()) }, userZoomingEnabled: false, boxSelectionEnabled: false, autounselectify: true });
      cy.on("tap", "edge", (event) => openEdge(event.target.data("key")));
      cy.on("tap", (event) => event.target === cy && view.setMark(""));
      arrange(view.layout ?? "layers");
      mark(view.mark, view.filters);
      box.cytoscape = cy;
      box.dataset.ready = "1";
    } catch (error) {
      fill(box, el("p", { class: "note" }, `The drawing can't be shown: ${error.message}`));
    }
  }

  const section = el("section", { class: "figure", "aria-labelledby": "figure-title" },
    el("div", { class: "figure-bar" }, el("h3", { id: "figure-title" }, "Drawing"),
      el("span", { role: "radiogroup", "aria-label": "Layout" }, layout("layers", " layers"), layout("force", " force")),
      el("button", { type: "button", onclick: () => save(`${name}.svg`, svg(), "image/svg+xml") }, "SVG"),
      el("button", { type: "button", onclick: async () => save(`${name}.png`, await pngOf(svg())) }, "PNG")),
    box, legend, facts);
  return { section, start, mark, openEdge, redraw: () => cy?.style(styleSheet()) };
}
