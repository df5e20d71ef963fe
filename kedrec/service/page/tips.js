// Explanations of columns, from the schema's own words (openapi.json), fetched when the first is asked for.

import { el, fill } from "./dom.js";

let schemas;

async function descriptions() {
  schemas ??= fetch("openapi.json").then((answer) => answer.json()).then((api) => api.components.schemas).catch(() => ({}));
  return schemas;
}

/** The schema's words on fields of a type: "rank: 1 is best ...". */
async function words(type, fields) {
  const description = (await descriptions())[type]?.description ?? "";
  const found = new Map();
  const [, attributes = ""] = description.split("Attributes:\n");
  for (const part of attributes.split(/\n(?=\s{0,4}\S[^:\n]*:\s)/)) {
    const [, names, text] = part.match(/^\s*([\w, ]+):\s+([\s\S]+)/) ?? [];
    names?.split(",").forEach((name) => found.set(name.trim(), text.replace(/`/g, "").replace(/\s+/g, " ").trim()));
  }
  return [...new Set(fields.map((field) => found.get(field)).filter(Boolean))].join(" ");
}

let count = 0;

/** A button with a question mark that shows what a column means, on focus, hover and press. */
export function tip(label, type, ...fields) {
  const id = `tip-${++count}`;
  const box = el("span", { class: "tip-box", role: "tooltip", id, hidden: true });
  const button = el("button", { type: "button", class: "tip", "aria-label": `What is ${label}?`, "aria-describedby": id }, "?");
  const show = async () => {
    fill(box, await words(type, fields) || "No description.");
    box.hidden = false;
    const at = button.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${at.bottom + 4}px`;
  };
  const hide = () => (box.hidden = true);
  for (const type of ["focus", "pointerenter", "click"]) button.addEventListener(type, show);
  for (const type of ["blur", "pointerleave"]) button.addEventListener(type, hide);
  button.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return el("span", { class: "tip-holder" }, button, box);
}
