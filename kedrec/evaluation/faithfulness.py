"""Faithfulness of models' rationales: the share of sentences that the gate finds in the evidence.

Every model gets each pair's evidence through the same code as in `kedrec ask`, tuned or not.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kedrec.answers.candidates import Candidate, CandidateSearch
from kedrec.answers.rationales import ANSWER_TOKENS, is_for_model, write_rationales
from kedrec.evaluation.lexical_entailment import follows
from kedrec.llm.drafts import MOST_DRAFTS
from kedrec.llm.prompting import PROMPT_VERSION, TEXTS_VERSION
from kedrec.naming import NameIndex
from kedrec.training.examples import held_out_pairs

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.evaluation.curated_firsts import CuratedFirsts
    from kedrec.evaluation.evidence_changes import ChangedTexts
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.llm.base import ChatModel
    from kedrec.ranking import Ranker
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore
    from kedrec.types import Claim, Evidence, Rationale

__all__ = ["CheckedAnswer", "Faithfulness", "error_class", "evaluate", "held_out_candidates", "markdown"]

# Error class, prefix and infix of the gate's reasons; the first match counts.
_REASON_CLASSES: tuple[tuple[str, str, str], ...] = (
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
class CheckedAnswer:
    """A model's text for one pair, and the gate's verdict on it."""

    drug: str
    disease: str
    text: str
    rationale: Rationale

    @property
    def sentence_count(self) -> int:
        """Number of the model's sentences."""
        return len(self._own_claims)

    @property
    def holding_count(self) -> int:
        """Number of the model's sentences that hold."""
        return sum(claim.status == "holds" for claim in self._own_claims)

    @property
    def verdict_holds(self) -> bool:
        """True if the model's first sentence holds."""
        return bool(self._own_claims) and self._own_claims[0].status == "holds"

    @property
    def _own_claims(self) -> list[Claim]:
        # The claims of a failed rationale end with sentences that the gate wrote from the evidence.
        claims = list(self.rationale.claims)
        if self.rationale.origin == "llm":
            return claims
        return [claim for claim in claims if claim.status == "struck"]


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """One model's figures over a set of pairs.

    Attributes:
        model: name of the model.
        sha256: of the model's weights.
        pairs: number of questions.
        claims: number of the model's sentences.
        held: number of sentences that hold.
        struck: number of struck sentences by error class.
        empty: number of rationales without a sentence that holds.
        whole: number of rationales without a struck sentence.
        verdicts: number of rationales whose first sentence holds.
        distinct: number of distinct patterns among sentences that hold, names and ids removed.
        coverage: mean share of the evidence's weight that holding claims cite.
        words: mean number of words of a holding claim.
        seconds: wall time of generation.
        prompt: version of the prompt.
        drafts: mean number of texts written for a question.
        lexical: number of sentences that hold and follow by names and negative words too
            (`lexical_entailment`); those on texts count as they are.
        changes: rationales after changes of their evidence; () where none was asked for.
        curated: rationales that begin with a curated path; None where that wasn't counted.
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
    drafts: float = 1.0
    lexical: int = 0
    changes: tuple[ChangedTexts, ...] = ()
    curated: CuratedFirsts | None = None


def held_out_candidates(
    store: GraphStore,
    ranker: Ranker,
    settings: Settings,
    count: int,
    *,
    paths: int,
    progress: Progress | None = None,
) -> list[Candidate]:
    """Pairs of diseases that the adapter was not trained on, which `kedrec ask` would ask a model about.

    Args:
        store, ranker: a graph and its ranking.
        settings: the seed and the cache.
        count: number of pairs; fewer where the graph has fewer, or some have only associations.
        paths: most paths a pair.
        progress: called after each pair.

    Raises:
        EmptyGraphError: the graph holds no treatment of a held-out disease.
    """
    pairs = held_out_pairs(store, ranker, count, settings.seed, paths=paths, progress=progress)
    with closing(NameIndex.open(store, settings.cache_dir)) as names:
        search = CandidateSearch(store, names, ranker)
        candidates = [search.assess(ranker.pair(pair.drug.id, pair.disease.id), pair) for pair in pairs]
    return [candidate for candidate in candidates if is_for_model(candidate)]


def evaluate(
    model: ChatModel,
    candidates: Sequence[Candidate],
    *,
    seed: int,
    max_tokens: int = ANSWER_TOKENS,
    texts: Sequence[Sequence[Evidence]] | None = None,
    drafts: int = MOST_DRAFTS,
    whole: bool = False,
    free: bool = False,
    progress: Progress | None = None,
) -> tuple[Faithfulness, list[CheckedAnswer]]:
    """Asks a model for a rationale of each pair and counts the sentences that hold.

    Args:
        model: any `ChatModel`; one with parallel slots writes free words faster.
        candidates: pairs with their evidence, score and safety; those that `kedrec ask` asks a model about.
        seed: of the model.
        max_tokens: most tokens of an answer.
        texts: trials and articles of each pair for its prompt, even if `kedrec ask` gives the model no texts;
            None: none.
        drafts: most texts for a pair; another is asked for where a sentence is struck.
        whole: ask for whole texts, never to go on from the sentences that hold.
        free: let the model write in words of its own, not along the paths.
        progress: called batch by batch.

    Raises:
        ModelError: the model failed.
    """
    started = time.monotonic()
    written = write_rationales(
        model,
        candidates,
        seed=seed,
        texts=[()] * len(candidates) if texts is None else texts,
        max_tokens=max_tokens,
        most=drafts,
        whole=whole,
        free=free,
        progress=progress,
    )
    seconds = time.monotonic() - started
    pairs = [candidate.evidence for candidate in candidates]
    answers = [
        CheckedAnswer(pair.drug.name, pair.disease.name, one.text, one.rationale)
        for pair, one in zip(pairs, written, strict=True)
    ]
    figures = _summarize(model, pairs, answers, seconds)
    return replace(figures, prompt=PROMPT_VERSION if texts is None else TEXTS_VERSION), answers


def error_class(reason: str) -> str:
    """Error class of a struck claim, in a few words, from the gate's reason."""
    for name, prefix, infix in _REASON_CLASSES:
        if reason.startswith(prefix) and infix in reason:
            return name
    return "other"


