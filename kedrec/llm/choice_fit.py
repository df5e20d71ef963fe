"""The file of a regression that adds a model's judgement to the ranking's log-odds, beside the model.

It holds for one model: the hash of its weights and the version of the prompt are in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from kedrec.common.checked_files import disk_errors, replacement_file
from kedrec.errors import ModelError
from kedrec.llm.model_registry import ADAPTER, default_adapter
from kedrec.llm.selection_prompting import JUDGEMENT_VERSION
from kedrec.types.base import Frozen
from kedrec.types.texts import Background

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = [
    "ChoiceFit",
    "Regime",
    "StackedWeights",
    "choice_path",
    "read_choice",
    "stored_choice",
    "write_choice",
]

_FILE = "choice.json"
_FEWEST_GROUPS = 20

Regime = Literal["treated", "unseen"]
"""Whether the disease has other known treatments, as of the ranking."""

Estimate = tuple[float, float, float]
"""A value and the ends of its 95 % interval."""


class StackedWeights(Frozen):
    """The weights of one regime and background, and what they are worth on the validation questions.

    Attributes:
        regime, background: what they are of: texts were shown as well, or paths alone (`none`).
        config: the data set's config.
        ranking, model: weight of the ranking's log-odds, and of the model's.
        questions, groups: number of questions, and of the groups that are fitted and drawn together.
        f1_ranking, f1_model, f1_both: of the choices by either alone and by both, cross-fitted.
        gain: F1 of both, minus that of the ranking, with its interval over groups.
    """

    regime: Regime
    background: Background
    config: str
    ranking: float
    model: float
    questions: int
    groups: int
    f1_ranking: float
    f1_model: float
    f1_both: float
    gain: Estimate

    @property
    def helps(self) -> bool:
        """True if both choose surely better than the ranking alone on the validation questions.

        Of few groups of questions no interval is to be trusted.
        """
        return self.groups >= _FEWEST_GROUPS and self.gain[1] > 0

    @property
    def figures(self) -> str:
        """The measured figures, as the end of a sentence."""
        return (
            f"on {self.questions} validation questions, F1 {self.f1_both:.2f} with it and "
            f"{self.f1_ranking:.2f} without (difference {self.gain[0]:+.2f}, {self.gain[1]:+.2f} to "
            f"{self.gain[2]:+.2f})"
        )


class ChoiceFit(Frozen):
    """A regression for one model.

    Attributes:
        prompt: version of the prompt that the judgements were asked with.
        model, model_sha256: name and hash of the model.
        dataset: hash of the data set's validation files.
        graph: fingerprint of the graph that the ranking is of.
        seed: of the ranking's samples and the intervals.
        weights: one of each regime and background.
    """

    prompt: str
    model: str
    model_sha256: str
    dataset: str
    graph: str
    seed: int
    weights: tuple[StackedWeights, ...]

    def of(self, regime: Regime, background: Background) -> StackedWeights | None:
        """The weights of a regime and background; None where none were fitted."""
        return next(
            (one for one in self.weights if (one.regime, one.background) == (regime, background)), None
        )


def choice_path(name: str, model_sha256: str, settings: Settings) -> Path:
    """The file where a model's regression is written: an adapter's folder, else KEDRec's own of models."""
    folder = Path(name).expanduser()
    if (folder / "adapter_config.json").is_file():
        return folder / _FILE
    return settings.models_dir / "choices" / f"{model_sha256[:16]}.json"


def read_choice(path: Path, model_sha256: str) -> ChoiceFit:
    """Reads a file.

    Raises:
        ModelError: it can't be read, or is of another model or prompt.
    """
    again = "Fit it anew: kedrec train choice --model NAME --dataset DIR."
    try:
        fit = ChoiceFit.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}.", again) from error
    except ValidationError as error:
        raise ModelError(f"{path} is no regression of judgements.", again) from error
    if fit.model_sha256 != model_sha256:
        raise ModelError(
            f"{path} was fitted for another model ({fit.model}, {fit.model_sha256[:12]}; this one is "
            f"{model_sha256[:12]}).",
            again,
        )
    if fit.prompt != JUDGEMENT_VERSION:
        raise ModelError(f"{path} was fitted with the prompt {fit.prompt}, not {JUDGEMENT_VERSION}.", again)
    return fit


def stored_choice(name: str, model_sha256: str, settings: Settings) -> ChoiceFit | None:
    """The regression that is stored for a model, one's own before the one that ships; None without one.

    Raises:
        ModelError: as `read_choice`.
    """
    paths = [choice_path(name, model_sha256, settings)]
    shipped = default_adapter()
    if name == "default" and shipped is not None and shipped.name == ADAPTER:
        paths.append(shipped / _FILE)
    path = next((path for path in paths if path.is_file()), None)
    return None if path is None else read_choice(path, model_sha256)


def write_choice(path: Path, fit: ChoiceFit) -> None:
    """Writes a file, replacing an older one when it is complete.

    Raises:
        ModelError: the disk refuses.
    """
    with disk_errors(f"Writing {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacement_file(path) as part:
            part.write_text(fit.model_dump_json(indent=1) + "\n", encoding="utf-8")
