// The asker's key, of a service that demands one: for this tab alone, until it is closed.

import { byId } from "./dom.js";
import { Problem, keyOf, setKey } from "./service.js";

const PRINTABLE = /^[\x21-\x7e]{1,200}$/; // what a header can carry

/** Makes the form and the button that forgets the key. `start()` is called when the key has changed. */
export function makeKeyForm({ start, fail }) {
  const form = byId("key-form");
  const field = byId("key");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const key = field.value.trim();
    field.value = "";
    if (!PRINTABLE.test(key)) return fail(new Problem({ status: 401, detail: "That is no key.", hint: "Take the line that `kedrec keys add` printed." }));
    setKey(key);
    start();
  });
  byId("forget-key").addEventListener("click", () => {
    setKey("");
    start();
  });
  return {
    /** Shows the form where a key is missing or refused. */
    show(isNeeded) {
      form.hidden = !isNeeded;
      byId("forget-key").hidden = isNeeded || !keyOf();
      if (isNeeded) field.focus();
    },
  };
}
