// One recommendation: verdict, claims, what speaks against it, paths with their edges.

import { counted, el, percent } from "./dom.js";
import { isFiltered, passes } from "./filters.js";
import { addressOfReference, allEvidence, stepKey, subjectOf } from "./paths.js";
import { badgeList } from "./table.js";

/** Ids of the evidence that a mark stands for: a claim's ("claim-0") or a piece's own ("P1"). */
export function markedIds(item, mark) {
  if (!mark) return new Set();
  const [, index] = mark.match(/^claim-(\d+)$/) ?? [];
  if (index === undefined) return new Set([mark]);
  return new Set((item.rationale.claims[index]?.citations ?? []).map((citation) => citation.id));
}

const link = (url, ...content) => el("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, content);

/** The panel of an item. view: {mark, filters, writing, setMark(mark)} */
export function reasons(answer, item, view) {
  const marked = markedIds(item, view.mark);
  const against = [...item.adverse, ...item.safety.cautions, ...item.texts.trials.filter((text) => text.stance === "adverse")];
  return [
    el("header", { class: "subject" }, el("h2", { id: "subject", tabindex: "-1" }, subjectOf(answer, item).name),
      el("span", { class: "badges" }, badgeList(answer, item)), el("span", { class: "id" }, subjectOf(answer, item).id)),
    el("p", { class: "verdict" }, item.verdict),
    item.coverage.reason ? el("p", { class: "note" }, item.coverage.reason) : null,
    el("div", { class: "sides" },
      el("section", { class: "for", "aria-labelledby": "for-title" }, el("h3", { id: "for-title" }, "What speaks for it"), rationale(item, view, marked)),
      el("section", { class: "against-side", "aria-labelledby": "against-title" }, el("h3", { id: "against-title" }, "What speaks against it"),
        against.length ? el("ul", {}, against.map((evidence) => el("li", {}, cite(evidence.id, view, marked), " ", evidence.sentence, "."))) : el("p", { class: "note" }, nothingAgainst(item)),
        safetyNotes(item))),
  ];
}

function nothingAgainst({ safety, drug }) {
  const { of_drug: listed, drugs } = safety.listed;
  return listed ? `None of the ${counted(listed, "contraindication")} listed for ${drug.name} applies here.`
    : `The graph lists no contraindication of ${drug.name}${drugs ? ` (it has some of ${counted(drugs, "drug")})` : ""}: nothing is known, which isn't safety.`;
}

function safetyNotes({ safety }) {
  const notes = [];
  if (safety.worsening.length) notes.push(`Side effects that are the disease or a symptom of it: ${safety.worsening.map((one) => one.effect.name).join(", ")}.`);
  if (safety.specific.length) notes.push(`Side effects of few other drugs: ${safety.specific.map((one) => one.effect.name).join(", ")}.`);
  return notes.map((note) => el("p", { class: "note" }, note));
}

const cite = (id, view, marked) =>
  el("button", { type: "button", class: `cite${marked.has(id) ? " marked" : ""}`, "aria-pressed": String(view.mark === id), "data-focus": `cite-${id}`, onclick: () => view.setMark(id) }, id);

function rationale(item, view, marked) {
  const { claims, origin, note, model } = item.rationale;
  const list = el("ol", { class: "claims" }, claims.map((claim, index) => {
    const mark = `claim-${index}`;
    const isCited = claim.citations.some((citation) => marked.has(citation.id));
    const text = claim.status === "struck" ? el("s", {}, claim.text) : claim.text;
    return el("li", { class: [claim.status, isCited ? "marked" : ""].join(" ") },
      claim.status === "struck" ? el("span", { class: "hidden" }, "Struck: ") : null,
      el("button", { type: "button", class: "claim", "aria-pressed": String(view.mark === mark), "data-focus": mark, onclick: () => view.setMark(mark) }, text), " ",
      claim.citations.map((citation) => cite(citation.id, view, marked)),
      claim.reason ? el("span", { class: "why-struck" }, `Struck: ${claim.reason}`) : null);
  }));
  const by = origin === "llm" ? `Written by ${model}; every sentence was checked against the paths.` : `The paths in words. ${note}`;
  return [
    view.writing === undefined ? null : el("p", { class: "writing", id: "writing", "aria-hidden": "true" }, view.writing || "Waiting for its turn…"),
    claims.length && view.writing === undefined ? list : null,
    view.writing === undefined ? el("p", { class: "note" }, by) : null,
  ];
}

/** The list of an item's evidence. view: as of `reasons`, and openEdge(path, i). */
export function evidenceList(item, view) {
  const marked = markedIds(item, view.mark);
  const all = [...allEvidence(item), ...item.texts.trials, ...item.texts.articles];
  return el("section", { class: "evidence", "aria-labelledby": "evidence-title" }, el("h3", { id: "evidence-title" }, `Evidence (${all.length})`),
    el("ul", {}, all.map((evidence) => {
      const isOut = evidence.path && isFiltered(view.filters) && !passes(evidence.path, view.filters);
      return el("li", { class: [evidence.stance, marked.has(evidence.id) ? "marked" : "", isOut ? "dimmed" : ""].join(" "), id: `evidence-${evidence.id}`, tabindex: "-1" },
        el("div", { class: "head" }, cite(evidence.id, view, marked), el("span", { class: "role" }, evidence.stance === "adverse" ? "against" : evidence.role),
          el("span", { class: "share", title: "Share of the evidence's weight" }, percent(evidence.score))),
        evidence.path ? chain(evidence.path, view) : el("p", {}, evidence.text?.title ?? "", evidence.text?.quote ? el("q", {}, evidence.text.quote) : null),
        el("details", { open: marked.has(evidence.id) && evidence.path ? true : undefined }, el("summary", {}, `Sources: ${evidence.sources.join(", ")}`),
          el("p", { class: "words" }, evidence.sentence, "."),
          evidence.path ? evidence.path.steps.map((step, i) => edgeFacts(evidence.path, i)) : null,
          el("p", { class: "links" }, evidence.links.filter((one) => one.url.startsWith("https://")).map((one) => [link(one.url, one.label), " "]))));
    })));
}

function chain(path, view) {
  return el("p", { class: "chain" }, path.nodes.map((node, i) => [
    el("span", { class: `node ${node.kind}`, title: `${node.kind} ${node.id}` }, node.name),
    i < path.steps.length ? el("button", { type: "button", class: "edge", onclick: () => view.openEdge(stepKey(path, i)) },
      path.steps[i].forward ? `${relationWords(path.steps[i])} →` : `← ${relationWords(path.steps[i])}`,
      el("span", { class: "hidden" }, `, sources of ${path.steps[i].relation} between ${path.nodes[i].name} and ${path.nodes[i + 1].name}`)) : null,
  ]));
}

const relationWords = (step) => (step.action || step.relation.replaceAll("_", " ")).toLowerCase();

/** Sources, licences and references of a step's edges. */
export function edgeFacts(path, i) {
  const [left, right] = [path.nodes[i], path.nodes[i + 1]];
  const [start, end] = path.steps[i].forward ? [left, right] : [right, left];
  return el("div", { class: "edge-facts" },
    el("p", {}, el("strong", {}, start.name), ` ${path.steps[i].relation} `, el("strong", {}, end.name)),
    el("ul", {}, path.steps[i].edges.map((edge) => el("li", {},
      el("span", {}, `${edge.source}, ${edge.licence}`), edge.private ? " (private)" : "", edge.year === null ? "" : `, ${edge.year}`, edge.action ? `, ${edge.action}` : "", edge.evidence ? `, ${edge.evidence}` : "",
      edge.mechanisms.length ? `, curated mechanism ${edge.mechanisms.join(", ")}` : "", ". ",
      edge.references.length ? edge.references.map((reference) => [addressOfReference(reference) ? link(addressOfReference(reference), reference) : reference, " "]) : el("span", { class: "note" }, "No reference is stated.")))));
}
