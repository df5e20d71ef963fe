"""Base class of the public types: frozen, without undeclared fields."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Frozen", "Probability", "Stance"]

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Stance = Literal["supports", "adverse"]


class Frozen(BaseModel):
    """An immutable object that accepts declared fields only."""

    model_config = ConfigDict(frozen=True, extra="forbid")
