"""Generates hostile files: sound ones of every supported layout, changed at random or on purpose.

Each sample lists the records that must be read all the same, to detect a loss.
"""

from __future__ import annotations

import bz2
import copy
import gzip
import io
import lzma
import os
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.hostile_values import DEPTH, JSON_OF_PLACEHOLDERS, LINES, LONG_TEXT, VALUES
from benchmarks.sound_files import Base, bases, parquet

__all__ = ["HostileSample", "samples", "write"]


@dataclass(slots=True)
class HostileSample:
    """One folder of files.

    Attributes:
        layout: of the sound files.
        change: name of the change.
        source: the source to load it as; "" for texts.
        files: content by name.
        special_files: by name, a function that creates a special file (pipe, link, ...) at that path.
        sound_ids: ids of nodes or documents that must be loaded, unless all may be refused.
        may_be_refused: whether the whole folder may be refused as unreadable.
    """

    layout: str
    change: str
    source: str
    files: dict[str, bytes]
    special_files: dict[str, Callable[[Path], object]] = field(default_factory=dict)
    sound_ids: frozenset[str] = frozenset()
    may_be_refused: bool = True


def write(sample: HostileSample, folder: Path) -> None:
    """Writes a sample's files into a folder."""
    for name, content in sample.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name, make in sample.special_files.items():
        make(folder / name)


_Change = Callable[[random.Random, Base], "HostileSample | None"]


def _sample(base: Base, change: str, content: bytes, *, name: str = "", **fields: Any) -> HostileSample:
    files = {key: value for key, value in base.files.items() if key != base.target}
    return HostileSample("", change, base.source, {**files, name or base.target: content}, **fields)


