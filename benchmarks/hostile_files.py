"""Makes files that may do harm: sound ones of every layout that is read, changed at random or on purpose.

Each sample says which records must be read all the same, so that a loss shows.
"""

from __future__ import annotations

import bz2
import copy
import gzip
import io
import json
import lzma
import os
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.sound_files import Base, bases, parquet

__all__ = ["Sample", "samples", "write"]

_LONG = "x" * 20_000_000
_DEEP = 100_000


@dataclass(slots=True)
class Sample:
    """One folder of files.

    Attributes:
        layout: of the base it was made from.
        change: what was done to it.
        source: the source to load it as; "" of texts.
        files: content by name.
        special: by name, what makes something that is no plain file at that path.
        sound: ids of nodes or documents that must be there, unless all is refused.
        whole: whether all may be refused: the file can't be read as what it is.
    """

    layout: str
    change: str
    source: str
    files: dict[str, bytes]
    special: dict[str, Callable[[Path], object]] = field(default_factory=dict)
    sound: frozenset[str] = frozenset()
    whole: bool = True


def write(sample: Sample, folder: Path) -> None:
    """Puts a sample's files into a folder."""
    for name, content in sample.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name, make in sample.special.items():
        make(folder / name)


_Change = Callable[[random.Random, Base], "Sample | None"]


def _sample(base: Base, change: str, content: bytes, *, name: str = "", **more: Any) -> Sample:
    files = {key: value for key, value in base.files.items() if key != base.target}
    return Sample("", change, base.source, {**files, name or base.target: content}, **more)


def _bytes_changed(rng: random.Random, base: Base) -> Sample:
    """Some bytes changed, taken out, put in or doubled."""
    data = bytearray(base.files[base.target])
    said = rng.choice(("flip", "cut out", "put in", "double", "cut off"))
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.randrange(1, 60))
    if said == "flip":
        for _ in range(rng.randrange(1, 9)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif said == "cut out":
        del data[start:end]
    elif said == "put in":
        data[start:start] = rng.choice(
            (
                rng.randbytes(20),
                b"\0",
                b"\xff\xfe",
                b"\xed\xa0\x80",
                b'"',
                b"\r",
                b"\x1b[2J",
                b"\xef\xbb\xbf",
                b"{[",
                b"<![CDATA[",
                "\u202e\ufffd".encode(),
                b"\n" * 50,
            )
        )
    elif said == "double":
        data[start:start] = data[start:end]
    else:
        del data[start:]
    return _sample(base, f"bytes: {said}", bytes(data))


def _recoded(rng: random.Random, base: Base) -> Sample | None:
    """Another encoding or other line ends, which change nothing."""
    if base.target.endswith(".parquet"):
        return None
    text = base.files[base.target].decode()
    said, content = rng.choice(
        (
            ("utf-16", text.encode("utf-16")),
            ("byte order mark", b"\xef\xbb\xbf" + text.encode()),
            ("carriage returns", text.replace("\n", "\r\n").encode()),
            ("latin-1", text.replace("T", "\xe9").encode("latin-1")),
        )
    )
    return _sample(base, f"encoding: {said}", content)


def _packed(rng: random.Random, base: Base) -> Sample:
    """An archive that is a bomb, cut off, damaged, or named otherwise."""
    suffix, pack = rng.choice(
        ((".gz", partial(gzip.compress, mtime=0)), (".bz2", bz2.compress), (".xz", lzma.compress))
    )
    content = base.files[base.target]
    # Archives one after the other unpack as one, and a hundred of one kind are made in no time.
    said = rng.choice(("bomb", "bomb of rows", "cut off", "damaged", "misnamed", "twice"))
    if said == "bomb":
        packed = pack(content) + pack(b"\0" * 4_000_000) * 100
    elif said == "bomb of rows":
        packed = pack(content) + pack(b"\n" * 4_000_000) * 100
    elif said == "cut off":
        packed = pack(content)[: -rng.randrange(1, 20)]
    elif said == "damaged":
        data = bytearray(pack(content))
        data[rng.randrange(6, len(data))] ^= 0xFF
        packed = bytes(data)
    else:
        packed = content if said == "misnamed" else pack(pack(content))
    return _sample(base, f"packed: {said} {suffix}", packed, name=base.target + suffix)


def _bound(path: Path) -> None:
    here = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{here}/{path.name}")
    finally:
        os.close(here)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


_SPECIAL: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a socket": _bound,
    "a folder": Path.mkdir,
    "a circle": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "random without end": lambda path: path.symlink_to("/dev/urandom"),
    "nothing": lambda path: path.touch(),
    "holes": _sparse,
    "nowhere": lambda path: path.symlink_to("nowhere"),
}


