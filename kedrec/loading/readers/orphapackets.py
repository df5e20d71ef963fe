"""Reader of Orphanet's ORPHApackets: JSON objects of one rare disorder or group of disorders each.

Each is a file of its own, or a line of one. The packets were converted from XML, so that a list of one item
may be an object. An item that can't be read is rejected; the rest of its packet is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.plain_text import normal_name
from kedrec.errors import DataError
from kedrec.loading.readers.json_stream import JsonRecord, file_records
from kedrec.loading.readers.json_values import text_of
from kedrec.loading.readers.row_buffer import RowBuffer
from kedrec.loading.sources import Source, find_files

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging

__all__ = ["read_orphapackets"]

_PACKET = "Orphapacket"
_SECTIONS = {
    "Synonyms": "Synonym",
    "ExternalReferences": "ExternalReference",
    "Parents": "Parent",
    "Genes": "Gene",
    "Phenotypes": "Phenotype",
}
"""Sections of a packet that are read item by item, with the name of an item."""
_GENE_VOCABULARIES = ("HGNC", "ENSEMBL", "UNIPROT")
_UNUSED_IDS = {"NTBT": "id of something wider"}
"""Reasons to reject an id elsewhere by its mapping.

Where Orphanet calls OMIM's entry the wider one, Mondo agrees on one in three, says the contrary of some, and
joins half of them in neither way: too few to say that one is a kind of the other.
"""
_EVERY = 200
_OBSOLETE = "OBSOLETE: "
_NOT_RARE = "NON RARE IN EUROPE: "
_NO_KIND = "group by treatment or test, no kind of disease"
_ODD = (KeyError, TypeError, AttributeError, ValueError)
"""Errors of values that aren't what the layout says."""
_FREQUENCY_TYPES = ("Point prevalence", "Prevalence at birth", "Annual incidence", "Lifetime Prevalence")
_PLACES = ("Worldwide", "Europe")
_UNKNOWN = frozenset({"", "no data", "unknown", "not yet documented", "no data available"})


def members(value: Any, name: str) -> Iterator[Any]:
    """Yields the items called `name`, in whichever way they are wrapped.

    `[{name: x}, {name: y}]`, `{name: [x, y]}`, `[{name: [x, y]}]` and `[x, y]` are the same.
    """
    for item in value if isinstance(value, list) else () if value in (None, "") else (value,):
        inner = item.get(name, item) if isinstance(item, dict) else item
        yield from inner if isinstance(inner, list) else (inner,)


def _code(value: Any) -> str:
    """Id of a disorder.

    Raises:
        ValueError: it is no ORPHAcode.
    """
    code = text_of(value)
    if not code.isdecimal():
        raise ValueError(f"'{code}' is no ORPHAcode")
    return f"ORPHANET:{code}"


def _known(text: str) -> str:
    """The text in lower case; "" if it says that nothing is known."""
    return "" if text.strip().lower() in _UNKNOWN else text.strip().lower()


def _words(value: Any, name: str) -> list[str]:
    """Texts of the field `value` of the items, without those that say that nothing is known."""
    words = []
    for item in members(value, name):
        try:
            words.append(_known(text_of(item["value"])))
        except _ODD:
            continue
    return [word for word in dict.fromkeys(words) if word]


def _frequency(value: Any) -> str:
    """The frequency of a disorder, as one phrase: of the world before Europe, of patients before births."""
    best, phrase = (len(_FREQUENCY_TYPES), len(_PLACES)), ""
    for item in members(value, "Prevalence"):
        try:
            kind, place = text_of(item["PrevalenceType"]), text_of(item["PrevalenceGeographic"])
            share = _known(text_of(item["PrevalenceClass"]))
        except _ODD:
            continue
        if kind not in _FREQUENCY_TYPES or not share:
            continue
        rank = _FREQUENCY_TYPES.index(kind), _PLACES.index(place) if place in _PLACES else len(_PLACES)
        if rank < best:
            best, phrase = rank, f"{kind.lower()} {share}" + (f" ({place})" if place else "")
    return phrase


