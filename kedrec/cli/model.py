"""Command group `kedrec model`: fetches, lists and locates language models."""

from __future__ import annotations

import click

from kedrec.cli.common import console, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr


@click.group()
def model() -> None:
    """Fetch and list language models."""


@model.command()
@click.argument("name", default="default")
def pull(name: str) -> None:
    """Fetch a model and make it ready: default, base or hf:OWNER/NAME."""
    from kedrec.llm.model_registry import pull_model
    from kedrec.settings import load_settings

    with progress_on_stderr() as progress:
        path = pull_model(name, load_settings(), progress)
    console().print(f"{name} is ready: {path}", markup=False)


@model.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the models on this machine, each checked."""
    from kedrec.llm.model_registry import list_models as list_stored_models
    from kedrec.settings import load_settings
    from kedrec.types import ListedModel

    with progress_on_stderr() as progress:
        models = list_stored_models(load_settings(), progress)
    if as_json:
        print_json(
            [
                ListedModel(
                    name=model.name,
                    state=model.state,
                    path=str(model.path),
                    size=model.size,
                    adapter=model.adapter,
                )
                for model in models
            ]
        )
        return
    from rich.table import Table

    table = Table("name", "state", "size", "adapter", box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    for model in models:
        size = f"{model.size / 1e6:.0f} MB" if model.size else ""
        table.add_row(model.name, model.state, size, model.adapter, str(model.path))
    console().print(table)


@model.command()
@click.argument("name", default="default")
def path(name: str) -> None:
    """Print where a model's file is."""
    from kedrec.llm.model_registry import resolve_model
    from kedrec.settings import load_settings

    with progress_on_stderr() as progress:
        files = resolve_model(name, load_settings(), progress)
    say(files.path)
