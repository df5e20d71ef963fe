"""Grammars of finitely many texts, and the texts that a model writes by them word by word."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from kedrec.llm.finite_grammar import END, FiniteGrammar, Position
from kedrec.llm.word_decoding import Tokenizer, written_words

GRAMMAR = r"""
root ::= verdict (" " fact)?
verdict ::= drug (" may help" | " may be of use") " in " disease " [P1]."
drug ::= "Metformin" | "The drug"
disease ::= "type \"2\" diabetes"
fact ::= ("It" | drug) " inhibits A [P2]."
"""


def texts(position: Position, before: str = "") -> list[str]:
    """All texts of a position."""
    found = []
    for word, after in position.words().items():
        found += [before] if word == END else texts(after, before + word)
    return found


def parsed(text: str) -> FiniteGrammar:
    grammar = FiniteGrammar.parse(text)
    assert grammar is not None
    return grammar


def test_all_texts_of_a_grammar_are_walked_each_once() -> None:
    found = texts(parsed(GRAMMAR).start)
    verdicts = [
        f'{drug} {hedge} in type "2" diabetes [P1].'
        for drug in ("Metformin", "The drug")
        for hedge in ("may help", "may be of use")
    ]
    facts = ["", *(f" {drug} inhibits A [P2]." for drug in ("It", "Metformin", "The drug"))]
    assert sorted(found) == sorted(verdict + fact for verdict in verdicts for fact in facts)


def test_a_word_reaches_over_the_parts_of_a_grammar() -> None:
    position = parsed('root ::= "in" ("hibits" | "duces ") rest\nrest ::= " A" | "-B"').start
    assert set(position.words()) == {"inhibits", "inhibits-B", "induces"}
    assert texts(position) == ["inhibits A", "inhibits-B", "induces  A", "induces -B"]


@pytest.mark.parametrize(
    "grammar",
    [
        'root ::= [a-z] "b"',
        'root ::= "a"+',
        'root ::= "a"{0,2}',
        'root ::= "a" root | "b"',
        'root ::= a\na ::= "x" (b)?\nb ::= a',
        'root ::= "a" missing',
        'first ::= "a"',
        'root ::= ("a"',
        'root ::= ? "a"',
        "root",
        "",
    ],
)
def test_another_grammar_is_left_to_the_server(grammar: str) -> None:
    assert FiniteGrammar.parse(grammar) is None


class Model:
    """Tokens of two letters; every token is as likely as its number in `likes` says, else unlikely.

    Attributes:
        asked: the text before each question, and the tokens among which it was to choose.
    """

    def __init__(self, likes: Mapping[str, float]) -> None:
        self._tokens: list[str] = ["</s>"]
        self._likes = likes
        self.asked: list[tuple[str, list[str]]] = []

    @property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer(lambda words: {word: self._of(word) for word in words}, 0)

    def scores(self, words: Sequence[str], before: Sequence[int], tokens: Sequence[int]) -> list[float]:
        names = [self._tokens[token] for token in tokens]
        self.asked.append(("".join(words) + "".join(self._tokens[token] for token in before), names))
        return [self._likes.get(name, -9.0) for name in names]

    def write(self, grammar: str, **options: float) -> str:
        return "".join(written_words(parsed(grammar), self.tokenizer, self.scores, **options))  # type: ignore[arg-type]

    def _of(self, word: str) -> list[int]:
        pieces = re.findall(r"..?", word)
        self._tokens += [piece for piece in pieces if piece not in self._tokens]
        return [self._tokens.index(piece) for piece in pieces]


def test_only_choices_are_asked_and_the_likeliest_is_taken() -> None:
    model = Model({"Th": 1.0, " b": 2.0, "</s>": 3.0})
    assert model.write(GRAMMAR) == 'The drug may be of use in type "2" diabetes [P1].'
    assert model.asked == [
        ("", ["Me", "Th"]),
        ("The drug may", [" h", " b"]),
        ('The drug may be of use in type "2" diabetes [P1].', [" I", " M", " T", "</s>"]),
    ]


def test_a_word_that_begins_another_one_is_chosen_by_what_follows() -> None:
    grammar = 'root ::= "ab" (" cd" | "ef") " gh"'
    for likes, text in ((" c", "ab cd gh"), ("ef", "abef gh")):
        model = Model({likes: 1.0})
        assert model.write(grammar) == text
        assert model.asked == [("ab", ["ef", " c"])]


def test_draws_are_as_likely_as_the_model_says_and_the_same_by_seed() -> None:
    grammar, model = 'root ::= "ab" | "cd"', Model({"ab": math.log(0.8), "cd": math.log(0.2)})
    drawn = Counter(model.write(grammar, temperature=1.0, seed=seed) for seed in range(1000))
    assert 750 < drawn["ab"] < 850
    colder = Counter(model.write(grammar, temperature=0.5, seed=seed) for seed in range(1000))
    assert colder["ab"] > drawn["ab"]
    again = [model.write(grammar, temperature=1.0, seed=7) for _ in range(5)]
    assert len(set(again)) == 1
