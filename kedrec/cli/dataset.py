"""Command group `kedrec dataset`: builds data sets of questions, and describes them."""

from __future__ import annotations

import importlib

import click

__all__ = ["dataset"]

_COMMANDS: dict[str, tuple[str, str]] = {
    "build": ("kedrec.cli.dataset_build", "build"),
    "build-mimic": ("kedrec.cli.dataset_mimic", "build_mimic"),
    "stats": ("kedrec.cli.dataset_stats", "stats"),
    "texts": ("kedrec.cli.dataset_texts", "texts"),
}


class _Group(click.Group):
    """Command group that imports a command's module only when the command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{name} is not a command")
        return command


@click.group(cls=_Group)
def dataset() -> None:
    """Build data sets of questions (which drug, and why), and describe them."""
