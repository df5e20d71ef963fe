"""The pipeline from a disease's name to cited recommendations, and the public Python API.

import kedrec

with kedrec.open() as kr:
    answer = kr.recommend("multiple sclerosis", top=5)
    answer[0].rationale.claims[0].citations
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from types import TracebackType
from typing import Self

from kedrec.answering import Answering, Side, abstention
from kedrec.comparison import compared
from kedrec.errors import EmptyGraphError, ModelError, NotFoundError, UsageError
from kedrec.llm.base import ChatModel  # noqa: TC001  # part of a public signature
from kedrec.llm.opening import open_model
from kedrec.llm.registry import resolve
from kedrec.naming import NameIndex
from kedrec.ranking import PairScore, Ranker
from kedrec.settings import Settings, load_settings
from kedrec.stores import Fingerprint, GraphStore, VisibleStore, open_store, path_templates, view_of
from kedrec.subgraph import Subgraph
from kedrec.types import Answer, Comparison, DiseaseAnswer, NameMatch, Recommendation, Status

__all__ = ["Kedrec", "open"]

Progress = Callable[[str, int, int | None], None]

MAX_TOP = 1000
MAX_PATHS = 50
_NEAR = 3  # candidates named beside a line that names none


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
        # Nodes have no year: an index a year would be one and the same.
        store = self.store.whatever_year() if isinstance(self.store, VisibleStore) else self.store
        return NameIndex.open(store, self.settings.cache_dir, self._progress)

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
        hide_contraindicated: bool = False,
        beyond_prior: bool = False,
    ) -> Answer:
        """Recommends drugs for a disease.

        Args:
            disease: name or id of the disease.
            drugs: only these, in the order of their ranks; `top` is then not applied.
            top: how many drugs, 1 to 1,000.
            paths: most evidence paths a drug, 1 to 50.
            llm: whether the language model writes rationales; else the evidence speaks alone.
            new: leave out drugs that the graph already has as treatments.
            hide_contraindicated: leave out drugs that are contraindicated in the disease or in one that it is
                a kind of; else they are flagged. `Answer.hidden` counts them.
            beyond_prior: rank by what a score has beyond half of what drugs that treat as much have on the
                mean, so that drugs used for much don't crowd out the others.

        Raises:
            UsageError: `top` or `paths` is out of range.
            UnknownNameError, AmbiguousNameError: a name doesn't stand for one entity.
            EmptyGraphError: the graph has nothing to recommend from.
            ModelError: the language model is missing or failed.
        """
        target = self._ready(top, paths, llm=llm).resolve(disease, "Disease")
        wanted = {self.names.resolve(drug, "Drug").id for drug in drugs}
        ranked = self.ranker.rank(target.id, beyond_prior=beyond_prior)
        chosen = [score for score in ranked if score.drug in wanted] if wanted else ranked
        made, hidden = self._recommend(
            "Disease",
            ranked,
            chosen,
            paths,
            None if wanted else top,
            llm=llm,
            new=new,
            hide=hide_contraindicated,
        )
        nothing = f"no path leads from any drug to {target.name}"
        return Answer(
            disease=target,
            recommendations=made,
            candidates=len(ranked),
            abstained="" if made else abstention(self.ranker, ranked, hidden, nothing),
            hidden=hidden,
            manifest=self._answering.manifest(self.fingerprint, made, self._model if llm else None),
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
    ) -> DiseaseAnswer:
        """Diseases that a drug could be repurposed for. Arguments and errors as of `recommend`."""
        target = self._ready(top, paths, llm=llm).resolve(drug, "Drug")
        ranked = self.ranker.rank_diseases(target.id)
        made, hidden = self._recommend(
            "Drug", ranked, ranked, paths, top, llm=llm, new=new, hide=hide_contraindicated
        )
        nothing = f"no path leads from {target.name} to any disease"
        return DiseaseAnswer(
            drug=target,
            recommendations=made,
            candidates=len(ranked),
            abstained="" if made else abstention(self.ranker, ranked, hidden, nothing),
            hidden=hidden,
            manifest=self._answering.manifest(self.fingerprint, made, self._model if llm else None),
        )

    def explain(self, drug: str, disease: str, *, paths: int = 8) -> Recommendation:
        """The evidence for one pair, without the language model.

        Args:
            drug, disease: names or ids.
            paths: most evidence paths, 1 to 50.

        Raises:
            UsageError, UnknownNameError, AmbiguousNameError, EmptyGraphError: as `recommend`.
        """
        from kedrec.ranking.null import path_chances

        found = self.recommend(disease, drugs=[drug], paths=paths, llm=False)[0]
        chances = path_chances(
            self.ranker.adjacency, self.settings.cache_dir, found.drug.id, found.disease.id
        )
        return found.model_copy(update={"chances": tuple(chances or ())})

    def compare(self, disease: str, drug: str, other: str, *, paths: int = 12) -> Comparison:
        """Two drugs for one disease: what both have, what only one has, and what makes the difference.

        Args:
            disease, drug, other: names or ids.
            paths: most evidence paths a drug, 1 to 50.

        Raises:
            UsageError: the two drugs are one; and as `explain`.
        """
        target = self._ready(1, paths, llm=False).resolve(disease, "Disease")
        drugs = [self.names.resolve(name, "Drug") for name in (drug, other)]
        if drugs[0] == drugs[1]:
            raise UsageError(f"'{drug}' and '{other}' are both {drugs[0].name}.", "Name two drugs.")
        ranked = self.ranker.rank(target.id)
        by_drug = {score.drug: score for score in ranked}
        scores = (by_drug[drugs[0].id], by_drug[drugs[1].id])
        made, _ = self._recommend("Disease", ranked, scores, paths, None, llm=False)
        manifest = self._answering.manifest(self.fingerprint, made, None)
        return compared(self.ranker.adjacency, scores, made[0], made[1], manifest)

    def subgraph(self, drug: str, disease: str, *, paths: int = 25) -> Subgraph:
        """The nodes and edges on the best paths of a pair, adverse ones included. Raises as `explain`."""
        found = self.explain(drug, disease, paths=paths)
        return Subgraph.of(found.drug, found.disease, (*found.evidence, *found.adverse))

    def disease_ids(self) -> list[str]:
        """The ids of the graph's diseases, sorted."""
        _ = self.fingerprint
        ids: list[str] = sorted(self.store.nodes("Disease", ["id"])["id"].to_pylist())
        return ids

    def names_of(self, *kinds: str) -> dict[str, str]:
        """The names of all entities of some kinds, by id."""
        tables = [self.store.nodes(kind, ["id", "name"]) for kind in kinds]
        return {
            one: name
            for table in tables
            for one, name in zip(table["id"].to_pylist(), table["name"].to_pylist(), strict=True)
        }

    def resolve_lines(self, lines: Sequence[str], kind: str) -> list[str]:
        """The ids of the entities that lines of text name, each once, in order.

        Args:
            lines: a name or id each; blank ones and those that begin with # are passed over.
            kind: what they must be (`Disease`, `Drug`).

        Raises:
            NotFoundError: lines that stand for no entity or several, all of them with their numbers.
            UsageError: no line names anything.
        """
        _ = self.fingerprint
        found: dict[str, None] = {}
        wrong: list[str] = []
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            try:
                found[self.names.resolve(text, kind).id] = None
            except (NotFoundError, UsageError) as error:
                near = [match.entity for match in getattr(error, "candidates", ())[:_NEAR]]
                told = ", ".join(f"{one.name} ({one.id})" for one in near)
                wrong.append(f"line {number}: {error.what}" + (f" Near: {told}." if told else ""))
        if wrong:
            listed = "\n  ".join(wrong)
            raise NotFoundError(
                f"{len(wrong)} of {len(lines)} lines can't be used; nothing was written:\n  {listed}",
                "`kedrec search` finds names; give an id where a name stands for several.",
            )
        if not found:
            raise UsageError("No line names anything.", "Give a name or an id a line.")
        return list(found)

    def status(self) -> Status:
        """What a question would be answered from. Works on an empty graph, and loads no model."""
        fingerprint = self.store.fingerprint()
        view = view_of(self.store)
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
            overlays=view.overlays,
            left_out=view.left_out,
            as_of=view.as_of,
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

    @cached_property
    def _answering(self) -> Answering:
        return Answering(
            self.store,
            self.names,
            self.ranker,
            lambda: self.model,
            seed=self.settings.seed,
            progress=self._progress,
        )

    def _ready(self, top: int, paths: int, *, llm: bool) -> NameIndex:
        """The names, once what is asked for can be done."""
        _between("top", top, 1, MAX_TOP)
        _between("paths", paths, 1, MAX_PATHS)
        _ = self.fingerprint
        if llm and self._model is None and self._is_local():
            # A model that isn't there should be told of now, not after minutes of ranking.
            resolve(self.settings.model, self.settings, self._progress)
        return self.names

    def _recommend(
        self,
        side: Side,
        ranked: Sequence[PairScore],
        chosen: Sequence[PairScore],
        paths: int,
        top: int | None,
        *,
        llm: bool,
        new: bool = False,
        hide: bool = False,
    ) -> tuple[tuple[Recommendation, ...], int]:
        """The recommendations of the chosen among the ranked, and how many were hidden."""
        if top is not None and not self.ranker.tells(ranked):
            return (), 0
        ranks = {(score.drug, score.disease): rank for rank, score in enumerate(ranked, start=1)}
        kept = [score for score in chosen if (top is None or score.informed) and not (new and score.known)]
        found, hidden = self._answering.find(kept, paths, top=top, hide=hide)
        rationales = self._answering.rationales(found, llm=llm)
        made = tuple(
            self._answering.recommendation(
                one, rationale, rank=ranks[one.score.drug, one.score.disease], of=len(ranked), side=side
            )
            for one, rationale in zip(found, rationales, strict=True)
        )
        return made, hidden

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


def _between(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"'{name}' is {value}.", f"Give a number from {least} to {most:,}.")
