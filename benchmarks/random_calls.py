"""Draws random command lines: options from the commands themselves, values valid, hostile or out of range."""

from __future__ import annotations

import importlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from kedrec.cli import _COMMANDS, _LOAD_COMMANDS

__all__ = ["Call", "commands", "make_call"]

_NAMES = (
    "multiple sclerosis", "gout", "aspirin", "fingolimod", "asthma", "MONDO:0005301", "DRUGBANK:DB00945",
    "DOID:2377", "nothing of the kind", "", " ", "a" * 3000, "\x1b[31mred", "\x9b2J", "x\r\ny",
    "\u202egnirts", "half \udcff", "'; DROP TABLE x; --", "\\", "%s%n", "{drug}", "[bold]x[/nothing]",
    "\N{LATIN SMALL LETTER LONG S}",
    "日本", "🧬", "--", "-1",
    "NaN", "null", "a:b:c", "::", "MONDO:", "*", "?" * 50, "e\u0301" * 200,
)  # fmt: skip
_NUMBERS = (
    "0",
    "1",
    "2",
    "5",
    "-1",
    "1001",
    "999999999999999999999",
    "1.5",
    "1e3",
    "nan",
    "x",
    "",
    " 3",
    "٣",
)
_GRAPHS = (
    "neo4j://127.0.0.1:9", "bolt://127.0.0.1:9/db", "127.0.0.1:7687", "neo4j://[::1", "neo4j://",
    "neo4j://u:p@127.0.0.1:9", "bolt://127.0.0.1:99999", "http://127.0.0.1:9", "://", "ftp://x", "memory",
)  # fmt: skip
_SETTING_VALUES: Mapping[str, Sequence[str]] = {
    "KEDREC_SEED": ("0", "-1", "x", "4294967296", "٣"),
    "KEDREC_THREADS": ("0", "1", "-1", "1025", "many"),
    "KEDREC_AS_OF": ("1999", "0", "10000", "x"),
    "KEDREC_OVERLAY": ("none", "nothing", "a,b", "\x1b[31m"),
    "KEDREC_MODEL": ("default", "nothing", "openai:x", "langchain:os:system", "../../etc", "\x1b[31m"),
    "KEDREC_LLM_URL": (
        "http://127.0.0.1:9/v1",
        "http://[::1",
        "http://user:s3cret@127.0.0.1:9/v1",
        "x",
        "“http”",
    ),
    "KEDREC_LLM_KEY": ("k", "“key”", "a\nb"),
    "KEDREC_DEBUG": ("0", "x"),
    "NEO4J_URI": ("neo4j://127.0.0.1:9", "neo4j://[::1", "x", "bolt://127.0.0.1:9?password=s3cret"),
    "NEO4J_PASSWORD_FILE": ("/dev/null", "/nothing", "/", "{work}/bytes"),
    "NEO4J_DATABASE": ("neo4j", "", "\x1b[31m", "a" * 3000),
    "HF_ENDPOINT": ("http://127.0.0.1:9", "http://[::1", "x"),
    "KEDREC_HOME": ("/dev/null", "/dev/null/x", "{work}/bytes", "{work}/" + "x" * 300, "{work}/new"),
}


@dataclass
class Call:
    """One command line.

    Attributes:
        words: `kedrec` or `kedrec-load`, and its arguments.
        settings: environment variables in addition to the ordinary ones.
        stdout: `file`, `closed` or `full`.
    """

    words: list[str]
    settings: dict[str, str] = field(default_factory=dict)
    stdout: str = "file"

    def __str__(self) -> str:
        return ascii({"words": self.words, "settings": self.settings, "stdout": self.stdout})


def commands() -> list[tuple[list[str], click.Command]]:
    """All callable commands, each with the words that call it."""
    leaves = []
    for program, table in (("kedrec", _COMMANDS), ("kedrec-load", _LOAD_COMMANDS)):
        for name, (module, _) in table.items():
            leaves += _leaves([program, name], getattr(importlib.import_module(module), name))
    return leaves


def _leaves(words: list[str], command: click.Command) -> list[tuple[list[str], click.Command]]:
    if not isinstance(command, click.Group):
        return [(words, command)]
    context = click.Context(command)
    subcommands = [command.get_command(context, name) for name in command.list_commands(context)]
    leaves = [
        leaf
        for subcommand in subcommands
        if subcommand is not None
        for leaf in _leaves([*words, str(subcommand.name)], subcommand)
    ]
    return [*leaves, (words, command)] if command.invoke_without_command else leaves


def make_call(
    generator: random.Random, leaves: Sequence[tuple[list[str], click.Command]], work: Path
) -> Call:
    """Draws a command line at random."""
    words, command = generator.choice(leaves)
    call = Call(list(words))
    for parameter in command.params:
        is_given = parameter.required and generator.random() > 0.1
        if isinstance(parameter, click.Argument):
            if is_given or generator.random() < 0.5:
                count = generator.choice((1, 2)) if parameter.nargs != 1 else 1
                call.words += [_value(generator, parameter, work) for _ in range(count)]
        elif isinstance(parameter, click.Option) and (is_given or generator.random() < 0.25):
            name = generator.choice([*parameter.opts, *parameter.secondary_opts])
            call.words += [name] if parameter.is_flag else [name, _value(generator, parameter, work)]
    if "--no-llm" in {
        name for parameter in command.params for name in parameter.opts + parameter.secondary_opts
    }:
        call.words += ["--no-llm"] * (generator.random() < 0.9)
    if generator.random() < 0.05:
        call.words.insert(generator.randrange(1, len(call.words) + 1), generator.choice(_NAMES))
    for name in generator.sample(sorted(_SETTING_VALUES), generator.choice((0, 0, 0, 1, 2))):
        call.settings[name] = generator.choice(_SETTING_VALUES[name]).replace("{work}", str(work))
    call.stdout = generator.choices(("file", "closed", "full"), (20, 1, 1))[0]
    return call


def _value(generator: random.Random, parameter: click.Parameter, work: Path) -> str:
    """Draws a value for a parameter: usually of its type, sometimes an impossible one."""
    paths = [str(path) for path in sorted((work / "paths").iterdir())]
    paths += ["/dev/null", "/dev/full", "/dev/zero", "/", "/nothing/at/all", "x" * 5000, "", "half \udcff"]
    names = {name.lstrip("-") for name in parameter.opts}
    pool: Sequence[str] = _NAMES
    if isinstance(parameter.type, click.Choice):
        pool = [str(choice) for choice in parameter.type.choices] * 4 + list(_NAMES[:3])
    elif isinstance(parameter.type, click.Path | click.File) or names & {
        "from",
        "out",
        "dataset",
        "diseases",
    }:
        pool = paths
    elif isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType):
        pool = _NUMBERS
    elif "graph" in names:
        pool = [*_GRAPHS, *paths, *[str(work / "graph")] * 8]
    elif "ray" in names:
        pool = [""]  # starting a cluster, or failing to reach one, takes minutes
    elif names & {"sources", "source", "names"}:
        pool = ["starter", "kedrec", "hetionet", "kgx", "nothing", *_NAMES]
    return generator.choice(pool)
