"""Lines of an explanation about the permuted graphs."""

from __future__ import annotations

import io

from rich.console import Console

from kedrec.cli.score_bars import print_chances
from kedrec.types import PathTypeChance


def chance(metapath: str, abbreviation: str, told: tuple[float, float, float, float]) -> PathTypeChance:
    names = ("dwpc", "expected", "p_value", "adjusted")
    return PathTypeChance(metapath=metapath, abbreviation=abbreviation, **dict(zip(names, told, strict=True)))


def printed(chances: list[PathTypeChance]) -> str:
    out = io.StringIO()
    print_chances(Console(file=out, width=100), chances)
    return out.getvalue()


def test_the_least_likely_types_of_path_are_printed_with_what_was_expected() -> None:
    told = printed(
        [
            chance("Drug BINDS Gene < ASSOCIATED_WITH Disease", "CbG<aD", (0.3, 0.1, 0.001, 0.02)),
            chance("Drug RESEMBLES Drug TREATS Disease", "CrCtD", (0.2, 0.0, 1e-6, 1e-5)),
            chance("Drug TREATS Disease RESEMBLES Disease", "CtDrD", (0.0, 0.1, 1.0, 1.0)),
        ]
    )
    assert "3.0 times" in told
    assert "1.0e-03" in told
    assert "never met" in told
    assert "Drug TREATS Disease RESEMBLES" not in told  # it has no such path


def test_nothing_is_printed_without_a_null() -> None:
    assert printed([]) == ""
