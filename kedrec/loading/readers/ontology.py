"""Reader of an ontology in OBO: its terms become nodes of one kind, joined by IS_A.

A faulty clause is skipped and counted by its line. Ids that were merged into a term (`alt_id`) or that it
replaces (`replaced_by`) become its cross-references. For ids retired without a successor, the ids that the
ontology says to consider are stored. Imports are not followed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kedrec.common.text_files import PLACEHOLDER, has_last_line_end
from kedrec.errors import DataError
from kedrec.loading.readers.curies import curie_of
from kedrec.loading.readers.obo import (
    Clause,
    Stanza,
    after_identifier,
    identifier,
    quoted_text,
    read_stanzas,
    unquoted_text,
)
from kedrec.loading.source_records import former_name
from kedrec.loading.sources import Source, find_files

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging

__all__ = ["read_ontology", "read_terms"]

_DATED = re.compile(r"_\d{4}_\d{2}_\d{2}$")
_PURL = re.compile(r"https?://purl\.obolibrary\.org/obo/([A-Za-z]+)_(\w+)")
_REPLACED_BY = frozenset({"IAO:0100001", "term_replaced_by"})
"""The property that `replaced_by` is in OWL, which some tools write as it is."""
_SYNONYMS = {"synonym": "", "exact_synonym": "EXACT"}  # the second as format 1.0 has it
_EVERY = 5000
_FEWEST_TERMS = 100
_FEWEST_BEYOND = 4
"""Fewest terms, and parents beyond them, of a file that is taken for cut: fewer are odd clauses."""
_SHARE_BEYOND = 0.9

_Reject: TypeAlias = tuple[int, str, str, str]
"""Line, reason, detail and text."""


@dataclass(slots=True)
class _Term:
    """Fields of a term.

    Attributes:
        parents: line and id of each direct parent.
        retired: ids that were merged into it.
        successors: ids that replace it, if it is obsolete.
        consider: alternatives that the ontology suggests, if no id replaces it.
    """

    id: str
    line: int
    name: str = ""
    description: str = ""
    synonyms: set[str] = field(default_factory=set)
    xrefs: set[str] = field(default_factory=set)
    parents: list[tuple[int, str]] = field(default_factory=list)
    obsolete: bool = False
    retired: set[str] = field(default_factory=set)
    successors: list[str] = field(default_factory=list)
    consider: list[str] = field(default_factory=list)


class _Terms:
    """Terms of one ontology, with the prefixes of its declaration.

    Attributes:
        terms: terms by id, in the order of the file.
        nodes: rejected terms, without an id.
        clauses: rejected clauses, and lines that aren't clauses.
    """

    def __init__(self, source: Source) -> None:
        self._prefix: str = source.mapping["prefix"]
        self._prefixes: dict[str, str] = source.mapping["prefixes"]
        self._equivalent: str = source.mapping.get("equivalent", "")
        self.terms: dict[str, _Term] = {}
        self.nodes: list[_Reject] = []
        self.clauses: list[_Reject] = []

    def is_own(self, curie: str) -> bool:
        """True if an id belongs to this ontology."""
        return curie.startswith(f"{self._prefix}:")

    def _curie(self, value: str) -> str:
        """The id that a value begins with; this ontology's may be spelled as tables may spell ids."""
        word = identifier(value)
        if self.is_own(own := curie_of(word)):
            return own
        purl = _PURL.fullmatch(word)
        return f"{purl[1]}:{purl[2]}" if purl else word

    def add(self, stanza: Stanza) -> None:
        """Adds the term of a stanza; ignores stanzas of relations and instances."""
        self.clauses += [
            (line, "line that is no clause", "", text) for line, text in stanza.unread if text != PLACEHOLDER
        ]
        if cut := stanza.unended:
            reason = "last line without an end, where the file may be cut"
            self.clauses.append((cut.line, reason, "", f"{cut.tag}: {cut.value}"))
        if not stanza.kind:
            self.clauses += [
                (clause.line, "import that is not followed", clause.value, f"import: {clause.value}")
                for clause in stanza.clauses
                if clause.tag == "import"
            ]
        if stanza.kind != "Term":
            return
        id_clause = next((clause for clause in stanza.clauses if clause.tag == "id"), None)
        id_ = self._curie(id_clause.value) if id_clause else ""
        if not id_:
            self.nodes.append((stanza.line, "no id", "", ""))
            return
        # Several stanzas of one term are merged.
        term = self.terms.setdefault(id_, _Term(id_, id_clause.line if id_clause else stanza.line))
        for clause in stanza.clauses:
            if not self._add_clause(term, clause):
                text = f"{clause.tag}: {clause.value}"
                self.clauses.append((clause.line, "clause that can't be read", f"{id_} {clause.tag}", text))

    def _add_clause(self, term: _Term, clause: Clause) -> bool:
        """Adds a clause to a term; returns False if it can't be read."""
        tag, value = clause.tag, clause.value
        if tag == "name":
            term.name = term.name or unquoted_text(value)
            # An obsolete term's label begins so, by the OBO Foundry's rule; not every file marks it besides.
            term.obsolete = term.obsolete or former_name(term.name) != term.name
        elif tag == "is_obsolete":
            term.obsolete = term.obsolete or identifier(value).lower() == "true"
        elif tag == "def":
            quoted = quoted_text(value)
            term.description = term.description or (quoted[0] if quoted else "")
            return quoted is not None
        elif tag in _SYNONYMS:
            return self._add_synonym(term, value, _SYNONYMS[tag])
        elif tag == "property_value" and self._curie(value) in _REPLACED_BY:
            successor = after_identifier(value).lstrip('"').replace('"', " ")
            return self._add_reference(term, Clause(clause.line, "replaced_by", successor))
        elif tag in ("xref", "is_a", "alt_id", "replaced_by", "consider"):
            return self._add_reference(term, clause)
        return True

    @staticmethod
    def _add_synonym(term: _Term, value: str, scope: str) -> bool:
        quoted = quoted_text(value)
        if quoted is None:
            return False
        text, qualifiers = quoted
        # The declared type of a synonym is ignored.
        if (scope or qualifiers.partition(" ")[0].upper()) == "EXACT" and text.strip():
            term.synonyms.add(text.strip())
        return True

    def _add_reference(self, term: _Term, clause: Clause) -> bool:
        curie = self._curie(clause.value)
        if not curie:
            return False
        if clause.tag == "is_a":
            term.parents.append((clause.line, curie))
        elif clause.tag == "alt_id":
            term.retired.add(curie)
        elif clause.tag == "replaced_by":
            term.successors.append(curie)
        elif clause.tag == "consider":
            term.consider.append(curie)
        elif self._equivalent in after_identifier(clause.value):  # "" is in every text
            word, colon, local = curie.partition(":")
            for beginning in (f"{_DATED.sub('', word)}:{local[:2]}", _DATED.sub("", word)):
                if colon and local and (prefix := self._prefixes.get(beginning)):
                    term.xrefs.add(f"{prefix}:{local[2:] if ':' in beginning else local}")
                    break
        return True

    def parents_beyond(self, missing: list[str]) -> list[str]:
        """Those of the missing parents that the file lost with its end; empty if it doesn't look cut.

        Ontologies are written in the order of their ids, as text or as numbers. The parents that a slim or
        another part leaves out lie among its terms; those that a cut file lost all lie after the last.
        The public releases of Mondo, HPO and the Disease Ontology lack no parent of their own.
        """
        own = [id_ for id_ in self.terms if self.is_own(id_)]
        if len(own) < _FEWEST_TERMS:
            return []
        by_text, by_number = max(own), max(map(_number_order, own))
        for beyond in (
            [id_ for id_ in missing if id_ > by_text],
            [id_ for id_ in missing if _number_order(id_) > by_number],
        ):
            if len(beyond) >= max(_FEWEST_BEYOND, _SHARE_BEYOND * len(missing)):
                return beyond
        return []

    def refusal(self, term: _Term) -> str:
        """Reason why a term isn't a node; "" if it is one."""
        if not self.is_own(term.id):
            return "term of another ontology"
        if term.obsolete:
            return "obsolete term"
        return "" if term.name else "no name"

    def missing_parents(self) -> list[str]:
        """The ontology's own ids that are parents and no terms, in order: a whole file has none."""
        merged = {old for term in self.terms.values() for old in term.retired}
        live = (term for term in self.terms.values() if not self.refusal(term))
        parents = {parent for term in live for _, parent in term.parents if self.is_own(parent)}
        return sorted(parents - self.terms.keys() - merged)

    def retired_ids(self) -> tuple[dict[str, str], list[_Term]]:
        """Successors of the retired ids, and the retired terms that have none.

        An id that several terms list as merged has no successor; an id that is still a term needs none.
        """
        live = {id_ for id_, term in self.terms.items() if not self.refusal(term)}
        owners: dict[str, set[str]] = defaultdict(set)
        for id_ in live:
            for old in self.terms[id_].retired - live:
                owners[old].add(id_)
        obsolete = [term for term in self.terms.values() if self.is_own(term.id) and term.obsolete]
        for term in obsolete:
            if successor := self._successor(term, live):
                owners[term.id].add(successor)
        successors = {old: next(iter(ids)) for old, ids in owners.items() if len(ids) == 1}
        ambiguous = [
            _Term(old, 0, consider=sorted(ids)) for old, ids in sorted(owners.items()) if len(ids) > 1
        ]
        return successors, ambiguous + [term for term in obsolete if term.id not in owners]

    def _successor(self, term: _Term, live: set[str]) -> str:
        """Term that replaces an obsolete term, directly or in steps; "" if there isn't exactly one."""
        visited: set[str] = set()
        while len(set(term.successors)) == 1 and term.id not in visited:
            visited.add(term.id)
            [*_, successor] = term.successors
            if successor in live:
                return successor
            if successor not in self.terms:
                break
            term = self.terms[successor]
        return ""


