"""How much of what a model writes is what its evidence says.

Each pair's evidence goes through the same prompt, grammar and gate as in `kedrec ask`, for every model
alike; nothing here knows which model was tuned.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from kedrec.grounding import check
from kedrec.llm.prompting import PROMPT_VERSION, TEXTS_VERSION, model_request

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.llm.base import ChatModel
    from kedrec.types import Evidence, Rationale

__all__ = ["Answered", "Faithfulness", "evaluate", "markdown", "why"]

ANSWER_TOKENS = 200
_BATCH = 8

# Beginnings and endings of the gate's reasons, by what went wrong; the first that fits counts.
_WHY: tuple[tuple[str, str, str], ...] = (
    ("no citation", "It cites no evidence", ""),
    ("cites what isn't there", "It cites [", "there is no such evidence"),
    ("cites what doesn't bear on it", "It also cites", ""),
    ("mixes texts and paths", "It cites texts and paths", ""),
    ("isn't what the text says", "", "that it cites [T"),
    ("isn't what the text says", "", "that it cites [L"),
    ("isn't what the text says", "It says that the trial ", ""),
    ("isn't what the text says", "It says that the article ", ""),
    ("isn't what the text says", "It says why the trial ", ""),
    ("isn't what the text says", "The sentence that it quotes", ""),
    ("hides what speaks against", "It doesn't say what speaks", ""),
    ("names what the path doesn't hold", "It names ", ""),
    ("relation or direction", "It says that ", ""),
    ("verdict without a path", "Its verdict ", ""),
    ("entity not on the path", "", "a cited path from"),
    ("repeats itself", "It repeats", ""),
    ("denies", "It denies", ""),
    ("claims more", "It claims more", ""),
    ("harm as a reason", "It gives what speaks against", ""),
    ("no reason", "It gives as a reason", ""),
    ("no reason", "It gives ", "is no mechanism"),
    ("no reason", "It argues by analogy", ""),
    ("no reason", "It draws a conclusion", ""),
    ("hopeful where contraindicated", "It speaks for ", ""),
    ("name without its quotation marks", "It writes a name", ""),
    ("number of its own", "It gives ", ""),
    ("words of its own", "It says '", ""),
    ("can't be matched", "Its wording can't be matched", ""),
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model wrote for one pair, and what the gate made of it."""

    drug: str
    disease: str
    text: str
    rationale: Rationale

    @property
    def written(self) -> int:
        """Sentences of the model's own."""
        return len(self._own)

    @property
    def held(self) -> int:
        """Those of them that hold."""
        return sum(claim.status == "holds" for claim in self._own)

    @property
    def verdict_held(self) -> bool:
        """Whether its first sentence holds."""
        return bool(self._own) and self._own[0].status == "holds"

    @property
    def _own(self) -> list[Any]:
        # After a rationale that didn't hold, the evidence's own sentences follow as claims.
        claims = list(self.rationale.claims)
        if self.rationale.origin == "llm":
            return claims
        return [claim for claim in claims if claim.status == "struck"]


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """One model's figures over a set of pairs.

    Attributes:
        model: its name.
        sha256: of its weights.
        pairs: questions asked.
        claims: sentences written.
        held: of them, those that hold.
        struck: the others, by reason.
        empty: rationales of which nothing was left.
        whole: rationales of which nothing was struck.
        verdicts: rationales whose first sentence holds.
        distinct: different sentences among those that hold, names and ids left out.
        coverage: mean share of the evidence's weight that holding claims cite.
        words: mean words of a holding claim.
        seconds: wall time of writing.
        prompt: version of the prompt.
    """

    model: str
    sha256: str
    pairs: int
    claims: int
    held: int
    struck: dict[str, int]
    empty: int
    whole: int
    verdicts: int
    distinct: int
    coverage: float
    words: float
    seconds: float
    prompt: str = PROMPT_VERSION

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        return asdict(self)


