"""Runs Hugging Face causal models by transformers, with an optional peft adapter (extra `train`).

The only module outside `training/` that needs torch, which it imports when a model is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from kedrec.common.extras import install_advice
from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.quoting import before_stop, quotable, visible_text
from kedrec.llm.reasoning import MixedReasoningError, ReasoningFilter, split_reasoning
from kedrec.llm.requirements import require_names

__all__ = ["TransformersModel"]


class TransformersModel:
    """A `ChatModel` from a folder in Hugging Face's layout.

    Args:
        model: folder of the model (config, tokenizer, weights), or its name on the hub.
        adapter: folder of a peft adapter, or None.
        gguf_file: name of a GGUF file inside `model` to take weights and tokenizer from, or "".
        name, sha256: values of `info`.
        context: most tokens of prompt and answer together; less where the model's own limit is lower.

    Raises:
        ModelError: torch or transformers is missing, or can't load the model.
    """

    def __init__(
        self,
        model: Path | str,
        *,
        adapter: Path | None = None,
        gguf_file: str = "",
        name: str = "",
        sha256: str = "",
        context: int = 4096,
    ) -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise ModelError(
                f"The model {model} needs torch and transformers, which aren't installed.",
                install_advice("train"),
            ) from error
        _check_libraries(adapter)
        source: dict[str, Any] = {"gguf_file": gguf_file} if gguf_file else {}
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(model), **source)
            self._model: Any = AutoModelForCausalLM.from_pretrained(str(model), dtype="auto", **source)
            if adapter is not None:
                from peft import PeftModel

                self._model = PeftModel.from_pretrained(self._model, str(adapter))
        except Exception as error:  # transformers, tokenizers, safetensors and peft have no common error
            raise ModelError(
                f"transformers can't load {model}: {quotable(str(error) or type(error).__name__)}",
                "Check the folder.",
            ) from error
        if self._tokenizer.chat_template is None:
            raise ModelError(
                f"The model {model} has no chat template.",
                "Use a model that is tuned to follow instructions.",
            )
        self._model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        longest = getattr(self._model.config, "max_position_embeddings", context)
        self._info = ModelInfo(
            name=name or str(model),
            sha256=sha256,
            context=min(context, longest),
            adapter=adapter.name if adapter else "",
            local=True,
        )

    @property
    def info(self) -> ModelInfo:
        """Description of the model. It doesn't obey grammars."""
        return self._info

    def chat(self, request: ChatRequest) -> ChatResponse:
        """Returns the whole answer."""
        inputs = self._inputs(request)
        prompt_tokens = inputs["input_ids"].shape[1]
        output = self._generate(request, inputs)[0, prompt_tokens:]
        split = split_reasoning(visible_text(self._tokenizer.decode(output, skip_special_tokens=True)))
        if split.reasoning and not split.answer.strip():
            raise ModelError(
                f"{self._info.name} was cut in its reasoning, before its answer began.",
                "Use a model that reasons less.",
            )
        return ChatResponse(
            text=before_stop(split.answer, request.stop),
            finish="length" if len(output) >= request.max_tokens else "stop",
            prompt_tokens=prompt_tokens,
            completion_tokens=len(output),
        )

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces."""
        from transformers import TextIteratorStreamer

        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        failures: Queue[ModelError] = Queue()

        def write() -> None:
            try:
                self._generate(request, self._inputs(request), streamer=streamer)
            except ModelError as error:
                failures.put(error)
                streamer.end()

        Thread(target=write, daemon=True).start()
        reader = ReasoningFilter(hold=False)
        try:
            for piece in streamer:
                if text := reader.feed(visible_text(piece)):
                    yield text
            if text := reader.end():
                yield text
        except MixedReasoningError as error:
            raise ModelError(
                f"{self._info.name} wrote reasoning in front of its answer, without a mark where it begins.",
                "Ask without streaming.",
            ) from error
        if not failures.empty():
            raise failures.get()

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Returns the answers in order, computed one by one: padding would change them."""
        return [self.chat(request) for request in requests]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Counts the messages' tokens in the model's chat template, exactly."""
        return int(self._encode(messages)["input_ids"].shape[1])

    def answer_scores(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        """Log-probabilities of the answers' first tokens, of which one is taken to come."""
        import torch

        tokens = [self._tokenizer(answer, add_special_tokens=False)["input_ids"][0] for answer in answers]
        if len(set(tokens)) < len(tokens):
            raise ModelError(
                f"{self._info.name} begins {' and '.join(answers)} with the same token.", "Use another model."
            )
        inputs = self._inputs(ChatRequest(tuple(messages), max_tokens=1))
        try:
            with torch.inference_mode():
                logits = self._model(**inputs).logits[0, -1].float()
        except Exception as error:  # torch and transformers have no common error
            raise self._error(error) from error
        return [float(score) for score in torch.log_softmax(logits[tokens], 0)]

    def close(self) -> None:
        """Frees the weights."""
        self._model = None

    def _encode(self, messages: Sequence[Message]) -> Any:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        return self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )

    def _inputs(self, request: ChatRequest) -> Any:
        inputs = self._encode(request.messages)
        prompt_tokens = inputs["input_ids"].shape[1]
        if prompt_tokens + request.max_tokens > self._info.context:
            raise ModelError(
                f"{prompt_tokens} tokens to read and {request.max_tokens} to write are more than the "
                f"{self._info.context} that {self._info.name} can hold.",
                "Ask with less evidence.",
            )
        return inputs.to(self._model.device)

    def _generate(self, request: ChatRequest, inputs: Any, **options: Any) -> Any:
        import torch
        from transformers import set_seed

        set_seed(request.seed)
        sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if request.temperature > 0:
            sampling = {"do_sample": True, "temperature": request.temperature}
        if request.stop:
            sampling |= {"stop_strings": list(request.stop), "tokenizer": self._tokenizer}
        try:
            with torch.inference_mode():
                return self._model.generate(
                    **inputs,
                    max_new_tokens=request.max_tokens,
                    pad_token_id=self._tokenizer.eos_token_id,
                    **sampling,
                    **options,
                )
        except Exception as error:  # torch and transformers have no common error
            raise self._error(error) from error

    def _error(self, error: Exception) -> ModelError:
        return ModelError(
            f"{self._info.name} failed: {quotable(str(error) or type(error).__name__)}",
            "Use a smaller model.",
        )


def _check_libraries(adapter: Path | None) -> None:
    """Checks that the installed libraries have the names that are used here."""
    import transformers

    require_names(
        "transformers",
        transformers,
        (
            "AutoModelForCausalLM.from_pretrained",
            "AutoTokenizer.from_pretrained",
            "PreTrainedTokenizerBase.apply_chat_template",
            "TextIteratorStreamer.end",
            "set_seed",
        ),
    )
    if adapter is not None:
        import peft

        require_names("peft", peft, ("PeftModel.from_pretrained",))
