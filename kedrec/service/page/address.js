// The page's state in its address: everything that a link needs to show the same.

import { LISTS, filled, namesIn } from "./genes.js";

const TOPS = ["5", "10", "20", "50"];
const VIEWS = ["drugs", "why", "compare"];
const FLAGS = ["new", "hide_contraindicated", "llm"];
const TEXTS = ["ask", "name", "drug", "claim", "graph", "with", "and"];
const CLINICAL = ["approved", "investigational", "failed", "unknown"];
const FILTERS = ["relation", "source", "licence", "length", "through"];
const YEAR = /^\d{4}$/;

/**
 * The state of an address, and sentences about the parts that can't be used. Own genes are behind its #, which a
 * browser sends nowhere.
 */
export function readAddress(search, hash) {
  const parameters = new URLSearchParams(search);
  const state = { kind: "Disease", top: "10", view: "drugs", filters: {} };
  const wrong = [];
  const filters = state.filters;
  for (const [name, value] of parameters) {
    if (TEXTS.includes(name)) state[name] = value.slice(0, 1000);
    else if (FLAGS.includes(name) && /^[01]$/.test(value)) state[name] = value === "1";
    else if (name === "kind" && ["Disease", "Drug"].includes(value)) state.kind = value;
    else if (name === "status" && CLINICAL.includes(value)) state.status = value;
    else if (name === "top" && TOPS.includes(value)) state.top = value;
    else if (name === "view" && VIEWS.includes(value)) state.view = value;
    else if (name === "layout" && ["layers", "force"].includes(value)) state.layout = value;
    else if (["from", "to"].includes(name) && YEAR.test(value)) filters[name] = value;
    else if (name === "curated" && value === "1") filters.curated = true;
    else if (FILTERS.includes(name) && /^[+-]./s.test(value)) (filters[name] ??= []).push(value);
    else wrong.push(`The link's '${name}' is '${value.slice(0, 60)}', which can't be used; it was left out.`);
  }
  const own = new URLSearchParams(hash.slice(1));
  state.lists = filled(Object.fromEntries(LISTS.map((name) => [name, namesIn(own.get(name) ?? "")])));
  return { state, wrong };
}

/** The address of a state. */
export function addressOf(state) {
  const parameters = new URLSearchParams();
  for (const name of ["ask", "name", "kind", "top", "status", ...FLAGS, "view", "drug", "claim", "layout", "with", "and"]) {
    const value = state[name];
    if (value === undefined || value === "" || value === null) continue;
    if ((name === "kind" && value === "Disease") || (name === "view" && value === "drugs")) continue;
    if (name === "top" && value === "10") continue;
    if (FLAGS.includes(name) && name !== "llm" && !value) continue;
    parameters.append(name, typeof value === "boolean" ? Number(value) : value);
  }
  const { from, to, curated } = state.filters;
  for (const [name, values] of Object.entries(state.filters)) {
    if (Array.isArray(values)) values.forEach((value) => parameters.append(name, value));
  }
  if (from) parameters.append("from", from);
  if (to) parameters.append("to", to);
  if (curated) parameters.append("curated", "1");
  if ((state.ask || state.lists) && state.graph) parameters.append("graph", state.graph);
  const text = parameters.toString();
  const own = new URLSearchParams(Object.entries(state.lists ?? {}).map(([name, names]) => [name, names.join(" ")])).toString();
  return (text ? `?${text}` : location.pathname) + (own ? `#${own}` : "");
}
