"""Types of an answer: recommendations, score parts, coverage, manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from kedrec.types.base import Frozen, Probability
from kedrec.types.display import Displayed
from kedrec.types.gene_list import GeneList
from kedrec.types.graph import Entity, Evidence, TakenFor
from kedrec.types.judgement import ModelJudgement, OrderNote
from kedrec.types.rationale import Rationale
from kedrec.types.safety import Badge, ClinicalStatus, Safety
from kedrec.types.texts import Background, TextsUsed

__all__ = [
    "Answer",
    "AsOf",
    "Coverage",
    "DiseaseAnswer",
    "EdgesAsOf",
    "GroupMember",
    "Manifest",
    "NarrowerDisease",
    "PassedOver",
    "PathTypeChance",
    "Recommendation",
    "ScorePart",
    "Texts",
    "part_title",
]

Percentile = Annotated[float, Field(ge=0.0, le=100.0)]
SMALLER = "smaller parts"
"""Label of the part that sums up the small ones."""


def part_title(group: str, label: str) -> str:
    """The label of a part of a score, with its group where it is no metapath: `similar drugs: names`."""
    return label if group in {"metapath", "base"} else f"{group}: {label}"


class ScorePart(Frozen):
    """One metapath's share in a score, in log-odds (or in the unfitted score's own unit).

    Attributes:
        group: kind of the part; `prior` is the share of the degrees alone.
        metapath: the metapath, or the label of a part of another group.
        template: name of the path template; "" if there is none.
        value: the feature's value.
        contribution: what the part adds to the score.
    """

    group: Literal["prior", "metapath", "similar drugs", "similar diseases"] = "metapath"
    metapath: str
    template: str
    value: float
    contribution: float

    @property
    def title(self) -> str:
        """As of `part_title`."""
        return part_title(self.group, self.metapath)


class PathTypeChance(Frozen):
    """One type of path of a pair, and the probability of as many paths by chance.

    Attributes:
        metapath: in the notation of template heads: `Drug BINDS Gene < ASSOCIATED_WITH Disease`.
        abbreviation: Hetionet's short form: `CbG<aD`.
        dwpc: the pair's degree-weighted path count.
        expected: mean count over permuted graphs, for a pair of these degrees.
        p_value: probability of at least this count in a permuted graph, 1e-6 at least.
        adjusted: p_value times the number of metapaths tested, at most 1 (Bonferroni).
    """

    metapath: str
    abbreviation: str
    dwpc: float
    expected: float
    p_value: Probability
    adjusted: Probability


class Coverage(Frozen):
    """Amount of a graph's data on a pair.

    Attributes:
        paths: number of supporting paths of the pair.
        metapaths: number of templates with at least one path.
        drug_edges, disease_edges: number of edges of the drug and of the disease, treatments included.
        disease_treatments: number of the disease's known drugs, without this pair's.
        enough: True if a rationale was attempted.
        reason: the reason if not, as a sentence.
        basis: what speaks for the pair, by the role of its best path: a `stated mechanism` (its signs say
            that the drug relieves the disease), a `stated relief of a symptom`, a `mechanism`, an `analogy`
            or an `association`; "" without.
    """

    paths: int
    metapaths: int
    drug_edges: int
    disease_edges: int
    disease_treatments: int
    enough: bool
    reason: str = ""
    basis: str = ""


class EdgesAsOf(Frozen):
    """Numbers of edges in a view of the graph as of a year. An edge without a year is always visible.

    Attributes:
        year: the last visible year.
        edges: visible edges, from which the ranking is computed.
        undated: those of `edges` without a year, which may be of a later one.
        later: edges hidden because their year is later.
    """

    year: int
    edges: int
    undated: int
    later: int


class AsOf(EdgesAsOf):
    """Numbers of edges behind an answer in a view of the graph as of a year.

    Attributes:
        used: edges in the evidence shown.
        used_undated: those of `used` without a year.
    """

    used: int
    used_undated: int


class Texts(Frozen):
    """Texts about a pair, beside the graph's paths.

    Attributes:
        trials: `T1`...: trials that studied both; one with the stance `adverse` was terminated, withdrawn or
            suspended, or missed its primary outcomes.
        articles: `L1`...: passages that name both. The stance is that of the search: an article's conclusion
            is in its words only.
        background: kind of texts searched.
        note: reason why there are none, or why the search may be incomplete, as a sentence; otherwise "".
        more: number of further documents of the pair that aren't shown.
        against: number of the pair's adverse trials, shown or not.
        later: number of documents omitted because they are later than the year asked for.
        undated: number of shown documents without a year, which may be later. Counted only as of a year.
    """

    trials: tuple[Evidence, ...] = ()
    articles: tuple[Evidence, ...] = ()
    background: Background = "none"
    note: str = ""
    more: int = 0
    against: int = 0
    later: int = 0
    undated: int = 0

    @property
    def all(self) -> tuple[Evidence, ...]:
        """The trials, then the articles."""
        return (*self.trials, *self.articles)


class NarrowerDisease(Frozen):
    """A disease below the queried one in the hierarchy.

    Attributes:
        treatments: number of drugs that treat it, according to the graph.
        drugs: names of up to five of them.
    """

    disease: Entity
    treatments: int
    drugs: tuple[str, ...] = ()


class PassedOver(Frozen):
    """A candidate that ranks before the last recommendation and is omitted.

    Attributes:
        rank: its rank among all candidates, from 1.
        entity: the drug (of a `DiseaseAnswer`: the disease).
        paths: number of its supporting paths in the graph.
        reason: reason for the omission, as a sentence.
        has_evidence: True if it is omitted though paths of it could be shown: a label warns of it, it has
            a limit of use, or it is unlikely.
    """

    rank: int
    entity: Entity
    paths: int
    reason: str
    has_evidence: bool = False


class KnownTreatment(Frozen):
    """A drug that the graph has as a treatment of the disease in question.

    Attributes:
        rank: the rank, from 1, that it would have if its own treatment weren't known.
        drug: the drug.
        sources: the sources that have the treatment.
    """

    rank: int
    drug: Entity
    sources: tuple[str, ...]


class GroupMember(Frozen):
    """A candidate that isn't shown for itself: the same speaks for it as for a recommendation.

    Attributes:
        rank: its rank among all candidates, from 1.
        entity: the drug (of a `DiseaseAnswer`: the disease).
        like: id of the recommended one that it goes with.
        known: sources that have it as a treatment; () for a new one.
        probability: as of a recommendation.
    """

    rank: int
    entity: Entity
    like: str
    known: tuple[str, ...] = ()
    probability: Probability | None = None


class Manifest(Frozen):
    """Provenance of an answer: equal manifests give equal answers."""

    kedrec: str
    graph: str
    fingerprint: str
    schema_version: int
    templates: str
    """SHA-256 over the path templates' text."""
    ranking: str
    """`fitted` or `unfitted`, and a description of the fit."""
    prompt: str = ""
    model: str = ""
    model_sha256: str = ""
    model_adjustments: tuple[str, ...] = ()
    """Request parameters that the model's server refused and that were omitted or renamed."""
    seed: int
    licences: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    """Names of the visible private overlays."""
    as_of: AsOf | None = None
    """Numbers of edges in a view as of a year; None if edges of any year were visible."""
    texts: TextsUsed = TextsUsed()
    """Texts that were searched."""