def evaluate(
    model: ChatModel,
    pairs: Sequence[PairEvidence],
    *,
    seed: int,
    max_tokens: int = ANSWER_TOKENS,
    texts: Sequence[Sequence[Evidence]] | None = None,
    progress: Progress | None = None,
) -> tuple[Faithfulness, list[Answered]]:
    """Asks a model for a rationale of each pair, and counts what holds.

    Args:
        model: any `ChatModel`; one with parallel slots is faster.
        pairs: drug, disease and retrieved evidence.
        seed: of the model.
        max_tokens: most tokens of an answer.
        texts: of each pair, trials and articles for its prompt, whether or not `kedrec ask` gives the model
            texts; None: none.
        progress: called as answers come.

    Raises:
        ModelError: the model failed.
    """
    answers: list[Answered] = []
    begun = time.monotonic()
    for start in range(0, len(pairs), _BATCH):
        batch = pairs[start : start + _BATCH]
        told = texts[start : start + _BATCH] if texts is not None else [()] * len(batch)
        prompts = [
            model_request(model, pair, max_tokens=max_tokens, seed=seed, texts=some)
            for pair, some in zip(batch, told, strict=True)
        ]
        responses = model.chat_many([prompt.request for prompt in prompts])
        for pair, some, response in zip(batch, told, responses, strict=True):
            rationale = check(
                response.text,
                pair.drug,
                pair.disease,
                pair.evidence,
                pair.adverse,
                texts=some,
                model=model.info.name,
            )
            answers.append(Answered(pair.drug.name, pair.disease.name, response.text, rationale))
        if progress is not None:
            progress(f"Asking {model.info.name}", len(answers), len(pairs))
    found = _summed(model, pairs, answers, time.monotonic() - begun)
    return replace(found, prompt=PROMPT_VERSION if texts is None else TEXTS_VERSION), answers


def why(reason: str) -> str:
    """What went wrong in a struck claim, in a few words, from the gate's reason."""
    for name, begins, holds in _WHY:
        if reason.startswith(begins) and holds in reason:
            return name
    return "other"


def markdown(results: Sequence[Faithfulness]) -> str:
    """The figures of several models side by side, as a Markdown table."""
    reasons = sorted({reason for one in results for reason in one.struck})
    rows: list[tuple[str, list[str]]] = [
        ("prompt", [one.prompt for one in results]),
        ("questions", [str(one.pairs) for one in results]),
        ("claims written", [str(one.claims) for one in results]),
        ("claims that hold", [f"{one.held} ({_share(one.held, one.claims)})" for one in results]),
        *((f"struck: {reason}", [str(one.struck.get(reason, 0)) for one in results]) for reason in reasons),
        ("first sentence holds", [_share(one.verdicts, one.pairs) for one in results]),
        ("rationales with nothing struck", [_share(one.whole, one.pairs) for one in results]),
        ("rationales with none left", [f"{one.empty} ({_share(one.empty, one.pairs)})" for one in results]),
        ("evidence weight cited", [f"{one.coverage:.2f}" for one in results]),
        ("different sentence patterns", [str(one.distinct) for one in results]),
        ("seconds", [f"{one.seconds:.0f}" for one in results]),
    ]
    lines = ["| | " + " | ".join(one.model for one in results) + " |"]
    lines.append("| --- |" + " ---: |" * len(results))
    lines += [f"| {name} | " + " | ".join(values) + " |" for name, values in rows]
    return "\n".join(lines) + "\n"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _summed(
    model: ChatModel, pairs: Sequence[PairEvidence], answers: Sequence[Answered], seconds: float
) -> Faithfulness:
    own = [claim for answer in answers for claim in answer._own]
    holding = [claim for claim in own if claim.status == "holds"]
    reasons = Counter(why(claim.reason) for claim in own if claim.status == "struck")
    return Faithfulness(
        model=f"{model.info.name} + {model.info.adapter}" if model.info.adapter else model.info.name,
        sha256=model.info.sha256,
        pairs=len(pairs),
        claims=len(own),
        held=len(holding),
        struck=dict(sorted(reasons.items())),
        empty=sum(answer.held == 0 for answer in answers),
        whole=sum(answer.written > 0 and answer.held == answer.written for answer in answers),
        verdicts=sum(answer.verdict_held for answer in answers),
        distinct=len({_pattern(claim.text, pair) for pair, claim in _with_pairs(pairs, answers)}),
        coverage=sum(answer.rationale.coverage for answer in answers if answer.rationale.origin == "llm")
        / max(len(answers), 1),
        words=sum(len(claim.text.split()) for claim in holding) / max(len(holding), 1),
        seconds=seconds,
    )


def _with_pairs(pairs: Sequence[PairEvidence], answers: Sequence[Answered]) -> list[tuple[PairEvidence, Any]]:
    return [
        (pair, claim)
        for pair, answer in zip(pairs, answers, strict=True)
        for claim in answer._own
        if claim.status == "holds"
    ]


def _pattern(text: str, pair: PairEvidence) -> str:
    """A sentence with its names taken out: what is left is how it is said."""
    names = {node.name for item in (*pair.evidence, *pair.adverse) if item.path for node in item.path.nodes}
    plain = text.casefold()
    for name in sorted({*names, pair.drug.name, pair.disease.name}, key=len, reverse=True):
        plain = plain.replace(name.casefold(), "_")
    return plain