def _change_bytes(generator: random.Random, base: Base) -> HostileSample:
    """Changes, deletes, inserts or doubles some bytes."""
    data = bytearray(base.files[base.target])
    edit = generator.choice(("flip", "cut out", "put in", "double", "cut off"))
    start = generator.randrange(len(data))
    end = min(len(data), start + generator.randrange(1, 60))
    if edit == "flip":
        for _ in range(generator.randrange(1, 9)):
            data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    elif edit == "cut out":
        del data[start:end]
    elif edit == "put in":
        data[start:start] = generator.choice(
            (
                generator.randbytes(20),
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
    elif edit == "double":
        data[start:start] = data[start:end]
    else:
        del data[start:]
    return _sample(base, f"bytes: {edit}", bytes(data))


def _recode(generator: random.Random, base: Base) -> HostileSample | None:
    """Uses another encoding or other line ends, for the same content."""
    if base.target.endswith(".parquet"):
        return None
    text = base.files[base.target].decode()
    name, content = generator.choice(
        (
            ("utf-16", text.encode("utf-16")),
            ("byte order mark", b"\xef\xbb\xbf" + text.encode()),
            ("carriage returns", text.replace("\n", "\r\n").encode()),
            ("latin-1", text.replace("T", "\xe9").encode("latin-1")),
        )
    )
    return _sample(base, f"encoding: {name}", content)


def _pack(generator: random.Random, base: Base) -> HostileSample:
    """Packs the file into an archive: a bomb, truncated, damaged, misnamed or packed twice."""
    suffix, compress = generator.choice(
        ((".gz", partial(gzip.compress, mtime=0)), (".bz2", bz2.compress), (".xz", lzma.compress))
    )
    content = base.files[base.target]
    # Concatenated archives unpack as one, so that a bomb is built quickly.
    fault = generator.choice(("bomb", "bomb of rows", "cut off", "damaged", "misnamed", "twice"))
    if fault == "bomb":
        archive = compress(content) + compress(b"\0" * 4_000_000) * 100
    elif fault == "bomb of rows":
        archive = compress(content) + compress(b"\n" * 4_000_000) * 100
    elif fault == "cut off":
        archive = compress(content)[: -generator.randrange(1, 20)]
    elif fault == "damaged":
        data = bytearray(compress(content))
        data[generator.randrange(6, len(data))] ^= 0xFF
        archive = bytes(data)
    else:
        archive = content if fault == "misnamed" else compress(compress(content))
    return _sample(base, f"packed: {fault} {suffix}", archive, name=base.target + suffix)


def _make_socket(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as unix_socket:
            unix_socket.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def _make_sparse_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


_SPECIAL: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a socket": _make_socket,
    "a folder": Path.mkdir,
    "a circle": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "random without end": lambda path: path.symlink_to("/dev/urandom"),
    "nothing": lambda path: path.touch(),
    "holes": _make_sparse_file,
    "nowhere": lambda path: path.symlink_to("nowhere"),
}


def _replace_by_special(generator: random.Random, base: Base) -> HostileSample:
    """Puts a special file in the place of a plain one."""
    name, make_special = generator.choice(sorted(_SPECIAL.items()))
    files = {key: value for key, value in base.files.items() if key != base.target}
    return HostileSample(
        "", f"instead of a file: {name}", base.source, files, {base.target: _with_parents(make_special)}
    )


def _with_parents(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def make_in_folder(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)

    return make_in_folder


def _value_paths(value: Any, parent: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*parent, key)
        yield from _value_paths(child, (*parent, key))


def _change_value(generator: random.Random, base: Base) -> HostileSample | None:
    """Changes a value in one record of JSON; the others must be read."""
    if base.value is None:
        return None
    number = generator.randrange(1, len(base.value) - 1)
    changed = copy.deepcopy(base.value)
    path = generator.choice([(number,), *((number, *inner) for inner in _value_paths(changed[number]))])
    name, value = generator.choice(VALUES)
    container = changed
    for key in path[:-1]:
        container = container[key]
    container[path[-1]] = value
    text = base.wrap(changed).decode()
    for placeholder, json_text in JSON_OF_PLACEHOLDERS.items():
        text = text.replace(placeholder, json_text)
    if name == "an object" and generator.random() < 0.3:
        name, text = "a key twice", text.replace('{"a": "b"}', '{"a": "b", "a": "c"}')
    sound_ids = frozenset(id_ for index, id_ in enumerate(base.ids) if index != number)
    return _sample(base, f"a value: {name}", text.encode(), sound_ids=sound_ids, may_be_refused=False)


def _add_line(generator: random.Random, base: Base) -> HostileSample | None:
    """Adds a line to one record of a text; the others must be read."""
    lines = LINES.get(base.source)
    if lines is None:
        return None
    text = base.files[base.target].decode()
    mark = "id: " if base.source != "drugmechdb" else "- directed"
    starts = [
        offset for offset in range(len(text)) if text.startswith(mark, offset) and text[offset - 1] == "\n"
    ]
    number = generator.randrange(1, len(starts) - 1)
    offset = text.index("\n", starts[number]) + 1
    line = generator.choice(lines)
    sound_ids = frozenset(id_ for index, id_ in enumerate(base.ids) if index != number)
    content = f"{text[:offset]}{line}\n{text[offset:]}".encode()
    return _sample(base, f"a line: {line.strip()[:30]!r}", content, sound_ids=sound_ids, may_be_refused=False)


def _change_tag(generator: random.Random, base: Base) -> HostileSample | None:
    """Inserts markup into one record of XML; the others must be read."""
    if not base.target.endswith((".xml", ".nxml")):
        return None
    text = base.files[base.target].decode()
    name, markup = generator.choice(
        (
            ("deep", "<a>" * DEPTH + "</a>" * DEPTH),
            ("a bomb", '<!DOCTYPE x [<!ENTITY a "b">]>&a;'),
            ("unclosed", "<a>"),
            ("a surrogate", "&#xD800;"),
            ("NUL", "&#0;"),
            ("an unknown name", "&nosuch;"),
            ("a comment", "<!-- x -->"),
            ("many attributes", "<a " + " ".join(f'a{n}="b"' for n in range(100_000)) + "/>"),
            ("long", LONG_TEXT),
            ("an instruction", "<?x y?>"),
            ("cdata", "<![CDATA[<p>]]>"),
            ("a namespace", '<x:a xmlns:x="urn:x"/>'),
            ("no namespace", "<x:a/>"),
            ("nested", "<article/>"),
        )
    )
    offsets = [offset for offset in range(len(text)) if text.startswith(("Some text.", "Short."), offset)]
    number = generator.randrange(1, len(offsets) - 1)
    sound_ids = frozenset(id_ for index, id_ in enumerate(base.ids) if index != number)
    content = f"{text[: offsets[number]]}{markup}{text[offsets[number] :]}".encode()
    return _sample(base, f"XML: {name}", content, sound_ids=sound_ids, may_be_refused=False)


def _change_type(generator: random.Random, base: Base) -> HostileSample | None:
    """Changes the type of a Parquet column, or removes it."""
    if not base.target.endswith(".parquet"):
        return None
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(base.files[base.target]))
    columns = table.to_pydict()
    column = generator.choice(sorted(columns))
    rows = len(columns[column])
    name, values = generator.choice(
        (
            ("whole numbers", list(range(rows))),
            ("numbers", [0.5] * rows),
            ("lists", [["x"]] * rows),
            ("null", [None] * rows),
            ("structures", [{"a": "b"}] * rows),
            ("bytes", [b"\xff\0"] * rows),
            ("truth", [True] * rows),
            ("long", [LONG_TEXT] * rows),
            ("infinite", [float("inf")] * rows),
            ("not a number", [float("nan")] * rows),
            ("NUL", ["a\0"] * rows),
            ("gone", []),
        )
    )
    columns[column] = values
    if name == "gone":
        del columns[column]
    return _sample(base, f"Parquet: {column} of {name}", parquet(columns))


def _add_row(generator: random.Random, base: Base) -> HostileSample | None:
    """Adds a row to a table."""
    if base.source not in ("kedrec", "kgx", "biocypher", "hgnc") or base.target.endswith(".parquet"):
        return None
    name, row = generator.choice(
        (
            ("an open quote", '"x'),
            ("an open apostrophe", "'x"),
            ("long", LONG_TEXT),
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
    lines.insert(generator.randrange(1, len(lines)), row.encode("utf-8", "surrogatepass"))
    return _sample(base, f"a row: {name}", b"\n".join(lines))


_CHANGES: tuple[tuple[int, _Change], ...] = (
    (4, _change_bytes),
    (1, _recode),
    (2, _pack),
    (2, _replace_by_special),
    (6, _change_value),
    (5, _add_line),
    (4, _change_tag),
    (5, _change_type),
    (4, _add_row),
)


def samples(seed: int, count: int) -> Iterator[HostileSample]:
    """Yields `count` samples, each layout in turn; equal seeds give equal samples."""
    generator = random.Random(seed)  # noqa: S311  # no secret
    layouts = list(bases().items())
    weights, changes = zip(*_CHANGES, strict=True)
    number = 0
    while number < count:
        layout, base = layouts[number % len(layouts)]
        [change] = generator.choices(changes, weights)
        sample = change(generator, base)
        if sample is not None:
            sample.layout = layout
            number += 1
            yield sample
