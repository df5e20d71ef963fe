"""Writes a training's figures: as JSON, and its curves as a picture."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from kedrec.common.checked_files import replacement_file

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.training.recipe import TrainingReport

__all__ = ["save_curves", "save_report"]

_WINDOW = 10  # steps of the running mean: single batches differ too much to see a course
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"  # of Okabe and Ito


def save_report(report: TrainingReport, out: Path) -> None:
    """Writes a training's figures as `training.json` into `out`, and its curves as `curves.png`."""
    with replacement_file(out / "training.json") as part:
        part.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    save_curves(report, out / "curves.png")


def save_curves(report: TrainingReport, path: Path) -> None:
    """Draws the losses of training and of held-out examples, and the share of held-out choices that hold."""
    from matplotlib.figure import Figure

    measured = [one for one in report.checkpoints if one.questions]
    figure = Figure(figsize=(9.0 if measured else 5.0, 3.6), layout="constrained")
    panels = figure.subplots(1, 2 if measured else 1, squeeze=False)[0]
    steps, losses = list(report.losses), list(report.losses.values())
    means = [
        sum(losses[max(0, end - _WINDOW) : end]) / (end - max(0, end - _WINDOW))
        for end in range(1, len(losses) + 1)
    ]
    panels[0].plot(steps, losses, color=_BLUE, alpha=0.25, linewidth=1)
    panels[0].plot(steps, means, color=_BLUE, label=f"training, mean of {_WINDOW} steps")
    held_out = [(one.step, one.held_out_loss) for one in report.checkpoints]
    panels[0].plot(*zip(*held_out, strict=True), "o-", color=_ORANGE, label="held out, answers alone")
    panels[0].set(xlabel="step", ylabel="loss (nats a token; choices added)", ylim=(0, None))
    panels[0].legend(frameon=False)
    if measured:
        shares = [one.chosen / one.questions for one in measured]
        panels[1].plot([one.step for one in measured], shares, "o-", color=_GREEN)
        panels[1].set(
            xlabel="step", ylabel=f"right choices of {measured[-1].questions} held-out questions", ylim=(0, 1)
        )
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    with replacement_file(path) as part:
        figure.savefig(part, format="png", dpi=120)
