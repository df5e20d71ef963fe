"""Sets of sources: those that ship, a user's own, and files that declare none."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from kedrec.common.assets import asset_text
from kedrec.errors import DataError, UsageError
from kedrec.loading.licences import known_licences
from kedrec.loading.sets import json_schema, list_sets, select_sources
from kedrec.loading.sources import list_sources


def own(folder: Path, text: str) -> Path:
    path = folder / "sets.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_sets_that_ship_are_in_the_layout_of_their_schema() -> None:
    assert json.loads(asset_text("loaders/sets.schema.json")) == json_schema()
    jsonschema.validate(yaml.safe_load(asset_text("loaders/sets.yaml")), json_schema())


def test_open_has_the_light_set_and_hetionet() -> None:
    sets = list_sets()
    assert set(sets["light"].sources) < set(sets["open"].sources)
    assert "hetionet" in sets["open"].sources
    assert "hetionet" not in sets["light"].sources


def test_a_source_that_finds_nodes_by_id_or_name_comes_after_those_that_bring_them() -> None:
    sources = {source.name: source for source in list_sources()}
    for one in list_sets().values():
        known = [sources[name].known for name in one.sources]
        assert known == sorted(known), one.name
        # These bring diseases of ids that no other source has; the links are between ids of the graph.
        position = one.sources.index
        assert position("mondo-rare") > max(position("orphanet"), position("g2p")), one.name


def test_names_of_sets_and_sources_give_each_source_once_in_order() -> None:
    selection = select_sources(["sider", "light", "hetionet", "doid"])
    assert selection.sources[0] == "sider"
    assert selection.sources[-1] == "hetionet"
    assert sorted(selection.sources) == sorted({*list_sets()["light"].sources, "sider", "hetionet"})
    assert selection.sets == ("light",)
    assert select_sources(["doid", "doid"]).sources == ("doid",)


def test_a_licence_leaves_out_sources_of_a_set_but_none_that_is_named_itself() -> None:
    allowed = {name for name, uses in known_licences().allows.items() if "commercial" in uses}
    licences = {source.name: source.licence for source in list_sources()}
    selection = select_sources(["open"], licences=["commercial"])
    assert selection.unlicensed["sider"] == "CC-BY-NC-SA-4.0"
    assert "sider" not in selection.sources
    assert "hetionet" in selection.sources  # its edges have licences of their own
    assert not {licences[name] for name in selection.unlicensed} & allowed
    named = select_sources(["open", "sider"], licences=["commercial"])
    assert "sider" in named.sources
    assert "sider" not in named.unlicensed


def test_a_set_of_ones_own_includes_others(tmp_path: Path) -> None:
    file = own(
        tmp_path,
        "sets:\n"
        "- {name: mine, title: Mine, include: [small], sources: [sider, doid]}\n"
        "- {name: small, title: Small, include: [light], sources: [hgnc]}\n",
    )
    assert list_sets(file)["mine"].sources == (*list_sets()["light"].sources, "hgnc", "sider")
    assert select_sources(["mine"], [file]).sources == list_sets(file)["mine"].sources


def test_an_unknown_name_lists_sources_and_sets() -> None:
    with pytest.raises(UsageError, match=r"no source or set 'opne'.*hetionet.*open, light"):
        select_sources(["opne"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sets: [{name: a, title: A, sources: [hetionett]}]", "the source 'hetionett', which doesn't exist"),
        ("sets: [{name: a, title: A, include: [b], sources: [doid]}]", "the set 'b', which doesn't exist"),
        ("sets: [{name: a, title: A, sources: [doid, mondo, doid]}]", "the source 'doid' twice"),
        ("sets: [{name: a, title: A, include: [light, light]}]", "the set 'light' twice"),
        ("sets: [{name: a, title: A, include: [a], sources: [doid]}]", "include each other: a > a"),
        (
            (
                "sets:\n- {name: a, title: A, include: [b]}\n- {name: b, title: B, include: [c]}\n"
                "- {name: c, title: C, include: [b], sources: [doid]}"
            ),
            "include each other: b > c > b",
        ),
        ("sets: [{name: a, title: A}]", "has no source"),
        ("sets: [{name: open, title: A, sources: [doid]}]", "the name of another set"),
        ("sets: [{name: doid, title: A, sources: [doid]}]", "the name of another source"),
        (
            "sets:\n- {name: a, title: A, sources: [doid]}\n- {name: a, title: B, sources: [doid]}",
            "the name of another set",
        ),
        ("sets: [{name: A b, title: A, sources: [doid]}]", r"sets.0.name: String should match"),
        ("sets: [{name: a, title: A, sources: doid}]", r"sets.0.sources: "),
        ("sets: [{name: a, title: A, source: [doid]}]", r"sets.0.source: Extra"),
        ("- a\n- b\n", "declares no sets: the file: "),
        ("", "declares no sets: the file: "),
        ("sets: [", "is no YAML"),
        (
            "sets:\n- name: a\n  title: A\n  sources: [doid]\n  sources: [mondo]\n",
            "the key 'sources' of line 4 is given again in line 5",
        ),
        ("sets: !!python/object/apply:os.getcwd []", "is no YAML"),
        ("[" * 60_000, "is no YAML"),
        ("sets: []" + " " * 70_000, "too long"),
    ],
)
def test_a_file_of_sets_that_cannot_be_used_says_why(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        list_sets(own(tmp_path, text))


def test_a_file_of_sets_that_is_missing_or_no_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        list_sets(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"sets: [{name: \xff\xfe}]")
    with pytest.raises(DataError, match="UTF-8"):
        list_sets(tmp_path / "bytes.yaml")


def test_a_damaged_file_of_ones_own_does_not_stop_the_load_of_a_source(tmp_path: Path) -> None:
    assert select_sources(["doid"], [own(tmp_path, "sets: [")]).sources == ("doid",)
    with pytest.raises(DataError):
        select_sources(["open"], [own(tmp_path, "sets: [")])
