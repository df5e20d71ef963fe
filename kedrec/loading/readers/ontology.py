"""Reads an ontology in OBO: its terms as nodes of one kind, and which is a kind of which.

A clause that can't be used is left out and counted by its line, and the rest of the file is read. Ids that
were merged into a term (`alt_id`) or that it replaces (`replaced_by`) are the term's. Of ids that were given
up without a successor the graph keeps what the ontology says to consider. Imports are not followed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kedrec.common.text_files import PLACEHOLDER
from kedrec.errors import DataError
from kedrec.loading.readers.obo import (
    Clause,
    Stanza,
    identifier,
    quoted_text,
    read_stanzas,
    rest_of,
    unquoted_text,
)
from kedrec.loading.sources import Source, find_files

if TYPE_CHECKING:
    from kedrec.loading.staging import Progress, Staging

__all__ = ["read_ontology"]

_DATED = re.compile(r"_\d{4}_\d{2}_\d{2}$")
_PURL = re.compile(r"https?://purl\.obolibrary\.org/obo/([A-Za-z]+)_(\w+)")
_SYNONYMS = {"synonym": "", "exact_synonym": "EXACT"}  # the second as format 1.0 has it
_EVERY = 5000

_Reject: TypeAlias = tuple[int, str, str, str]
"""Line, reason, detail and text."""


def _curie(value: str) -> str:
    """The id that a value begins with; one written as the address that OBO gives it is the same."""
    word = identifier(value)
    found = _PURL.fullmatch(word)
    return f"{found[1]}:{found[2]}" if found else word


@dataclass(slots=True)
class _Term:
    """What is read of a term.

    Attributes:
        parents: line and id of each term that it is a kind of, directly.
        retired: ids that were merged into it.
        successors: what replaces it, where it is obsolete.
        consider: what the ontology names in its stead, where nothing replaces it.
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
    """The terms of one ontology, by the words of its declaration.

    Attributes:
        terms: by id, in the order of the file.
        nodes: terms without an id.
        clauses: clauses that can't be used, and lines that are none.
    """

    def __init__(self, source: Source) -> None:
        self._prefix: str = source.mapping["prefix"]
        self._prefixes: dict[str, str] = source.mapping["prefixes"]
        self._equivalent: str = source.mapping.get("equivalent", "")
        self.terms: dict[str, _Term] = {}
        self.nodes: list[_Reject] = []
        self.clauses: list[_Reject] = []

    def is_own(self, curie: str) -> bool:
        """Whether an id is of this ontology."""
        return curie.startswith(f"{self._prefix}:")

    def add(self, stanza: Stanza) -> None:
        """Takes a stanza; those of relations and instances, which aren't read, aside."""
        self.clauses += [
            (line, "line that is no clause", "", text) for line, text in stanza.unread if text != PLACEHOLDER
        ]
        if not stanza.kind:
            self.clauses += [
                (clause.line, "import that is not followed", clause.value, f"import: {clause.value}")
                for clause in stanza.clauses
                if clause.tag == "import"
            ]
        if stanza.kind != "Term":
            return
        named = next((clause for clause in stanza.clauses if clause.tag == "id"), None)
        id_ = _curie(named.value) if named else ""
        if not id_:
            self.nodes.append((stanza.line, "no id", "", ""))
            return
        # Several stanzas of one term add up.
        term = self.terms.setdefault(id_, _Term(id_, named.line if named else stanza.line))
        for clause in stanza.clauses:
            if not self._take(term, clause):
                text = f"{clause.tag}: {clause.value}"
                self.clauses.append((clause.line, "clause that can't be read", f"{id_} {clause.tag}", text))

    def _take(self, term: _Term, clause: Clause) -> bool:
        """Adds what a clause says of a term; False where it can't be read."""
        tag, value = clause.tag, clause.value
        if tag == "name":
            term.name = term.name or unquoted_text(value)
        elif tag == "is_obsolete":
            term.obsolete = term.obsolete or identifier(value).lower() == "true"
        elif tag == "def":
            found = quoted_text(value)
            term.description = term.description or (found[0] if found else "")
            return found is not None
        elif tag in _SYNONYMS:
            return self._synonym(term, value, _SYNONYMS[tag])
        elif tag in ("xref", "is_a", "alt_id", "replaced_by", "consider"):
            return self._reference(term, clause)
        return True

    @staticmethod
    def _synonym(term: _Term, value: str, scope: str) -> bool:
        found = quoted_text(value)
        if found is None:
            return False
        text, rest = found
        # What a synonym's type is declared to mean makes no difference.
        if (scope or rest.partition(" ")[0]) == "EXACT" and text.strip():
            term.synonyms.add(text.strip())
        return True

    def _reference(self, term: _Term, clause: Clause) -> bool:
        curie = _curie(clause.value)
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
        elif self._equivalent in rest_of(clause.value):  # "" is in every text
            word, colon, local = curie.partition(":")
            prefix = self._prefixes.get(_DATED.sub("", word))
            if prefix and colon and local:
                term.xrefs.add(f"{prefix}:{local}")
        return True

    def refusal(self, term: _Term) -> str:
        """Why a term is no node; "" where it is one."""
        if not self.is_own(term.id):
            return "term of another ontology"
        if term.obsolete:
            return "obsolete term"
        return "" if term.name else "no name"

    def retire(self) -> tuple[dict[str, str], list[_Term]]:
        """The successors of ids that were given up, and the terms, all there is of them, that have none.

        An id that several terms say was theirs has no successor; one that is a term still, needs none.
        """
        live = {id_ for id_, term in self.terms.items() if not self.refusal(term)}
        owners: dict[str, set[str]] = defaultdict(set)
        for id_ in live:
            for old in self.terms[id_].retired - live:
                owners[old].add(id_)
        given_up = [term for term in self.terms.values() if self.is_own(term.id) and term.obsolete]
        for term in given_up:
            if successor := self._successor(term, live):
                owners[term.id].add(successor)
        successors = {old: next(iter(ids)) for old, ids in owners.items() if len(ids) == 1}
        claimed = [_Term(old, 0, consider=sorted(ids)) for old, ids in sorted(owners.items()) if len(ids) > 1]
        return successors, claimed + [term for term in given_up if term.id not in owners]

    def _successor(self, term: _Term, live: set[str]) -> str:
        """The term that one was replaced by, where need be step by step; "" where there is no one such."""
        seen: set[str] = set()
        while len(set(term.successors)) == 1 and term.id not in seen:
            seen.add(term.id)
            [*_, found] = term.successors
            if found in live:
                return found
            if found not in self.terms:
                break
            term = self.terms[found]
        return ""


