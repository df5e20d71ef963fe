"""The order of a load's writes, which makes a killed one safe where each is seen at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from loaded import small_graph

from kedrec.loading import publishing
from kedrec.loading.state import source_states

if TYPE_CHECKING:
    import pytest


def test_edges_that_a_killed_load_was_moving_are_moved_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are another source's, which isn't loaded again: the next load of any source moves them."""
    term = "format-version: 1.2\n\n[Term]\nid: {0}\nname: disease {0}\n{1}\n"
    row = {"targetId": "ENSG1", "diseaseId": "EFO_1", "associationScore": 0.5}
    table = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([row]), table)
    journals: list[bytes | None] = []
    pack_journal = publishing._pack_journal

    def pack(*changes: Any) -> bytes | None:
        journals.append(pack_journal(*changes))
        return journals[-1]

    with small_graph(tmp_path) as graph:
        graph.load("opentargets", {"association_overall_direct/a.parquet": table.getvalue().to_pybytes()})
        with monkeypatch.context() as patch:
            patch.setattr(publishing, "_pack_journal", pack)
            graph.load("doid", {"doid.obo": term.format("DOID:1", "xref: EFO:1\n")})
        assert journals[-1] is not None
        # As a server is left where the load is killed before it has written the moved edge.
        keys = pa.table({"start": ["DOID:1"], "end": ["ENSEMBL:ENSG1"], "source": ["opentargets"]})
        pq.write_table(keys, tmp_path / "keys.parquet")
        with graph.store.writing():
            graph.store.delete_edges("ASSOCIATED_WITH", "Disease", "Gene", tmp_path / "keys.parquet")
            graph.store.put_metadata({}, {publishing._JOURNAL: journals[-1]})
        assert graph.ends("ASSOCIATED_WITH") == []
        graph.load("mondo", {"mondo.obo": term.format("MONDO:9", "")})
        assert graph.ends("ASSOCIATED_WITH") == [("DOID:1", "ENSEMBL:ENSG1")]
        assert graph.store.blob(publishing._JOURNAL) is None


def test_a_source_is_marked_as_loading_before_the_first_write_and_as_loaded_after_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a graph on a server, which shows every write at once, tells of a load that was killed."""
    writes: list[tuple[str, str]] = []
    with small_graph(tmp_path) as graph:

        def recorded(name: str, write: Any) -> Any:
            def record(*arguments: Any) -> Any:
                facts = arguments[0] if name == "put_metadata" else {}
                state = next((state.state for state in source_states(facts).values()), "")
                writes.append((name, state))
                return write(*arguments)

            return record

        for name in ("put_metadata", "put_nodes", "put_edges"):
            monkeypatch.setattr(graph.store, name, recorded(name, getattr(graph.store, name)))
        term = "[Term]\nid: DOID:{0}\nname: disease {0}\nis_a: DOID:1\n\n"
        graph.load("doid", {"doid.obo": "format-version: 1.2\n\n" + term.format(1) + term.format(2)})
    assert writes[0] == ("put_metadata", "loading")
    assert {name for name, _ in writes} == {"put_metadata", "put_nodes", "put_edges"}
    assert writes[-1] == ("put_metadata", "loaded")