def _description(packet: dict[str, Any]) -> str:
    """The disorder's definition, then its type, inheritance, onset and frequency."""
    sections = [text for text in members(packet.get("TextSection"), "TextSection") if isinstance(text, dict)]
    definition = next((str(text["Contents"]) for text in sections if text.get("Contents")), "")
    kind = packet.get("DisorderType")
    facts = [
        _known(text_of(kind.get("value"))) if isinstance(kind, dict) else "",
        ", ".join(_words(packet.get("TypeOfInheritances"), "TypeOfInheritance")),
        ", ".join(f"{word} onset" for word in _words(packet.get("AverageAgeOfOnsets"), "AverageAgeOfOnset")),
        _frequency(packet.get("Prevalences")),
    ]
    said = "; ".join(fact for fact in facts if fact)
    return " ".join(text for text in (definition.strip(), f"Orphanet: {said}." if said else "") if text)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A node that a packet mentions, with the place of its first mention."""

    file: int
    line: int
    kind: str
    name: str


class _Packets:
    """Rows of the packets read so far.

    Args:
        rows: buffer of the rows.
        source: the source, whose declaration maps Orphanet's words.
    """

    def __init__(self, rows: RowBuffer, source: Source) -> None:
        self._rows = rows
        self._licence = source.licence
        self._vocabularies: dict[str, str] = source.mapping["vocabularies"]
        self._associations: dict[str, dict[str, str]] = source.mapping["associations"]
        self._frequencies: dict[str, dict[str, Any]] = source.mapping["frequencies"]
        self._no_kinds: list[str] = source.mapping["no_kinds"]
        self._disorders: set[str] = set()
        self._mentions: dict[str, _Mention] = {}

    def add(self, line: int, packet: Any) -> None:
        """Adds a packet's disorder and what it says of it."""
        try:
            disorder, name = _code(packet["ORPHAcode"]), text_of(packet["Label"]).strip()
            description = _description(packet)
        except _ODD as error:
            self._rows.refuse("nodes", line, "not a packet", repr(error), str(packet)[:500])
            return
        if name.startswith(_OBSOLETE):
            self._rows.refuse("nodes", line, "obsolete disorder", f"{disorder} {name}", "")
            return
        if self._is_no_kind(name):
            self._rows.refuse("nodes", line, _NO_KIND, f"{disorder} {name}", "")
            return
        synonyms: list[str] = []
        xrefs: list[str] = []
        for section, item_name in _SECTIONS.items():
            for item in members(packet.get(section), item_name):
                try:
                    if section == "Synonyms":
                        synonyms.append(text_of(item))
                    elif section == "ExternalReferences":
                        self._reference(line, disorder, item, xrefs)
                    elif section == "Parents":
                        self._parent(line, disorder, item)
                    elif section == "Genes":
                        self._gene(line, disorder, item)
                    else:
                        self._symptom(line, disorder, item)
                except _ODD as error:
                    detail = f"{section} of {disorder}: {error!r}"
                    self._rows.refuse("edges", line, "item that can't be read", detail, str(item)[:500])
        self._disorders.add(disorder)
        self._rows.node(
            line, f"Disease/{disorder}", "Disease", disorder, name.removeprefix(_NOT_RARE), synonyms=synonyms,
            xrefs=xrefs, description=description,
        )  # fmt: skip

    @property
    def any(self) -> bool:
        """True if any packet was read."""
        return bool(self._disorders)

    def _mention(self, line: int, curie: str, kind: str, name: str) -> None:
        self._mentions.setdefault(curie, _Mention(self._rows.file, line, kind, name))

    def _reference(self, line: int, disorder: str, item: Any, xrefs: list[str]) -> None:
        """Adds an id elsewhere: to the disorder's own if it is exact, as a kind of it if it is narrower."""
        prefix = self._vocabularies.get(text_of(item["Source"]), "")
        curie = f"{prefix}:{text_of(item['Reference'])}"
        relation = text_of(item.get("DisorderMappingRelation"))
        word = relation.split(" ", 1)[0]
        if prefix and word == "E":
            xrefs.append(curie)
        elif prefix and word == "BTNT":
            said = "Orphanet: mapping of ids"
            self._edge(line, "IS_A", curie, f"Disease/{disorder}", said, page=disorder)
        else:
            why = _UNUSED_IDS.get(word, "id elsewhere that isn't decided")
            why = why if prefix else "id of a vocabulary that isn't read"
            detail = f"{disorder} {item['Source']} {item['Reference']}"
            self._rows.refuse("edges", line, why, detail, relation)

    def _parent(self, line: int, disorder: str, item: Any) -> None:
        parent, name = _code(item["ORPHAcode"]), text_of(item.get("Label"))
        if self._is_no_kind(name):
            self._rows.refuse("edges", line, _NO_KIND, f"{disorder} below {parent} {name}", "")
            return
        self._mention(line, parent, "Disease", name)
        self._edge(line, "IS_A", disorder, f"Disease/{parent}", "Orphanet classification")

    def _is_no_kind(self, name: str) -> bool:
        return any(words in name for words in self._no_kinds)

    def _gene(self, line: int, disorder: str, item: Any) -> None:
        symbol, words = text_of(item["Symbol"]).strip(), text_of(item["DisorderGeneAssociationType"])
        association = self._associations.get(words)
        if association is None:
            self._rows.refuse("edges", line, "unknown kind of association", f"{words} {symbol}", disorder)
            return
        ids = [
            f"{prefix}:{text_of(reference['Reference'])}"
            for reference in members(item.get("ExternalReferences"), "ExternalReference")
            if (prefix := self._vocabularies.get(text_of(reference["Source"]), "")) in _GENE_VOCABULARIES
        ]
        keys = "|".join(name for name in (*ids, normal_name(symbol)) if name)
        said = f"Orphanet: {association['says']}"
        self._edge(line, "ASSOCIATED_WITH", disorder, f"name:Gene/{keys}", said, action=association["action"])

    def _symptom(self, line: int, disorder: str, item: Any) -> None:
        symptom, words = text_of(item["HPOId"]).strip(), text_of(item.get("HPOFrequency")).strip()
        frequency = self._frequencies.get(words, {})
        if words and not frequency:
            self._rows.refuse("edges", line, "unknown frequency", f"{words} {symptom}", disorder)
            return
        share = frequency.get("share")
        if share == 0:
            self._rows.refuse("edges", line, "symptom that no patient had", f"{disorder} {symptom}", "")
            return
        self._mention(line, symptom, "Symptom", text_of(item.get("HPOTerm")))
        said = f"Orphanet: {frequency.get('says', 'frequency unknown')}"
        self._edge(line, "PRESENTS", disorder, f"Symptom/{symptom}", said, score=share)

    def _edge(
        self, line: int, relation: str, disease: str, end: str, evidence: str, *, page: str = "", **more: Any
    ) -> None:
        """Adds an edge of a disease to the node with the key `end`; `page` is the disorder that says so."""
        references = [page or disease]
        start = f"Disease/{disease}"
        self._rows.edge(
            line, relation, start, end, self._licence, evidence=evidence, references=references, **more
        )

    def finish(self) -> None:
        """Adds the parents without a packet of their own, and the symptoms."""
        for curie, mention in self._mentions.items():
            if curie not in self._disorders:
                self._rows.file = mention.file
                key = f"{mention.kind}/{curie}"
                self._rows.node(mention.line, key, mention.kind, curie, mention.name or curie)


