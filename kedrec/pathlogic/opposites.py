"""Recognizes two conditions of opposite direction by their names, such as hypertension and hypotension.

They resemble each other and share sites, symptoms and parents, and what treats one may bring on the other.
"""

from __future__ import annotations

import re

__all__ = ["are_opposites"]

_PREFIXES = (("hyper", 1), ("hypo", -1), ("tachy", 1), ("brady", -1))
_SHORTEST_STEM = 4  # letters after such a prefix
_WORDS: dict[str, tuple[int, str]] = {
    word: (direction, what)
    for what, too_much, too_little in (
        ("clotting", "thrombophilia thrombosis thromboembolism",
         "hemophilia hemorrhage bleeding hemorrhagic"),
        ("stool", "diarrhea", "constipation"),
        ("urine", "polyuria", "oliguria anuria"),
        ("weight", "obesity overweight", "cachexia anorexia underweight"),
        ("sleep", "narcolepsy hypersomnia hypersomnolence", "insomnia"),
        ("red cells", "polycythemia erythrocytosis", "anemia"),
        ("platelets", "thrombocythemia thrombocytosis", "thrombocytopenia"),
        ("white cells", "leukocytosis", "leukopenia neutropenia agranulocytosis"),
        ("bone", "osteopetrosis osteosclerosis", "osteoporosis osteopenia"),
        ("growth", "acromegaly gigantism", "dwarfism"),
        ("mood", "mania", "depression"),
        ("base", "alkalosis", "acidosis"),
        ("pupil", "mydriasis", "miosis"),
        ("temperature", "fever", "hypothermia"),
        ("thyroidism", "graves basedow thyrotoxicosis", "myxedema"),
        ("cortisolism", "cushing", "addison"),
    )
    for direction, words in ((1, too_much), (-1, too_little))
    for word in words.split()
}  # fmt: skip
"""Direction (+1 too much, -1 too little) and subject of words that no prefix tells; a subject may be what
follows a prefix."""


def are_opposites(first: str, second: str) -> bool:
    """True for the names of two conditions, one of too much and one of too little of the same thing."""
    directions = [_directions(name) for name in (first, second)]
    return any(
        subject in directions[1] and directions[1][subject] == -direction
        for subject, direction in directions[0].items()
    )


def _directions(name: str) -> dict[str, int]:
    """The direction, by what there is too much or too little of, in American spelling."""
    directions: dict[str, int] = {}
    spelled = name.casefold().replace("ae", "e").replace("oe", "e")
    for word in re.findall(r"[a-z]+", spelled):
        if word in _WORDS:
            direction, subject = _WORDS[word]
            directions[subject] = direction
        for prefix, direction in _PREFIXES:
            if word.startswith(prefix) and len(word) >= len(prefix) + _SHORTEST_STEM:
                directions[word.removeprefix(prefix)] = direction
    return directions
