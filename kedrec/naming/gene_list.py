"""Reads gene lists of users and finds their genes in a graph.

A list has a gene a line: a symbol, an NCBI or Ensembl id, or any id that the graph's genes have; after it may
come a weight, separated by a tab, a comma or a semicolon. A table of more columns needs a header that says
which of them is the weight. A symbol stands for the gene whose symbol it is today; a former one for the gene
that had it, unless several did. Unlike a disease's name it is never taken in the plural or another order.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kedrec.common.text_files import read_lines
from kedrec.errors import DataError, NotFoundError, UsageError
from kedrec.types import AmbiguousGene, GeneList, ListedGene

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kedrec.naming.name_index import NameIndex
    from kedrec.types import Direction, Entity

__all__ = ["MAX_USED", "GeneName", "find_genes", "read_gene_file"]

MAX_USED = 500
"""Genes of a list that are used: more are not one disease's, and join it with everything."""

_MAX_NAMES = 200_000  # of one file: more than any genome has genes and transcripts
_SHOWN = 5  # names that an error gives
_EXACT = frozenset({"id", "cross-reference", "name", "case", "synonym", "spelling"})
_MAX_LINE = 10_000  # characters: no row of a gene and its figures is longer
_GENE_WORDS = frozenset(
    {"gene", "genes", "symbol", "symbols", "gene_symbol", "gene symbol", "gene_id", "geneid", "gene_name",
     "id", "hgnc_symbol", "ensembl", "ensembl_id", "ensembl_gene_id", "entrez", "entrezid", "ncbi", "name"}
)  # fmt: skip
_WEIGHT_WORDS = frozenset({"weight", "score", "log2foldchange", "log2fc", "logfc", "lfc", "stat", "t", "z"})
_ENSEMBL = re.compile(r"(ENS[A-Z]*G\d{11})(?:\.\d+)?", re.IGNORECASE)
_ENTREZ = re.compile(r"(?:(?:entrez|ncbi|geneid|entrezgene|ncbi_gene):)?(\d+)", re.IGNORECASE)
_DATE = re.compile(r"(?:\d{1,2}-(?:Mar|Sept?|Dec|Oct)|(?:Mar|Sept?|Dec|Oct)-\d{1,2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GeneName:
    """A gene as a list has it.

    Attributes:
        text: symbol or id.
        weight: its weight; None without.
        direction: as in `ListedGene`.
    """

    text: str
    weight: float | None = None
    direction: Direction = ""


def read_gene_file(path: Path, direction: Direction = "") -> tuple[list[GeneName], tuple[str, ...]]:
    """The genes of a file, and its lines that are no gene and weight, with their numbers.

    Blank lines and comments (from # on) are skipped. The file may be UTF-8 or UTF-16, and packed.

    Args:
        path: the file.
        direction: of all its genes. Without one, weights of both signs say it: above 0 is raised.

    Raises:
        DataError: it can't be read, is no text, has no gene, or a table without a column of weights.
    """
    rows: list[tuple[int, list[str]]] = []
    odd: list[tuple[int, str]] = []
    for number, text in _text_lines(path):
        if len(text) > _MAX_LINE:
            odd.append((number, f"{len(text):,} characters"))
            continue
        row = [cell.strip() for cell in next(csv.reader([text], delimiter=_separator(text)))]
        if not row[0]:
            odd.append((number, "no gene"))
        elif len(rows) > _MAX_NAMES:
            raise DataError(
                f"{path} has more than {_MAX_NAMES:,} lines.", "Give the genes that matter, one a line."
            )
        else:
            rows.append((number, row))
    names: list[GeneName] = []
    weight_column = _weight_column(path, rows)
    if rows and _is_header(rows[0][1]):
        rows = rows[1:]
    for number, row in rows:
        cell = row[weight_column] if weight_column is not None and len(row) > weight_column else ""
        weight = _number(cell)
        if cell and weight is None:
            odd.append((number, f"the weight of {row[0]} is no number: {cell}"))
        else:
            names.append(GeneName(row[0], weight, direction))
    odd_lines = tuple(f"line {number}: {what}" for number, what in sorted(odd))
    if not names:
        reason = f": {odd_lines[0]}" if odd_lines else ""
        raise DataError(f"{path} has no gene{reason}.", "Give a symbol or an id a line.")
    return (names if direction else _directed(names)), odd_lines


def _text_lines(path: Path) -> Iterable[tuple[int, str]]:
    """The lines that aren't blank or comments, with their numbers."""
    number = 0
    for block in read_lines(path):
        if b"\0" in block:
            raise DataError(f"{path} is no text file.", "Save the genes as plain text, one a line.")
        try:
            text = block.decode("utf-8-sig" if number == 0 else "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
        for line in text.splitlines() or [""]:  # old Macs' files end lines in a carriage return alone
            number += 1
            content = line.partition("#")[0].strip()
            if content:
                yield number, content


def _separator(line: str) -> str:
    return next((separator for separator in "\t,;" if separator in line), "\t")


def _is_header(row: Sequence[str]) -> bool:
    """True for the first row of a table that names its columns."""
    return row[0].casefold() in _GENE_WORDS or any(cell.casefold() in _WEIGHT_WORDS for cell in row[1:])


def _weight_column(path: Path, rows: Sequence[tuple[int, list[str]]]) -> int | None:
    """The column of the weights; None where there is none.

    Raises:
        DataError: a table of more than two columns doesn't name it.
    """
    if not rows:
        return None
    first = rows[0][1]
    if _is_header(first):
        for column, name in enumerate(first):
            if column and name.casefold() in _WEIGHT_WORDS:
                return column
    if len(first) > 2:  # the gene and one more
        raise DataError(
            f"{path} has {len(first)} columns, and none of them is called weight.",
            "Give the gene and its weight alone, or a header in which a column is `weight`, `score` or "
            "`log2FoldChange`.",
        )
    return 1 if max(len(row) for _, row in rows) > 1 else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _directed(names: list[GeneName]) -> list[GeneName]:
    """The names with the direction that their weights say, where these have both signs."""
    weights = [name.weight for name in names if name.weight is not None]
    if not (weights and min(weights) < 0 < max(weights)):
        return names
    return [
        replace(name, direction="raised" if name.weight > 0 else "lowered") if name.weight else name
        for name in names
    ]


def find_genes(names: NameIndex, listed: Sequence[GeneName], odd: tuple[str, ...] = ()) -> GeneList:
    """The genes of a graph that a list names.

    Args:
        names: the graph's names.
        listed: the list.
        odd: the lines of its file that were skipped.

    Raises:
        UsageError: the list is empty.
        NotFoundError: the graph has none of the genes.
    """
    if not listed:
        raise UsageError("The gene list is empty.", "Give a symbol or an id a line.")
    genes: dict[str, ListedGene] = {}
    unknown: dict[str, None] = {}
    retired: dict[str, None] = {}
    ambiguous: dict[str, AmbiguousGene] = {}
    contradictory: dict[str, str] = {}
    duplicates = 0
    for name in listed:
        match = _find(names, name)
        if isinstance(match, ListedGene):
            previous = genes.get(match.gene.id)
            if previous is None:
                genes[match.gene.id] = match
                continue
            duplicates += 1
            if {previous.direction, match.direction} == {"raised", "lowered"}:
                contradictory[previous.gene.id] = previous.asked
            elif match.direction:  # which says more than the list without one
                genes[match.gene.id] = previous.model_copy(update={"direction": match.direction})
        elif match is not None:
            ambiguous[match.asked] = match
        elif names.is_retired(name.text):
            retired[name.text] = None
        else:
            unknown[name.text] = None
    for id_ in contradictory:
        genes[id_] = genes[id_].model_copy(update={"direction": ""})
    if not genes:
        raise _none_found(len(listed), [*retired, *unknown], list(ambiguous.values()))
    used = _heaviest(list(genes.values()))
    return GeneList(
        genes=tuple(used),
        names=len(listed),
        duplicates=duplicates,
        unknown=tuple(unknown),
        retired=tuple(retired),
        ambiguous=tuple(ambiguous.values()),
        contradictory=tuple(contradictory.values()),
        odd=odd,
        left_out=len(genes) - len(used),
    )


def _find(names: NameIndex, name: GeneName) -> ListedGene | AmbiguousGene | None:
    """The gene of a name, or the genes where several have it equally; None where none does."""
    text = name.text
    if ensembl := _ENSEMBL.fullmatch(text):
        text = f"ENSEMBL:{ensembl[1]}"
    elif entrez := _ENTREZ.fullmatch(text):
        text = f"NCBIGene:{entrez[1]}"
    try:
        matches = [match for match in names.exact_matches(text, "Gene") if match.why in _EXACT]
    except UsageError:  # too long for a name, or with control characters
        return None
    if not matches:
        return None
    best = [match for match in matches if match.score == matches[0].score]
    if len(best) > 1:
        return AmbiguousGene(asked=name.text, genes=tuple(match.entity for match in best))
    return ListedGene(
        gene=best[0].entity,
        asked=name.text,
        why=best[0].why,
        also=_others(best[0].entity, [match.entity for match in matches[1:]]),
        direction=name.direction,
        weight=name.weight,
    )


def _others(gene: Entity, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    return tuple(entity for entity in entities if entity != gene)


def _heaviest(genes: list[ListedGene]) -> list[ListedGene]:
    """The genes of the largest absolute weights, in the order of the list; of equal ones the first."""
    order = sorted(range(len(genes)), key=lambda index: (-abs(genes[index].weight or 0.0), index))
    return [genes[index] for index in sorted(order[:MAX_USED])]


def _none_found(count: int, unknown: Sequence[str], ambiguous: Sequence[AmbiguousGene]) -> NotFoundError:
    """The error for a list of which the graph has no gene."""
    shown = ", ".join([*unknown, *(one.asked for one in ambiguous)][:_SHOWN])
    hint = "Give symbols (TNF), NCBI ids (7124) or Ensembl ids (ENSG00000232810) of human genes."
    if any(_DATE.fullmatch(name) for name in unknown):
        hint += " A spreadsheet has turned symbols into dates: give the original list."
    elif ambiguous and not unknown:
        genes = ", ".join(f"{gene.name} ({gene.id})" for gene in ambiguous[0].genes)
        hint = f"{ambiguous[0].asked} stands for {genes}: give the id of the one that is meant."
    return NotFoundError(
        f"The graph has none of the {count:,} listed genes, or several by one symbol: {shown}.", hint
    )