def _packets(path: Path) -> Iterator[JsonRecord]:
    """Yields the packets of a file: its only one, or one a line."""
    for record in file_records(path, frozenset()):
        if record.problem or record.name == _PACKET:
            yield record
        elif not record.name and isinstance(record.value, dict) and _PACKET in record.value:
            yield JsonRecord(record.position, _PACKET, record.value[_PACKET])
        else:
            yield JsonRecord(record.position, record.name, None, "not a packet")


def read_orphapackets(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads disorders, their parents, genes and symptoms into `node_rows` and `edge_rows`.

    Genes, and ids elsewhere that are narrower, are keys of the graph's nodes.

    Raises:
        DataError: there are no packets, or a file is damaged.
    """
    [spec] = source.files
    paths = find_files(source, spec, folder)
    stage = f"Reading {source.name}"
    rows = RowBuffer(staging, staging.add_file(paths[0]))
    packets = _Packets(rows, source)
    for done, path in enumerate(paths):
        if done:
            rows.file = staging.add_file(path)
        if done % _EVERY == 0:
            progress(stage, done, len(paths))
        for record in _packets(path):
            if record.problem:
                rows.refuse_record("nodes", record.position, record.problem)
            else:
                packets.add(record.position, record.value)
    if not packets.any:
        raise DataError(f"{paths[0]} has no ORPHApacket.", source.obtain)
    packets.finish()
    rows.close()
    progress(stage, len(paths), len(paths))
