"""Renders the model card of an adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kedrec.llm.default import BASE_FILE, BASE_SHA256
from kedrec.llm.prompting import PROMPT_VERSION

if TYPE_CHECKING:
    from kedrec.training.recipe import TrainingRecipe, TrainingReport

__all__ = ["render_model_card"]

_CARD = """\
---
license: apache-2.0
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
library_name: peft
language: en
tags: [lora, biomedical, drug-repurposing, grounded-generation]
---

# {name}

Given one drug, one disease and numbered evidence from a drug-disease-gene graph, it writes a hedged
verdict and one to three reasons, each with the ids of the evidence it rests on. It chooses no drugs:
KEDRec's ranking does. What it writes passes KEDRec's grounding gate before anybody reads it, and a
sentence that its citations don't say is struck.

- Base: SmolLM2-135M-Instruct (Apache-2.0), `{base}`, SHA-256 `{sha256}`, dequantized.
- Prompt: `{prompt}`.
- Licence: Apache-2.0.

## Data

{examples} examples over {diseases} diseases: {origins}. The evidence is what KEDRec retrieves from
a graph of {sources} (fingerprint {fingerprints}), stated under {licences}, most of it of little
meaning; numbers, order and ids vary. The targets follow curated mechanisms where there are some, in varied
wordings, and each of their sentences passes the grounding gate.

Diseases are split by a hash of their CURIE and the seed ({seed}): {held_out} are held out, and no training
example holds the name of one.

## Recipe

LoRA, rank {rank}, alpha {alpha}, on all linear layers; {steps} steps of {batch} examples of at most
{max_tokens} tokens; AdamW, {learning_rate:g} after {warm_up} steps of warm-up, cosine to 0; bf16 autocast;
loss on the answer alone. {minutes:.0f} minutes.

| step | held-out loss (nats a token) |
| ---: | ---: |
{losses}

## Limits

- It knows no pharmacology that its prompt doesn't hold, and is no medical advice.
- It weighs paths by their kind, not by truth: a graph's mistakes become its reasons.
- English only. Trained on prompts of up to {max_tokens} tokens.
"""


def render_model_card(
    recipe: TrainingRecipe,
    report: TrainingReport,
    *,
    origins: Mapping[str, int],
    diseases: int,
    held_out: int,
    fingerprints: Sequence[str],
    sources: Sequence[str],
    licences: Sequence[str],
    name: str = "smollm2-135m-rationale",
) -> str:
    """Renders the model card as Markdown.

    Args:
        recipe, report: settings and figures of the training.
        origins: examples by kind of pair.
        diseases: number of diseases trained on.
        held_out: number of diseases held out.
        fingerprints, sources: of the graphs the examples come from.
        licences: of the evidence in the examples.
        name: of the adapter.
    """
    losses = [f"| {checkpoint.step} | {checkpoint.held_out_loss:.3f} |" for checkpoint in report.checkpoints]
    return _CARD.format(
        name=name,
        base=BASE_FILE,
        sha256=BASE_SHA256,
        prompt=PROMPT_VERSION,
        examples=sum(origins.values()),
        diseases=diseases,
        origins=", ".join(f"{count} {origin}" for origin, count in sorted(origins.items())),
        sources=", ".join(sources),
        fingerprints=", ".join(fingerprints),
        licences=", ".join(licences),
        seed=recipe.seed,
        held_out=held_out,
        rank=recipe.rank,
        alpha=recipe.alpha,
        steps=report.steps,
        batch=recipe.batch,
        max_tokens=recipe.max_tokens,
        learning_rate=recipe.learning_rate,
        warm_up=recipe.warm_up,
        minutes=report.seconds / 60,
        losses="\n".join(losses),
    )