def _number_order(curie: str) -> tuple[int, str]:
    """Sort key of ids by their numbers, where they are numbers: the shorter number is the smaller one."""
    return len(curie), curie


def read_ontology(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads a source that is an ontology alone, as `read_terms` does.

    Raises:
        DataError: the file is missing, damaged, cut off, no OBO, or has no term of the ontology.
    """
    [spec] = source.files
    read_terms(staging, source, find_files(source, spec, folder)[0], progress)


def read_terms(staging: Staging, source: Source, path: Path, progress: Progress) -> None:
    """Reads the terms into `node_rows`, IS_A into `edge_rows`, and obsolete terms into `retired_rows`.

    Raises:
        DataError: the file is damaged, cut off, no OBO, or has no term of the ontology.
    """
    stage = f"Reading {source.name}"
    progress(stage, 0, None)
    number, plain, bad = staging.unpack(path)
    terms = _Terms(source)
    with plain.open(encoding="utf-8", newline="\n") as lines:
        for done, stanza in enumerate(read_stanzas(lines, ended=has_last_line_end(path))):
            if done % _EVERY == 0:
                progress(stage, done, None)
            terms.add(stanza)
    if not terms.terms:
        raise DataError(f"{path} is no OBO file that can be read: it has no term.", "Get the file again.")
    if not any(terms.is_own(id_) for id_ in terms.terms):
        raise DataError(f"{path} has no term of {source.mapping['prefix']}.", source.obtain)
    if beyond := terms.parents_beyond(missing := terms.missing_parents()):
        raise DataError(
            f"{path} seems to be cut off: {len(beyond):,} parents that its terms name, such as {beyond[0]}, "
            "would come after its last term.",
            f"Nothing was written. {source.obtain} To load the part that is there, delete the is_a clauses "
            "of those parents.",
        )
    if missing:
        staging.notes.append(
            f"parents that aren't in the file, which is a part of the ontology or cut: {len(missing):,}"
        )
    _stage(staging, source, number, terms)
    unread = [(line.line, line.reason, "", line.text) for line in bad]
    staging.reject("attributes", number, [*unread, *terms.clauses])
    staging.rows_read["attributes"] += len(unread) + len(terms.clauses)
    progress(stage, len(terms.terms), len(terms.terms))


def _stage(staging: Staging, source: Source, file: int, terms: _Terms) -> None:
    successors, retired_terms = terms.retired_ids()
    retired_by_successor: dict[str, set[str]] = defaultdict(set)
    for old, new in successors.items():
        retired_by_successor[new].add(old)
    nodes: dict[str, list[Any]] = defaultdict(list)
    edges: dict[str, list[Any]] = defaultdict(list)
    rejects = list(terms.nodes)
    for term in terms.terms.values():
        if why := terms.refusal(term):
            rejects.append((term.line, why, term.id, f"{term.id}\t{term.name}"))
            continue
        row = {
            "file": file, "line": term.line, "key": term.id, "kind": source.mapping["kind"], "id": term.id,
            "name": term.name, "synonyms": sorted(term.synonyms),
            "xrefs": sorted(term.xrefs | retired_by_successor[term.id]), "description": term.description,
        }  # fmt: skip
        for column, value in row.items():
            nodes[column].append(value)
        for line, parent in term.parents:
            edge = {
                "file": file, "line": line, "relation": "IS_A", "start": term.id,
                "end": successors.get(parent, parent), "licence": source.licence, "evidence": source.title,
            }  # fmt: skip
            for column, value in edge.items():
                edges[column].append(value)
    staging.rows_read["nodes"] += len(terms.terms) + len(terms.nodes)
    staging.rows_read["edges"] += len(edges["start"])
    if nodes["file"]:
        staging.insert("node_rows", nodes)
    if edges["file"]:
        staging.insert("edge_rows", edges)
    if retired_terms:
        staging.insert(
            "retired_rows",
            {
                "id": [term.id for term in retired_terms],
                "name": [term.name for term in retired_terms],
                "consider": [list(dict.fromkeys(term.consider + term.successors)) for term in retired_terms],
            },
        )
    staging.reject("nodes", file, rejects)
