"""Decides whether a model is local: whether what it reads stays on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.llm.base import ModelInfo

__all__ = ["is_local"]

_WITHOUT_FILES = frozenset({"openai", "langchain"})


def is_local(model: str | ModelInfo) -> bool:
    """True where what a model reads stays on this machine.

    Args:
        model: an open model's description; or a name as of `open_model`. A name shows only that a model runs
            from files on this machine (fetched or not): an endpoint or a LangChain model counts as not local
            until it is open, even where it runs here.
    """
    if isinstance(model, str):
        return model.partition(":")[0] not in _WITHOUT_FILES
    return model.local
