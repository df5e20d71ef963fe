"""Entry points of the command line: `kedrec` and `kedrec-load`, each a group of lazily imported commands."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from kedrec._version import __version__
from kedrec.cli.common import run
from kedrec.common.cpus import wait_passively

__all__ = ["main", "main_load"]

_COMMANDS = {
    "ask": ("kedrec.cli.ask", "Recommend drugs for a disease, or diseases for a drug."),
    "explain": ("kedrec.cli.explain", "Print the evidence for one drug and one disease."),
    "compare": ("kedrec.cli.compare", "Compare two drugs for one disease."),
    "rank": ("kedrec.cli.rank", "Write the scores of all pairs to a file; fit the ranking."),
    "search": ("kedrec.cli.search", "Find entities of the graph by name or id."),
    "subgraph": ("kedrec.cli.subgraph", "Write the graph between a drug and a disease."),
    "serve": ("kedrec.cli.serve", "Answer questions over HTTP, with a page for the browser."),
    "mcp": ("kedrec.cli.mcp", "Serve tools to an assistant by the Model Context Protocol."),
    "keys": ("kedrec.cli.keys", "Add, list and revoke keys of the service's askers."),
    "replay": ("kedrec.cli.replay", "Make a saved answer again, and compare the two."),
    "status": ("kedrec.cli.status", "Show the graph, the ranking and the language model in use."),
    "model": ("kedrec.cli.model", "Fetch and list language models."),
    "train": ("kedrec.cli.train", "Tune an adapter for the language model."),
    "dataset": ("kedrec.cli.dataset", "Build data sets of questions, and describe them."),
    "evaluate": ("kedrec.cli.evaluate", "Measure ranking, paths, texts, choices and rationales."),
}
_LOAD_COMMANDS = {
    "graph": ("kedrec.cli.load", "Load sources into the graph database."),
    "documents": ("kedrec.cli.load_documents", "Load trials, articles and notes as texts to cite."),
    "remove": ("kedrec.cli.load_remove", "Take sources out of the graph."),
    "audit": ("kedrec.cli.load_audit", "Look for duplicates, conflicts and gaps in the graph."),
    "sources": ("kedrec.cli.sources", "List the sources that can be loaded."),
}


class _LazyGroup(click.Group):
    """Command group that imports a command's module only when that command runs.

    `--help` prints the summaries of the tables above, without importing numerical libraries.
    """

    def __init__(self, name: str, commands: dict[str, tuple[str, str]], help: str) -> None:  # noqa: A002  # click's own name
        super().__init__(name, help=help, context_settings={"help_option_names": ["-h", "--help"]})
        self._commands = commands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self._commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._commands:
            return None
        module = importlib.import_module(self._commands[cmd_name][0])
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self._commands.items()])


def _group(name: str, commands: dict[str, tuple[str, str]], help: str) -> click.Group:  # noqa: A002
    return click.version_option(__version__)(_LazyGroup(name, commands, help))


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs `kedrec` and exits with its status."""
    wait_passively()
    group = _group("kedrec", _COMMANDS, "Explained drug repurposing over drug-disease-gene graphs.")
    sys.exit(run(group, arguments))


def main_load(arguments: Sequence[str] | None = None) -> None:
    """Runs `kedrec-load` and exits with its status."""
    wait_passively()
    group = _group("kedrec-load", _LOAD_COMMANDS, "Load public and private sources into KEDRec's graph.")
    sys.exit(run(group, arguments))
