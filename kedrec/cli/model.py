"""Command group `kedrec model`: fetches, lists and locates language models."""

from __future__ import annotations

import click

from kedrec.cli.common import console, json_option, print_json, progress_on_stderr, say


@click.group()
def model() -> None:
    """Fetch and list language models."""


@model.command()
@click.argument("name", default="default")
def pull(name: str) -> None:
    """Fetch a model and make it ready: default, base or hf:OWNER/NAME."""
    from kedrec.llm.model_registry import pull as pull_model
    from kedrec.settings import load_settings

    with progress_on_stderr() as progress:
        path = pull_model(name, load_settings(), progress)
    console().print(f"{name} is ready: {path}", markup=False)


@model.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the models on this machine, each checked."""
    from kedrec.llm.model_registry import list_models as stored
    from kedrec.settings import load_settings

    with progress_on_stderr() as progress:
        found = stored(load_settings(), progress)
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "state": one.state,
                    "path": str(one.path),
                    "size": one.size,
                    "adapter": one.adapter,
                }
                for one in found
            ]
        )
        return
    from rich.table import Table

    table = Table("name", "state", "size", "adapter", box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    for one in found:
        size = f"{one.size / 1e6:.0f} MB" if one.size else ""
        table.add_row(one.name, one.state, size, one.adapter, str(one.path))
    console().print(table)


@model.command()
@click.argument("name", default="default")
def path(name: str) -> None:
    """Print where a model's file is."""
    from kedrec.llm.model_registry import resolve
    from kedrec.settings import load_settings

    with progress_on_stderr() as progress:
        found = resolve(name, load_settings(), progress)
    say(found.path)
