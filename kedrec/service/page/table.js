// The ranked table.

import { el, percent } from "./dom.js";
import { isFiltered, passes } from "./filters.js";
import { pathsOf, subjectOf } from "./paths.js";
import { tip } from "./tips.js";

const FLYER = 95; // percentile of a drug's mean score above which it scores high with nearly any disease

const WARNINGS = { // flags of an answer that have no badge of their own below, with what each says
  caution: "Something weaker than a contraindication of this disease is stated; see what speaks against it.",
  "may-worsen": "A side effect, an opposed mechanism or a path says that it may worsen the disease.",
  "causes-disease": "The disease is one of the drug's side effects.",
  "label-warning": "A label warns that it worsens the disease.",
  "cancer-drug": "It is known for neoplasms, and the disease is none.",
  "other-protein": "It supplies a protein that other diseases lack.",
  excess: "The disease has more of this very substance.",
};

/** The badges of a pair: [class, text, explanation]. */
export function badgesOf(answer, item) {
  const { standing } = item.badge;
  const badges = [[standing.startsWith("known") ? "known" : standing, standing.replace("-", ", "), item.badge.note]];
  const stopped = item.clinical.trials.filter((trial) => trial.adverse);
  if (item.safety.contraindication === "direct" || item.safety.contraindication === "inherited") {
    badges.push(["against", "contraindicated", `A contraindication is stated (${item.safety.contraindication}).`]);
  }
  const limits = new Map(item.safety.limits.map((limit) => [limit.kind, limit.sentence]));
  for (const flag of item.flags.filter((one) => Object.hasOwn(WARNINGS, one))) {
    badges.push(["against", flag.replace("-", " "), limits.get(flag) ?? WARNINGS[flag]]);
  }
  if (stopped.length) badges.push(["against", "trial stopped", stopped.map((trial) => `${trial.number} ${trial.status} ${trial.reason}`).join("; ")]);
  const percentile = answer.asked === "drug" ? item.disease_percentile : item.drug_percentile;
  if (percentile >= FLYER) badges.push(["flyer", "frequent flyer", `Scores high with nearly anything: percentile ${percentile.toFixed(0)}.`]);
  if (item.unseen) badges.push(["flyer", "no known treatment", "The probability assumes that the disease had one."]);
  return badges;
}

/** Badges as elements. */
export const badgeList = (answer, item) =>
  badgesOf(answer, item).map(([kind, text, title]) => el("span", { class: `badge ${kind}`, title }, text));

/** A probability as bar with interval and baseline, and as number. */
export function probabilityBar(item, most) {
  const at = (p) => `${Math.min(100, (100 * p) / most).toFixed(2)}%`;
  const text = item.probability === null ? item.score.toFixed(2) : percent(item.probability);
  if (item.probability === null) return el("span", { class: "number" }, text);
  const range = item.low === null ? "" : `${percent(item.low).replace(" %", "")}–${percent(item.high)}`;
  return el("span", { class: "probability" },
    el("span", { class: "bar-holder", "aria-hidden": "true" },
      el("span", { class: "fill", style: { width: at(item.probability) } }),
      item.low === null ? null : el("span", { class: "interval", style: { left: at(item.low), width: `calc(${at(item.high)} - ${at(item.low)})` } }),
      item.prior === null ? null : el("span", { class: "baseline", style: { left: at(item.prior) } })),
    el("span", { class: "number" }, text), el("span", { class: "range" }, range));
}

/** A drug's standing in the clinic in a word or two. */
export function clinicalWords({ approved_since: since, approval, candidate, trials }) {
  const words = [];
  if (since !== null && since !== undefined) words.push(`approved ${since}`);
  else if (approval) words.push("approved");
  else if (trials.some((trial) => trial.phase)) words.push(trials.map((trial) => trial.phase).sort().at(-1));
  else if (candidate || trials.length) words.push("candidate");
  if (trials.some((trial) => trial.adverse)) words.push("failed");
  return words.join(", ");
}

const KEYS = {
  rank: (item) => item.rank, name: (item) => item.name, probability: (item) => -(item.probability ?? item.score),
  baseline: (item) => -(item.prior ?? 0), paths: (item) => -item.coverage.paths,
};

/**
 * The table of an answer.
 *
 * view: {selected, sort, down, filters, compared, select(id), sortBy(key), compare(id, on)}
 */
export function rankedTable(answer, view) {
  const items = answer.recommendations.map((item) => ({ ...item, name: subjectOf(answer, item).name, id: subjectOf(answer, item).id }));
  const key = KEYS[view.sort];
  items.sort((a, b) => (view.down ? -1 : 1) * (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.rank - b.rank));
  const most = Math.max(0.05, ...items.map((item) => item.high ?? item.probability ?? 0));
  const isDrug = answer.asked !== "drug";
  const canCompare = isDrug && !answer.gene_list;
  const header = (name, label, kind, ...fields) =>
    el("th", { scope: "col", class: kind, "aria-sort": view.sort === name ? (view.down ? "descending" : "ascending") : undefined },
      el("button", { type: "button", class: "sort", "data-focus": `sort-${name}`, onclick: () => view.sortBy(name) }, label,
        el("span", { class: "arrow", "aria-hidden": "true" }, view.sort === name ? (view.down ? "▼" : "▲") : "")),
      tip(label, "Recommendation", ...fields));
  const rows = items.map((item) => {
    const own = pathsOf(item);
    const left = own.filter((evidence) => passes(evidence.path, view.filters)).length;
    const isSelected = item.id === view.selected;
    return el("tr", { class: [isSelected ? "selected" : "", isFiltered(view.filters) && !left ? "dimmed" : ""].join(" "), "data-id": item.id, onclick: (event) => event.target.closest("button, input, label") || view.select(item.id) },
      el("td", { class: "rank" }, item.rank),
      el("th", { scope: "row" },
        el("button", { type: "button", class: "name", "aria-pressed": String(isSelected), "data-focus": `row-${item.id}`, onclick: () => view.select(item.id) }, item.name),
        el("span", { class: "badges" }, badgeList(answer, item))),
      el("td", { class: "probable" }, probabilityBar(item, most)),
      el("td", { class: "prior number" }, percent(item.prior)),
      el("td", { class: "paths number" }, isFiltered(view.filters) ? `${left}/${own.length}` : item.coverage.paths),
      el("td", { class: "clinical" }, clinicalWords(item.clinical) || "–"),
      canCompare ? el("td", { class: "pick" }, el("input", { type: "checkbox", checked: view.compared.includes(item.id), "aria-label": `Compare ${item.name}`, "data-focus": `pick-${item.id}`, onchange: (event) => view.compare(item.id, event.target.checked) })) : null);
  });
  return el("table", { class: "ranked" },
    el("caption", { class: "hidden" }, isDrug ? `Drugs for ${answer.disease.name}, ranked` : `Diseases for ${answer.drug.name}, ranked`),
    el("thead", {}, el("tr", {},
      header("rank", "#", "rank", "rank"), header("name", isDrug ? "Drug" : "Disease", "", "badge"),
      header("probability", answer.recommendations.some((item) => item.probability !== null) ? "Probability" : "Score", "probable", "probability", "low", "unseen", "score"),
      header("baseline", "Baseline", "prior", "prior"), header("paths", "Paths", "paths", "coverage"),
      el("th", { scope: "col", class: "clinical" }, "Clinic", tip("Clinic", "Recommendation", "clinical")),
      canCompare ? el("th", { scope: "col", class: "pick" }, "Compare") : null)),
    el("tbody", {}, rows));
}
