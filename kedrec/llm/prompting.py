"""The prompt that asks for a rationale, and the grammar that its answer must match.

The wording is a versioned template in `prompts/`; its version is part of an answer's manifest. What is
the same for every question stands first, so that a backend's prefix cache can keep it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, cast

from kedrec.common.plain_text import one_line, shown_name
from kedrec.errors import AssetError, ModelError
from kedrec.llm.base import ChatRequest, Message

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.llm.base import ChatModel
    from kedrec.types import Entity, Evidence

__all__ = [
    "PROMPT_VERSION",
    "TEXTS_VERSION",
    "RationalePrompt",
    "fill_template",
    "model_request",
    "rationale_grammar",
    "rationale_request",
    "takes_texts",
]

PROMPT_VERSION = "rationale-v1"
"""The prompt of paths alone, which the adapter was tuned on."""
TEXTS_VERSION = "texts-v1"
"""The prompt of paths and texts."""

_HOPS = 4  # of a path that the model is asked to tell
_ENOUGH = 2  # such paths, to leave longer ones out
_SENTENCES = (2, 4)
_CITATIONS = 3


@dataclass(frozen=True, slots=True)
class RationalePrompt:
    """A question to a model, and which evidence it saw.

    Attributes:
        messages: instruction, then question and evidence.
        grammar: GBNF of the answer, "" where none was asked for.
        included: ids of the evidence in the prompt, in its order.
        dropped: ids that didn't fit into the context, in the order of the evidence.
        prompt_tokens: tokens of the messages.
        version: version of the template.
    """

    messages: tuple[Message, ...]
    grammar: str
    included: tuple[str, ...]
    dropped: tuple[str, ...]
    max_tokens: int
    seed: int
    prompt_tokens: int
    version: str = PROMPT_VERSION

    @property
    def request(self) -> ChatRequest:
        """What to send to a `ChatModel`."""
        return ChatRequest(
            messages=self.messages, max_tokens=self.max_tokens, seed=self.seed, grammar=self.grammar
        )


def model_request(
    model: ChatModel, pair: PairEvidence, *, max_tokens: int, seed: int, texts: Sequence[Evidence] = ()
) -> RationalePrompt:
    """What a model is asked of a pair, within its context and by its own count of tokens."""
    return rationale_request(
        pair.drug,
        pair.disease,
        pair.evidence,
        pair.adverse,
        count_tokens=model.count_tokens,
        context=model.info.context,
        max_tokens=max_tokens,
        seed=seed,
        grammar=model.info.grammars,
        texts=texts,
    )


def takes_texts(model: ChatModel) -> bool:
    """Whether a model is given texts: one with an adapter isn't, since adapters are tuned on paths alone."""
    return not model.info.adapter


def rationale_request(
    drug: Entity,
    disease: Entity,
    evidence: Sequence[Evidence],
    adverse: Sequence[Evidence],
    *,
    count_tokens: Callable[[Sequence[Message]], int],
    context: int,
    max_tokens: int,
    seed: int,
    grammar: bool,
    texts: Sequence[Evidence] = (),
) -> RationalePrompt:
    """Asks why `drug` may help in `disease`, from numbered evidence.

    Paths of more than four hops are left out where two shorter ones can be told: the adapter was tuned on up
    to four, and of its claims about longer ones a third are struck.

    Evidence goes in whole or not at all: where the context can't hold everything, items are left out
    from the end: texts first, then `evidence`; adverse items and trials are kept before the second
    supporting one, since leaving out a warning is worse. What was left out is in `dropped`.

    Args:
        evidence: supporting items, best first.
        adverse: adverse items, best first.
        count_tokens: tokens that messages take, the chat template included.
        context: tokens that prompt and answer may have together.
        max_tokens: most tokens of the answer.
        grammar: whether to make a grammar, for backends that obey one.
        texts: trials and articles, best first.

    Raises:
        ModelError: the context can't hold the question and one item.
    """
    room = context - max_tokens
    told = [item for item in evidence if item.path is None or len(item.path.steps) <= _HOPS]
    if len(told) < _ENOUGH:
        told = list(evidence)
    against = [item for item in texts if item.stance == "adverse"]
    rest = [item for item in texts if item.stance != "adverse"]
    order = [*told[:1], *adverse, *against, *told[1:], *rest]
    everything = (*evidence, *adverse, *texts)
    display = {item.id: place for place, item in enumerate(everything)}

    def messages_with(items: Sequence[Evidence]) -> tuple[Message, ...]:
        return _messages(drug, disease, sorted(items, key=lambda item: display[item.id]), version)

    version = TEXTS_VERSION if texts else PROMPT_VERSION

    kept = order
    messages = messages_with(kept)
    tokens = count_tokens(messages)
    if tokens > room:
        kept = []
        for item in order:
            tried = messages_with([*kept, item])
            if (count := count_tokens(tried)) <= room:
                kept, messages, tokens = [*kept, item], tried, count
        if not kept:
            raise ModelError(
                f"A context of {context} tokens can't hold the question on {one_line(drug.name)[:80]} "
                f"and one piece of evidence beside an answer of {max_tokens} tokens.",
                "Use a model with a longer context.",
            )
    included = tuple(sorted((item.id for item in kept), key=lambda id_: display[id_]))
    return RationalePrompt(
        messages=messages,
        grammar=rationale_grammar(included, _names(drug, disease, kept)) if grammar else "",
        included=included,
        dropped=tuple(item.id for item in everything if item.id not in included),
        max_tokens=max_tokens,
        seed=seed,
        prompt_tokens=tokens,
        version=version,
    )


