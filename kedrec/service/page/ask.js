// The ask field: a combobox with suggestions by name, kind and id.

import { byId, el, fill } from "./dom.js";
import { get } from "./service.js";

const WAIT = 120; // ms after a key, so that a fast typist asks once
const MOST = 8;

/** Makes the field a combobox. `choose(entity)` is called with a suggestion that is taken. */
export function makeCombobox(choose) {
  const input = byId("question");
  const list = byId("suggestions");
  let matches = [];
  let active = -1;
  let timer = 0;
  let controller = new AbortController();

  function close() {
    controller.abort();
    clearTimeout(timer);
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    active = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function take(index) {
    const { entity } = matches[index];
    input.value = entity.name;
    close();
    choose(entity);
  }

  function show() {
    const items = matches.map((match, i) =>
      el("li", { role: "option", id: `suggestion-${i}`, "aria-selected": "false", onpointerdown: (event) => (event.preventDefault(), take(i)) },
        el("span", { class: "name" }, match.entity.name),
        match.matched !== match.entity.name && match.matched !== match.entity.id ? el("span", { class: "matched" }, match.matched) : null,
        el("span", { class: "id" }, `${match.entity.kind} · ${match.entity.id}`)));
    fill(list, items);
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(Boolean(items.length)));
  }

  async function suggest() {
    controller.abort();
    controller = new AbortController();
    const text = input.value.trim();
    if (!text) return close();
    try {
      const ask = (kind) => get(`v1/search?${new URLSearchParams({ q: text, kind, limit: String(MOST) })}`, controller.signal);
      const both = await Promise.all([ask("Disease"), ask("Drug")]);
      if (document.activeElement !== input || input.value.trim() !== text) return;
      const marked = matches[active]?.entity.id; // the list may come anew between an arrow and Enter
      matches = both.flat().sort((a, b) => b.score - a.score).slice(0, MOST);
      show();
      mark(matches.findIndex((match) => match.entity.id === marked));
    } catch {
      // Suggestions are a help: the question can be asked without them, and says what is wrong.
    }
  }

  input.addEventListener("input", () => {
    delete input.dataset.id;
    mark(-1); // whoever types on asks for what is typed
    clearTimeout(timer);
    timer = setTimeout(suggest, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const count = list.hidden ? 0 : matches.length;
    if (event.key === "ArrowDown" && !count) suggest();
    else if (event.key === "ArrowDown" && count) mark((active + 1) % count);
    else if (event.key === "ArrowUp" && count) mark((active - 1 + count) % count);
    else if (event.key === "Enter" && count && active >= 0) take(active);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  return { close };
}

const CANDIDATES = [
  ["multiple sclerosis", "Disease"], ["rheumatoid arthritis", "Disease"], ["chronic myeloid leukemia", "Disease"],
  ["type 2 diabetes mellitus", "Disease"], ["asthma", "Disease"], ["Alzheimer's disease", "Disease"],
  ["Parkinson's disease", "Disease"], ["psoriasis", "Disease"], ["metformin", "Drug"], ["imatinib", "Drug"],
  ["sildenafil", "Drug"], ["Crohn's disease", "Disease"], ["hypertension", "Disease"], ["thalidomide", "Drug"],
];
const EXAMPLES = 10;

/** Ten example questions that the graph can answer: their entities. */
export async function exampleEntities() {
  const look = async ([q, kind]) => {
    const [match] = await get(`v1/search?${new URLSearchParams({ q, kind, limit: "1" })}`);
    return match?.score === 100 ? match.entity : null;
  };
  const entities = await Promise.all(CANDIDATES.map((candidate) => look(candidate).catch(() => null)));
  return entities.filter(Boolean).slice(0, EXAMPLES);
}
