"""The public Python API: from a disease's name to cited recommendations.

import kedrec

with kedrec.open() as kr:
    answer = kr.recommend("multiple sclerosis", top=5)
    answer[0].rationale.claims[0].citations
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedrec.answers.answer_fields import chosen_pairs
from kedrec.answers.comparison import compare_drugs
from kedrec.answers.metadata import metadata_of
from kedrec.answers.questions import MAX_DISEASES, MAX_PATHS, MAX_TEXTS, MAX_TOP, Questions, check_range
from kedrec.answers.ranked_pairs import rank_pairs
from kedrec.answers.status import status_of
from kedrec.answers.subgraph import Subgraph
from kedrec.errors import UsageError
from kedrec.naming.substitution import substitutions
from kedrec.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.naming.gene_list import GeneName
    from kedrec.types import (
        Answer,
        Background,
        Chooser,
        ClinicalStage,
        Comparison,
        DiseaseAnswer,
        Metadata,
        RankedPairs,
        Recommendation,
        Status,
    )

__all__ = ["MAX_DISEASES", "MAX_PATHS", "MAX_TEXTS", "MAX_TOP", "Kedrec", "open"]


def open(  # noqa: A001  # read as kedrec.open
    graph: str | None = None,
    *,
    model: str | None = None,
    seed: int | None = None,
    overlay: str | None = None,
    as_of: int | None = None,
) -> Kedrec:
    """Opens a graph for questions. Nothing is read from it, and no model loaded, before it is needed.

    Args:
        graph: URL of the graph: a folder, neo4j://, bolt://. Default as in `Settings.graph_url`.
        model: name of the language model. Default: the `KEDREC_MODEL` setting.
        seed: seed of everything that draws at random, 0 to 2**32 - 1.
        overlay: names of the private overlays to see, separated by commas; `none`: none, as by default.
        as_of: the last year to see; edges without a year are seen, and counted in the answer.

    Raises:
        SettingsError: a setting can't be used.
    """
    return Kedrec(load_settings(graph=graph, model=model, seed=seed, overlay=overlay, as_of=as_of))


class Kedrec(Questions):
    """One graph, its ranking, and a language model, ready for questions.

    A context manager; `close` closes the database and the model. Used by one thread at a time. Where
    something was loaded since the last question, the next one is answered from the graph as it is then.
    Every method may raise `StoreError`.
    """

    def recommend(
        self,
        disease: str,
        *,
        drugs: Sequence[str] = (),
        top: int = 5,
        paths: int = 8,
        llm: bool = True,
        new: bool = False,
        hide_contraindicated: bool = False,
        beyond_prior: bool = False,
        status: ClinicalStage | None = None,
        diverse: bool = True,
        background: Background | None = None,
        texts: int = 3,
        choose: Chooser = "ranking",
    ) -> Answer:
        """Recommends drugs for a disease.

        Args:
            disease: name or id of the disease.
            drugs: only these, in the order of their ranks; `top` is then not applied.
            top: how many drugs, 1 to 1,000.
            paths: most evidence paths a drug, 1 to 50.
            llm: whether the language model writes rationales; else they are the evidence's own sentences.
            new: leave out drugs that the graph already has as treatments.
            hide_contraindicated: leave out drugs that are contraindicated in the disease or in one that it is
                a kind of; else they are flagged. `Answer.hidden` counts them.
            beyond_prior: rank by the score minus half the mean score of drugs that treat as much, so that
                drugs used for much don't crowd out the others.
            status: leave out drugs without this clinical status; `Answer.status_left_out` counts them.
            diverse: of drugs with one mechanism, or of one class, recommend the best alone; `Answer.also`
                names the others. Drugs with a warning are recommended by themselves.
            background: the texts beside each drug's paths: `none`, `trials`, `literature` or `both`; None:
                both where texts were loaded (`kedrec-load documents`) and can be read, else none.
            texts: most articles, and most trials of either stance, a drug, 1 to 10.
            choose: what orders the drugs: the `ranking`; the language `model`, which judges each of the
                ranking's best drugs by its evidence; or `both`, by a regression, where one is stored for the
                model that improved the order of validation questions, and else the ranking. The model's
                judgements are in the answer (`Recommendation.judgement`, `Answer.order`).

        Raises:
            UsageError: `top`, `paths` or `texts` is out of range, or there is no such background; a model is
                to choose, and `llm` is False or the model gives no log-probabilities.
            NotFoundError: texts are asked for, and none were loaded.
            DataError: texts are asked for, and their index can't be read.
            UnknownNameError, AmbiguousNameError: a name doesn't stand for one entity.
            EmptyGraphError: the graph has nothing to recommend from.
            ModelError: the language model is missing or failed.
        """
        if choose != "ranking" and not llm:
            raise UsageError(f"'{choose}' chooses by the language model.", "Ask with the model.")
        return self._answer(
            lambda: self.pending_for_disease(
                disease,
                drugs=drugs,
                top=top,
                paths=paths,
                new=new,
                hide_contraindicated=hide_contraindicated,
                beyond_prior=beyond_prior,
                status=status,
                diverse=diverse,
                background=background,
                texts=texts,
                choose=choose,
            ),
            llm=llm,
            ahead=choose == "ranking",
        )

    def recommend_for_genes(
        self,
        genes: Sequence[str | GeneName] | Path = (),
        *,
        raised: Sequence[str | GeneName] | Path = (),
        lowered: Sequence[str | GeneName] | Path = (),
        drugs: Sequence[str] = (),
        top: int = 5,
        paths: int = 8,
        llm: bool = True,
        hide_contraindicated: bool = False,
        beyond_prior: bool = False,
        status: ClinicalStage | None = None,
        diverse: bool = True,
    ) -> Answer:
        """Recommends drugs for a gene list of one's own, as for a disease that has these genes.

        The ranking scores the list as it scores a disease without a known treatment; drugs that act on a
        listed gene come before others. Nothing is fitted, cached or written. Of `raised` genes what lowers
        their activity speaks for a drug, of `lowered` ones what raises it; the opposite speaks against it.

        Args:
            genes: symbols, NCBI or Ensembl ids, of no direction unless their weights have both signs; or
                the path of a file of them.
            raised, lowered: the genes whose activity or amount is higher, or lower, than it should be.
            drugs, top, paths, llm, hide_contraindicated, beyond_prior, status, diverse: as of `recommend`.

        Raises:
            UsageError: the list is empty; an argument is out of range.
            NotFoundError: the graph has none of the genes.
            DataError: a file can't be read, or has no gene.
            EmptyGraphError: the graph has nothing to recommend from, or no genes of diseases.
            UnknownNameError, AmbiguousNameError, ModelError: as `recommend`.
        """
        return self._answer(
            lambda: self.pending_for_genes(
                genes,
                raised=raised,
                lowered=lowered,
                drugs=drugs,
                top=top,
                paths=paths,
                hide_contraindicated=hide_contraindicated,
                beyond_prior=beyond_prior,
                status=status,
                diverse=diverse,
            ),
            llm=llm,
        )

    def recommend_diseases(
        self,
        drug: str,
        *,
        top: int = 5,
        paths: int = 8,
        llm: bool = True,
        new: bool = False,
        hide_contraindicated: bool = False,
        background: Background | None = None,
        texts: int = 3,
    ) -> DiseaseAnswer:
        """Recommends diseases that a drug could be repurposed for. Arguments and errors as of `recommend`."""
        return self._answer(
            lambda: self.pending_for_drug(
                drug,
                top=top,
                paths=paths,
                new=new,
                hide_contraindicated=hide_contraindicated,
                background=background,
                texts=texts,
            ),
            llm=llm,
        )

    def explain(
        self,
        drug: str,
        disease: str,
        *,
        paths: int = 8,
        background: Background | None = None,
        texts: int = 3,
    ) -> Recommendation:
        """The evidence for one pair, without the language model.

        Args:
            drug, disease: names or ids.
            paths: most evidence paths, 1 to 50.
            background, texts: as of `recommend`.

        Raises:
            UsageError, NotFoundError, DataError, UnknownNameError, AmbiguousNameError, EmptyGraphError: as
                `recommend`.
        """
        from kedrec.ranking.permutation_null import path_chances

        matches = self._matches(self._checked_names(1, paths, texts), disease, [drug])
        target, entity = (match.entity for _, match in matches)
        ranked = self.ranker.rank(target.id, including=[entity.id])
        recommendation = self._recommender.recommendations(
            "Disease",
            ranked,
            chosen_pairs(ranked, [entity]),
            paths,
            None,
            texts=(self._texts(background), texts),
        ).recommendations[0]
        chances = path_chances(self.ranker.adjacency, self.settings.cache_dir, entity.id, target.id)
        return recommendation.model_copy(
            update={"chances": tuple(chances or ()), "taken_for": substitutions(matches)}
        )

    def compare(self, disease: str, drug: str, other: str, *, paths: int = 12) -> Comparison:
        """Compares two drugs for one disease: shared and exclusive paths, and what makes the difference.

        Args:
            disease, drug, other: names or ids.
            paths: most evidence paths a drug, 1 to 50.

        Raises:
            UsageError: the two drugs are the same; and as `explain`.
        """
        matches = self._matches(self._checked_names(1, paths), disease, [drug, other])
        target, *drugs = (match.entity for _, match in matches)
        if drugs[0] == drugs[1]:
            raise UsageError(f"'{drug}' and '{other}' are both {drugs[0].name}.", "Name two drugs.")
        ranked = self.ranker.rank(target.id, including=[drug.id for drug in drugs])
        by_drug = {score.drug: score for score in ranked}
        scores = (by_drug[drugs[0].id], by_drug[drugs[1].id])
        no_texts = self._texts("none")
        recommendations = self._recommender.recommendations(
            "Disease", ranked, scores, paths, None, texts=(no_texts, 1)
        ).recommendations
        manifest = self._manifest(recommendations, no_texts)
        comparison = compare_drugs(
            self.ranker.adjacency, scores, recommendations[0], recommendations[1], manifest
        )
        return comparison.model_copy(update={"taken_for": substitutions(matches)})

    def rank(
        self,
        diseases: Sequence[str],
        *,
        drugs: Sequence[str] = (),
        top: int = 20,
        beyond_prior: bool = False,
    ) -> RankedPairs:
        """Ranks drugs for diseases, without evidence.

        Args:
            diseases: names or ids, 1 to 100.
            drugs: only these, at most 1,000, each with its rank among all; `top` is then not applied.
            top: how many drugs a disease, 1 to 1,000.
            beyond_prior: as of `recommend`.

        Raises:
            UsageError: there are too many diseases or drugs, or none; `top` is out of range.
            UnknownNameError, AmbiguousNameError, EmptyGraphError: as `recommend`.
        """
        check_range("diseases", len(diseases), 1, MAX_DISEASES)
        check_range("drugs", len(drugs), 0, MAX_TOP)
        names = self._checked_names(top, 1)
        matches = [(text, names.resolve_match(text, "Disease")) for text in diseases]
        drug_matches = [(text, names.resolve_match(text, "Drug")) for text in drugs]
        return rank_pairs(
            self.ranker,
            names,
            matches,
            drug_matches,
            top=top,
            beyond_prior=beyond_prior,
            fingerprint=str(self.fingerprint),
        )

    def metadata(self) -> Metadata:
        """The graph's schema, counts, sources, licences and path types, and the model's name.

        Works on an empty graph, and loads no model.
        """
        self.renew()
        return metadata_of(self.store, self.store.fingerprint(), self.settings)

    def subgraph(self, drug: str, disease: str, *, paths: int = 25) -> Subgraph:
        """The nodes and edges on the best paths of a pair, adverse ones included. Raises as `explain`."""
        recommendation = self.explain(drug, disease, paths=paths, background="none")
        graph = Subgraph.of(
            recommendation.drug, recommendation.disease, (*recommendation.evidence, *recommendation.adverse)
        )
        return graph.model_copy(update={"taken_for": recommendation.taken_for})

    def status(self) -> Status:
        """The state of the graph and the model. Works on an empty graph, and loads no model."""
        self.renew()
        return status_of(self.store, self.settings, self._progress)
