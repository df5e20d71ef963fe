// Own genes in place of a disease: the form that takes them, and what became of them.

import { byId, counted } from "./dom.js";

/** The lists: genes of no direction, genes whose activity is higher than it should be, and lower. */
export const LISTS = ["genes", "raised", "lowered"];

const SHOWN = 5; // names of a kind

/** The symbols and ids in a text, separated by spaces, commas, semicolons or lines; a comment ends its line. */
export const namesIn = (text) => text.replace(/#.*/g, " ").split(/[\s,;]+/).filter(Boolean);

/** Lists without the empty ones; null without any gene. */
export function filled(lists) {
  const some = Object.entries(lists).filter(([, names]) => names?.length);
  return some.length ? Object.fromEntries(some) : null;
}

/** Makes the form. `choose(lists)` is called with the lists that are asked about, or null. */
export function makeGeneForm(choose) {
  byId("own-genes").addEventListener("submit", (event) => {
    event.preventDefault();
    choose(filled(Object.fromEntries(LISTS.map((name) => [name, namesIn(byId(`list-${name}`).value)]))));
  });
  return {
    /** Shows lists in the form. */
    show(lists) {
      for (const name of LISTS) byId(`list-${name}`).value = (lists?.[name] ?? []).join("\n");
      if (lists) byId("own").open = true;
    },
  };
}

/** Sentences on a gene list: how many genes are used, and which names stand for none, or for several. */
export function geneNotes(list) {
  const some = (what, names) => {
    if (!names.length) return [];
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
    return [`${what} (${names.length}): ${names.slice(0, SHOWN).join("; ")}${more}.`];
  };
  return [
    `${list.genes.length.toLocaleString("en")} of ${counted(list.names, "listed name")} used as genes of your list.`,
    ...some("Not known in the graph", list.unknown),
    ...some("Withdrawn ids", list.retired),
    ...some("Symbols of several genes, none of which is taken without an id", list.ambiguous.map((one) => one.asked)),
    ...some("Former or other symbols", list.genes.filter((one) => one.why === "synonym").map((one) => `${one.asked} is ${one.gene.name}`)),
    ...some("Raised and lowered, used as neither", list.contradictory),
    ...(list.left_out ? [`Left out: ${list.left_out.toLocaleString("en")}, since a list has at most ${list.genes.length}.`] : []),
  ];
}
