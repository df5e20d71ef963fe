// Filters of paths: what they let through, what is to choose with how many paths, and the sentence that says it.

import { counted, el, fill, shown } from "./dom.js";
import { pathsOf } from "./paths.js";

const FACETS = [
  ["relation", "Relation"], ["source", "Source"], ["licence", "Licence"], ["length", "Length"], ["through", "Through"],
];
const MOST_NODES = 12;
const NEXT = { "": "+", "+": "-", "-": "" };
const SAID = { "": "not filtered", "+": "only these", "-": "without these" };

/** A path's values of a facet: a set for each step (sources, licences), or one for the path. */
function valuesOf(path, facet) {
  const edges = path.steps.map((step) => step.edges);
  if (facet === "relation") return path.steps.map((step) => step.relation);
  if (facet === "length") return [String(path.steps.length)];
  if (facet === "through") return path.nodes.slice(1, -1).map((node) => node.name);
  return edges.flat().map((edge) => (facet === "source" ? edge.source : edge.licence));
}

const signed = (values = [], sign) => values.filter((value) => value[0] === sign).map((value) => value.slice(1));

function passesFacet(path, facet, values) {
  const [only, without] = [signed(values, "+"), signed(values, "-")];
  if (facet === "source" || facet === "licence") {
    const fits = (edge) => {
      const value = facet === "source" ? edge.source : edge.licence;
      return (!only.length || only.includes(value)) && !without.includes(value);
    };
    return path.steps.every((step) => step.edges.some(fits)); // each step must still be stated by someone
  }
  const own = valuesOf(path, facet);
  return (!only.length || own.some((value) => only.includes(value))) && !own.some((value) => without.includes(value));
}

/** True if a path is let through. An edge without a year is let through by any years. */
export function passes(path, filters) {
  if (FACETS.some(([facet]) => filters[facet]?.length && !passesFacet(path, facet, filters[facet]))) return false;
  if (filters.curated && !path.steps.some((step) => step.edges.some((edge) => edge.mechanisms.length))) return false;
  const [from, to] = [Number(filters.from || -Infinity), Number(filters.to || Infinity)];
  return path.steps.every((step) => step.edges.some(({ year }) => year === null || (year >= from && year <= to)));
}

/** True if any filter is set. */
export const isFiltered = (filters) => Object.values(filters).some((value) => (Array.isArray(value) ? value.length : value));

const alternatives = (values, word) => values.join(` ${word} `);

/** The filters as a sentence: "relation is BINDS or IS_A, and source isn't hetionet". */
export function sentenceOf(filters) {
  const parts = [];
  for (const [facet] of FACETS) {
    const [only, without] = [signed(filters[facet], "+"), signed(filters[facet], "-")];
    const name = facet === "through" ? "a step" : facet;
    if (only.length) parts.push(`${name} is ${alternatives(only, "or")}`);
    if (without.length) parts.push(`${facet === "through" ? "no step" : name} ${facet === "through" ? "is" : "isn't"} ${alternatives(without, facet === "through" ? "or" : "or")}`);
  }
  const { from, to } = filters;
  if (from || to) parts.push(`year is ${from && to ? `${from} to ${to}` : from ? `${from} or later` : `${to} or earlier`}, or not stated`);
  if (filters.curated) parts.push("a curated mechanism has part of the path");
  return parts.join(" and ");
}

/** How many paths and results are let through: {paths, allPaths, results, allResults}. */
export function countsOf(answer, filters) {
  let [paths, allPaths, results] = [0, 0, 0];
  for (const item of answer.recommendations) {
    const own = pathsOf(item);
    const left = own.filter((evidence) => passes(evidence.path, filters)).length;
    allPaths += own.length;
    paths += left;
    results += left > 0;
  }
  return { paths, allPaths, results, allResults: answer.recommendations.length };
}

