"""Builds the prompt for a rationale and the grammar of its answer.

The wording is a versioned template in `prompts/`; its version is part of an answer's manifest. The part
common to all questions comes first, so that a backend can cache it as a prefix.
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
"""Version of the prompt with paths alone, which the adapter was tuned on."""
TEXTS_VERSION = "texts-v1"
"""Version of the prompt with paths and texts."""

_MOST_HOPS = 4  # of a path in the prompt, but for the best one
_SENTENCES = (2, 4)
_CITATIONS = 3


@dataclass(frozen=True, slots=True)
class RationalePrompt:
    """A prompt and the evidence that it includes.

    Attributes:
        messages: instruction, then question and evidence.
        grammar: GBNF of the answer, "" for none.
        included: ids of the evidence in the prompt, in its order.
        dropped: ids of the omitted evidence, in the order of the evidence.
        max_tokens: most tokens of the answer.
        seed: the sampler's seed.
        prompt_tokens: tokens of the messages.
        version: the template's version.
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
        """The request for a `ChatModel`."""
        return ChatRequest(
            messages=self.messages, max_tokens=self.max_tokens, seed=self.seed, grammar=self.grammar
        )


def model_request(
    model: ChatModel, pair: PairEvidence, *, max_tokens: int, seed: int, texts: Sequence[Evidence] = ()
) -> RationalePrompt:
    """Builds a model's prompt for a pair, within its context and by its own count of tokens."""
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
    """True for a model whose prompts include texts; one with an adapter was tuned on paths alone."""
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
    """Builds the prompt that asks why `drug` may help in `disease`, from numbered evidence.

    The best path is always included, whatever its length. Other paths of more than four hops are omitted
    where there are shorter ones: the adapter was tuned on up to four, and a third of its claims about longer
    ones are struck. Associations are omitted where there is a mechanism or an analogy.

    Items are included whole or not at all. Where the context can't hold all, they are omitted from the end:
    texts first, then `evidence`; adverse items and trials come before the second supporting item, since
    omitting a warning is worse. `dropped` lists the omitted items.

    Args:
        evidence: supporting items, best first.
        adverse: adverse items, best first.
        count_tokens: counts messages' tokens, chat template included.
        context: most tokens of prompt and answer together.
        max_tokens: most tokens of the answer.
        grammar: True to build a grammar, for backends that obey one.
        texts: trials and articles, best first.

    Raises:
        ModelError: the context can't hold the question and one item.
    """
    room = context - max_tokens
    reasons = [item for item in evidence if item.role != "association"] or evidence
    short = [item for item in reasons[1:] if item.path is None or len(item.path.steps) <= _MOST_HOPS]
    supporting = [*reasons[:1], *(short or reasons[1:])]
    adverse_texts = [item for item in texts if item.stance == "adverse"]
    other_texts = [item for item in texts if item.stance != "adverse"]
    order = [*supporting[:1], *adverse, *adverse_texts, *supporting[1:], *other_texts]
    everything = (*evidence, *adverse, *texts)
    display = {item.id: index for index, item in enumerate(everything)}

    def messages_with(selection: Sequence[Evidence]) -> tuple[Message, ...]:
        return _messages(drug, disease, sorted(selection, key=lambda item: display[item.id]), version)

    version = TEXTS_VERSION if texts else PROMPT_VERSION

    items = order
    messages = messages_with(items)
    tokens = count_tokens(messages)
    if tokens > room:
        items = []
        for item in order:
            longer = messages_with([*items, item])
            if (count := count_tokens(longer)) <= room:
                items, messages, tokens = [*items, item], longer, count
        if not items:
            raise ModelError(
                f"A context of {context} tokens can't hold the question on {one_line(drug.name)[:80]} "
                f"and one piece of evidence beside an answer of {max_tokens} tokens.",
                "Use a model with a longer context.",
            )
    included = tuple(sorted((item.id for item in items), key=lambda id_: display[id_]))
    return RationalePrompt(
        messages=messages,
        grammar=rationale_grammar(included, _names(drug, disease, items)) if grammar else "",
        included=included,
        dropped=tuple(item.id for item in everything if item.id not in included),
        max_tokens=max_tokens,
        seed=seed,
        prompt_tokens=tokens,
        version=version,
    )


def rationale_grammar(ids: Sequence[str], names: Sequence[str] = ()) -> str:
    """Builds the GBNF of a rationale: 2 to 4 sentences, each ending in 1 to 3 of `ids` and a full stop.

    A sentence may hold anything but brackets, line ends and `. ! ?`, so that no sentence can hide in front of
    another's citations. Of the evidence's `names`, those with such characters (St. John's Wort) are allowed.
    """
    fewest, most = _SENTENCES
    optional = ""
    for _ in range(most - fewest):
        optional = f'(" " sentence {optional})?'
    following = " ".join('" " sentence' for _ in range(fewest - 1))
    cites = "cite" + " cite?" * (_CITATIONS - 1)
    dotted_names = sorted(
        {name for name in (one_line(shown_name(name)) for name in names) if re.search(r"[.!?]", name)}
    )
    return "\n".join(
        (
            f"root ::= sentence {following} {optional}",
            f'sentence ::= [A-Z0-9] text " " {cites} "."',
            'text ::= (word | " " word)+',
            " | ".join(
                (
                    r"word ::= [^\[\]<>\n\r.!? ]",
                    *(json.dumps(name, ensure_ascii=False) for name in dotted_names),
                )
            ),
            "cite ::= " + " | ".join(json.dumps(f"[{id_}]") for id_ in ids),
            "",
        )
    )


def _names(drug: Entity, disease: Entity, items: Sequence[Evidence]) -> list[str]:
    nodes = [node.name for item in items if item.path for node in item.path.nodes]
    return [drug.name, disease.name, *nodes]


def _messages(drug: Entity, disease: Entity, items: Sequence[Evidence], version: str) -> tuple[Message, ...]:
    def lines(selection: Sequence[Evidence]) -> str:
        return "\n".join(f"[{item.id}] {one_line(item.sentence)}" for item in selection)

    values = {
        "drug": one_line(shown_name(drug.name)),
        "disease": one_line(shown_name(disease.name)),
        "evidence": lines([item for item in items if item.text is None]),
        "texts": lines([item for item in items if item.text is not None]),
    }
    return fill_template(version, values)


def fill_template(version: str, values: Mapping[str, object]) -> tuple[Message, ...]:
    """Builds the messages of a prompt's template in `prompts/`, its fields replaced by `values`.

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
