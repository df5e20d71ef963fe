// The page: its state, what is asked, and the parts that show the answer.

import { addressOf, readAddress } from "./address.js";
import { exampleEntities, makeCombobox } from "./ask.js";
import { byId, counted, el, fill } from "./dom.js";
import { EXPORTS, saveAnswer } from "./exports.js";
import { filterPanel, filterSentence } from "./filters.js";
import { geneNotes, makeGeneForm } from "./genes.js";
import { makeKeyForm } from "./key.js";
import { pathsOf, subjectOf } from "./paths.js";
import { evidenceList, reasons } from "./reasons.js";
import { Problem, get, recommend } from "./service.js";
import { rankedTable } from "./table.js";

let state = {};
let meta = null;
let answer = null;
let asked = null; // the question that it answers
let asking = null;
let figure = null;
const writing = new Map(); // rank -> the words of a rationale that is being written; "" before the first
const sorting = { sort: "rank", down: false };
const compared = [];
const parts = {};

const selectedItem = () => answer.recommendations.find((item) => subjectOf(answer, item).id === state.drug) ?? answer.recommendations[0];

function go(changes, replace = true) {
  state = { ...state, ...changes };
  history[replace ? "replaceState" : "pushState"](null, "", addressOf(state));
}

/** Runs a change of the page and gives the focus back to where it was. */
function keepingFocus(change, name = document.activeElement?.dataset?.focus) {
  change();
  if (name) [...document.querySelectorAll("[data-focus]")].find((element) => element.dataset.focus === name)?.focus({ preventScroll: true });
}

function say(text) {
  fill(byId("status"), text);
}

/** An error with what to do, and the names that may be meant. */
function problemBox(error) {
  const isKnown = error instanceof Problem;
  if (!isKnown) console.error(error);
  const names = (error.candidates ?? []).map(({ entity }) => el("li", {}, el("button", { type: "button", onclick: () => askFor(entity) }, entity.name, el("span", { class: "id" }, ` ${entity.kind} · ${entity.id}`))));
  return el("div", { class: "problem" }, el("p", {}, el("strong", {}, isKnown ? error.message : "The page failed.")),
    el("p", {}, isKnown ? error.hint : `${error.message} This is a defect; please report it.`), names.length ? el("ul", {}, names) : null);
}

function fail(error) {
  fill(byId("problem"), problemBox(error));
  if (error.status === 401) keyForm.show(true);
}

const isAsked = () => Boolean(state.ask || state.lists);

const NEW_QUESTION = { ask: "", name: "", kind: "Disease", lists: null, drug: "", claim: "", view: "drugs", with: "", and: "", graph: "" };

function askFor(entity) {
  go({ ...NEW_QUESTION, ask: entity.id, name: entity.name, kind: entity.kind === "Drug" ? "Drug" : "Disease" }, false);
  showOptions();
  ask();
}

function askForGenes(lists) {
  if (!lists) return fail(new Problem({ detail: "No gene is listed.", hint: "Give a symbol or an id, such as TNF or 7124." }));
  go({ ...NEW_QUESTION, lists }, false);
  showOptions();
  ask();
}

function questionOf() {
  const options = { top: Number(state.top), paths: 12, llm: Boolean(state.llm), hide_contraindicated: Boolean(state.hide_contraindicated) };
  const clinical = state.status ? { status: state.status } : {};
  if (state.lists) return { ...state.lists, ...options, ...clinical };
  options.new = Boolean(state.new);
  return state.kind === "Drug" ? { drugs: [state.ask], ...options } : { disease: state.ask, ...options, ...clinical };
}