class Recommendation(Displayed, Frozen):
    """One drug for one disease.

    Attributes:
        rank: 1 is best among all drugs of the graph (of a `DiseaseAnswer`: among its diseases).
        score: the ranking's score in log-odds (unfitted: the unfitted score).
        probability: None if the ranking could not be fitted on this graph.
        low, high: 95 % interval of the probability.
        prior: the probability from degrees alone: the numbers of the drug's and the disease's treatments.
        drug_percentile, disease_percentile: of the drug's (the disease's) mean score among all of its kind;
            one near 100 scores high with any partner.
        unseen: True if the disease has no known treatment; the probability then assumes that it had one.
        known: sources in which the graph already has the treatment; () for a new one.
        badge: novelty of the pair.
        clinical: the drug's standing in the clinic.
        drug_class: the broadest class that says something of the drug's effect; None without one.
        verdict: summary of the fields above in one or two sentences.
        adverse: adverse evidence, such as contraindications (direct or inherited).
        safety: summary of contraindications and side effects.
        base: the score without its parts; `base` and the parts add up to the score.
        score_parts: largest first; the small ones are summed up in one, `SMALLER`.
        chances: of an explanation, if the graph was permuted (`kedrec rank null`): its types of path, the
            least likely by chance first.
        flags: short words such as `known`, `contraindicated`, `no-path`.
        texts: trials and articles, if texts were requested.
        as_of: numbers of edges behind the evidence in a view as of a year.
        judgement: the language model's own, where it was asked for; None otherwise.
        taken_for: of an explanation, the entities that queried names were resolved to under another name.
    """

    rank: int
    drug: Entity
    disease: Entity
    score: float
    probability: Probability | None
    low: Probability | None = None
    high: Probability | None = None
    prior: Probability | None = None
    drug_percentile: Percentile | None = None
    disease_percentile: Percentile | None = None
    unseen: bool = False
    known: tuple[str, ...] = ()
    badge: Badge
    clinical: ClinicalStatus = ClinicalStatus()
    drug_class: Entity | None = None
    verdict: str
    rationale: Rationale
    evidence: tuple[Evidence, ...] = ()
    adverse: tuple[Evidence, ...] = ()
    safety: Safety = Safety()
    base: float = 0.0
    score_parts: tuple[ScorePart, ...] = ()
    coverage: Coverage
    chances: tuple[PathTypeChance, ...] = ()
    flags: tuple[str, ...] = ()
    texts: Texts = Texts()
    as_of: AsOf | None = None
    judgement: ModelJudgement | None = None
    taken_for: tuple[TakenFor, ...] = ()


