"""Drugs ordered by a real model's own judgement, by the ranking, and by both."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from served import events, serving

from kedrec.api import Kedrec
from kedrec.errors import ModelError, UsageError
from kedrec.llm.base import Message
from kedrec.llm.choice_fit import ChoiceFit, StackedWeights, choice_path, write_choice
from kedrec.llm.judging import STANCES
from kedrec.llm.llamacpp import LlamaCppModel
from kedrec.llm.model_registry import resolve_model
from kedrec.llm.selection_prompting import JUDGEMENT_VERSION, judgement_messages
from kedrec.settings import Settings, load_settings

if TYPE_CHECKING:
    from kedrec.types import Chooser, OrderNote, Recommendation

pytestmark = pytest.mark.llm

DISEASE = "multiple sclerosis"
SENTENCE = "fingolimod is an agonist of S1PR1, which is associated with multiple sclerosis."
PROMPT = judgement_messages(DISEASE, "fingolimod", [SENTENCE])


@pytest.fixture
def settings(starter_home: Path, llm_settings: Settings, tmp_path: Path) -> Settings:
    """A home of its own, since regressions are written into it, with the starter graph's ranking."""
    model = str(resolve_model("base", llm_settings).path)
    (tmp_path / "cache").symlink_to(starter_home / "cache")
    return load_settings(home=tmp_path, graph=str(starter_home / "graph"), threads=1, model=model)


@pytest.fixture(scope="module")
def model(llm_settings: Settings) -> Iterator[LlamaCppModel]:
    made = LlamaCppModel(resolve_model("base", llm_settings).path, name="base", threads=1)
    yield made
    made.close()


def store_fit(settings: Settings, *, gain: tuple[float, float, float], model_sha256: str = "") -> None:
    with Kedrec(settings) as kr:
        sha256 = kr.check_model()
    weights = StackedWeights(
        regime="treated", background="none", config="pair", ranking=0.01, model=2.0,
        questions=40, groups=20, f1_ranking=0.5, f1_model=0.4, f1_both=0.5 + gain[0], gain=gain,
    )  # fmt: skip
    fit = ChoiceFit(
        prompt=JUDGEMENT_VERSION, model="base", model_sha256=model_sha256 or sha256, dataset="d",
        graph="g", seed=0, weights=(weights,),
    )  # fmt: skip
    write_choice(choice_path(settings.model, sha256, settings), fit)


def test_scores_are_the_log_probabilities_of_the_model(model: LlamaCppModel) -> None:
    scores = model.answer_scores(PROMPT, STANCES)
    assert sum(map(math.exp, scores)) == pytest.approx(1, abs=1e-4)
    assert scores == model.answer_scores(PROMPT, STANCES)
    endpoint = model._endpoint
    body = {"prompt": model._prompt(PROMPT), "n_predict": 1, "n_probs": 49152, "cache_prompt": False}
    every = endpoint.post("completion", body)["completion_probabilities"][0]["top_logprobs"]
    by_id = {one["id"]: one["logprob"] for one in every}
    expected = [by_id[model._tokens(stance, special=False)[0]] for stance in STANCES]
    differences = [score - scores[0] for score in scores]
    assert differences == pytest.approx([one - expected[0] for one in expected], abs=1e-3)


def test_answers_that_begin_alike_are_refused(model: LlamaCppModel) -> None:
    with pytest.raises(ModelError, match="same token"):
        model.answer_scores((Message("user", "Well?"),), ("for it", "for her"))


def order_of(settings: Settings, top: int, choose: Chooser) -> tuple[list[Recommendation], OrderNote]:
    """The recommendations in order, without written rationales, which take long."""
    with Kedrec(settings) as kr:
        pending = kr.pending_for_disease(DISEASE, top=top, choose=choose)
        chosen, fields = pending.choose(kr.model)
    return list(chosen.values()), fields["order"]


def ranked_ids(settings: Settings, top: int) -> list[str]:
    with Kedrec(settings) as kr:
        return [one.drug.id for one in kr.recommend(DISEASE, top=top, llm=False)]


def test_the_model_orders_the_best_drugs_of_the_ranking(settings: Settings) -> None:
    ids = ranked_ids(settings, 8)
    chosen, note = order_of(settings, 2, "model")
    assert (note.by, note.among) == ("model", 8)
    assert {one.drug.id for one in chosen} < set(ids)
    assert [one.drug.id for one in chosen] != ids[:2]
    odds = [one.judgement.log_odds for one in chosen if one.judgement is not None]
    assert odds == sorted(odds, reverse=True)
    assert len(odds) == 2
    for position, one in enumerate(chosen):
        assert one.judgement is not None
        assert one.judgement.moved == ids.index(one.drug.id) - position


@pytest.mark.parametrize(
    ("gain", "by", "reason"),
    [
        (None, "ranking", "no regression"),
        ((0.05, -0.01, 0.1), "ranking", "0.55 with it and 0.50 without"),
        ((0.05, 0.01, 0.1), "both", "0.55 with it and 0.50 without"),
    ],
)
def test_both_keep_the_order_of_the_ranking_unless_validation_gained(
    settings: Settings, gain: tuple[float, float, float] | None, by: str, reason: str
) -> None:
    ids = ranked_ids(settings, 2)
    if gain is not None:
        store_fit(settings, gain=gain)
    chosen, note = order_of(settings, 2, "both")
    assert all(one.judgement is not None for one in chosen)
    assert note.by == by
    assert reason in note.reason
    # The stored weights are the model's alone, nearly.
    assert ([one.drug.id for one in chosen] == ids) is (by == "ranking")


def test_a_regression_for_another_model_is_refused(settings: Settings) -> None:
    store_fit(settings, gain=(0.05, 0.01, 0.1), model_sha256="f" * 64)
    with Kedrec(settings) as kr, pytest.raises(ModelError, match="another model"):
        kr.recommend(DISEASE, top=2, choose="both")


def test_choosing_by_a_model_needs_one(settings: Settings) -> None:
    with Kedrec(settings) as kr, pytest.raises(UsageError, match="language model"):
        kr.recommend(DISEASE, llm=False, choose="model")
    endpoint = settings.model_copy(update={"model": "langchain:os:getcwd"})
    with Kedrec(endpoint) as kr, pytest.raises(UsageError, match="log-probabilities"):
        kr.pending_for_disease(DISEASE, choose="model")


def test_the_service_streams_the_ranking_then_the_order_of_the_model(settings: Settings) -> None:
    question = {"disease": DISEASE, "top": 1, "paths": 4, "choose": "model"}
    with serving(settings) as url:
        without = httpx2.post(f"{url}/v1/recommend", json=question | {"llm": False})
        assert without.status_code == 422
        with httpx2.stream(
            "POST", f"{url}/v1/recommend", json=question, headers={"Accept": "text/event-stream"}, timeout=300
        ) as reply:
            sent = list(events(reply.iter_lines()))
    first, last = sent[0].data, sent[-1].data
    assert (sent[0].name, sent[-1].name) == ("ranking", "done")
    shown = last["recommendations"][0]["drug"]["id"]
    assert first["recommendations"][0]["drug"]["id"] != shown
    assert len(first["recommendations"]) == len(last["recommendations"]) == 1
    assert {event.data["drug"] for event in sent if event.name in ("token", "claim")} == {shown}
