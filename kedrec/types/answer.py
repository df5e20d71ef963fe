"""What a question is answered with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from kedrec.types.base import Frozen, Probability
from kedrec.types.graph import Entity, Evidence, TakenFor
from kedrec.types.rationale import Rationale
from kedrec.types.safety import Badge, Safety
from kedrec.types.texts import Background, TextsUsed

__all__ = [
    "Answer",
    "AsOf",
    "Coverage",
    "DiseaseAnswer",
    "Manifest",
    "PassedOver",
    "PathTypeChance",
    "Recommendation",
    "ScorePart",
    "Texts",
]

Percentile = Annotated[float, Field(ge=0.0, le=100.0)]
SMALLER = "smaller parts"
"""The label of the part in which the small ones are added up."""


class ScorePart(Frozen):
    """One metapath's share in a score, in log-odds (or in the unfitted score's own unit).

    Attributes:
        group: what kind of part it is; `prior` is what the degrees alone tell.
    """

    group: Literal["prior", "metapath", "similar drugs", "similar diseases"] = "metapath"
    metapath: str
    template: str
    value: float
    contribution: float


class PathTypeChance(Frozen):
    """One type of path of a pair, and how often chance alone would bring as much.

    Attributes:
        metapath: as template heads write it: `Drug BINDS Gene < ASSOCIATED_WITH Disease`.
        abbreviation: Hetionet's short form: `CbG<aD`.
        dwpc: the pair's degree-weighted path count.
        expected: its mean over permuted graphs, for a pair of these degrees.
        p_value: chance of at least this count in a permuted graph, 1e-6 at least.
        adjusted: the same times the number of metapaths looked at, at most 1 (Bonferroni).
    """

    metapath: str
    abbreviation: str
    dwpc: float
    expected: float
    p_value: Probability
    adjusted: Probability


class Coverage(Frozen):
    """How much the graph knows of a pair.

    Attributes:
        paths: supporting paths found for the pair.
        metapaths: templates with at least one path.
        drug_edges, disease_edges: edges at the drug and at the disease, treatments included.
        disease_treatments: drugs the graph knows to treat the disease, without this pair.
        enough: whether a rationale was attempted; `reason` says why not.
    """

    paths: int
    metapaths: int
    drug_edges: int
    disease_edges: int
    disease_treatments: int
    enough: bool
    reason: str = ""


class AsOf(Frozen):
    """What a graph seen as of a year rests on. An edge without a year is seen, whenever it was learned.

    Attributes:
        year: the last year that is seen.
        edges: edges that are seen, of which the ranking is made.
        undated: how many of them have no year, so that some may be of later.
        later: edges left out, since their year is after.
        used: edges in the evidence shown.
        used_undated: how many of them have no year.
    """

    year: int
    edges: int
    undated: int
    later: int
    used: int
    used_undated: int


class Texts(Frozen):
    """What texts say of a pair, beside the graph's paths.

    Attributes:
        trials: `T1`...: trials that studied both; one with the stance `adverse` was terminated, withdrawn or
            suspended, or missed its primary outcomes.
        articles: `L1`...: passages that name both. The stance says only that they were looked for as such:
            what an article concludes is in its words.
        background: which texts were looked for.
        note: why there are none, or may be found badly, as a sentence; "" where all is well.
        more: documents that were found too and aren't shown.
        against: how many trials of the pair are adverse, shown or not.
        later: documents left out because they are of a later year than the one asked for.
        undated: of those shown, how many have no year, so that they may be later. Counted as of a year.
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


class PassedOver(Frozen):
    """One that ranks before the last of the recommendations and isn't among them for want of paths.

    Attributes:
        entity: the drug (of a `DiseaseAnswer`: the disease).
        paths: how many supporting paths it has: too few to be explained.
        reason: why it isn't shown, as a sentence.
    """

    rank: int
    entity: Entity
    paths: int
    reason: str


class Manifest(Frozen):
    """What an answer was made from; the same manifest gives the same answer."""

    kedrec: str
    graph: str
    fingerprint: str
    schema_version: int
    templates: str
    """SHA-256 over the path templates' text."""
    ranking: str
    """`fitted` or `unfitted`, and what was fitted."""
    prompt: str = ""
    model: str = ""
    model_sha256: str = ""
    model_adjustments: tuple[str, ...] = ()
    """What the model's server refused of requests, so that it was left out or renamed."""
    seed: int
    licences: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    """Private overlays that were seen."""
    as_of: AsOf | None = None
    """What a view as of a year rests on; None where edges of any year were seen."""
    texts: TextsUsed = TextsUsed()
    """Which texts were looked for."""


class Recommendation(Frozen):
    """One drug for one disease.

    Attributes:
        rank: 1 is best among all drugs of the graph (of a `DiseaseAnswer`: among its diseases).
        score: the ranking's score in log-odds (unfitted: the unfitted score).
        probability: None where the ranking could not be fitted on this graph.
        low, high: 95 % interval of the probability.
        prior: the probability from degrees alone: how much the drug treats, and the disease is treated.
        drug_percentile, disease_percentile: of the drug's (the disease's) mean score among all of its kind;
            one near 100 scores high whatever it is paired with.
        unseen: whether the disease has no known treatment: the probability is what it would be if it had one.
        known: sources in which the graph already has the treatment; () where it is new.
        badge: whether the pair is news.
        verdict: what the drug's standing is in a sentence or two, made from the fields above.
        adverse: contraindications (direct or inherited) and the like.
        safety: contraindications and side effects summed up.
        base: what the score is before its parts; with them it adds up to the score.
        score_parts: largest first; those that change little are added up in one, `SMALLER`.
        chances: of an explanation, where the graph was permuted (`kedrec rank null`): its types of path, the
            least likely by chance first.
        flags: short words such as `known`, `contraindicated`, `few-paths`.
        texts: trials and articles, where texts were asked for.
        as_of: what the evidence rests on where the graph was seen as of a year.
        taken_for: of an explanation, what the asked names were taken for, where they are called otherwise.
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
    taken_for: tuple[TakenFor, ...] = ()


class _Answer(Frozen):
    recommendations: tuple[Recommendation, ...]
    candidates: int
    """Drugs, or diseases, that were ranked."""
    abstained: str = ""
    """Why nothing could be recommended; "" where something was."""
    known_left_out: int = 0
    """Known treatments left out, as asked."""
    hidden: int = 0
    """Contraindicated ones left out, as asked, before the last of the recommendations."""
    passed: tuple[PassedOver, ...] = ()
    """Those that rank before the last of the recommendations, but have too few paths to be explained."""
    taken_for: tuple[TakenFor, ...] = ()
    """What the asked names were taken for, where they are called otherwise."""
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


class DiseaseAnswer(_Answer):
    """The diseases that a drug could be repurposed for, best first; a sequence of `Recommendation`."""

    asked: Literal["drug"] = "drug"
    drug: Entity
