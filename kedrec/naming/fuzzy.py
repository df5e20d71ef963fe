"""Finds names that resemble a text: typos, names that contain the text, names that the text contains."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from kedrec.naming.normalize import compact_form, normal_forms
from kedrec.naming.sqlite_index import SALTED_KINDS, hash_form
from kedrec.types import Entity, NameMatch

__all__ = ["FuzzyNames", "contained_names"]

_MIN_RATIO = 72.0  # ratio in per cent below which a name is another name
_TYPO_FACTOR = 0.85  # a typo of a whole name scores at most 85, below every writing that is the name itself
_PART_SCORES = (65.0, 20.0)  # a part of a name scores from 65, and up to 85 as it nears the full name
_WITHIN_SCORES = (60.0, 25.0)  # a name within the text scores from 60, and up to 85 as it nears the full text
_MAX_WORDS = 12  # words of a text that are searched for names
_MIN_LETTERS = 4  # letters of such a name, and of a misspelt or cut one; shorter ones are everywhere
# What people leave out of a disease's name: these words don't make it another name.
_UNSAID = frozenset({"disease", "disorder", "syndrome"})
_MAX_NAMES = 400  # names considered for each; an entity may have many


class FuzzyNames:
    """Fuzzy search over the names of an index, which are loaded a kind at a time when first needed."""

    def __init__(self, tables: sqlite3.Connection) -> None:
        self._tables = tables
        self._loaded: dict[str, tuple[list[int], list[str], list[int]]] = {}

    def nearest(self, words: str, kinds: Sequence[str], limit: int) -> list[NameMatch]:
        """The entities whose names are most like `words` (as `normalize.Forms.words`), best first.

        Likeness is the share of letters in common and in order (rapidfuzz's ratio), of the words as they
        stand and of the words sorted.
        """
        if not words:
            return []
        is_short = len(words) < _MIN_LETTERS  # of a symbol or an abbreviation every letter counts
        scored: dict[int, tuple[float, int, str]] = {}
        for kind in kinds:
            rows, names, standings = self._names(kind)
            for index, score, why in (*(() if is_short else _typos(words, names)), *_parts(words, names)):
                row = rows[index]
                if score > scored.get(row, (0.0,))[0]:
                    scored[row] = score, standings[index], why
        return self._matches(scored, limit)

    def _names(self, kind: str) -> tuple[list[int], list[str], list[int]]:
        """Rows, words and standings of a kind's names."""
        if kind not in self._loaded:
            rows = self._tables.execute(
                "SELECT row, words, standing FROM names, kinds "
                "WHERE kinds.kind = ? AND row BETWEEN first AND last ORDER BY row",
                (kind,),
            ).fetchall()
            columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []]
            self._loaded[kind] = columns[0], columns[1], columns[2]
        return self._loaded[kind]

    def _matches(self, scored: dict[int, tuple[float, int, str]], limit: int) -> list[NameMatch]:
        """The matches of rows with their scores, standings and types, the best score and standing first."""
        best = sorted(scored, key=lambda row: (-scored[row][0], scored[row][1], row))[:_MAX_NAMES]
        matches: dict[tuple[str, str], NameMatch] = {}
        for row in best:
            if len(matches) == limit:
                break
            text, id_, kind, name = self._tables.execute(
                "SELECT n.text, e.id, e.kind, e.name FROM names AS n JOIN entities AS e USING (entity) "
                "WHERE row = ?",
                (row,),
            ).fetchone()
            score, _, why = scored[row]
            match = NameMatch(
                entity=Entity(id=id_, kind=kind, name=name), matched=text, why=why, score=round(score, 1)
            )
            matches.setdefault((kind, id_), match)
        return list(matches.values())


def _typos(words: str, names: list[str]) -> list[tuple[int, float, str]]:
    from rapidfuzz import fuzz, process

    scorers = [fuzz.ratio, fuzz.token_sort_ratio] if " " in words else [fuzz.ratio]
    return [
        (index, score * _TYPO_FACTOR, "typo")
        for scorer in scorers
        for _, score, index in process.extract(
            words, names, scorer=scorer, score_cutoff=_MIN_RATIO, limit=_MAX_NAMES
        )
    ]


def _parts(words: str, names: list[str]) -> list[tuple[int, float, str]]:
    """Names that contain every word, the last one perhaps cut short."""
    lowest, rise = _PART_SCORES
    *complete, last = [f" {word}" for word in words.split()]
    padded_words = [f"{word} " for word in complete]
    if len(words) < _MIN_LETTERS:
        last = f"{last} "
    if len(last.rstrip()) < 3:
        return []
    return [
        (index, lowest + rise * len(words) / _said_length(name, words), "part")
        for index, name in enumerate(names)
        if last in (padded := f" {name} ")
        and len(name) > len(words)
        and all(word in padded for word in padded_words)
    ]


def _said_length(name: str, words: str) -> int:
    """Length of a name without the words that people leave out, where the text leaves them out."""
    unsaid = [word for word in name.split() if word in _UNSAID and word not in words]
    return max(len(name) - sum(len(word) + 1 for word in unsaid), len(words) + 1)


def contained_names(
    tables: sqlite3.Connection, words: str, kinds: Sequence[str], limit: int
) -> list[NameMatch]:
    """The entities named by some consecutive words of a text, the longest first; a drug by its anion too."""
    tokens = words.split()[:_MAX_WORDS]
    runs: dict[int, str] = {}
    for begin in range(len(tokens)):
        for end in range(begin + 1, len(tokens) + 1):
            run = " ".join(tokens[begin:end])
            key = hash_form(compact_form(run))
            if key is not None and len(run) >= _MIN_LETTERS and end - begin < len(tokens):
                runs[key] = run
    if not runs:
        return []
    marks = ", ".join("?" * len(runs))
    rows = tables.execute(
        "SELECT n.text, n.compact, e.id, e.kind, e.name FROM names AS n JOIN entities AS e USING (entity) "  # noqa: S608  # question marks alone
        f"WHERE n.compact IN ({marks}) OR n.base IN ({marks}) ORDER BY n.row",
        [*runs, *runs],
    ).fetchall()
    lowest, rise = _WITHIN_SCORES
    best: dict[tuple[str, str], NameMatch] = {}
    for text, key, id_, kind, name in rows:
        run = runs.get(key) or (normal_forms(text).base if kind in SALTED_KINDS else "")
        if kind in kinds and run:
            score = round(lowest + rise * min(len(run) / len(words), 1.0), 1)
            match = NameMatch(
                entity=Entity(id=id_, kind=kind, name=name), matched=text, why="within", score=score
            )
            if (kind, id_) not in best or best[kind, id_].score < score:
                best[kind, id_] = match
    return sorted(best.values(), key=lambda match: (-match.score, match.entity.id))[:limit]