def markdown(results: Sequence[Faithfulness]) -> str:
    """The figures of several models side by side, as a Markdown table."""
    reasons = sorted({reason for result in results for reason in result.struck})
    rows: list[tuple[str, list[str]]] = [
        ("prompt", [result.prompt for result in results]),
        ("questions", [str(result.pairs) for result in results]),
        ("claims written", [str(result.claims) for result in results]),
        ("claims that hold", [f"{result.held} ({_share(result.held, result.claims)})" for result in results]),
        (
            "of these, follow by names and negative words",
            [f"{result.lexical} ({_share(result.lexical, result.held)})" for result in results],
        ),
        *(
            (f"struck: {reason}", [str(result.struck.get(reason, 0)) for result in results])
            for reason in reasons
        ),
        ("first sentence holds", [_share(result.verdicts, result.pairs) for result in results]),
        ("rationales with nothing struck", [_share(result.whole, result.pairs) for result in results]),
        (
            "rationales with none left",
            [f"{result.empty} ({_share(result.empty, result.pairs)})" for result in results],
        ),
        ("evidence weight cited", [f"{result.coverage:.2f}" for result in results]),
        ("a curator's path told first", [_curated(result.curated) for result in results]),
        ("different sentence patterns", [str(result.distinct) for result in results]),
        ("texts written for a question", [f"{result.drafts:.2f}" for result in results]),
        ("seconds", [f"{result.seconds:.0f}" for result in results]),
    ]
    lines = ["| | " + " | ".join(result.model for result in results) + " |"]
    lines.append("| --- |" + " ---: |" * len(results))
    lines += [f"| {name} | " + " | ".join(values) + " |" for name, values in rows]
    return "\n".join(lines) + "\n"


def _curated(counts: CuratedFirsts | None) -> str:
    if counts is None:
        return "-"
    return f"{counts.in_text} of {counts.pairs} (first in the evidence: {counts.in_evidence})"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _summarize(
    model: ChatModel, pairs: Sequence[PairEvidence], answers: Sequence[CheckedAnswer], seconds: float
) -> Faithfulness:
    claims = [claim for answer in answers for claim in answer._own_claims]
    holding = [claim for claim in claims if claim.status == "holds"]
    reasons = Counter(error_class(claim.reason) for claim in claims if claim.status == "struck")
    return Faithfulness(
        model=f"{model.info.name} + {model.info.adapter}" if model.info.adapter else model.info.name,
        sha256=model.info.sha256,
        pairs=len(pairs),
        claims=len(claims),
        held=len(holding),
        struck=dict(sorted(reasons.items())),
        empty=sum(answer.holding_count == 0 for answer in answers),
        whole=sum(
            answer.sentence_count > 0 and answer.holding_count == answer.sentence_count for answer in answers
        ),
        verdicts=sum(answer.verdict_holds for answer in answers),
        distinct=len({_pattern(claim.text, pair) for pair, claim in _holding_claims(pairs, answers)}),
        coverage=sum(answer.rationale.coverage for answer in answers if answer.rationale.origin == "llm")
        / max(len(answers), 1),
        words=sum(len(claim.text.split()) for claim in holding) / max(len(holding), 1),
        seconds=seconds,
        drafts=sum(answer.rationale.drafts for answer in answers) / max(len(answers), 1),
        lexical=sum(_follows(claim, pair) for pair, claim in _holding_claims(pairs, answers)),
    )


def _follows(claim: Claim, pair: PairEvidence) -> bool:
    evidence = [*pair.evidence, *pair.adverse]
    cited = {citation.id for citation in claim.citations}
    paths = [item for item in evidence if item.id in cited]
    return not paths or follows(claim.text, paths, evidence)


def _holding_claims(
    pairs: Sequence[PairEvidence], answers: Sequence[CheckedAnswer]
) -> list[tuple[PairEvidence, Claim]]:
    return [
        (pair, claim)
        for pair, answer in zip(pairs, answers, strict=True)
        for claim in answer._own_claims
        if claim.status == "holds"
    ]


def _pattern(text: str, pair: PairEvidence) -> str:
    """A sentence in lower case with its names replaced by "_"."""
    names = {node.name for item in (*pair.evidence, *pair.adverse) if item.path for node in item.path.nodes}
    plain = text.casefold()
    for name in sorted({*names, pair.drug.name, pair.disease.name}, key=len, reverse=True):
        plain = plain.replace(name.casefold(), "_")
    return plain