def read_ontology(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads the terms into `node_rows`, IS_A into `edge_rows`, and obsolete terms into `retired_rows`.

    Raises:
        DataError: the file is missing, damaged, no OBO, or has no term of the ontology.
    """
    [spec] = source.files
    path = find_files(source, spec, folder)[0]
    stage = f"Reading {source.name}"
    progress(stage, 0, None)
    number, plain, bad = staging.unpack(path)
    terms = _Terms(source)
    with plain.open(encoding="utf-8", newline="\n") as lines:
        for done, stanza in enumerate(read_stanzas(lines)):
            if done % _EVERY == 0:
                progress(stage, done, None)
            terms.add(stanza)
    if not terms.terms:
        raise DataError(f"{path} is no OBO file that can be read: it has no term.", "Get the file again.")
    if not any(terms.is_own(id_) for id_ in terms.terms):
        raise DataError(f"{path} has no term of {source.mapping['prefix']}.", source.obtain)
    _stage(staging, source, number, terms)
    unread = [(line.line, line.reason, "", line.text) for line in bad]
    staging.reject("attributes", number, [*unread, *terms.clauses])
    staging.rows_read["attributes"] += len(unread) + len(terms.clauses)
    progress(stage, len(terms.terms), len(terms.terms))


def _stage(staging: Staging, source: Source, file: int, terms: _Terms) -> None:
    successors, given_up = terms.retire()
    retired: dict[str, set[str]] = defaultdict(set)
    for old, new in successors.items():
        retired[new].add(old)
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
            "xrefs": sorted(term.xrefs | retired[term.id]), "description": term.description,
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
    for table, columns in (("node_rows", nodes), ("edge_rows", edges)):
        if columns["file"]:
            staging.insert(table, columns)
    if given_up:
        staging.insert(
            "retired_rows",
            {
                "id": [term.id for term in given_up],
                "name": [term.name for term in given_up],
                "consider": [list(dict.fromkeys(term.consider + term.successors)) for term in given_up],
            },
        )
    staging.reject("nodes", file, rejects)
