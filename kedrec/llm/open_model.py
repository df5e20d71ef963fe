"""Opens a language model by its name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from kedrec.common.extras import install_advice
from kedrec.errors import ModelError, NotFoundError
from kedrec.llm.quoting import quotable

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel
    from kedrec.settings import Settings

__all__ = ["open_model"]


def open_model(
    name: str, settings: Settings, *, slots: int = 1, progress: Progress | None = None
) -> ChatModel:
    """Opens a model; the caller closes it.

    Args:
        name: `default` (SmolLM2-135M-Instruct with KEDRec's adapter), `base` (the same without), a
            .gguf file, a folder in Hugging Face's layout or of a peft adapter for the default model,
            `hf:OWNER/NAME` (fetched before), `openai:MODEL` (at `settings.llm_url`), or
            `langchain:MODULE:FACTORY` (a function that returns a `BaseChatModel`).
        slots: requests that llama.cpp answers at once; see `LlamaCppModel` for the cost.
        progress: progress of merging an adapter, which takes some seconds once.

    Raises:
        NotFoundError: no model of that name.
        ModelError: it isn't fetched, is damaged, or can't be run here.
        SettingsError: the endpoint's address or key is missing or invalid.
    """
    kind, _, target = name.partition(":")
    if kind == "openai" and target:
        from kedrec.llm.openai import OpenAIModel

        return OpenAIModel(target, url=settings.llm_url, key=settings.llm_key.get_secret_value())
    if kind == "langchain":
        from kedrec.llm.chat_model import LangChainModel

        return LangChainModel(_call_factory(name, target), name=name)
    from kedrec.llm.model_registry import resolve_model

    files = resolve_model(name, settings, progress)
    if files.backend == "transformers":
        from kedrec.llm.transformers import TransformersModel

        return TransformersModel(files.path, name=name, sha256=files.sha256)
    from kedrec.llm.llamacpp import LlamaCppModel

    return LlamaCppModel(
        files.path,
        name=name,
        sha256=files.sha256,
        file_sha256=files.sha256 if files.verified else "",
        adapter=files.adapter,
        threads=settings.threads,
        slots=slots,
    )


def _call_factory(name: str, target: str) -> Any:
    """Returns the chat model of a LangChain factory, `target` being MODULE:FACTORY."""
    module, _, factory = target.partition(":")
    if not module or not factory:
        raise NotFoundError(f"'{name}' names no LangChain model.", "Write it as langchain:MODULE:FACTORY.")
    try:
        from langchain_core.language_models import BaseChatModel
    except ImportError as error:
        raise ModelError("LangChain isn't installed.", install_advice("langchain")) from error
    try:
        model = getattr(importlib.import_module(module), factory)()
    except Exception as error:  # the user's own code may raise anything
        raise ModelError(
            f"{name} couldn't be made: {type(error).__name__}: {quotable(str(error))}", "Check the factory."
        ) from error
    if not isinstance(model, BaseChatModel):
        raise ModelError(f"{name} made a {type(model).__name__}, no chat model.", "Return a BaseChatModel.")
    return model