def _special(rng: random.Random, base: Base) -> Sample:
    """Something else than a file in its place."""
    name, make = rng.choice(sorted(_SPECIAL.items()))
    files = {key: value for key, value in base.files.items() if key != base.target}
    return Sample("", f"instead of a file: {name}", base.source, files, {base.target: _after_parents(make)})


def _after_parents(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def made(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)

    return made


def _deep(kind: str) -> Any:
    return f"\x00deep {kind}\x00"


_VALUES: tuple[tuple[str, Any], ...] = (
    ("a list", ["x"]),
    ("an object", {"a": "b"}),
    ("half a character", "a \ud800"),
    ("null", None),
    ("true", True),
    ("twenty digits", 12345678901234567890),
    ("a negative number", -7),
    ("infinity", float("inf")),
    ("nan", float("nan")),
    ("NUL", "a\0b"),
    ("an escape", "\x1b[2J"),
    ("a long text", _LONG),
    ("nothing", ""),
    ("an empty list", []),
    ("5,000 digits", "\x00digits\x00"),
    ("a deep list", _deep("list")),
    ("a deep object", _deep("object")),
    ("an object of objects", {"a": {"b": [{"c": [None]}]}}),
    ("a list of all", [None, 1, "x", [], {}]),
)
_WRITTEN = {
    json.dumps("\x00digits\x00"): "9" * 5000,
    json.dumps(_deep("list")): "[" * _DEEP + "]" * _DEEP,
    json.dumps(_deep("object")): '{"a":' * _DEEP + "1" + "}" * _DEEP,
}


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, key)
        yield from _places(inner, (*above, key))


def _value_changed(rng: random.Random, base: Base) -> Sample | None:
    """Another value somewhere in one record of JSON: the others must be read."""
    if base.value is None:
        return None
    number = rng.randrange(1, len(base.value) - 1)
    changed = copy.deepcopy(base.value)
    place = rng.choice([(number,), *((number, *inner) for inner in _places(changed[number]))])
    said, new = rng.choice(_VALUES)
    at = changed
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = new
    text = base.wrap(changed).decode()
    for placeholder, written in _WRITTEN.items():
        text = text.replace(placeholder, written)
    if said == "an object" and rng.random() < 0.3:
        said, text = "a key twice", text.replace('{"a": "b"}', '{"a": "b", "a": "c"}')
    sound = frozenset(id_ for index, id_ in enumerate(base.ids) if index != number)
    return _sample(base, f"a value: {said}", text.encode(), sound=sound, whole=False)


_LINES = {
    "doid": [
        "import: http://127.0.0.1:8001/x.obo",
        "is_a: BFO:1",
        "synonym: x",
        'synonym: "x" EXACT OMO:1 []',
        "xref:",
        "relationship: a b c",
        "is_obsolete: maybe",
        "alt_id: DOID:2",
        "replaced_by: DOID:9",
        "[",
        "[Term",
        "date: x",
        "\u2028",
        "name: other",
        "def: x",
        "is_a: DOID:3",
        "\0",
        "consider:",
        "comment: " + "x" * 17_000_000,
    ],
    "drugmechdb": [
        "  again: *a",
        "  a0: &a0 [x, x]\n"
        + "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
        "  deep: " + "[" * _DEEP,
        "  deep: " + "{a: " * _DEEP,
        "  x: [",
        "  directed: 1",
        "  ? [a]\n  : b",
        "  x: !!python/object/apply:os.system [ls]",
        '  x: "\\ud800"',
        "\0",
        "---",
        "  - y",
        "  x: " + "y" * 17_000_000,
        "  nodes: x",
        "  reference: {a: b}",
    ],
}
_LINES["mondo"] = [line.replace("DOID", "MONDO") for line in _LINES["doid"]]


def _line_added(rng: random.Random, base: Base) -> Sample | None:
    """A line more in one record of a text: the others must be read."""
    lines = _LINES.get(base.source)
    if lines is None:
        return None
    text = base.files[base.target].decode()
    mark = "id: " if base.source != "drugmechdb" else "- directed"
    starts = [place for place in range(len(text)) if text.startswith(mark, place) and text[place - 1] == "\n"]
    number = rng.randrange(1, len(starts) - 1)
    place = text.index("\n", starts[number]) + 1
    line = rng.choice(lines)
    sound = frozenset(id_ for index, id_ in enumerate(base.ids) if index != number)
    content = f"{text[:place]}{line}\n{text[place:]}".encode()
    return _sample(base, f"a line: {line.strip()[:30]!r}", content, sound=sound, whole=False)


