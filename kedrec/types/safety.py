"""Types of a pair's novelty and safety: badge, side effects, contraindications."""

from __future__ import annotations

from typing import Literal

from kedrec.common.counted_nouns import counted
from kedrec.types.base import Frozen, Probability
from kedrec.types.graph import Entity, Evidence

__all__ = [
    "Badge",
    "ClinicalStage",
    "ClinicalStatus",
    "ClinicalTrial",
    "LimitOfUse",
    "ListedContraindications",
    "OpposedMechanism",
    "PredictedSideEffect",
    "RelatedTreatment",
    "Safety",
    "SideEffect",
]


class RelatedTreatment(Frozen):
    """A known treatment of a disease that is narrower or broader than the one in question.

    Attributes:
        disease: the disease that the drug treats.
        scope: `narrower`: a kind of the disease in question, over any number of steps of the hierarchy;
            `broader`: one that it is a kind of, one step up.
        sources: the sources that state the treatment, sorted.
    """

    disease: Entity
    scope: Literal["narrower", "broader"]
    sources: tuple[str, ...] = ()


class Badge(Frozen):
    """Novelty of a pair with respect to the graph before the ranking.

    Attributes:
        standing: the first of these that holds.
            `known`: a source of the visible graph states Drug TREATS Disease.
            `known-narrower`, `known-broader`: one states that the drug treats a kind of the disease, or a
            disease that it is a kind of.
            `learned`: none states it, but the graph that the ranking was fitted on has a related statement:
            the drug relieves the disease's symptoms (Drug PALLIATES Disease), or one curated mechanism has
            a complete path from the drug to the disease. The pair's own edges of this kind were hidden while
            it was scored, like TREATS.
            `new`: none of these. The pair may still be known outside the graph.
        sources: the sources that state it, sorted; () for a new pair.
        note: the standing as one sentence.
        related: what the drug treats that is narrower or broader, narrower first; () for a known pair.
    """

    standing: Literal["known", "known-narrower", "known-broader", "learned", "new"]
    sources: tuple[str, ...] = ()
    note: str
    related: tuple[RelatedTreatment, ...] = ()


class ClinicalTrial(Frozen):
    """A trial of a drug in a disease.

    Attributes:
        number: its number in a register; "" where the source has none.
        phase: `phase 2`; "" where it isn't known.
        status: `completed`, `terminated`...; "" where it isn't known.
        reason: why it stopped, in the register's words; "" without.
        adverse: True if it was stopped, or missed its primary outcomes.
    """

    number: str
    phase: str = ""
    status: str = ""
    reason: str = ""
    adverse: bool = False


ClinicalStage = Literal["approved", "investigational", "failed", "unknown"]
"""Stage of a drug in the clinic: `approved` somewhere for something; `investigational`: not known to be, and
in a trial in the disease or a list of clinical candidates; `failed`: a trial in the disease was stopped or
missed its primary outcomes; `unknown`: no source says any of this. A drug may be both approved and failed."""


class ClinicalStatus(Frozen):
    """A drug's standing in the clinic.

    Attributes:
        approved_since: year of its first approval anywhere, for any disease; None where no source says so.
        approval: where it is approved, as a sentence with its source; "" where none says so.
        candidate: True if it isn't known to be approved, and a list of drugs and clinical candidates has it.
        trials: its trials in the disease of the pair.
    """

    approved_since: int | None = None
    approval: str = ""
    candidate: bool = False
    trials: tuple[ClinicalTrial, ...] = ()

    @property
    def stages(self) -> tuple[ClinicalStage, ...]:
        """The stages that apply, one at least."""
        approved = self.approved_since is not None or bool(self.approval)
        failed = any(trial.adverse for trial in self.trials)
        stages: list[ClinicalStage] = ["approved"] if approved else []
        if not approved and (self.candidate or any(not trial.adverse for trial in self.trials)):
            stages.append("investigational")
        return tuple([*stages, "failed"] if failed else stages) or ("unknown",)

    @property
    def phase(self) -> str:
        """The highest phase of its trials in the disease: `phase 2`; "" where none is known."""
        phases = [trial.phase for trial in self.trials if trial.phase]
        return max(phases, key=lambda phase: max(filter(str.isdigit, phase), default=""), default="")

    @property
    def short(self) -> str:
        """The status in a word or two for a table: `approved 1958`, `phase 2, failed`; "" where unknown."""
        since = "" if self.approved_since is None else f" {self.approved_since}"
        words = [f"approved{since}"] if "approved" in self.stages else []
        if self.phase and not words:
            words.append(self.phase)
        elif "investigational" in self.stages:
            words.append("candidate")
        return ", ".join([*words, *(["failed"] if "failed" in self.stages else [])])

    @property
    def text(self) -> str:
        """The status as a phrase; "" where nothing is known."""
        since = f"first approved in {self.approved_since}" if self.approved_since is not None else ""
        candidate = "a clinical candidate, not known to be approved" if self.candidate else ""
        adverse = [trial for trial in self.trials if trial.adverse]
        others = len(self.trials) - len(adverse)
        trials = f"{counted(others, 'trial')} in this disease" if others else ""
        trials += f" up to {self.phase}" if trials and self.phase else ""
        failed = "; ".join(map(_failure, adverse[:_MAX_FAILED]))
        more = f"{len(adverse) - _MAX_FAILED:,} more stopped" if len(adverse) > _MAX_FAILED else ""
        parts = (since, self.approval.rstrip("."), candidate, trials, failed, more)
        return "; ".join(part for part in parts if part)


