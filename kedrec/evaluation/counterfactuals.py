"""Changes one link of curated mechanisms, and looks whether verdict and text follow.

Of a pair whose curated mechanism states that the drug relieves the disease, one signed link is inverted,
deleted, or moved to another node of its kind, in a view of the graph. The answer follows if the mechanism as
it was neither supports the drug any longer nor stands in the text:

- inverted: its path is no support, and its sentence says the opposite of the link.
- deleted: no path goes over the link, and the old path is complete no more.
- swapped: no path goes over the link, and the sentence of the moved path names the other node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, get_args

from kedrec.errors import DataError
from kedrec.evidence.chains import chain_template
from kedrec.evidence.pair_evidence import retrieve
from kedrec.evidence.path_edges import complete_paths
from kedrec.evidence.verbalize import sentence
from kedrec.pathlogic.roles import SUPPORTING, path_role
from kedrec.pathlogic.signs import path_effect, step_signs
from kedrec.ranking.adjacency import TREATS
from kedrec.stores.altered import Alteration, AlteredStore, Change, opposite_action
from kedrec.stores.templates import Hop

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.naming import NameIndex
    from kedrec.ranking import Ranker
    from kedrec.stores import GraphStore
    from kedrec.types import Entity, Evidence, Path

__all__ = ["ChangeFigures", "CounterfactualReport", "evaluate_counterfactuals", "markdown"]

_PATHS = 8
_SIGNED = (frozenset({1}), frozenset({-1}))
_MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class ChangeFigures:
    """Answers after one kind of change.

    Attributes:
        change: the change.
        mechanisms: number of mechanisms that were changed.
        verdict_follows, text_follows: numbers of answers that follow.
        examples: up to five sentences of mechanisms whose answer doesn't.
    """

    change: Change
    mechanisms: int
    verdict_follows: int
    text_follows: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class CounterfactualReport:
    """Answers after changes of curated mechanisms.

    Attributes:
        seed: of the pairs, links and nodes drawn.
        figures: by change.
    """

    seed: int
    figures: Sequence[ChangeFigures]


def evaluate_counterfactuals(
    store: GraphStore,
    names: NameIndex,
    ranker: Ranker,
    *,
    mechanisms: int,
    seed: int,
    progress: Progress | None = None,
) -> CounterfactualReport:
    """Changes a link of each of some curated mechanisms in three ways.

    Args:
        store, names, ranker: a graph.
        mechanisms: most mechanisms, drawn at random.
        seed: of the draws.
        progress: called after each mechanism.

    Raises:
        DataError: the graph has no curated mechanism that states a relief.
    """
    rng = Random(f"{seed}:counterfactuals")  # noqa: S311  # draws pairs, no secrets
    follows: dict[Change, list[tuple[bool, bool, str]]] = {change: [] for change in get_args(Change)}
    for done, (evidence, item) in enumerate(_stated_mechanisms(store, names, ranker, rng)):
        if done >= mechanisms:
            break
        if progress is not None:
            progress("Changing mechanisms", done, mechanisms)
        path = item.path
        assert path is not None  # noqa: S101  # as `_stated_mechanisms` draws them
        position = rng.choice(_changeable(path))
        other = _other_node(ranker, names, path, position, rng)
        first, second = path.nodes[position], path.nodes[position + 1]
        for change, results in follows.items():
            alteration = Alteration(change, first.id, second.id, other.id, other.name)
            results.append((*_follows(store, ranker, evidence, path, alteration), item.sentence))
    if not follows["deleted"]:
        raise DataError(
            "The graph has no curated mechanism that states a relief.",
            "Load DrugMechDB: 'kedrec-load graph drugmechdb'.",
        )
    return CounterfactualReport(seed, [_figures(change, results) for change, results in follows.items()])


def _stated_mechanisms(
    store: GraphStore, names: NameIndex, ranker: Ranker, rng: Random
) -> Iterator[tuple[PairEvidence, Evidence]]:
    """Yields pairs in random order with the first path that one curated mechanism has whole."""
    adjacency = ranker.adjacency
    diseases = max(len(adjacency.ids("Disease")), 1)
    links = sorted(set(adjacency.mechanism_links(TREATS)[0].tolist()))
    for link in rng.sample(links, len(links)):
        drug, disease = divmod(link, diseases)
        evidence = retrieve(
            store,
            ranker,
            names.entity(adjacency.node_id("Drug", drug), "Drug"),
            names.entity(adjacency.node_id("Disease", disease), "Disease"),
            k=_PATHS,
        )
        for item in evidence.evidence:
            if item.path is not None and item.role == "mechanism" and _is_stated(item.path):
                yield evidence, item
                break


def _is_stated(path: Path) -> bool:
    """True for a path of one curated mechanism that says that the drug relieves the disease."""
    shared = set.intersection(
        *({name for edge in step.edges for name in edge.mechanisms} for step in path.steps)
    )
    return bool(shared) and path_effect(path) == "relieves" and bool(_changeable(path))


def _changeable(path: Path) -> list[int]:
    """The positions of the signed steps that can say the opposite, but the last, which leads to the disease.

    There is none of "is metabolized to" or "takes part in".
    """
    return [
        index
        for index, step in enumerate(path.steps[:-1])
        if step_signs(step) in _SIGNED
        and any(opposite_action(step.relation, edge.action) != edge.action for edge in step.edges)
    ]


def _other_node(ranker: Ranker, names: NameIndex, path: Path, position: int, rng: Random) -> Entity:
    """A node of the same kind that leads on to the next node as well; any of the kind where none does."""
    adjacency, second, step = ranker.adjacency, path.nodes[position + 1], path.steps[position + 1]
    onward = path.nodes[position + 2]
    hop = Hop(step.relation, forward=step.forward, kind=onward.kind)
    used = {node.id for node in path.nodes}
    number = adjacency.number(onward.kind, onward.id)
    incidence = adjacency.hop_incidence(hop, second.kind)
    before = [] if number is None else incidence.back_row(number).tolist()
    ids = sorted({adjacency.node_id(second.kind, node) for node in before} - used)
    if not ids:
        every = len(adjacency.ids(second.kind))
        ids = sorted({adjacency.node_id(second.kind, rng.randrange(every)) for _ in range(5)} - used)
    return names.entity(rng.choice(ids), second.kind)


def _follows(
    store: GraphStore, ranker: Ranker, before: PairEvidence, path: Path, alteration: Alteration
) -> tuple[bool, bool]:
    """Whether the verdict and the text follow a change of a mechanism."""
    altered = AlteredStore(store, alteration)
    # A copy of the adjacency has no cached facts of the unchanged graph.
    adjacency = ranker.adjacency.with_links({})
    after = retrieve(altered, ranker, before.drug, before.disease, k=_PATHS, adjacency=adjacency)
    old_ids = [node.id for node in path.nodes]
    link = (alteration.first, alteration.second)
    supporting = [[node.id for node in item.path.nodes] for item in after.evidence if item.path is not None]
    sentences = {item.sentence for item in after.evidence}
    old_path = _completed(altered, path, old_ids)
    if alteration.change == "inverted":
        is_support = old_path is not None and path_role(old_path) in SUPPORTING
        verdict = old_ids not in supporting and not is_support
        text = (
            sentence(path) not in sentences and old_path is not None and sentence(old_path) != sentence(path)
        )
        return verdict, text
    verdict = old_path is None and not any(_has_link(ids, link) for ids in supporting)
    text = sentence(path) not in sentences
    if alteration.change == "swapped":
        moved = _completed(
            altered, path, [alteration.other if id_ == alteration.second else id_ for id_ in old_ids]
        )
        # Without a link onward there is no path to tell.
        text = text and (moved is None or alteration.other_name in sentence(moved))
    return verdict, text


def _completed(store: GraphStore, path: Path, ids: Sequence[str]) -> Path | None:
    hops = tuple(
        Hop(step.relation, forward=step.forward, kind=node.kind)
        for step, node in zip(path.steps, path.nodes[1:], strict=True)
    )
    return complete_paths(store, [(chain_template(hops), ids)])[0]


def _has_link(ids: Sequence[str], link: tuple[str, str]) -> bool:
    return any(pair in (link, link[::-1]) for pair in pairwise(ids))


def _figures(change: Change, results: Sequence[tuple[bool, bool, str]]) -> ChangeFigures:
    return ChangeFigures(
        change,
        len(results),
        sum(verdict for verdict, _, _ in results),
        sum(text for _, text, _ in results),
        [example for verdict, text, example in results if not (verdict and text)][:_MAX_EXAMPLES],
    )


def markdown(report: CounterfactualReport) -> str:
    """The figures as a table, a change a row."""
    lines = [
        f"seed {report.seed}",
        "",
        "| one link | mechanisms | verdict follows | text follows |",
        "| --- | ---: | ---: | ---: |",
    ]
    for item in report.figures:
        counts = f"{item.mechanisms:,} | {item.verdict_follows:,} | {item.text_follows:,}"
        lines.append(f"| {item.change} | {counts} |")
    examples = [f"- {item.change}: {example}" for item in report.figures for example in item.examples]
    if examples:
        lines += ["", "Not followed:", "", *examples]
    return "\n".join(lines) + "\n"