def _tag_changed(rng: random.Random, base: Base) -> Sample | None:
    """Something else inside one record of XML: the others must be read."""
    if not base.target.endswith((".xml", ".nxml")):
        return None
    text = base.files[base.target].decode()
    said, new = rng.choice(
        (
            ("deep", "<a>" * _DEEP + "</a>" * _DEEP),
            ("a bomb", '<!DOCTYPE x [<!ENTITY a "b">]>&a;'),
            ("unclosed", "<a>"),
            ("a surrogate", "&#xD800;"),
            ("NUL", "&#0;"),
            ("an unknown name", "&nosuch;"),
            ("a comment", "<!-- x -->"),
            ("many attributes", "<a " + " ".join(f'a{n}="b"' for n in range(100_000)) + "/>"),
            ("long", _LONG),
            ("an instruction", "<?x y?>"),
            ("cdata", "<![CDATA[<p>]]>"),
            ("a namespace", '<x:a xmlns:x="urn:x"/>'),
            ("no namespace", "<x:a/>"),
            ("nested", "<article/>"),
        )
    )
    places = [place for place in range(len(text)) if text.startswith(("Some text.", "Short."), place)]
    number = rng.randrange(1, len(places) - 1)
    sound = frozenset(id_ for index, id_ in enumerate(base.ids) if index != number)
    content = f"{text[: places[number]]}{new}{text[places[number] :]}".encode()
    return _sample(base, f"XML: {said}", content, sound=sound, whole=False)


def _typed(rng: random.Random, base: Base) -> Sample | None:
    """Parquet with a column of another type, or without it."""
    if not base.target.endswith(".parquet"):
        return None
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(base.files[base.target]))
    columns = table.to_pydict()
    name = rng.choice(sorted(columns))
    rows = len(columns[name])
    said, new = rng.choice(
        (
            ("whole numbers", list(range(rows))),
            ("numbers", [0.5] * rows),
            ("lists", [["x"]] * rows),
            ("null", [None] * rows),
            ("structures", [{"a": "b"}] * rows),
            ("bytes", [b"\xff\0"] * rows),
            ("truth", [True] * rows),
            ("long", [_LONG] * rows),
            ("infinite", [float("inf")] * rows),
            ("not a number", [float("nan")] * rows),
            ("NUL", ["a\0"] * rows),
            ("gone", []),
        )
    )
    columns[name] = new
    if said == "gone":
        del columns[name]
    return _sample(base, f"Parquet: {name} of {said}", parquet(columns))


def _row_added(rng: random.Random, base: Base) -> Sample | None:
    """A row more in a table."""
    if base.source not in ("kedrec", "kgx", "biocypher", "hgnc") or base.target.endswith(".parquet"):
        return None
    said, row = rng.choice(
        (
            ("an open quote", '"x'),
            ("an open apostrophe", "'x"),
            ("long", _LONG),
            ("many columns", "x\t" * 50_000),
            ("NUL", "a\0b"),
            ("the placeholder", "\ufffd"),
            ("empty", ""),
            ("quotes", '""""""'),
            ("a lone return", "a\rb"),
            ("half a pair", "\ud800"),
            ("a formula", "=cmd()\t=1\t=2"),
            ("few", "x"),
        )
    )
    lines = base.files[base.target].split(b"\n")
    lines.insert(rng.randrange(1, len(lines)), row.encode("utf-8", "surrogatepass"))
    return _sample(base, f"a row: {said}", b"\n".join(lines))


_CHANGES: tuple[tuple[int, _Change], ...] = (
    (4, _bytes_changed),
    (1, _recoded),
    (2, _packed),
    (2, _special),
    (6, _value_changed),
    (5, _line_added),
    (4, _tag_changed),
    (5, _typed),
    (4, _row_added),
)


def samples(seed: int, count: int) -> Iterator[Sample]:
    """So many samples, each layout in turn; the same for the same seed.

    Yields:
        A sample of a layout by a change that its layout has.
    """
    rng = random.Random(seed)  # noqa: S311  # no secret
    layouts = list(bases().items())
    weights, changes = zip(*_CHANGES, strict=True)
    made = 0
    while made < count:
        layout, base = layouts[made % len(layouts)]
        [change] = rng.choices(changes, weights)
        sample = change(rng, base)
        if sample is not None:
            sample.layout = layout
            made += 1
            yield sample