_MAX_FAILED = 2  # stopped trials told of in words


def _failure(trial: ClinicalTrial) -> str:
    """A stopped trial in words: `phase 2 trial NCT00000001 terminated: slow accrual`."""
    subject = " ".join(part for part in (trial.phase, "trial", trial.number) if part)
    what = trial.status if trial.status and trial.status != "completed" else "missed its outcomes"
    return f"{subject} {what}" + (f": {trial.reason.rstrip('.')}" if trial.reason else "")


class SideEffect(Frozen):
    """A known side effect of a drug.

    Attributes:
        effect: a SideEffect, a Symptom or a Disease.
        drugs: number of the graph's drugs that cause it: few if it is specific to the drug.
        worsens: the disease, or its symptom, of the same name, which the drug may cause or worsen; None if
            there is none.
    """

    effect: Entity
    drugs: int
    sources: tuple[str, ...] = ()
    worsens: Entity | None = None


class PredictedSideEffect(Frozen):
    """A side effect of similar drugs that no source states of this one: a prediction, not a statement.

    Attributes:
        probability: that a source lists it, from the drugs that share targets or classes with this one.
        usual: share of all drugs that cause it.
        because: the similar drugs with the highest weights, most similar first.
        worsens: as in `SideEffect`.
    """

    effect: Entity
    probability: Probability
    usual: Probability
    because: tuple[Entity, ...]
    worsens: Entity | None = None


class OpposedMechanism(Frozen):
    """A target on which the drug does the opposite of what treatments of the disease do.

    Attributes:
        target: a gene, or a family or complex of proteins.
        treatments: treatments with the opposite effect, those of most diseases first; at most five.
        count: number of all of them.
        alike: number of treatments with the same effect as the drug.
        path: id of its path in `Safety.cautions`, by the first of the treatments.
    """

    target: Entity
    treatments: tuple[Entity, ...]
    count: int
    alike: int
    path: str


class ListedContraindications(Frozen):
    """Numbers of contraindications that the graph has: where it has none, nothing is known.

    Attributes:
        of_drug: diseases that the drug is contraindicated in.
        of_disease: drugs that are contraindicated in the disease.
        drugs: drugs of the graph with any contraindication.
    """

    of_drug: int = 0
    of_disease: int = 0
    drugs: int = 0


class LimitOfUse(Frozen):
    """A limit of a drug's use in a disease that it isn't known to treat.

    Attributes:
        kind: `label-warning`: a warning says that it worsens the disease, or one that this is a kind of.
            `cancer-drug`: it is known for neoplasms, mostly or alone, and the disease is none.
            `other-protein`: it supplies an enzyme or a clotting factor that other diseases lack.
            `excess`: a source states that the disease has more of the very substance.
        sentence: the limit in words.
        diseases: what it worsens, the neoplasms, or what lacks the protein, by name; () for `excess`.
    """

    kind: Literal["label-warning", "cancer-drug", "other-protein", "excess"]
    sentence: str
    diseases: tuple[Entity, ...] = ()


class Safety(Frozen):
    """Evidence against a drug in a disease.

    Attributes:
        contraindication: kind of contraindication in the graph, gravest first: `direct`; `inherited` from a
            broader disease, one or two steps up; `subtype`: only for a subtype of the disease; `broad`: for a
            disease three or four steps up; `class`: for other members of the drug's class; `look-alike`: for
            a disease with mostly the same symptoms; "" without one. Only the first two make a drug
            contraindicated; the last two are weak evidence.
        paths: its evidence: ids of `Recommendation.adverse` (`A1`) and `cautions` (`C1`), gravest first.
        cautions: the paths of `subtype`, `broad`, `class`, `look-alike` and `opposed`.
        opposed: targets on which the drug acts oppositely to treatments, most treatments first.
        limits: limits of the drug's use.
        listed: numbers of contraindications in the graph.
        side_effects: number of the drug's side effects in the graph.
        worsening: side effects that are the disease itself or a symptom of it.
        specific: the side effects of the fewest drugs.
        predicted: side effects of similar drugs, those that would worsen the disease first.
    """

    contraindication: Literal["direct", "inherited", "subtype", "broad", "class", "look-alike", ""] = ""
    paths: tuple[str, ...] = ()
    cautions: tuple[Evidence, ...] = ()
    opposed: tuple[OpposedMechanism, ...] = ()
    limits: tuple[LimitOfUse, ...] = ()
    listed: ListedContraindications = ListedContraindications()
    side_effects: int = 0
    worsening: tuple[SideEffect, ...] = ()
    specific: tuple[SideEffect, ...] = ()
    predicted: tuple[PredictedSideEffect, ...] = ()

    @property
    def contraindicated(self) -> bool:
        """True if the drug is contraindicated in the disease or in a broader one."""
        return self.contraindication in {"direct", "inherited"}
