"""The pipeline from a disease's name to cited recommendations, and the public Python API.

import kedrec

with kedrec.open() as kr:
    answer = kr.recommend("multiple sclerosis", top=5)
    answer[0].rationale.claims[0].citations
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kedrec.answers.comparison import compared
from kedrec.answers.manifest import manifest_of
from kedrec.answers.recommendations import Answering, abstention
from kedrec.answers.status import check_kinds, status_of
from kedrec.answers.subgraph import Subgraph
from kedrec.common.cpus import wait_passively
from kedrec.documents.background import Backgrounds
from kedrec.errors import UsageError
from kedrec.llm.base import ChatModel  # noqa: TC001  # part of a public signature
from kedrec.llm.locality import is_local
from kedrec.llm.model_registry import resolve
from kedrec.llm.open_model import open_model
from kedrec.naming import NameIndex
from kedrec.naming.name_list import names_in, resolve_lines
from kedrec.naming.substitution import taken_for
from kedrec.ranking import Ranker
from kedrec.settings import Settings, load_settings
from kedrec.stores import Fingerprint, GraphStore, VisibleStore, open_store
from kedrec.types import (
    Answer,
    Background,
    Comparison,
    DiseaseAnswer,
    Manifest,
    NameMatch,
    Recommendation,
    Status,
    TakenFor,
)

if TYPE_CHECKING:
    from kedrec.common.progress import Progress

__all__ = ["Kedrec", "open"]

MAX_TOP = 1000
MAX_PATHS = 50
MAX_TEXTS = 10


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

    A context manager; `close` gives back the database and the model. Used by one thread at a time. Where
    something was loaded since the last question, the next one is answered from the graph as it is then.
    Every method may raise `StoreError`.
    """

    def __init__(self, settings: Settings, *, progress: Progress | None = None) -> None:
        wait_passively()  # before the ranking loads OpenMP
        self.settings = settings
        self._progress = progress
        self._model: ChatModel | None = None
        self._backgrounds: dict[Background | None, Backgrounds] = {}

    @cached_property
    def store(self) -> GraphStore:
        """The graph database, opened for reading."""
        return open_store(self.settings.graph_url, self.settings)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What is in the graph.

        Raises:
            EmptyGraphError: nothing was loaded yet, or no drug, no disease, or no edge.
        """
        fingerprint = self.store.fingerprint()
        check_kinds(fingerprint, self.store.url)
        return fingerprint

    @cached_property
    def names(self) -> NameIndex:
        """The names of the graph's entities."""
        # Nodes have no year: an index a year would be one and the same.
        store = self.store.whatever_year() if isinstance(self.store, VisibleStore) else self.store
        return NameIndex.open(store, self.settings.cache_dir, self._progress)

    @cached_property
    def ranker(self) -> Ranker:
        """The ranking, fitted on this graph where it wasn't yet. Raises as `fingerprint`."""
        _ = self.fingerprint
        return Ranker.open(
            self.store, self.settings.cache_dir, threads=self.settings.threads, progress=self._progress
        )

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
        self._renew()
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
        background: Background | None = None,
        texts: int = 3,
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
            background: the texts beside each drug's paths: `none`, `trials`, `literature` or `both`; None:
                both where texts were loaded (`kedrec-load documents`) and can be read, else none.
            texts: most articles, and most trials of either stance, a drug, 1 to 10.

        Raises:
            UsageError: `top`, `paths` or `texts` is out of range, or there is no such background.
            NotFoundError: texts are asked for, and none were loaded.
            DataError: texts are asked for, and their index can't be read.
            UnknownNameError, AmbiguousNameError: a name doesn't stand for one entity.
            EmptyGraphError: the graph has nothing to recommend from.
            ModelError: the language model is missing or failed.
        """
        asked = [(disease, self._ready(top, paths, texts, llm=llm).resolved(disease, "Disease"))]
        found = self._texts(background)
        asked += [(drug, self.names.resolved(drug, "Drug")) for drug in drugs]
        target, *named = (match.entity for _, match in asked)
        wanted = {drug.id for drug in named}
        ranked = self.ranker.rank(target.id, beyond_prior=beyond_prior)
        chosen = [score for score in ranked if score.drug in wanted] if wanted else ranked
        made = self._answering.recommendations(
            "Disease",
            ranked,
            chosen,
            paths,
            None if wanted else top,
            llm=llm,
            new=new,
            hide=hide_contraindicated,
            texts=(found, texts),
        )
        nothing = f"no path leads from any drug to {target.name}"
        return Answer(
            disease=target,
            recommendations=made.recommendations,
            candidates=len(ranked),
            abstained=abstention(self.ranker, ranked, made, "drug", nothing),
            known_left_out=made.known,
            hidden=made.hidden,
            passed=made.passed,
            taken_for=taken_for(asked),
            manifest=self._manifest(made.recommendations, found, llm=llm),
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
        """Diseases that a drug could be repurposed for. Arguments and errors as of `recommend`."""
        match = self._ready(top, paths, texts, llm=llm).resolved(drug, "Drug")
        target, found = match.entity, self._texts(background)
        ranked = self.ranker.rank_diseases(target.id)
        made = self._answering.recommendations(
            "Drug",
            ranked,
            ranked,
            paths,
            top,
            llm=llm,
            new=new,
            hide=hide_contraindicated,
            texts=(found, texts),
        )
        nothing = f"no path leads from {target.name} to any disease"
        return DiseaseAnswer(
            drug=target,
            recommendations=made.recommendations,
            candidates=len(ranked),
            abstained=abstention(self.ranker, ranked, made, "disease", nothing),
            known_left_out=made.known,
            hidden=made.hidden,
            passed=made.passed,
            taken_for=taken_for([(drug, match)]),
            manifest=self._manifest(made.recommendations, found, llm=llm),
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

        answer = self.recommend(
            disease, drugs=[drug], paths=paths, llm=False, background=background, texts=texts
        )
        found = answer[0]
        chances = path_chances(
            self.ranker.adjacency, self.settings.cache_dir, found.drug.id, found.disease.id
        )
        return found.model_copy(update={"chances": tuple(chances or ()), "taken_for": answer.taken_for})

    def compare(self, disease: str, drug: str, other: str, *, paths: int = 12) -> Comparison:
        """Two drugs for one disease: what both have, what only one has, and what makes the difference.

        Args:
            disease, drug, other: names or ids.
            paths: most evidence paths a drug, 1 to 50.

        Raises:
            UsageError: the two drugs are one; and as `explain`.
        """
        asked = [(disease, self._ready(1, paths, llm=False).resolved(disease, "Disease"))]
        asked += [(name, self.names.resolved(name, "Drug")) for name in (drug, other)]
        target, *drugs = (match.entity for _, match in asked)
        if drugs[0] == drugs[1]:
            raise UsageError(f"'{drug}' and '{other}' are both {drugs[0].name}.", "Name two drugs.")
        ranked = self.ranker.rank(target.id)
        by_drug = {score.drug: score for score in ranked}
        scores = (by_drug[drugs[0].id], by_drug[drugs[1].id])
        none = self._texts("none")
        made = self._answering.recommendations(
            "Disease", ranked, scores, paths, None, llm=False, texts=(none, 1)
        ).recommendations
        manifest = self._manifest(made, none, llm=False)
        comparison = compared(self.ranker.adjacency, scores, made[0], made[1], manifest)
        return comparison.model_copy(update={"taken_for": taken_for(asked)})

    def subgraph(self, drug: str, disease: str, *, paths: int = 25) -> Subgraph:
        """The nodes and edges on the best paths of a pair, adverse ones included. Raises as `explain`."""
        found = self.explain(drug, disease, paths=paths, background="none")
        graph = Subgraph.of(found.drug, found.disease, (*found.evidence, *found.adverse))
        return graph.model_copy(update={"taken_for": found.taken_for})

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
        return resolve_lines(self.names, lines, kind)

    def lines_taken_for(self, lines: Sequence[str], kind: str) -> tuple[TakenFor, ...]:
        """What names in lines of text were taken for, where they are called otherwise. As `resolve_lines`."""
        return taken_for((text, self.names.resolved(text, kind)) for _, text in names_in(lines))

    def status(self) -> Status:
        """What a question would be answered from. Works on an empty graph, and loads no model."""
        self._renew()
        return status_of(self.store, self.settings, self._progress)

    def close(self) -> None:
        """Gives back the database, the model and the index of texts; again does nothing."""
        self._close_graph()
        if self._model is not None:
            self._model.close()
            self._model = None

    def _close_graph(self) -> None:
        """Gives back the database, and all that was made from it."""
        while self._backgrounds:
            self._backgrounds.popitem()[1].close()
        if "names" in self.__dict__:
            self.names.close()
        if "store" in self.__dict__:
            self.store.close()

    def _renew(self) -> None:
        """Lets go of a graph that has changed: a question is answered from one graph, never from two."""
        if "store" in self.__dict__ and self.store.has_changed():
            self._close_graph()
            for made in ("store", "fingerprint", "names", "ranker", "_answering"):
                self.__dict__.pop(made, None)

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

    def _texts(self, background: Background | None) -> Backgrounds:
        """Where the texts of a question come from, opened once."""
        found = self._backgrounds.get(background)
        if found is None and background in (None, "both"):
            # None stands for both kinds, where there is an index.
            other = self._backgrounds.get("both" if background is None else None)
            found = other if other is not None and other.used.background == "both" else None
        if found is None:
            found = self._backgrounds[background] = Backgrounds.open(self.settings, self.store, background)
        return found

    def _manifest(self, made: Sequence[Recommendation], texts: Backgrounds, *, llm: bool) -> Manifest:
        return manifest_of(
            self.store,
            self.ranker,
            self.fingerprint,
            made,
            model=self._model if llm else None,
            texts=texts.used,
            seed=self.settings.seed,
        )

    def _ready(self, top: int, paths: int, texts: int = 1, *, llm: bool) -> NameIndex:
        """The names, once what is asked for can be done."""
        _between("top", top, 1, MAX_TOP)
        _between("paths", paths, 1, MAX_PATHS)
        _between("texts", texts, 1, MAX_TEXTS)
        self._renew()
        _ = self.fingerprint
        if llm and self._model is None and is_local(self.settings.model):
            # A model that isn't there should be told of now, not after minutes of ranking.
            resolve(self.settings.model, self.settings, self._progress)
        return self.names


def _between(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"'{name}' is {value}.", f"Give a number from {least} to {most:,}.")
