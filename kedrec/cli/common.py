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
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click

from kedrec.common.plain_text import printable
from kedrec.errors import KedrecError, UsageError, exit_code, problem

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

    from kedrec.common.progress import Progress
    from kedrec.stores import GraphStore

__all__ = [
    "console",
    "graph_option",
    "jobs_option",
    "json_option",
    "json_text",
    "print_json",
    "progress_on_stderr",
    "ray_option",
    "run",
    "say",
    "warn",
    "warn_half_loaded",
]

_PIPED_WIDTH = 110

# Raw in JSON's strings, these would be obeyed by a terminal, or turn the order of what is read around.
_UNESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_UNDECODED = re.compile("[\udc80-\udcff]")  # as Python passes on bytes that are no UTF-8

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
    with ExitStack() as stack:
        if sys.stderr is None:  # closed by the caller: messages have nowhere to go
            sys.stderr = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        try:
            if sys.stdout is None:
                raise UsageError("Standard output is closed.", "Send it to a file, or to /dev/null.")
            _write_what_the_encoding_lacks_as_escapes()
            result = command.main(words, standalone_mode=False)
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the last place before the user
            return _status_of(error, as_json="--json" in words)
    return result if isinstance(result, int) else 0


def _status_of(error: BaseException, *, as_json: bool) -> int:
    """Says what failed, and gives the exit status for it: no traceback gets out."""
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click takes it for the end of a prompt, and KEDRec has none
    match error:
        case click.ClickException():
            message = StringIO()
            error.show(message)
            say(message.getvalue(), err=True, nl=False)
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            say("Stopped.", err=True)
            return 130
        case BrokenPipeError():
            _forget_stdout()  # its reader is gone (`| head`)
            return 0
        case OSError():
            _forget_stdout()  # what is still unwritten would fail again at exit
    known = _known(error)
    if known is None:
        return _report_defect(error)
    _report(known, as_json=as_json)
    return exit_code(known)


def _known(error: BaseException) -> KedrecError | None:
    """The error in the words of the tree; None for a defect."""
    match error:
        case KedrecError():
            return error
        case UnicodeEncodeError() if _UNDECODED.search(str(error.object)):
            return UsageError(
                "A word of the call, or a setting, holds bytes that are no UTF-8 text.",
                "Type it anew, or paste it as UTF-8.",
            )
        case OSError():  # a disk that is full, a name that is too long, a right that lacks
            what = "The output" if error.filename is None else f"{error.filename}"
            return KedrecError(
                f"{what} can't be read or written: {error.strerror or error}.",
                "See that it exists, that you may use it, and that the disk has room.",
            )
        case _:
            return None


def _write_what_the_encoding_lacks_as_escapes() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget_stdout() -> None:
    """Lets the interpreter's last flush go nowhere, so that it doesn't complain at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: KedrecError, *, as_json: bool) -> None:
    if as_json:
        say(json_text(problem(error)), err=True)
        return
    click.secho("Error:", fg="red", bold=True, err=True, nl=False)
    say(f" {error.what}", err=True)
    for match in problem(error).get("candidates", ()):
        entity = match["entity"]
        say(f"  {entity['name']}  ({entity['kind']}, {entity['id']}; {match['why']})", err=True)
    if error.hint:
        say(error.hint, err=True)


def _report_defect(error: BaseException) -> int:
    from kedrec.settings import load_settings

    debug = False
    with suppress(KedrecError):  # the settings themselves may be what is wrong
        debug = load_settings().debug
    say(f"Error: Unexpected error in KEDRec: {type(error).__name__}: {error}", err=True)
    if debug:
        say("".join(traceback.format_exception(error)), err=True, nl=False)
    else:
        say("This is a defect. KEDREC_DEBUG=1 shows where; please report it.", err=True)
    return 1


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Prints plain text on stdout or stderr, without what a terminal would obey."""
    click.echo(printable(str(text)), err=err, nl=nl)


def console() -> Console:
    """A console on stdout; plain text of a fixed width, without blanks at the ends of lines, elsewhere."""
    from kedrec.cli.terminal import PrintableConsole

    if sys.stdout.isatty():
        return PrintableConsole(highlight=False)
    return PrintableConsole(highlight=False, width=_PIPED_WIDTH, file=cast("TextIO", _Trimmed(sys.stdout)))


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
    say(message, err=True)


def warn_half_loaded(store: GraphStore) -> None:
    """Lines on stderr where a load of the graph hasn't ended: its facts may be missing something."""
    from kedrec.loading.state import half_loaded

    for source, told in half_loaded(store.metadata()).items():
        warn(f"Warning: {source}: {told}. Answers may lack some of its facts.")


def json_text(value: object, indent: int | None = 2) -> str:
    """A model, a list of models, or plain data as JSON: no NaN, and no control character unescaped."""
    from pydantic_core import to_json

    text = to_json(value, indent=indent, inf_nan_mode="null").decode()
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def print_json(value: BaseModel | Sequence[BaseModel] | dict[str, Any] | list[Any]) -> None:
    """Prints a model, a list of models, or plain data as JSON on stdout."""
    text = json_text(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2)  # ASCII: any encoding has it
    click.echo(text)


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
        TextColumn("{task.description}", markup=False),
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
                tasks[stage] = bars.add_task(printable(stage), total=total)
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
            say(f"{stage}: {done:,}{of}", err=True)

    return report
