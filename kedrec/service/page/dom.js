// Builds elements. Text becomes text nodes only, so that no name is ever read as markup.

const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** The text with control and direction characters shown by their numbers, as [U+202E]. */
export function shown(text) {
  return String(text).replace(INVISIBLE, (c) => `[U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

/** A new element. Properties: `on*` are listeners, `class`, `data-*`, `aria-*` and others are attributes. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : shown(value));
  }
  append(element, children);
  return element;
}

/** Adds children: elements, texts, lists of them; null and false are left out. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : shown(child));
  }
}

/** Replaces an element's children. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** An element by its id. */
export const byId = (id) => document.getElementById(id);

/** "1 path", "2 paths". */
export const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** A share as a percentage with two significant digits: 41 %, 1.0 %, 0.03 %. */
export function percent(p) {
  if (p === null || p === undefined) return "–";
  const value = 100 * p;
  const digits = value >= 9.95 ? 0 : value >= 0.995 ? 1 : 2;
  return `${value.toFixed(digits)} %`;
}

/** Saves text or a blob as a file. */
export function save(name, content, type = "text/plain") {
  const blob = content instanceof Blob ? content : new Blob([content], { type: `${type};charset=utf-8` });
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
