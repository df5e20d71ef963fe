// An answer as files: tables, JSON, Cypher, a page of its own.

import { save } from "./dom.js";
import { allEvidence, pathsOf, subjectOf } from "./paths.js";
import { postForText } from "./service.js";
import { badgesOf, clinicalWords } from "./table.js";

const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;

/** A cell of a table: on one line, with an apostrophe before what a spreadsheet would run as a formula. */
export function cell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "").replace(/\r\n?|[\u2028\u2029\u0085]/g, "\n").replace(UNPRINTABLE, "").replace(/\s+/g, " ");
  return /^[=+\-@]/.test(text.trimStart()) ? `'${text}` : text;
}

const tsv = (rows) => rows.map((row) => `${row.map(cell).join("\t")}\n`).join("");

/** The ranked table, a row per result. */
export function tableText(answer) {
  const head = ["rank", "id", "name", "probability", "low", "high", "baseline", "score", "badges", "clinic", "paths", "fingerprint"];
  return tsv([head, ...answer.recommendations.map((item) => {
    const { id, name } = subjectOf(answer, item);
    return [item.rank, id, name, item.probability, item.low, item.high, item.prior, item.score, badgesOf(answer, item).map(([, text]) => text).join(", "), clinicalWords(item.clinical), item.coverage.paths, answer.manifest.fingerprint];
  })]);
}

/** A row for each edge of each path, with its references. */
export function edgesText(answer) {
  const head = ["rank", "drug", "disease", "path", "stance", "step", "start", "start_name", "relation", "end", "end_name", "action", "source", "licence", "year", "references", "evidence", "mechanisms"];
  const rows = [head];
  for (const item of answer.recommendations) {
    for (const { id, stance, path } of pathsOf(item)) {
      const names = new Map(path.nodes.map((node) => [node.id, node.name]));
      path.steps.forEach((step, i) => step.edges.forEach((edge) => rows.push([
        item.rank, item.drug.id, item.disease.id, id, stance, i + 1, edge.start, names.get(edge.start), edge.relation, edge.end, names.get(edge.end),
        edge.action, edge.source, edge.licence, edge.year, edge.references.join(" "), edge.evidence, edge.mechanisms.join(" "),
      ])));
    }
  }
  return tsv(rows);
}

/** Statements that show the paths in a Neo4j database which has the graph; every value is a parameter. */
export function cypherText(answer) {
  const groups = new Map();
  for (const item of answer.recommendations) {
    for (const { path } of allEvidence(item).filter((evidence) => evidence.path)) {
      const kinds = new Map(path.nodes.map((node) => [node.id, node.kind]));
      for (const { start, relation, end } of path.steps.flatMap((step) => step.edges)) {
        const types = [kinds.get(start), relation, kinds.get(end)];
        if (!types.every((type) => /^[A-Za-z_]+$/.test(type))) continue;
        const group = groups.get(types.join(" ")) ?? new Set();
        groups.set(types.join(" "), group.add(JSON.stringify([start, end])));
      }
    }
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  const parameters = sorted.map(([, ends], i) => `:param pairs${i} => [${[...ends].join(", ")}];`);
  const parts = sorted.map(([types], i) => {
    const [start, relation, end] = types.split(" ");
    return `UNWIND $pairs${i} AS pair MATCH p = (:\`${start}\` {id: pair[0]})-[:\`${relation}\`]->(:\`${end}\` {id: pair[1]}) RETURN p`;
  });
  return `${parameters.join("\n")}\n${parts.join("\nUNION\n")};\n`;
}

/** The exports: [label, file's ending, writer]. */
export const EXPORTS = [
  ["Table (TSV)", "tsv", (answer) => tableText(answer), "text/tab-separated-values"],
  ["Edges (TSV)", "edges.tsv", (answer) => edgesText(answer), "text/tab-separated-values"],
  ["JSON", "json", (answer) => `${JSON.stringify(answer, null, 2)}\n`, "application/json"],
  ["Cypher", "cypher", (answer) => cypherText(answer), "text/plain"],
  ["Page (HTML)", "html", (answer, question) => postForText("v1/recommend", question, "text/html"), "text/html"],
];

/** Saves an answer to a question in one of the forms. */
export async function saveAnswer(answer, question, [, ending, write, type]) {
  const asked = answer.asked === "drug" ? answer.drug.name : answer.disease.name;
  save(`kedrec-${asked.replace(/[^\w-]+/g, "_").slice(0, 60)}.${ending}`, await write(answer, question), type);
}
