"""Performance by group against scikit-learn and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from listed_graph import Link, ListedGraph
from sklearn.metrics import average_precision_score, roc_auc_score

from kedrec.errors import DataError
from kedrec.evaluation.areas import UNCLASSIFIED, areas_by_ancestor, areas_from_table
from kedrec.evaluation.strata import group_by_degree, markdown, performance, strata_tables
from kedrec.ranking.adjacency import Adjacency, read_adjacency


def pairs(seed: int = 1, drugs: int = 60, diseases: int = 20) -> dict[str, np.ndarray]:
    """Every pair of some drugs and diseases; many scores tie, and one pair in ten is a treatment."""
    draw = np.random.default_rng(seed)
    drug, disease = (axis.ravel() for axis in np.meshgrid(np.arange(drugs), np.arange(diseases)))
    labels = draw.random(len(drug)) < 0.1
    scores = np.round(draw.normal(labels * 1.0, 1.0), 1)
    return {"scores": scores, "labels": labels, "drugs": drug, "diseases": disease}


def test_the_figures_of_each_group_are_scikit_learns() -> None:
    given = pairs()
    groups = given["drugs"] % 3
    strata = performance(
        given["scores"], given["labels"], given["diseases"], groups, ["a", "b", "c"], resamples=0
    )
    for place, one in enumerate(strata):
        inside = groups == place
        labels, scores = given["labels"][inside], given["scores"][inside]
        assert one.pairs == inside.sum()
        assert one.treatments == labels.sum()
        assert one.diseases == len(set(given["diseases"][inside & given["labels"]].tolist()))
        assert one.auroc is not None
        assert one.auprc is not None
        assert one.auroc.value == pytest.approx(roc_auc_score(labels, scores))
        assert one.auprc.value == pytest.approx(average_precision_score(labels, scores))
        assert one.auroc.low is None


def test_recall_looks_at_the_best_of_all_groups_and_ties_never_help() -> None:
    scores = np.array([9.0, 8.0, 7.0, 7.0, 1.0, 5.0, 5.0, 5.0])
    labels = np.array([0, 1, 1, 0, 0, 1, 0, 0])
    diseases = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    groups = np.array([0, 1, 1, 0, 0, 1, 0, 0])
    strata = performance(scores, labels, diseases, groups, ["without", "with"], top=3, resamples=0)
    assert strata[0].recall is None
    assert strata[0].auroc is None
    assert strata[1].auroc is None  # nothing but treatments
    assert strata[1].recall is not None
    # The first disease: rank 2 is in, the tie at 3 and 4 isn't. The second: three tie at 1 to 3, all in.
    assert strata[1].recall.value == pytest.approx((1 / 2 + 1) / 2)


def test_intervals_hold_the_figure_shrink_with_more_diseases_and_repeat_with_the_seed() -> None:
    def width(diseases: int, seed: int) -> tuple[float, float, float]:
        given = pairs(3, 40, diseases)
        whole = np.zeros(len(given["scores"]), np.int64)
        (one,) = performance(
            given["scores"], given["labels"], given["diseases"], whole, ["all"], seed=seed, resamples=200
        )
        assert one.auroc is not None
        assert one.auroc.low is not None
        assert one.auroc.high is not None
        assert one.auroc.low < one.auroc.value < one.auroc.high
        return one.auroc.low, one.auroc.high, one.auroc.high - one.auroc.low

    assert width(10, 1) == width(10, 1)
    assert width(10, 1) != width(10, 2)
    assert width(160, 1)[2] < 0.5 * width(10, 1)[2]


def test_few_diseases_give_no_interval() -> None:
    given = pairs(2, 60, 4)
    whole = np.zeros(len(given["scores"]), np.int64)
    (one,) = performance(given["scores"], given["labels"], given["diseases"], whole, ["all"])
    assert one.diseases == 4
    assert one.auprc is not None
    assert one.auprc.low is None
    assert "(" not in markdown({"all": [one]})


def test_groups_of_degrees_are_of_like_size_and_keep_equal_degrees_together() -> None:
    degrees = np.array([0, 0, 0, 0, 0, 1, 2, 3, 4, 50, 99])
    nodes = np.repeat(np.arange(10), 3)  # the last has no pair
    names, groups = group_by_degree(degrees, nodes, 4)
    assert names == ["0 links", "1 to 3 links", "4 to 50 links"]
    assert groups[::3].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 2, 2]
    assert group_by_degree(degrees, np.zeros(0, np.int64))[0] == []
    with pytest.raises(ValueError, match="0 groups"):
        group_by_degree(degrees, nodes, 0)


def test_the_tables_cover_every_pair_once_and_print() -> None:
    given = pairs()
    tables = strata_tables(
        given["scores"],
        given["labels"],
        given["drugs"],
        given["diseases"],
        drug_degrees=np.arange(60),
        disease_degrees=np.arange(20) // 4,
        areas=[UNCLASSIFIED] * 9 + ["immune"] * 8 + ["psychiatric"] * 3,
        bins=3,
        resamples=20,
    )
    assert list(tables) == ["drug degree", "disease degree", "disease area"]
    for strata in tables.values():
        assert sum(one.pairs for one in strata) == 1200
        assert sum(one.treatments for one in strata) == given["labels"].sum()
    assert [one.name for one in tables["disease area"]] == ["immune", "psychiatric", UNCLASSIFIED]
    printed = markdown(tables)
    assert "| drug degree | pairs |" in printed
    assert "| 0 to 19 links | 400 |" in printed
    assert printed.count("\n\n") == 2


def test_scores_that_are_no_numbers_are_refused() -> None:
    given = pairs()
    given["scores"][3] = np.nan
    with pytest.raises(ValueError, match="no numbers"):
        performance(
            given["scores"], given["labels"], given["diseases"], given["drugs"] * 0, ["all"], resamples=0
        )


def test_areas_come_from_a_table_or_from_the_ancestors(tmp_path: Path) -> None:
    path = tmp_path / "areas.tsv"
    path.write_text("doid\tname\tpathophysiology\nDOID:1\tone\tneoplastic\nDOID:2\ttwo\t\n", encoding="utf-8")
    assert areas_from_table(path, ["DOID:2", "DOID:1", "DOID:3"]) == [
        UNCLASSIFIED,
        "neoplastic",
        UNCLASSIFIED,
    ]
    with pytest.raises(DataError, match="no column area"):
        areas_from_table(path, [], column="area")
    with pytest.raises(DataError, match="can't be read"):
        areas_from_table(tmp_path / "none.tsv", [])

    # 0 is the top; 1 and 2 are below it, 3 below 1 and 4, 4 below 2; 5 stands alone; 6 and 7 IS_A each other.
    below = [(1, 0), (2, 0), (4, 2), (3, 4), (3, 1), (6, 7), (7, 6)]
    links: list[Link] = [
        ("IS_A", "Disease", "Disease", f"Disease:{a}", f"Disease:{b}", "one", ()) for a, b in below
    ]
    graph = ListedGraph(links, {"Disease": 8})
    adjacency = Adjacency(read_adjacency(graph, [("IS_A", "Disease", "Disease")]))  # type: ignore[arg-type]
    areas = areas_by_ancestor(adjacency, {"Disease:1": "first", "Disease:2": "second"})
    assert areas[:6] == ["Disease:0", "first", "second", "first", "second", UNCLASSIFIED]
    assert areas[6:] == ["Disease:6", "Disease:7"]  # a circle has no top
    without = Adjacency(read_adjacency(graph, [("RESEMBLES", "Disease", "Disease")]))  # type: ignore[arg-type]
    assert areas_by_ancestor(without) == [UNCLASSIFIED] * 8
