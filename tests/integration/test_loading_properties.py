"""Accounts of a source's rows, whatever they are: read = loaded + merged + rejected + left out."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from kedrec.loading import LoadReport, load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store

# A load takes half a second: a failing example is shown as it was found, not made smaller for minutes.
SLOW = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate),
    "derandomize": True,
}
HUGE = b"x" * 150_000
ODD = [
    b"", b" ", b"\x00", b"a\x00b", b"\xff\xfe", b"\xc3\x28", b"\r", b"it's", b'"quoted"', b'"', b"\\", b"|",
    b",", b"{}", b"$id", b"name:Drug/x", b"'}) DETACH DELETE n //", b'"}) MATCH (n) DETACH DELETE n //',
    b"\xef\xbb\xbf", "\N{GREEK SMALL LETTER ALPHA}\N{ZERO WIDTH SPACE}\U0001f48a".encode(), b"NULL", b"nan",
    b"1e999", HUGE, b"\x01",
]  # fmt: skip
IDS = [
    b"Gene::1",
    b"Gene::2",
    b"Gene::3",
    b"Compound::DB00001",
    b"Disease::DOID:1",
    b"Gene::",
    b"::",
    b"Gene",
]
KINDS = [b"Gene", b"Compound", b"Disease", b"Planet", b"Gene` {x: 1}) DETACH DELETE n //"]
EDGES = [b"GiG", b"CbG", b"CtD", b"DaG", b"GiG", b"XyZ"]
odd = st.sampled_from(ODD)
line = st.one_of(
    st.tuples(st.sampled_from(IDS), st.one_of(st.just(b"a name"), odd), st.sampled_from(KINDS)),
    st.lists(odd, min_size=1, max_size=5).map(tuple),
)
edge = st.one_of(
    st.tuples(st.sampled_from(IDS), st.sampled_from(EDGES), st.sampled_from(IDS)),
    st.lists(odd, min_size=1, max_size=5).map(tuple),
)
GOOD = [
    (b"Gene::1", b"one", b"Gene"),
    (b"Gene::2", b"two", b"Gene"),
    (b"Disease::DOID:1", b"ill", b"Disease"),
]


def loaded(data: Path, source: str, *, write: bool = False, **options: object) -> LoadReport:
    """Loads a source into a graph of its own, or tries to; where it writes, checks what the graph has."""
    folder = data.parent
    made = load_settings(home=folder, graph=str(folder / "graph"))
    with closing(open_store(made.graph_url, made, read_only=False)) as store:
        report = load_graph(
            store, [source], data_dir=data, work_dir=folder / "work", dry_run=not write, **options
        )  # type: ignore[arg-type]
        held = store.fingerprint()
        if write:
            assert sum(held.nodes.values()) == report.sources[0].nodes.loaded
            assert sum(held.edges.values()) == report.sources[0].edges.loaded
        return report


def accounted(report: LoadReport, nodes: int, edges: int) -> None:
    [source] = report.sources
    for rows, count in ((source.nodes, nodes), (source.edges, edges)):
        assert rows.read == count
        assert rows.read == rows.loaded + rows.merged + rows.rejected + rows.left_out + rows.waiting
        assert min(rows.loaded, rows.merged, rows.rejected, rows.left_out) >= 0
    assert sum(source.reasons.values()) == source.nodes.rejected + source.edges.rejected
    if report.rejects:
        with Path(report.rejects).open(encoding="utf-8", newline="\n") as text:
            assert sum(row.startswith(source.source + "\t") for row in text) >= 1


def count(lines: list[tuple[bytes, ...]]) -> int:
    """Rows of a file: its lines but empty ones."""
    return sum(b"\t".join(fields).removesuffix(b"\r") != b"" for fields in lines)


Lines = list[tuple[bytes, ...]]


def check_tables(nodes: Lines, edges: Lines, *, write: bool, **options: object) -> None:
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        data.mkdir()
        lines = [*GOOD, *nodes]
        for name, head, rows in (
            ("nodes.tsv", b"id\tname\tkind", lines),
            ("hetionet-v1.0-edges.sif", b"source\tmetaedge\ttarget", edges),
        ):
            (data / name).write_bytes(b"\n".join([head, *(b"\t".join(row) for row in rows)]) + b"\n")
        report = loaded(data, "hetionet", write=write, **options)
        accounted(report, count(lines), count(edges))


@settings(max_examples=25, **SLOW)  # type: ignore[arg-type]
@given(st.lists(line, max_size=12), st.lists(edge, max_size=12), st.booleans())
def test_every_row_of_a_table_is_accounted_for(nodes: Lines, edges: Lines, commercial: bool) -> None:
    check_tables(nodes, edges, write=False, licences=["commercial"] if commercial else [])


def test_odd_rows_are_written_as_they_are_counted() -> None:
    nodes = [(b"Gene::3", HUGE, b"Gene"), (b"Gene::1", b"a\x00b", b"Gene"), (b"a",) * 5]
    nodes += [(b"Gene::1", word, b"Gene") for word in ODD if b"\x00" not in word]
    edges = [(b"\xff",), (b'"', b"'"), *[(b"Gene::1", b"GiG", b"Gene::2")] * 3, (b"Gene::1", b"GiG", HUGE)]
    check_tables(nodes, edges, write=True)


ends = st.tuples(st.sampled_from("12345"), st.sampled_from("12345"))


@settings(max_examples=8, **SLOW)  # type: ignore[arg-type]
@given(st.lists(ends, min_size=1, max_size=15))
@example([("1", "2"), ("2", "3"), ("3", "1"), ("1", "1")])
def test_circles_of_is_a_are_rows_like_others(pairs: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        data.mkdir()
        rows = "".join(f"Disease\tMONDO:{i}\tdisease {i}\n" for i in range(1, 6))
        (data / "nodes.tsv").write_text("kind\tid\tname\n" + rows)
        (data / "edges.tsv").write_text(
            "relation\tstart\tend\tlicence\n"
            + "".join(f"IS_A\tMONDO:{one}\tMONDO:{other}\tCC0-1.0\n" for one, other in pairs)
        )
        report = loaded(data, "kedrec")
        accounted(report, 5, len(pairs))
        [source] = report.sources
        assert source.edges.loaded == len({pair for pair in pairs if pair[0] != pair[1]})
        assert source.edges.rejected == sum(one == other for one, other in pairs)


texts = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(max_examples=10, **SLOW)  # type: ignore[arg-type]
@given(st.lists(st.lists(texts, min_size=1, max_size=6), max_size=10))
@example(
    [["Disease", "MONDO:9", HUGE.decode()], ["Disease", "MONDO:9", 'a "b" | c'], ["\x85"], ["\u2028", "x"]]
)
def test_every_row_of_a_users_own_table_is_accounted_for(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        data.mkdir()
        told = ["\t".join(row) for row in rows]
        lines = list(itertools.chain.from_iterable(row.split("\n") for row in told))
        (data / "nodes.tsv").write_bytes("\n".join(["kind\tid\tname", *lines]).encode() + b"\n")
        report = loaded(data, "kedrec")
        accounted(report, sum(row.removesuffix("\r") != "" for row in lines), 0)
