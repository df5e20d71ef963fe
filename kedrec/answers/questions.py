"""Answers questions for recommendations from the graph, up to the rationales that a model may write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedrec.answers.answer_fields import answer_fields, chosen_pairs, drug_abstention, known_treatments
from kedrec.answers.choosing import Ordering, choose_ordering
from kedrec.answers.listed_genes import ListedGenes, read_gene_lists
from kedrec.answers.lookup import EntityLookup
from kedrec.answers.manifest import answer_manifest
from kedrec.answers.narrower import narrower_diseases
from kedrec.answers.pending_answer import PendingAnswer
from kedrec.answers.recommendations import Recommender, abstention_reason
from kedrec.errors import UsageError
from kedrec.llm.choice_fit import ChoiceFit, stored_choice
from kedrec.llm.locality import is_local
from kedrec.llm.model_registry import resolve_model
from kedrec.naming.gene_list import find_genes
from kedrec.types import (
    Answer,
    Background,
    Chooser,
    ClinicalStage,
    DiseaseAnswer,
    Manifest,
    NameMatch,
    Recommendation,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.documents.background import TextFinder
    from kedrec.naming import NameIndex
    from kedrec.naming.gene_list import GeneName
    from kedrec.ranking import PairScore

__all__ = ["MAX_DISEASES", "MAX_PATHS", "MAX_TEXTS", "MAX_TOP", "Questions", "check_range"]

MAX_TOP = 1000
MAX_DISEASES = 100
MAX_PATHS = 50
MAX_TEXTS = 10


class Questions(EntityLookup):
    """A session that answers without the language model, which may then write the rationales elsewhere.

    The arguments and errors of each method are those of the method of `Kedrec` that writes them here.
    """

    def pending_for_disease(
        self,
        disease: str,
        *,
        drugs: Sequence[str] = (),
        top: int = 5,
        paths: int = 8,
        new: bool = False,
        hide_contraindicated: bool = False,
        beyond_prior: bool = False,
        status: ClinicalStage | None = None,
        diverse: bool = True,
        background: Background | None = None,
        texts: int = 3,
        choose: Chooser = "ranking",
    ) -> PendingAnswer[Answer]:
        """Drugs for a disease, as `Kedrec.recommend`."""
        matches = self._matches(self._checked_names(top, paths, texts), disease, drugs)
        backgrounds = self._texts(background)
        target, *drug_entities = (match.entity for _, match in matches)
        ranked = self.ranker.rank(
            target.id, beyond_prior=beyond_prior, including=[drug.id for drug in drug_entities]
        )
        ordering = self._ordering(choose, ranked, backgrounds.usage.background)
        pool = top if ordering is None else min(ordering.pool(top), MAX_TOP)
        results = self._recommender.recommendations(
            "Disease",
            ranked,
            chosen_pairs(ranked, drug_entities),
            paths,
            None if drugs else pool,
            new=new,
            hide=hide_contraindicated,
            status=status,
            diverse=diverse,
            texts=(backgrounds, texts),
        )
        reason = drug_abstention(self.ranker, ranked, results, target)
        manifest = self._manifest(results.recommendations, backgrounds)
        fields = answer_fields(results, len(ranked), reason, matches, manifest)
        shown = len(results.recommendations) if drugs else top
        fields["recommendations"], others = fields["recommendations"][:shown], results.recommendations[shown:]
        below, listed = narrower_diseases(self.ranker.adjacency, self.names, target.id)
        answer = Answer(
            disease=target,
            known_treatments=known_treatments(ranked, self.names),
            narrower=listed,
            narrower_count=below,
            **fields,
        )
        return PendingAnswer(
            answer, results.candidates, seed=self.settings.seed, others=others, ordering=ordering
        )

    def pending_for_genes(
        self,
        genes: Sequence[str | GeneName] | Path = (),
        *,
        raised: Sequence[str | GeneName] | Path = (),
        lowered: Sequence[str | GeneName] | Path = (),
        drugs: Sequence[str] = (),
        top: int = 5,
        paths: int = 8,
        hide_contraindicated: bool = False,
        beyond_prior: bool = False,
        status: ClinicalStage | None = None,
        diverse: bool = True,
    ) -> PendingAnswer[Answer]:
        """Drugs for a gene list, as `Kedrec.recommend_for_genes`."""
        names = self._checked_names(top, paths)
        listed, odd = read_gene_lists((genes, ""), (raised, "raised"), (lowered, "lowered"))
        gene_list = find_genes(names, listed, odd)
        drug_matches = [(drug, names.resolve_match(drug, "Drug")) for drug in drugs]
        drug_entities = [match.entity for _, match in drug_matches]
        asked = ListedGenes.of(self.store, names, self.ranker, gene_list)
        ranked = asked.rank([drug.id for drug in drug_entities], beyond_prior=beyond_prior)
        no_texts = self._texts("none")
        recommender = Recommender(asked.store, asked.names, asked.ranker, self._progress, self._write_ahead)
        results = recommender.recommendations(
            "Disease",
            ranked,
            chosen_pairs(ranked, drug_entities),
            paths,
            None if drugs else top,
            hide=hide_contraindicated,
            status=status,
            diverse=diverse,
            abstain=not asked.has_target,
            texts=(no_texts, 1),
        )
        reason = drug_abstention(asked.ranker, ranked, results, asked.disease)
        manifest = self._manifest(results.recommendations, no_texts, asked=asked)
        fields = answer_fields(results, len(ranked), reason, drug_matches, manifest)
        answer = Answer(disease=asked.disease, gene_list=gene_list, **fields)
        return PendingAnswer(answer, results.candidates, seed=self.settings.seed)

    def pending_for_drug(
        self,
        drug: str,
        *,
        top: int = 5,
        paths: int = 8,
        new: bool = False,
        hide_contraindicated: bool = False,
        background: Background | None = None,
        texts: int = 3,
    ) -> PendingAnswer[DiseaseAnswer]:
        """Diseases for a drug, as `Kedrec.recommend_diseases`."""
        match = self._checked_names(top, paths, texts).resolve_match(drug, "Drug")
        target, backgrounds = match.entity, self._texts(background)
        ranked = self.ranker.rank_diseases(target.id)
        results = self._recommender.recommendations(
            "Drug",
            ranked,
            ranked,
            paths,
            top,
            new=new,
            hide=hide_contraindicated,
            texts=(backgrounds, texts),
        )
        no_path = f"no path leads from {target.name} to any disease"
        reason = abstention_reason(self.ranker, ranked, results, "disease", no_path)
        manifest = self._manifest(results.recommendations, backgrounds)
        answer = DiseaseAnswer(
            drug=target, **answer_fields(results, len(ranked), reason, [(drug, match)], manifest)
        )
        return PendingAnswer(answer, results.candidates, seed=self.settings.seed)

    def choice_fit(self) -> ChoiceFit | None:
        """The regression of judgements that is stored for the language model; None without one.

        Raises:
            UsageError: the model gives no log-probabilities.
            NotFoundError, ModelError: the model or the file is damaged, missing or of another model.
        """
        name = self.settings.model
        if not is_local(name):
            raise UsageError(
                f"{name} gives no log-probabilities, which a judgement is made of.",
                "Choose by the ranking, or use a model that runs from files on this machine.",
            )
        return stored_choice(name, self.check_model(), self.settings)

    def _ordering(
        self, choose: Chooser, ranked: Sequence[PairScore], background: Background
    ) -> Ordering | None:
        """A model's order of a disease's drugs; None: the ranking's. Raises as `choice_fit`."""
        if choose == "ranking":
            return None
        fit = self.choice_fit()
        reads_texts = not resolve_model(self.settings.model, self.settings).adapter
        return choose_ordering(choose, fit, ranked, background if reads_texts else "none")

    def _manifest(
        self,
        recommendations: Sequence[Recommendation],
        texts: TextFinder,
        *,
        asked: ListedGenes | None = None,
    ) -> Manifest:
        graph = asked or self
        return answer_manifest(
            graph.store,
            graph.ranker,
            self.fingerprint,
            recommendations,
            texts=texts.usage,
            seed=self.settings.seed,
        )

    @staticmethod
    def _matches(names: NameIndex, disease: str, drugs: Sequence[str]) -> list[tuple[str, NameMatch]]:
        """The entities that the names of a disease and of drugs stand for, each after its name."""
        return [
            (disease, names.resolve_match(disease, "Disease")),
            *((drug, names.resolve_match(drug, "Drug")) for drug in drugs),
        ]

    def _checked_names(self, top: int, paths: int, texts: int = 1) -> NameIndex:
        """The names of the graph as it is now, after a check of the arguments and of the graph."""
        check_range("top", top, 1, MAX_TOP)
        check_range("paths", paths, 1, MAX_PATHS)
        check_range("texts", texts, 1, MAX_TEXTS)
        self.renew()
        _ = self.fingerprint
        return self.names


def check_range(name: str, value: int, least: int, most: int) -> None:
    """Checks an argument.

    Raises:
        UsageError: it is out of range.
    """
    if not least <= value <= most:
        raise UsageError(f"'{name}' is {value}.", f"Give a number from {least} to {most:,}.")
