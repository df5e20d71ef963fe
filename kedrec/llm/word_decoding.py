"""Writes a text of a finite grammar, asking a model only where the grammar leaves a choice.

Words that are forced are never asked for; the model reads them with the next question. A choice is made token
by token among the words' own tokens, as by decoding under the grammar, so that the text is what the model
finds likeliest, or a sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from kedrec.llm.finite_grammar import END

if TYPE_CHECKING:
    from kedrec.llm.finite_grammar import FiniteGrammar, Position

__all__ = ["Scorer", "Tokenizer", "written_words"]

Scorer: TypeAlias = "Callable[[Sequence[str], Sequence[int], Sequence[int]], Sequence[float]]"
"""Gives log-probabilities of the tokens in the last argument, after a text's words and some tokens of its
next word."""


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A model's tokens.

    Attributes:
        of_words: the tokens of each of some words.
        end: the token that ends a text.
    """

    of_words: Callable[[Sequence[str]], Mapping[str, Sequence[int]]]
    end: int


def written_words(
    grammar: FiniteGrammar, tokenizer: Tokenizer, scores: Scorer, *, temperature: float = 0.0, seed: int = 0
) -> Iterator[str]:
    """Yields the words of a text.

    Args:
        grammar: the grammar.
        tokenizer: the model's tokens.
        scores: the model's log-probabilities.
        temperature: 0 takes the likeliest token; else tokens are drawn.
        seed: of the draws.
    """
    draws = Random(seed)  # noqa: S311  # draws words, no secret

    def choose(words: Sequence[str], before: Sequence[int], tokens: Sequence[int]) -> int:
        values = scores(words, before, tokens)
        if not temperature:
            return tokens[max(range(len(tokens)), key=values.__getitem__)]
        top = max(values)
        return draws.choices(tokens, [math.exp((value - top) / temperature) for value in values])[0]

    words: list[str] = []
    position = grammar.start
    while True:
        options = position.words()
        word = next(iter(options))
        if len(options) > 1:
            word = _chosen(options, tokenizer, partial(choose, words))
        if word == END:
            return
        yield word
        words.append(word)
        position = options[word]


def _chosen(
    options: Mapping[str, Position],
    tokenizer: Tokenizer,
    choose: Callable[[Sequence[int], Sequence[int]], int],
) -> str:
    """The word that is chosen of several, by the tokens in which they differ."""
    tokens_of = {
        **tokenizer.of_words([word for word in options if word != END]),
        END: (tokenizer.end,),
    }
    words = list(options)
    before: list[int] = []
    while len(words) > 1:
        by_token: dict[int, list[str]] = {}
        ended = []
        for word in words:
            if len(tokens_of[word]) > len(before):
                by_token.setdefault(tokens_of[word][len(before)], []).append(word)
            else:
                ended.append(word)
        for word in ended:  # it goes on with the next word, where another one is still the same
            for token in _first_tokens(options[word], tokenizer):
                by_token.setdefault(token, [word])
        token = choose(before, [*by_token]) if len(by_token) > 1 else next(iter(by_token))
        words = by_token[token]
        before.append(token)
    return words[0]


def _first_tokens(position: Position, tokenizer: Tokenizer) -> list[int]:
    """The tokens that the words after a position may begin with."""
    words = position.words()
    tokens_of = tokenizer.of_words([word for word in words if word != END])
    return [tokenizer.end if word == END else tokens_of[word][0] for word in words]
