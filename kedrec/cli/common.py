"""What every command shares: running and error messages, options, JSON, progress.

A command is a thin shell: it reads options, calls a library function and prints the value.

    @click.command()
    @graph_option
    @json_option
    @click.argument("text")
    def search(text: str, graph: str | None, as_json: bool) -> None:
        settings = load_settings(graph=graph)
        ...
        print_json(matches) if as_json else console().print(table)
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias, TypeVar, cast

import click

from kedrec.errors import KedrecError, exit_code, problem

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

    from kedrec.stores import GraphStore

__all__ = [
    "Progress",
    "console",
    "graph_option",
    "jobs_option",
    "json_option",
    "print_json",
    "progress_on_stderr",
    "ray_option",
    "run",
    "warn",
    "warn_half_loaded",
]

Progress: TypeAlias = Callable[[str, int, "int | None"], None]
"""Reports progress: the stage's name, how much is done, of how much (None: not known)."""

_PIPED_WIDTH = 110

_Command = TypeVar("_Command", bound=Callable[..., Any])

graph_option = click.option(
    "--graph",
    metavar="URL",
    help="The graph: a folder (embedded) or neo4j://HOST, bolt://HOST. Default: KEDREC_GRAPH, else "
    "NEO4J_URI, else a folder of your own.",
)
ray_option = click.option(
    "--ray", default="", metavar="ADDRESS", help="Work on this Ray cluster; `local`: a new one here."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def jobs_option(told: str) -> Callable[[_Command], _Command]:
    """How many processes; 0 for what the help says of it."""
    return click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help=told)


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns the exit status; every error becomes a message on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        result = command.main(words, standalone_mode=False)
    except KedrecError as error:
        _report(error, as_json=as_json)
        return exit_code(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        # The reader of stdout is gone (`| head`); the interpreter must not complain about it at exit.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # the last place before the user: no traceback gets out
        return _report_defect(error)
    return result if isinstance(result, int) else 0


def _report(error: KedrecError, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(problem(error), ensure_ascii=False, indent=2), err=True)
        return
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {error.what}", err=True)
    for match in problem(error).get("candidates", ()):
        entity = match["entity"]
        click.echo(f"  {entity['name']}  ({entity['kind']}, {entity['id']}; {match['why']})", err=True)
    if error.hint:
        click.echo(error.hint, err=True)


def _report_defect(error: Exception) -> int:
    from kedrec.settings import load_settings

    click.echo(f"Error: KEDRec failed in a way it doesn't know: {type(error).__name__}: {error}", err=True)
    if load_settings().debug:
        traceback.print_exception(error)
    else:
        click.echo("This is a defect. KEDREC_DEBUG=1 shows where; please report it.", err=True)
    return 1


def console() -> Console:
    """A console on stdout; plain text of a fixed width, without blanks at the ends of lines, elsewhere."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_PIPED_WIDTH, file=cast("TextIO", _Trimmed(sys.stdout)))


class _Trimmed:
    """Passes lines on without the blanks that Rich fills them up with; as much of a file as Rich needs."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._begun = out, ""
        self.encoding = out.encoding  # Rich draws with what can be written

    def write(self, text: str) -> int:
        """Writes the lines that are whole."""
        *lines, self._begun = (self._begun + text).split("\n")
        self._out.writelines(f"{line.rstrip(' ')}\n" for line in lines)
        return len(text)

    def flush(self) -> None:
        """Writes what is left."""
        self._out.write(self._begun)
        self._begun = ""
        self._out.flush()


def warn(message: str) -> None:
    """A line on stderr."""
    click.echo(message, err=True)


def warn_half_loaded(store: GraphStore) -> None:
    """Lines on stderr where a load of the graph hasn't ended: its facts may be missing something."""
    from kedrec.loading.state import half_loaded

    for source, told in half_loaded(store.metadata()).items():
        warn(f"Warning: {source}: {told}. Answers may lack some of its facts.")


def print_json(value: BaseModel | Sequence[BaseModel] | dict[str, Any] | list[Any]) -> None:
    """Prints a model, a list of models, or plain data as JSON on stdout."""
    from pydantic import TypeAdapter

    click.echo(TypeAdapter(Any).dump_json(value, indent=2).decode())


@contextmanager
def progress_on_stderr() -> Iterator[Progress]:
    """Draws progress: a bar on a terminal, else a line for each stage that lasts over two seconds."""
    if sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _stage_lines()


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                for task in tasks.values():
                    bars.update(task, visible=False)
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total, visible=True)

        yield report


def _stage_lines() -> Progress:
    started: dict[str, float] = {}
    said: dict[str, float] = {}

    def report(stage: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        began = started.setdefault(stage, now)
        if now - began >= 2.0 and now - said.get(stage, 0.0) >= 10.0:
            said[stage] = now
            of = "" if total is None else f" of {total:,}"
            click.echo(f"{stage}: {done:,}{of}", err=True)

    return report
