// Two drugs for one disease: their scores' difference part by part, shared and exclusive paths.

import { el, fill, percent } from "./dom.js";
import { post } from "./service.js";

const MOST_PARTS = 10;

/** The view of a comparison. view: {pair: [name, name], setPair(a, b), fail(error)} */
export function comparison(answer, view) {
  const names = answer.recommendations.map((item) => item.drug);
  const result = el("div", { class: "compared", "aria-live": "polite" });
  const field = (label, value, name) => el("label", {}, label, " ", el("input", { type: "text", name, value: value ?? "", list: "drug-names", autocomplete: "off", required: true, maxlength: "1000" }));
  const form = el("form", { class: "pair", onsubmit: (event) => {
    event.preventDefault();
    const data = new FormData(form);
    view.setPair(data.get("left").trim(), data.get("right").trim());
  } }, field("Drug", view.pair[0], "left"), field("and", view.pair[1], "right"),
  el("datalist", { id: "drug-names" }, names.map(({ name }) => el("option", { value: name }))), el("button", { type: "submit", class: "primary" }, "Compare"));

  async function start() {
    const [drug, other] = view.pair;
    if (!drug || !other) return fill(result, el("p", { class: "note" }, `Name two drugs to see what makes the difference in ${answer.disease.name}.`));
    fill(result, el("p", { class: "note" }, "Comparing…"));
    try {
      fill(result, compared(await post("v1/compare", { disease: answer.disease.id, drug, other })));
    } catch (error) {
      fill(result, view.problem(error));
    }
  }
  return { section: el("section", { "aria-labelledby": "compare-title" }, el("h2", { class: "hidden", id: "compare-title" }, "Comparison"), form, result), start };
}

const titleOf = (part) => (["metapath", "base"].includes(part.group) ? part.label : `${part.group}: ${part.label}`);

function compared(both) {
  const { left, right, parts, shared, exclusive } = both;
  const most = Math.max(...parts.map((part) => Math.abs(part.left - part.right)), 1e-9);
  const side = (item) => el("td", {}, `rank ${item.rank}, ${percent(item.probability)}`);
  const listed = (title, item, ids) => el("section", {}, el("h3", {}, `${title} (${ids.length})`),
    ids.length ? el("ul", {}, item.evidence.filter((evidence) => ids.includes(evidence.id)).map((evidence) => el("li", {}, `${evidence.sentence}.`))) : el("p", { class: "note" }, "None."));
  return [
    el("p", { class: "verdict" }, both.verdict),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Parts of the scores" }, el("table", { class: "parts" },
      el("caption", {}, "What makes the difference: parts of both scores, in log-odds"),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Part"), el("th", { scope: "col" }, left.drug.name), el("th", { scope: "col" }, right.drug.name), el("th", { scope: "col" }, "Difference"))),
      el("tbody", {}, el("tr", {}, el("th", { scope: "row" }, "Result"), side(left), side(right), el("td", {}, (left.score - right.score).toFixed(2))),
        parts.slice(0, MOST_PARTS).map((part) => {
          const difference = part.left - part.right;
          return el("tr", {}, el("th", { scope: "row" }, titleOf(part)), el("td", { class: "number" }, part.left.toFixed(2)), el("td", { class: "number" }, part.right.toFixed(2)),
            el("td", { class: "number" }, el("span", { class: `difference ${difference < 0 ? "minus" : "plus"}`, style: { width: `${(60 * Math.abs(difference)) / most}px` } }), difference.toFixed(2)));
        })))),
    el("div", { class: "three" }, listed("Shared paths", left, shared[0]), listed(`Only ${left.drug.name}`, left, exclusive[0]), listed(`Only ${right.drug.name}`, right, exclusive[1])),
  ];
}
