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
from typing import TYPE_CHECKING, Literal, Protocol, cast

from kedrec.common.plain_text import one_line, shown_name
from kedrec.errors import AssetError, ModelError
from kedrec.llm.base import ChatRequest, Message
from kedrec.pathlogic.path_groups import path_groups

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.llm.base import ChatModel
    from kedrec.types import Entity, Evidence

__all__ = [
    "MOST_SENTENCES",
    "PROMPT_VERSION",
    "TEXTS_VERSION",
    "AnswerGrammar",
    "RationalePrompt",
    "cited_sentences",
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

MOST_SENTENCES = 4
"""Most sentences of a rationale."""
_FEWEST_SENTENCES = 2
_CITATIONS = 3
_SENTENCE_END = re.compile(r"(?<=\]\.) ")


class AnswerGrammar(Protocol):
    """A grammar of a pair's rationale."""

    def text(self, ids: Sequence[str], *, written: int = 0, most: int = MOST_SENTENCES) -> str:
        """GBNF of what may follow `written` sentences, of the evidence with some ids."""


@dataclass(frozen=True, slots=True)
class RationalePrompt:
    """A prompt and the evidence that it includes.

    Attributes:
        messages: instruction, then question and evidence.
        grammar: GBNF of the answer, "" for none.
        names: names of the evidence's entities, for the grammar of an answer's remainder.
        along: grammar that takes the place of `grammar`, for models that obey one; None: `grammar` itself.
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
    names: tuple[str, ...] = ()
    along: AnswerGrammar | None = None

    @property
    def request(self) -> ChatRequest:
        """The request for a `ChatModel`."""
        return self.remainder(())

    def remainder(
        self, sentences: Sequence[str], *, ids: Sequence[str] = (), most: int = MOST_SENTENCES
    ) -> ChatRequest:
        """The request to go on from an answer's first sentences.

        Args:
            sentences: the sentences, fewer than `most`, each with its citations; () for a whole answer.
            ids: ids that may be cited in what follows; (): all.
            most: most sentences of the whole answer.
        """
        written, told = len(sentences), ids or self.included
        if not self.grammar:
            grammar = ""
        elif self.along:
            grammar = self.along.text(told, written=written, most=most)
        elif written:
            grammar = rationale_grammar(told, self.names, written=written, most=most)
        else:
            grammar = self.grammar
        return ChatRequest(
            messages=self.messages,
            max_tokens=self.max_tokens,
            seed=self.seed,
            grammar=grammar,
            prefix=" ".join(sentences),
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

    Associations are omitted where there is a mechanism or an analogy, and paths that say little new beside
    heavier ones (`path_groups`).

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
    telling = {item.id for group in path_groups(reasons) for item in group.items}
    supporting = [item for item in reasons if item.id in telling]
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
    names = tuple(_names(drug, disease, items))
    return RationalePrompt(
        messages=messages,
        grammar=rationale_grammar(included, names) if grammar else "",
        names=names,
        included=included,
        dropped=tuple(item.id for item in everything if item.id not in included),
        max_tokens=max_tokens,
        seed=seed,
        prompt_tokens=tokens,
        version=version,
    )


def rationale_grammar(
    ids: Sequence[str], names: Sequence[str] = (), *, written: int = 0, most: int = MOST_SENTENCES
) -> str:
    """Builds the GBNF of a rationale: 2 to 4 sentences, each ending in 1 to 3 of `ids` and a full stop.

    A sentence may hold anything but brackets, line ends and `. ! ?`, so that no sentence can hide in front of
    another's citations. Of the evidence's `names`, those with such characters (St. John's Wort) are allowed.

    Args:
        ids: of the evidence that may be cited.
        names: of the evidence's entities.
        written: number of sentences that are written already; the grammar is of what follows them.
        most: most sentences with those, more than `written`.
    """
    needed = max(_FEWEST_SENTENCES - written, 1)
    optional = ""
    for _ in range(most - written - needed):
        optional = f'(" " sentence {optional})?'
    root = " ".join(['" " sentence'] * needed)
    root = root if written else root.removeprefix('" " ')
    cites = "cite" + " cite?" * (_CITATIONS - 1)
    dotted_names = sorted(
        {name for name in (one_line(shown_name(name)) for name in names) if re.search(r"[.!?]", name)}
    )
    return "\n".join(
        (
            f"root ::= {root} {optional}",
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


def cited_sentences(text: str) -> list[str]:
    """Splits a text in the form of `rationale_grammar` into its sentences, each with its citations."""
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence]


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
