"""Whether badge, probability, verdict and cited evidence of an answer agree."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from grounding_evidence import ADVERSE, EVIDENCE

from kedrec.evaluation.coherence import coherence, disagreements, markdown
from kedrec.types import Badge, Citation, Claim, Rationale, Texts


def answer(sentence: str, cited: str = "P1", **changes: Any) -> Any:
    claim = Claim(text=sentence, citations=(Citation(id=cited),), status="holds")
    fields: dict[str, Any] = {
        "badge": Badge(standing="new", note="New."),
        "known": (),
        "probability": 0.02,
        "flags": ("new",),
        "coverage": SimpleNamespace(basis="mechanism"),
        "verdict": "A might be worth studying in B. The graph does not know A as a treatment of B.",
        "evidence": tuple(EVIDENCE),
        "adverse": tuple(ADVERSE),
        "texts": Texts(),
        "rationale": Rationale(origin="llm", claims=(claim,)),
    }
    return SimpleNamespace(**(fields | changes))


def test_an_answer_that_agrees_with_itself() -> None:
    assert disagreements(answer("A might be worth studying in B.")) == set()
    assert disagreements(answer("A inhibits C.")) == set()


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (answer("A may help in B."), "verdict"),
        (answer("A is a strong candidate for B."), "verdict"),
        (answer("A is a plausible candidate for B."), "verdict"),
        (answer("A might be worth studying in B.", probability=0.5), "summary"),
        (answer("A might be worth studying in B.", "A1"), "stance"),
        (answer("A inhibits C.", known=("s",)), "badge"),
        (answer("A inhibits C.", flags=("new", "contraindicated")), "warning"),
    ],
)
def test_each_part_that_disagrees_is_counted(item: Any, fault: str) -> None:
    assert fault in disagreements(item)
    figures = coherence([item, answer("A inhibits C.")])
    assert (figures.answers, figures.coherent) == (2, 1)
    assert f"| disagreement: {fault} | 1 |" in markdown(figures)
