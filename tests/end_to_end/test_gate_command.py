"""`kedrec evaluate gate`: both tables, the same for the same seed."""

from __future__ import annotations

import json


def test_the_gate_is_measured_and_the_figures_add_up(shell):
    done = shell("kedrec", "evaluate", "gate", "--pairs", "3", "--seed", "5")
    assert done.code == 0, done.err
    assert done.out.startswith("seed 5; 3 pairs\n")
    assert "| False sentences |" in done.out
    assert "| True sentences |" in done.out
    told = json.loads(shell("kedrec", "evaluate", "gate", "--pairs", "3", "--seed", "5", "--json").out)
    for rate in told["rates"]:
        assert 0 <= rate["wrong"] <= rate["sentences"]
    many = sum(rate["sentences"] for rate in told["rates"] if not rate["true"] and not rate["held_out"])
    assert f"| **all** | {many:,} |" in done.out


def test_a_number_that_makes_no_sense_is_refused(shell):
    done = shell("kedrec", "evaluate", "gate", "--pairs", "0")
    assert done.code == 2
    assert "Give a number of 1 or more." in done.err
