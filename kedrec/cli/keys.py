"""Command group `kedrec keys`: adds, lists and revokes keys of the service's askers."""

from __future__ import annotations

from pathlib import Path

import click

from kedrec.cli.common import console, json_option, print_json, say, warn

_file_option = click.option(
    "--keys",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="File of the keys' hashes, as of `kedrec serve --keys`.",
)


@click.group()
def keys() -> None:
    """Add, list and revoke keys of the service's askers.

    A running service takes changes over with its next request.
    """


@keys.command()
@click.argument("name")
@_file_option
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["ask", "model", "metrics"]),
    help="What the key may do: ask the graph, have the language model write, read the metrics; may be "
    "repeated. Default: ask and model.",
)
@click.option(
    "--overlay", "overlays", multiple=True, metavar="NAME", help="Private overlay to see; may be repeated."
)
@click.option("--rate", default="", metavar="RATE", help="Most requests: 60/minute, or 5/second;1000/day.")
def add(name: str, file: Path, scopes: tuple[str, ...], overlays: tuple[str, ...], rate: str) -> None:
    """Make a key called NAME and print it; it is stored nowhere, only its hash."""
    from kedrec.service.keys import SCOPES, KeyFile

    chosen = [scope for scope in SCOPES if scope in scopes]
    say(KeyFile(file).add(name, scopes=chosen, overlays=overlays, rate=rate))
    warn(f"The key '{name}' is printed this once.")


@keys.command("list")
@_file_option
@json_option
def list_keys(file: Path, as_json: bool) -> None:
    """List the keys with what they may do."""
    from kedrec.service.keys import KeyFile

    entries = KeyFile(file).read()
    if as_json:
        print_json(entries)
        return
    from rich.table import Table

    table = Table("name", "scopes", "overlays", "rate", "created", box=None, pad_edge=False)
    for key in entries:
        cells = (key.name, ", ".join(key.scopes), ", ".join(key.overlays), key.rate, str(key.created))
        table.add_row(*cells)
    console().print(table)


@keys.command()
@click.argument("name")
@_file_option
def revoke(name: str, file: Path) -> None:
    """Revoke the key called NAME."""
    from kedrec.service.keys import KeyFile

    KeyFile(file).revoke(name)
    say(f"The key '{name}' is revoked.")
