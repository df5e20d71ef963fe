// What paths, their edges and their licences are, for table, filters, graph and exports.

/** All evidence of a recommendation, supporting and adverse, cautions with it. */
export const allEvidence = (item) => [...item.evidence, ...item.adverse, ...item.safety.cautions];

/** Its evidence that is a path. */
export const pathsOf = (item) => allEvidence(item).filter((evidence) => evidence.path);

/** The other end of a pair: what is recommended. */
export const subjectOf = (answer, item) => (answer.asked === "drug" ? item.disease : item.drug);

/** Key of an edge's place in a drawing: parallel edges of several sources share it. */
export const stepKey = (path, i) => {
  const edge = path.steps[i].edges[0];
  return `${edge.start} ${edge.relation} ${edge.end}`;
};

const HOMES = { PMID: "https://pubmed.ncbi.nlm.nih.gov/", PMCID: "https://www.ncbi.nlm.nih.gov/pmc/articles/", DOI: "https://doi.org/", NCT: "https://clinicaltrials.gov/study/" };

/** The web address of a reference; "" where it has none. Only https is ever linked. */
export function addressOfReference(reference) {
  if (/^https:\/\/[^\s]+$/.test(reference)) return reference;
  const [, prefix, local] = reference.match(/^([A-Za-z]+):(\S+)$/) ?? [];
  const home = HOMES[prefix?.toUpperCase()];
  return home ? home + encodeURI(local) : "";
}