/** The panel of filters of an answer. `change(filters)` is called with the new ones. */
export function filterPanel(answer, filters, change) {
  const counts = {};
  for (const item of answer.recommendations) {
    for (const { path } of pathsOf(item)) {
      for (const [facet] of FACETS) {
        counts[facet] ??= new Map();
        for (const value of new Set(valuesOf(path, facet))) counts[facet].set(value, (counts[facet].get(value) ?? 0) + 1);
      }
    }
  }
  const setSign = (facet, value, sign) => {
    const others = (filters[facet] ?? []).filter((one) => one.slice(1) !== value);
    change({ ...filters, [facet]: sign ? [...others, sign + value] : others }, `filter-${facet}-${value}`);
  };
  const choice = (facet, value, count) => {
    const sign = (filters[facet] ?? []).find((one) => one.slice(1) === value)?.[0] ?? "";
    return el("button", {
      type: "button", class: `choice${sign === "+" ? " only" : sign === "-" ? " without" : ""}`,
      "data-focus": `filter-${facet}-${value}`,
      onclick: () => setSign(facet, value, NEXT[sign]),
    }, sign === "-" ? "not " : "", value, el("span", { class: "count" }, count), el("span", { class: "hidden" }, ` ${count === 1 ? "path" : "paths"}, ${SAID[sign]}`));
  };
  const groups = FACETS.map(([facet, title]) => {
    const values = [...(counts[facet] ?? [])].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const listed = facet === "through" ? values.slice(0, MOST_NODES) : values;
    for (const one of filters[facet] ?? []) {
      if (!listed.some(([value]) => value === one.slice(1))) listed.push([one.slice(1), counts[facet]?.get(one.slice(1)) ?? 0]);
    }
    return el("fieldset", {}, el("legend", {}, title), listed.map(([value, count]) => choice(facet, value, count)),
      facet === "through" ? throughField(values, setSign) : null);
  });
  const year = (name, label) => el("label", {}, label, el("input", {
    type: "text", inputmode: "numeric", pattern: "[0-9]{4}", maxlength: "4", size: "4", value: filters[name] ?? "", "data-focus": `filter-${name}`,
    onchange: (event) => event.target.validity.valid && change({ ...filters, [name]: event.target.value }, `filter-${name}`),
  }));
  return el("div", { class: "filters" }, groups,
    el("fieldset", {}, el("legend", {}, "Year"), year("from", "from "), year("to", "to ")),
    el("fieldset", {}, el("legend", {}, "Mechanism"), el("label", {}, el("input", {
      type: "checkbox", checked: filters.curated, "data-focus": "filter-curated", onchange: (event) => change({ ...filters, curated: event.target.checked }, "filter-curated"),
    }), " part of a curated mechanism")));
}

function throughField(values, setSign) {
  const add = (event) => {
    const text = event.target.value.trim().toLowerCase();
    const [value] = values.find(([name]) => name.toLowerCase() === text) ?? [];
    if (value) return setSign("through", value, "+");
    fill(note, text ? `No path goes through '${shown(text.slice(0, 60))}'.` : "");
  };
  const note = el("span", { class: "note", role: "status" });
  return [
    el("label", {}, "My gene ", el("input", { type: "text", list: "steps", size: "12", "data-focus": "filter-gene", onchange: add })),
    el("datalist", { id: "steps" }, values.map(([value]) => el("option", { value }))), note,
  ];
}

/** The sentence with its counts and the button that clears the filters; nothing without filters. */
export function filterSentence(answer, filters, clear) {
  if (!isFiltered(filters)) return null;
  const { paths, allPaths, results, allResults } = countsOf(answer, filters);
  return el("p", { class: "sentence", id: "filter-sentence" }, el("strong", {}, "Shown where "), sentenceOf(filters), ". ",
    `${paths} of ${counted(allPaths, "path")}, ${results} of ${counted(allResults, "result")}; the others are dimmed. `,
    el("button", { type: "button", onclick: clear, id: "clear-filters" }, "Clear filters"));
}
