"""Reads an ontology in OBO: its terms as nodes of one kind, and which is a kind of which.

pronto reads the file; what it doesn't keep, the lines and what a cross-reference is marked with, is read
beside it.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.sources import Source, find_files

if TYPE_CHECKING:
    import pronto

    from kedrec.loading.staging import Progress, Staging

__all__ = ["read_ontology"]

_DATED = re.compile(r"_\d{4}_\d{2}_\d{2}$")


def _opened(plain: Path, path: Path) -> pronto.Ontology:
    import pronto

    try:
        with warnings.catch_warnings():
            # Of clauses it doesn't understand, none of which is read here.
            warnings.simplefilter("ignore")
            return pronto.Ontology(str(plain))
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, NotImplementedError) as error:
        raise DataError(f"{path} is no OBO file that can be read: {error}.", "Get the file again.") from error


def _scan(plain: Path) -> tuple[dict[str, int], dict[str, dict[str, str]]]:
    """The line of each term's id, and by term the rest of the line of each of its cross-references."""
    lines: dict[str, int] = {}
    marks: dict[str, dict[str, str]] = defaultdict(dict)
    term = ""
    with plain.open(encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            if line.startswith("id: "):
                term = line[4:].split("!")[0].strip()
                lines.setdefault(term, number)
            elif line.startswith("xref: "):
                word, _, rest = line[6:].strip().partition(" ")
                marks[term][word] = rest
    return lines, marks


class _Terms:
    """The terms of one ontology, by the words of its declaration."""

    def __init__(self, source: Source, plain: Path) -> None:
        self.prefix: str = source.mapping["prefix"]
        self.prefixes: dict[str, str] = source.mapping["prefixes"]
        self.equivalent: str = source.mapping.get("equivalent", "")
        self.lines, self.marks = _scan(plain)

    def refusal(self, term: pronto.Term) -> str:
        """Why a term is no node; "" where it is one."""
        if not term.id.startswith(f"{self.prefix}:"):
            return "term of another ontology"
        if term.obsolete:
            return "obsolete term"
        return "" if term.name else "no name"

    def xrefs(self, term: pronto.Term) -> list[str]:
        """Its other ids, in the schema's spelling."""
        found = sorted(term.alternate_ids)
        for xref in term.xrefs:
            if self.equivalent and self.equivalent not in self.marks[term.id].get(xref.id, ""):
                continue
            word, colon, local = xref.id.partition(":")
            prefix = self.prefixes.get(_DATED.sub("", word))
            if prefix and colon and local:
                found.append(f"{prefix}:{local}")
        return sorted(set(found))

    def parents(self, term: pronto.Term) -> list[str]:
        """Terms of this ontology that it is a kind of, directly."""
        above = term.superclasses(distance=1, with_self=False)
        return sorted(parent.id for parent in above if parent.id.startswith(f"{self.prefix}:"))


def read_ontology(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads the terms into `node_rows` and IS_A into `edge_rows`; `loaders/<name>.yaml` tells the words.

    Raises:
        DataError: the file is missing, or is no OBO.
    """
    [spec] = source.files
    path = find_files(source, spec, folder)[0]
    stage = f"Reading {source.name}"
    progress(stage, 0, None)
    number, plain, bad = staging.unpacked(path)
    if bad:
        raise DataError(f"{path}, line {bad[0].line}: {bad[0].reason}.", "Get the file again.")
    terms, ontology = _Terms(source, plain), _opened(plain, path)
    nodes: dict[str, list[Any]] = defaultdict(list)
    edges: dict[str, list[Any]] = defaultdict(list)
    rejects: list[tuple[int, str, str, str]] = []
    found = sorted(ontology.terms(), key=lambda term: terms.lines.get(term.id, 0))
    if not any(term.id.startswith(f"{terms.prefix}:") for term in found):
        raise DataError(f"{path} has no term of {terms.prefix}.", source.obtain)
    for done, term in enumerate(found):
        if done % 1000 == 0:
            progress(stage, done, len(found))
        line = terms.lines.get(term.id, 0)
        if why := terms.refusal(term):
            rejects.append((line, why, term.id, f"{term.id}\t{term.name or ''}"))
            continue
        row = {
            "file": number, "line": line, "key": term.id, "kind": source.mapping["kind"], "id": term.id,
            "name": term.name, "synonyms": sorted(s.description for s in term.synonyms if s.scope == "EXACT"),
            "xrefs": terms.xrefs(term), "description": str(term.definition or ""),
        }  # fmt: skip
        for column, value in row.items():
            nodes[column].append(value)
        for parent in terms.parents(term):
            edge = {
                "file": number, "line": line, "relation": "IS_A", "start": term.id, "end": parent,
                "licence": source.licence, "evidence": source.title,
            }  # fmt: skip
            for column, value in edge.items():
                edges[column].append(value)
    staging.read["nodes"] += len(found)
    staging.read["edges"] += len(edges["start"])
    staging.insert("node_rows", nodes)
    if edges:
        staging.insert("edge_rows", edges)
    staging.reject("nodes", number, rejects)
    progress(stage, len(found), len(found))