class _Answer(Displayed, Frozen):
    recommendations: tuple[Recommendation, ...]
    candidates: int
    """Number of ranked drugs, or diseases."""
    abstained: str = ""
    """Reason for an answer without recommendations; otherwise ""."""
    known_left_out: int = 0
    """Number of known treatments omitted on request."""
    hidden: int = 0
    """Number of contraindicated candidates omitted on request before the last recommendation."""
    status_left_out: int = 0
    """Number of candidates before the last recommendation without the requested clinical status."""
    also: tuple[GroupMember, ...] = ()
    """Candidates with the same mechanism or class as a recommendation, best first: those that rank before the
    last one, if one of a group was to be shown, and a few that rank after it."""
    passed: tuple[PassedOver, ...] = ()
    """Candidates ranking before the last recommendation without a path to explain them by."""
    taken_for: tuple[TakenFor, ...] = ()
    """Entities that queried names were resolved to under another name."""
    manifest: Manifest

    def __len__(self) -> int:
        return len(self.recommendations)

    def __getitem__(self, index: int) -> Recommendation:
        return self.recommendations[index]

    def __iter__(self) -> Iterator[Recommendation]:  # type: ignore[override]  # a sequence of its items, not of its fields
        return iter(self.recommendations)


class Answer(_Answer):
    """The drugs recommended for a disease, best first; a sequence of `Recommendation`."""

    asked: Literal["disease"] = "disease"
    disease: Entity
    gene_list: GeneList | None = None
    """The user's own genes, if the disease is a list of them."""
    known_treatments: tuple[KnownTreatment, ...] = ()
    """All known treatments of the disease by rank, whether recommended, left out or passed over."""
    narrower: tuple[NarrowerDisease, ...] = ()
    """Up to ten diseases below it in the hierarchy, which the answer isn't for; most treatments first."""
    narrower_count: int = 0
    """Number of all diseases below it."""
    order: OrderNote | None = None
    """The order of the drugs, where a model's judgement was asked for; None: the ranking's."""


class DiseaseAnswer(_Answer):
    """The diseases that a drug could be repurposed for, best first; a sequence of `Recommendation`."""

    asked: Literal["drug"] = "drug"
    drug: Entity