async function ask() {
  asking?.abort();
  const controller = (asking = new AbortController());
  fill(byId("problem"));
  byId("examples").hidden = true;
  byId("cancel").hidden = false;
  byId("answer").setAttribute("aria-busy", "true");
  writing.clear();
  say("Ranking…");
  let isRanked = false;
  const on = {
    ranking(data) {
      answer = data;
      isRanked = true;
      if (state.llm) answer.recommendations.forEach((item) => writing.set(item.rank, ""));
      showAnswer();
      sayProgress();
    },
    token({ rank, text }) {
      writing.set(rank, (writing.get(rank) ?? "") + text);
      if (answer && selectedItem()?.rank === rank) fill(byId("writing") ?? el("p"), writing.get(rank));
    },
    claim({ rank, index, claim }) {
      const item = answer.recommendations.find((one) => one.rank === rank);
      if (index === 0) item.rationale = { ...item.rationale, origin: "llm", model: meta?.model ?? "", claims: [] };
      item.rationale.claims.push(claim);
      writing.delete(rank);
      if (selectedItem() === item) keepingFocus(showReasons);
      sayProgress();
    },
    done(data) {
      answer = data;
      if (!state.graph) go({ graph: answer.manifest.fingerprint });
      writing.clear();
      showAnswer();
      const count = answer.recommendations.length;
      say(answer.abstained || `${counted(count, answer.asked === "drug" ? "disease" : "drug")} of ${answer.candidates.toLocaleString("en")} ranked.`);
    },
  };
  asked = questionOf();
  try {
    await recommend(asked, on, controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return;
    leaveUnwritten("The model's text didn't come.");
    if (error.status && !isRanked) answer = null; // a ranking stands, whatever its rationales came to
    answer ? showAnswer() : (byId("answer").hidden = true);
    say("");
    fail(error);
  } finally {
    if (asking === controller) {
      asking = null;
      byId("cancel").hidden = true;
      byId("answer").removeAttribute("aria-busy");
    }
  }
}

function sayProgress() {
  const all = answer.recommendations.length;
  say(writing.size ? `${all} ranked. Rationale ${all - writing.size + 1} of ${all} is being written…` : `${all} ranked.`);
}

/** Says why the paths stand alone where a model was to write. */
function leaveUnwritten(reason) {
  for (const item of answer?.recommendations ?? []) {
    const { rationale, rank } = item;
    if (writing.has(rank) && rationale.note === NOT_ASKED) item.rationale = { ...rationale, note: reason };
  }
  writing.clear();
}

function cancel() {
  asking?.abort();
  asking = null;
  leaveUnwritten("It was cancelled before the model's text came.");
  byId("cancel").hidden = true;
  byId("answer").removeAttribute("aria-busy");
  if (answer) showAnswer();
  say("Cancelled. What was there is shown.");
}

function notes() {
  const texts = answer.taken_for.map((one) => `Taken for ${one.entity.name} (asked: ${one.asked}, ${one.why}).`);
  const { fingerprint, ranking } = answer.manifest;
  if (state.graph && state.graph !== fingerprint) texts.push(`This link was made on another graph (${state.graph}); the answer is from graph ${fingerprint} and may differ.`);
  if (state.drug && !answer.recommendations.some((item) => subjectOf(answer, item).id === state.drug)) texts.push(`The link's '${state.drug}' isn't among these results.`);
  if (ranking.startsWith("unfitted")) texts.push("The ranking couldn't be fitted on this graph: there are scores, and no probabilities.");
  if (answer.gene_list) texts.push(...geneNotes(answer.gene_list));
  if (answer.status_left_out) texts.push(`Left out for their clinical status: ${counted(answer.status_left_out, "drug")}.`);
  if (answer.abstained) texts.push(answer.abstained);
  if (answer.narrower_count) texts.push(`Not for its ${counted(answer.narrower_count, "narrower form")}: ${answer.narrower.map((one) => one.disease.name).join(", ")}.`);
  return texts.map((text) => el("p", { class: "note" }, text));
}

const NOT_ASKED = "No model was asked."; // the note of a rationale that is not written yet
const VIEWS = [["drugs", "Results"], ["why", "Why these"], ["compare", "Compare"]];

function showAnswer() {
  const section = byId("answer");
  section.hidden = false;
  const target = answer.asked === "drug" ? answer.drug : answer.disease;
  const isDisease = answer.asked !== "drug";
  document.title = `${target.name} · KEDRec`;
  const views = VIEWS.filter(([name]) => name !== "compare" || (isDisease && !answer.gene_list));
  if (!views.some(([name]) => name === state.view)) state.view = "drugs";
  fill(section,
    el("div", { class: "answer-bar" },
      el("h1", {}, isDisease ? "Drugs for " : "Diseases for ", el("em", {}, target.name), el("span", { class: "id" }, target.id)),
      el("nav", { "aria-label": "Views" }, views.map(([name, label]) => el("button", { type: "button", "aria-pressed": String(state.view === name), "data-focus": `view-${name}`, onclick: () => setView(name) }, label))),
      el("details", { class: "menu", id: "export" }, el("summary", {}, "Export"), el("ul", {}, EXPORTS.map((form) => el("li", {}, el("button", { type: "button", onclick: () => saveAnswer(answer, asked, form).catch(fail) }, form[0]))),
        el("button", { type: "button", onclick: () => print() }, "Print or PDF")))),
    (parts.notes = el("div", { class: "notes" }, notes())),
    (parts.filters = el("div", { class: "filter-area" })),
    (parts.view = el("div", { class: "view" })),
    el("footer", { class: "manifest" }, `KEDRec ${answer.manifest.kedrec} · graph ${answer.manifest.fingerprint} · ${answer.manifest.licences.join(", ")} · seed ${answer.manifest.seed}${answer.manifest.model ? ` · ${answer.manifest.model}` : ""}. For research; not medical advice.`));
  showFilters();
  showView();
}

function setView(name) {
  go({ view: name }, false);
  keepingFocus(showAnswer, `view-${name}`);
}

function showFilters() {
  const change = (filters, focus) => {
    go({ filters });
    keepingFocus(() => (showFilters(), showView()), focus);
  };
  const isOpen = parts.filters.querySelector("details")?.open;
  fill(parts.filters,
    el("details", { open: isOpen, id: "filters" }, el("summary", {}, "Filters"), filterPanel(answer, state.filters, change)),
    filterSentence(answer, state.filters, () => {
      change({});
      parts.filters.querySelector("summary").focus();
    }));
}

async function showView() {
  figure = null;
  if (state.view === "why") {
    const { whyMatrix } = await import("./why.js");
    fill(parts.view, whyMatrix(answer, { filters: state.filters, open: (id, mark) => (go({ view: "drugs", drug: id, claim: mark }, false), showAnswer(), reveal(mark)) }));
  } else if (state.view === "compare") {
    const { comparison } = await import("./compare.js");
    const pairView = comparison(answer, { pair: [state.with, state.and], problem: problemBox, setPair: (a, b) => (go({ with: a, and: b }, false), showView()) });
    fill(parts.view, pairView.section);
    pairView.start();
  } else {
    fill(parts.view, el("div", { class: "columns" }, (parts.table = el("div", { class: "table-area" })), (parts.detail = el("article", { class: "detail", "aria-label": "Reasons" }))));
    showTable();
    showDetail();
  }
}

function showTable() {
  const nameOf = (id) => subjectOf(answer, answer.recommendations.find((item) => subjectOf(answer, item).id === id))?.name;
  const view = {
    ...sorting, filters: state.filters, compared, selected: selectedItem() && subjectOf(answer, selectedItem()).id,
    select: (id) => (go({ drug: id, claim: "" }, false), keepingFocus(() => (showTable(), showDetail())), innerWidth < 900 && parts.detail.scrollIntoView()),
    sortBy(key) {
      Object.assign(sorting, { down: sorting.sort === key && !sorting.down, sort: key });
      keepingFocus(showTable);
    },
    compare(id, on) {
      if (on) compared.push(id);
      else compared.splice(compared.indexOf(id), 1);
      const here = compared.filter((one) => answer.recommendations.some((item) => item.drug.id === one));
      compared.splice(0, compared.length, ...here);
      if (here.length < 2) return keepingFocus(showTable);
      go({ view: "compare", with: nameOf(here[0]), and: nameOf(here[1]) }, false);
      compared.length = 0;
      keepingFocus(showAnswer, "view-compare");
    },
  };
  fill(parts.table, rankedTable(answer, view), answer.also?.length ? el("p", { class: "note" }, "Alike, and not shown for themselves: ", answer.also.map((one) => `${one.entity.name} (${one.rank})`).join(", "), ".") : null);
}

function detailView() {
  const item = selectedItem();
  return {
    mark: state.claim, filters: state.filters, layout: state.layout, writing: writing.get(item.rank),
    setMark(mark) {
      go({ claim: state.claim === mark ? "" : mark });
      keepingFocus(showReasons);
      figure?.mark(state.claim, state.filters);
    },
    setLayout: (layout) => go({ layout }),
    openEdge: (key) => figure?.openEdge(key),
  };
}

function showReasons() {
  const item = selectedItem();
  fill(parts.reasons, reasons(answer, item, detailView()));
  fill(parts.evidence, evidenceList(item, detailView()));
}

function showDetail() {
  const item = selectedItem();
  if (!item) return fill(parts.detail, el("p", { class: "note" }, answer.abstained || "There is no result."));
  fill(parts.detail, (parts.reasons = el("div")), (parts.figure = el("div")), (parts.evidence = el("div")));
  showReasons();
  if (pathsOf(item).length) showFigure(item);
}

async function showFigure(item) {
  const { drawing } = await import("./drawing.js");
  if (selectedItem() !== item || !parts.figure.isConnected) return;
  figure = drawing(answer, item, detailView());
  fill(parts.figure, figure.section);
  figure.start();
}

const reveal = (mark) => byId(`evidence-${mark}`)?.scrollIntoView({ block: "center" });

function readOptions() {
  return { top: byId("top").value, status: byId("clinical").value, llm: byId("llm").checked, new: byId("new").checked, hide_contraindicated: byId("hide_contraindicated").checked };
}

function showOptions() {
  byId("top").value = state.top;
  for (const name of ["new", "hide_contraindicated"]) byId(name).checked = Boolean(state[name]);
  byId("llm").checked = Boolean(state.llm);
  byId("question").value = state.name || state.ask || "";
  byId("clinical").value = state.status || "";
  byId("clinical").disabled = state.kind === "Drug"; // they choose drugs
  byId("new").disabled = Boolean(state.lists); // no graph knows treatments of own genes
  geneForm.show(state.lists);
}

async function loadFacts() {
  meta = await get("v1/meta");
  keyForm.show(false);
  const count = (name) => meta.kinds.find((kind) => kind.name === name)?.nodes.toLocaleString("en") ?? "0";
  fill(byId("graph-facts"), `${count("Drug")} drugs, ${count("Disease")} diseases, ${count("Gene")} genes · graph ${meta.fingerprint} · ${meta.model_ready ? `model ${meta.model}` : "no language model: rationales are the paths in words"}`);
  byId("llm").disabled = !meta.model_ready;
  if (!meta.model_ready) state.llm = false;
  else state.llm ??= true;
  byId("llm").checked = state.llm;
  if (meta.lacks) fill(byId("problem"), problemBox(new Problem({ detail: meta.lacks, hint: "Load a graph with `kedrec-load graph`, and restart the service." })));
}

async function showExamples() {
  byId("examples").hidden = false;
  const entities = await exampleEntities();
  fill(byId("example-list"), entities.map((entity) => el("li", {}, el("button", { type: "button", onclick: () => askFor(entity) },
    entity.kind === "Drug" ? `What could ${entity.name} treat?` : `Drugs for ${entity.name}`))));
}

async function open() {
  const read = readAddress(location.search, location.hash);
  state = { ...read.state, llm: read.state.llm };
  showOptions();
  if (read.wrong.length) fail(new Problem({ detail: read.wrong.join(" "), hint: "The rest of the link is shown." }));
  const wrong = [...byId("problem").children];
  try {
    await loadFacts();
  } catch (error) {
    return fail(error);
  }
  if (!isAsked()) {
    byId("answer").hidden = true;
    return showExamples();
  }
  await ask();
  if (wrong.length) byId("problem").prepend(...wrong);
  if (state.claim?.startsWith("P")) reveal(state.claim);
}

const combobox = makeCombobox(askFor);
const geneForm = makeGeneForm(askForGenes);
const keyForm = makeKeyForm({ start: () => (fill(byId("problem")), open()), fail });
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // what is behind the # belongs to the state
  byId("answer").focus();
});
byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  combobox.close();
  const text = byId("question").value.trim();
  if (!text) return fail(new Problem({ detail: "Nothing is asked.", hint: "Type a disease or a drug, or take an example." }));
  Object.assign(state, readOptions());
  const isSame = text === state.name;
  if (!isSame) return findAndAsk(text);
  go({ claim: "" }, false);
  ask();
});

/** Asks for a typed text: as a drug where only a drug has this name, else as a disease. */
async function findAndAsk(text) {
  try {
    const best = async (kind) => (await get(`v1/search?${new URLSearchParams({ q: text, kind, limit: "1" })}`))[0]?.score ?? 0;
    const [disease, drug] = await Promise.all([best("Disease"), best("Drug")]);
    askFor({ id: text, name: text, kind: drug > disease ? "Drug" : "Disease" });
  } catch (error) {
    fail(error);
  }
}

for (const name of ["top", "clinical", "llm", "new", "hide_contraindicated"]) {
  byId(name).addEventListener("change", () => {
    Object.assign(state, readOptions());
    if (isAsked()) (go({}, false), ask());
  });
}
byId("cancel").addEventListener("click", cancel);
addEventListener("popstate", open);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figure?.redraw());
open();
