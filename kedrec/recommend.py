"""The pipeline from a disease's name to cited recommendations, and the public Python API.

import kedrec

with kedrec.open() as kr:
    answer = kr.recommend("multiple sclerosis", top=5)
    answer[0].rationale.claims[0].citations
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from types import TracebackType
from typing import Self

from kedrec import __version__
from kedrec.errors import EmptyGraphError, ModelError, NotFoundError, UsageError
from kedrec.evidence.retrieval import PairEvidence, retrieve
from kedrec.grounding import check, from_evidence
from kedrec.llm.base import ChatModel  # noqa: TC001  # part of a public signature
from kedrec.llm.default import BASE_FILE
from kedrec.llm.opening import open_model
from kedrec.llm.prompting import PROMPT_VERSION, RationalePrompt, rationale_request
from kedrec.llm.registry import resolve
from kedrec.naming import NameIndex
from kedrec.ranking import PairScore, Ranker
from kedrec.settings import Settings, load_settings
from kedrec.stores import Fingerprint, GraphStore, open_store, path_templates
from kedrec.subgraph import Subgraph
from kedrec.types import (
    Answer,
    Coverage,
    Entity,
    Manifest,
    NameMatch,
    Rationale,
    Recommendation,
    Status,
)
from kedrec.verdict import flags, too_little, verdict

__all__ = ["Kedrec", "open"]

Progress = Callable[[str, int, int | None], None]

MAX_TOP = 1000
MAX_PATHS = 50
_ANSWER_TOKENS = 200
_AT_ONCE = 4  # rationales asked for in one go; an endpoint answers them at once, llama.cpp in turn
_MOST_PASSED = 100  # drugs passed over for want of evidence before the search ends


def open(  # noqa: A001  # read as kedrec.open
    graph: str | None = None, *, model: str | None = None, seed: int | None = None
) -> Kedrec:
    """Opens a graph for questions. Nothing is read from it, and no model loaded, before it is needed.

    Args:
        graph: URL of the graph: a folder, neo4j://, bolt://. Default as in `Settings.graph_url`.
        model: name of the language model. Default: the `KEDREC_MODEL` setting.
        seed: seed of everything that draws at random, 0 to 2**32 - 1.

    Raises:
        SettingsError: a setting can't be used.
    """
    return Kedrec(load_settings(graph=graph, model=model, seed=seed))


class Kedrec:
    """One graph, its ranking, and a language model, ready for questions.

    A context manager; `close` gives back the database and the model. Used by one thread at a time.
    Every method may raise `StoreError`.
    """

    def __init__(self, settings: Settings, *, progress: Progress | None = None) -> None:
        self.settings = settings
        self._progress = progress
        self._model: ChatModel | None = None

    @cached_property
    def store(self) -> GraphStore:
        """The graph database, opened for reading."""
        return open_store(self.settings.graph_url, self.settings)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What is in the graph.

        Raises:
            EmptyGraphError: nothing was loaded yet.
        """
        fingerprint = self.store.fingerprint()
        if not fingerprint.edges:
            raise EmptyGraphError(
                f"The graph at {self.store.url} is empty.",
                "Run `kedrec-load graph` to load the built-in graph, or `kedrec-load sources` for others.",
            )
        return fingerprint

    @cached_property
    def names(self) -> NameIndex:
        """The names of the graph's entities."""
        return NameIndex.open(self.store, self.settings.cache_dir, self._progress)

    @cached_property
    def ranker(self) -> Ranker:
        """The ranking, fitted on this graph where it wasn't yet."""
        return Ranker.open(self.store, self.settings.cache_dir, progress=self._progress)

    @property
    def model(self) -> ChatModel:
        """The language model, loaded when first asked for."""
        if self._model is None:
            self._model = open_model(self.settings.model, self.settings, progress=self._progress)
        return self._model

    def search(self, text: str, *, kind: str | None = None, limit: int = 10) -> list[NameMatch]:
        """What a text may name in the graph, best first.

        Args:
            text: a name, synonym, id or cross-reference, possibly misspelt.
            kind: only this kind (`Disease`, `Drug`, ...).
            limit: most matches, 1 or more.
        """
        return self.names.search(text, kinds=None if kind is None else [kind], limit=limit)

    def recommend(
        self,
        disease: str,
        *,
        drugs: Sequence[str] = (),
        top: int = 5,
        paths: int = 8,
        llm: bool = True,
        new: bool = False,
    ) -> Answer:
        """Recommends drugs for a disease.

        Args:
            disease: name or id of the disease.
            drugs: only these, in the order of their ranks; `top` is then not applied.
            top: how many drugs, 1 to 1,000.
            paths: most evidence paths a drug, 1 to 50.
            llm: whether the language model writes rationales; else the evidence speaks alone.
            new: leave out drugs that the graph already has as treatments.

        Raises:
            UsageError: `top` or `paths` is out of range.
            UnknownNameError, AmbiguousNameError: a name doesn't stand for one entity.
            EmptyGraphError: the graph has nothing to recommend from.
            ModelError: the language model is missing or failed.
        """
        _between("top", top, 1, MAX_TOP)
        _between("paths", paths, 1, MAX_PATHS)
        fingerprint = self.fingerprint
        if llm and self._model is None and self._is_local():
            # A model that isn't there should be told of now, not after minutes of ranking.
            resolve(self.settings.model, self.settings, self._progress)
        target = self.names.resolve(disease, "Disease")
        wanted = {self.names.resolve(drug, "Drug").id for drug in drugs}
        ranked = self.ranker.rank(target.id)
        ranks = {score.drug: rank for rank, score in enumerate(ranked, start=1)}
        chosen = [
            score
            for score in ranked
            if (score.drug in wanted if wanted else score.informed) and not (new and score.known)
        ]
        pairs = self._evidenced(chosen, target, paths, top=None if wanted else top)
        rationales = self._rationales(target, [found for _, found in pairs], llm=llm)
        recommendations = tuple(
            self._recommendation(ranks[score.drug], len(ranked), score, found, rationale)
            for (score, found), rationale in zip(pairs, rationales, strict=True)
        )
        abstained = ""
        if not recommendations:
            abstained = f"Not enough in the graph: no path leads from any drug to {target.name}."
        return Answer(
            disease=target,
            recommendations=recommendations,
            candidates=len(ranked),
            abstained=abstained,
            manifest=self._manifest(fingerprint, recommendations, llm=llm),
        )

    def explain(self, drug: str, disease: str, *, paths: int = 8) -> Recommendation:
        """The evidence for one pair, without the language model.

        Args:
            drug, disease: names or ids.
            paths: most evidence paths, 1 to 50.

        Raises:
            UsageError, UnknownNameError, AmbiguousNameError, EmptyGraphError: as `recommend`.
        """
        answer = self.recommend(disease, drugs=[drug], paths=paths, llm=False)
        return answer[0]

    def subgraph(self, drug: str, disease: str, *, paths: int = 25) -> Subgraph:
        """The nodes and edges on the best paths of a pair, adverse ones included. Raises as `explain`."""
        found = self.explain(drug, disease, paths=paths)
        return Subgraph.of(found.drug, found.disease, (*found.evidence, *found.adverse))

    def status(self) -> Status:
        """What a question would be answered from. Works on an empty graph, and loads no model."""
        fingerprint = self.store.fingerprint()
        by_source: dict[str, int] = {}
        for (_, source), count in fingerprint.edges.items():
            by_source[source] = by_source.get(source, 0) + count
        return Status(
            graph=self.store.url,
            engine=self.store.engine,
            fingerprint=str(fingerprint),
            schema_version=fingerprint.schema_version,
            nodes=dict(fingerprint.nodes),
            edges_by_source=by_source,
            sources={
                key.removeprefix("source:"): json.loads(value)
                for key, value in self.store.metadata().items()
                if key.startswith("source:")
            },
            templates=len(path_templates()),
            model=self.settings.model,
            model_state=self._model_state(),
            home=str(self.settings.home),
        )

    def close(self) -> None:
        """Gives back the database and the model; again does nothing."""
        if "names" in self.__dict__:
            self.names.close()
        if "store" in self.__dict__:
            self.store.close()
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _is_local(self) -> bool:
        """Whether the model's files are on this machine, or should be."""
        return self.settings.model.partition(":")[0] not in {"openai", "langchain"}

    def _model_state(self) -> str:
        if not self._is_local():
            return "not asked"
        try:
            files = resolve(self.settings.model, self.settings, self._progress)
        except (ModelError, NotFoundError) as error:
            return str(error)
        return f"ready, {files.path}"

    def _report(self, stage: str, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(stage, done, total)

    def _evidenced(
        self, scores: Sequence[PairScore], disease: Entity, paths: int, *, top: int | None
    ) -> list[tuple[PairScore, PairEvidence]]:
        """The scored drugs with their evidence.

        With `top`, the first that many with enough evidence: a drug that one path alone speaks for is
        passed over, since it can't be explained. Where all are such, the first that many all the same.
        """
        found: list[tuple[PairScore, PairEvidence]] = []
        passed: list[tuple[PairScore, PairEvidence]] = []
        total = len(scores) if top is None else min(top, len(scores))
        for score in scores:
            if len(found) >= total or len(passed) >= _MOST_PASSED:
                break
            self._report("Finding paths", len(found), total)
            pair = retrieve(self.store, self.ranker, self.names.entity(score.drug, "Drug"), disease, k=paths)
            (passed if top is not None and too_little(pair) else found).append((score, pair))
        return found or passed[:top]

    def _rationales(self, disease: Entity, found: Sequence[PairEvidence], *, llm: bool) -> list[Rationale]:
        """One rationale a pair: the model's words where there is enough evidence, else the evidence's."""
        rationales = [
            from_evidence(pair.evidence, too_little(pair) or "No model was asked.") for pair in found
        ]
        asked = [number for number, pair in enumerate(found) if llm and not too_little(pair)]
        if not asked:
            return rationales
        self._report("Loading the language model", 0, None)
        model = self.model
        prompts = [self._prompt(model, disease, found[number]) for number in asked]
        for start in range(0, len(asked), _AT_ONCE):
            self._report("Writing rationales", start, len(asked))
            batch = range(start, min(start + _AT_ONCE, len(asked)))
            responses = model.chat_many([prompts[place].request for place in batch])
            for place, response in zip(batch, responses, strict=True):
                pair = found[asked[place]]
                rationales[asked[place]] = check(
                    response.text, pair.drug, disease, pair.evidence, pair.adverse, model=_model_name(model)
                )
        return rationales

    def _prompt(self, model: ChatModel, disease: Entity, pair: PairEvidence) -> RationalePrompt:
        return rationale_request(
            pair.drug,
            disease,
            pair.evidence,
            pair.adverse,
            count_tokens=model.count_tokens,
            context=model.info.context,
            max_tokens=_ANSWER_TOKENS,
            seed=self.settings.seed,
            grammar=model.info.grammars,
        )

    def _recommendation(
        self, rank: int, of: int, score: PairScore, found: PairEvidence, rationale: Rationale
    ) -> Recommendation:
        coverage = Coverage(
            paths=found.paths,
            metapaths=found.metapaths,
            drug_edges=self.ranker.links("Drug", found.drug.id),
            disease_edges=self.ranker.links("Disease", found.disease.id),
            disease_treatments=self.ranker.treatments(found.disease.id) - bool(score.known),
            enough=not too_little(found),
            reason=too_little(found),
        )
        return Recommendation(
            rank=rank,
            drug=found.drug,
            disease=found.disease,
            score=score.score,
            probability=score.probability,
            known=score.known,
            verdict=verdict(rank, of, score, found),
            rationale=rationale,
            evidence=found.evidence,
            adverse=found.adverse,
            score_parts=score.parts,
            coverage=coverage,
            flags=flags(score, found),
        )

    def _manifest(
        self, fingerprint: Fingerprint, recommendations: Sequence[Recommendation], *, llm: bool
    ) -> Manifest:
        templates = "\n".join(template.text for template in path_templates())
        licences = {
            licence
            for recommendation in recommendations
            for item in (*recommendation.evidence, *recommendation.adverse)
            for licence in item.licences
        }
        asked = llm and self._model is not None
        return Manifest(
            kedrec=__version__,
            graph=self.store.url,
            fingerprint=str(fingerprint),
            schema_version=fingerprint.schema_version,
            templates=hashlib.sha256(templates.encode()).hexdigest(),
            ranking=self.ranker.description,
            prompt=PROMPT_VERSION if asked else "",
            model=_model_name(self.model) if asked else "",
            model_sha256=self.model.info.sha256 if asked else "",
            seed=self.settings.seed,
            licences=tuple(sorted(licences)),
        )


def _between(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"'{name}' is {value}.", f"Give a number from {least} to {most:,}.")


def _model_name(model: ChatModel) -> str:
    """The model as its rationales are signed; `default` and `base` by what they are."""
    name = BASE_FILE.partition(".")[0] if model.info.name in {"default", "base"} else model.info.name
    return f"{name} + {model.info.adapter}" if model.info.adapter else name