def rationale_grammar(ids: Sequence[str], names: Sequence[str] = ()) -> str:
    """GBNF of a rationale: two to four sentences, each ending in one to three of `ids` and a full stop.

    Inside a sentence anything goes but brackets, line ends and `. ! ?`, so that a sentence can't hide in
    front of another one's citations. `names` (of the evidence's nodes) that hold such a thing
    (St. John's Wort) may be written as a whole.
    """
    fewest, most = _SENTENCES
    optional = ""
    for _ in range(most - fewest):
        optional = f'(" " sentence {optional})?'
    more = " ".join('" " sentence' for _ in range(fewest - 1))
    cites = "cite" + " cite?" * (_CITATIONS - 1)
    odd = sorted(
        {name for name in (one_line(shown_name(name)) for name in names) if re.search(r"[.!?]", name)}
    )
    return "\n".join(
        (
            f"root ::= sentence {more} {optional}",
            f'sentence ::= [A-Z0-9] text " " {cites} "."',
            'text ::= (word | " " word)+',
            " | ".join(
                (r"word ::= [^\[\]<>\n\r.!? ]", *(json.dumps(name, ensure_ascii=False) for name in odd))
            ),
            "cite ::= " + " | ".join(json.dumps(f"[{id_}]") for id_ in ids),
            "",
        )
    )


def _names(drug: Entity, disease: Entity, items: Sequence[Evidence]) -> list[str]:
    nodes = [node.name for item in items if item.path for node in item.path.nodes]
    return [drug.name, disease.name, *nodes]


def _messages(drug: Entity, disease: Entity, items: Sequence[Evidence], version: str) -> tuple[Message, ...]:
    def lines(wanted: Sequence[Evidence]) -> str:
        return "\n".join(f"[{item.id}] {one_line(item.sentence)}" for item in wanted)

    values = {
        "drug": one_line(shown_name(drug.name)),
        "disease": one_line(shown_name(disease.name)),
        "evidence": lines([item for item in items if item.text is None]),
        "texts": lines([item for item in items if item.text is not None]),
    }
    return fill_template(version, values)


def fill_template(version: str, values: Mapping[str, object]) -> tuple[Message, ...]:
    """The messages of a prompt's template in `prompts/`, its fields replaced by `values`.

    Raises:
        AssetError: the template has an unknown role.
    """
    # A single pass: a name that holds "{evidence}" isn't replaced.
    return tuple(Message(role, text.format_map(values)) for role, text in _template(version))


@cache
def _template(version: str) -> tuple[tuple[Literal["system", "user", "assistant"], str], ...]:
    text = (resources.files("kedrec.llm") / "prompts" / f"{version}.txt").read_text(encoding="utf-8")
    turns = []
    for part in text.split("--- ")[1:]:
        role, _, body = part.partition("\n")
        if role not in {"system", "user", "assistant"}:
            raise AssetError(f"The prompt {version} has a role '{role}'.", "Install the package again.")
        turns.append((cast("Literal['system', 'user', 'assistant']", role), body.strip()))
    return tuple(turns)
