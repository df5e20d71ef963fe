"""What every one of these objects is: frozen, and without fields that aren't declared."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Frozen", "Probability", "Stance"]

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Stance = Literal["supports", "adverse"]


class Frozen(BaseModel):
    """An object that never changes after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")
