// Why these: results by path templates, with the number of paths and their share of the evidence.

import { counted, el, percent } from "./dom.js";
import { passes } from "./filters.js";
import { pathsOf, subjectOf } from "./paths.js";

/** The matrix. view: {filters, open(id, mark)} */
export function whyMatrix(answer, view) {
  const totals = new Map();
  const rows = answer.recommendations.map((item) => {
    const cells = new Map();
    for (const evidence of pathsOf(item).filter(({ path }) => passes(path, view.filters))) {
      const name = evidence.path.template;
      const cell = cells.get(name) ?? { count: 0, share: 0, first: evidence.id, stance: evidence.stance };
      cells.set(name, { ...cell, count: cell.count + 1, share: cell.share + evidence.score });
      totals.set(name, (totals.get(name) ?? 0) + evidence.score);
    }
    return { item, cells };
  });
  const names = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a) || (a < b ? -1 : 1));
  if (!names.length) return el("p", { class: "note" }, "No path is shown.");
  const cell = (item, name, found) => {
    if (!found) return el("td", {});
    const share = Math.min(1, found.share);
    const id = subjectOf(answer, item).id;
    return el("td", { class: found.stance, "data-share": Math.round(share * 4) },
      el("button", { type: "button", "aria-label": `${subjectOf(answer, item).name}, ${name}: ${counted(found.count, "path")}, ${percent(share)} of the evidence`, onclick: () => view.open(id, found.first) }, found.count));
  };
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Why these" }, el("table", { class: "matrix" },
    el("caption", {}, "Number of shown paths by type of path; the darker, the larger their share of the evidence. Press a number to see the first of them."),
    el("thead", {}, el("tr", {}, el("td", {}), names.map((name) => el("th", { scope: "col" }, el("span", {}, name.replaceAll("-", " ")))))),
    el("tbody", {}, rows.map(({ item, cells }) => el("tr", {}, el("th", { scope: "row" }, subjectOf(answer, item).name), names.map((name) => cell(item, name, cells.get(name))))))));
}
