"""Tools of all commands: running with error messages, common options, JSON output, progress.

A command reads options, calls a library function and prints the returned value:

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
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click

from kedrec.common.json_text import json_text
from kedrec.common.plain_text import printable
from kedrec.errors import KedrecError, UsageError, exit_code, problem

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.stores import GraphStore

__all__ = [
    "console",
    "graph_option",
    "jobs_option",
    "json_option",
    "json_text",
    "print_json",
    "ray_option",
    "run",
    "say",
    "warn",
    "warn_unfinished_loads",
]

_PIPED_WIDTH = 110

_ESCAPED_BYTES = re.compile("[\udc80-\udcff]")  # surrogates that Python puts for bytes that aren't UTF-8

_Command = TypeVar("_Command", bound=Callable[..., Any])

graph_option = click.option(
    "--graph",
    metavar="URL",
    help="The graph: a folder (embedded) or neo4j://HOST, bolt://HOST. Default: KEDREC_GRAPH, else "
    "NEO4J_URI, else the folder `graph` in KEDREC_HOME.",
)
ray_option = click.option(
    "--ray",
    default="",
    metavar="ADDRESS",
    help="Run on this Ray cluster; `local` starts one on this machine.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def jobs_option(help_text: str) -> Callable[[_Command], _Command]:
    """Option `--jobs`, a number of processes; the help text says what 0 means."""
    return click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help=help_text)


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns the exit status; reports every error as a message on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    with ExitStack() as stack:
        if sys.stderr is None:  # closed by the caller: messages have nowhere to go
            sys.stderr = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        try:
            if sys.stdout is None:
                raise UsageError("Standard output is closed.", "Send it to a file, or to /dev/null.")
            _escape_unencodable_output()
            result = command.main(words, standalone_mode=False)
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # last handler before the user
            return _report_failure(error, as_json="--json" in words)
    return result if isinstance(result, int) else 0


def _report_failure(error: BaseException, *, as_json: bool) -> int:
    """Reports an error on stderr, without traceback, and returns its exit status."""
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click reads it as the end of a prompt, and KEDRec has no prompts
    match error:
        case click.ClickException():
            message = StringIO()
            error.show(message)
            say(message.getvalue(), err=True, nl=False)
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            say("Stopped.", err=True)
            return exit_code(KeyboardInterrupt())
        case BrokenPipeError():
            _discard_stdout()
            return exit_code(error)
        case OSError():
            _discard_stdout()  # the unwritten rest would fail again at exit
    kedrec_error = _as_kedrec_error(error)
    if kedrec_error is None:
        _report_defect(error)
        return exit_code(error)
    _report(kedrec_error, as_json=as_json)
    return exit_code(kedrec_error)


def _as_kedrec_error(error: BaseException) -> KedrecError | None:
    """The error as one of KEDRec's own classes; None for a defect."""
    match error:
        case KedrecError():
            return error
        case UnicodeEncodeError() if _ESCAPED_BYTES.search(str(error.object)):
            return UsageError(
                "A word of the call, or a setting, holds bytes that are no UTF-8 text.",
                "Type it again, or paste it as UTF-8.",
            )
        case OSError():  # e.g. a full disk, a name that is too long, a missing permission
            target = "The output" if error.filename is None else f"{error.filename}"
            return KedrecError(
                f"{target} can't be read or written: {error.strerror or error}.",
                "See that it exists, that you may use it, and that the disk has room.",
            )
        case _:
            return None


def _escape_unencodable_output() -> None:
    """Makes stdout and stderr write characters that their encoding lacks as backslash escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_stdout() -> None:
    """Points stdout at the null device, so that the interpreter's last flush doesn't fail at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: KedrecError, *, as_json: bool) -> None:
    if as_json:
        say(json_text(problem(error)), err=True)
        return
    click.secho("Error:", fg="red", bold=True, err=True, nl=False)
    say(f" {error.what}", err=True)
    for candidate in problem(error).get("candidates", ()):
        entity = candidate["entity"]
        say(f"  {entity['name']}  ({entity['kind']}, {entity['id']}; {candidate['why']})", err=True)
    if error.hint:
        say(error.hint, err=True)


def _report_defect(error: BaseException) -> None:
    """Reports an unexpected error on stderr, with its traceback if KEDREC_DEBUG is set."""
    from kedrec.settings import load_settings

    debug = False
    with suppress(KedrecError):  # the settings themselves may be invalid
        debug = load_settings().debug
    say(f"Error: Unexpected error in KEDRec: {type(error).__name__}: {error}", err=True)
    if debug:
        say("".join(traceback.format_exception(error)), err=True, nl=False)
    else:
        say("This is a defect. KEDREC_DEBUG=1 shows where; please report it.", err=True)


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Prints plain text on stdout or stderr, without control characters."""
    click.echo(printable(str(text)), err=err, nl=nl)


def console() -> Console:
    """Rich console on stdout. Piped, it writes plain text of a fixed width, without trailing blanks."""
    from kedrec.cli.terminal import PrintableConsole

    if sys.stdout.isatty():
        return PrintableConsole(highlight=False)
    return PrintableConsole(
        highlight=False, width=_PIPED_WIDTH, file=cast("TextIO", _TrimmingWriter(sys.stdout))
    )


class _TrimmingWriter:
    """Text file that strips trailing blanks, with which Rich pads lines; has the methods that Rich uses."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._incomplete_line = out, ""
        self.encoding = out.encoding  # Rich draws only with encodable characters

    def write(self, text: str) -> int:
        """Writes the complete lines, and holds back the last, incomplete one."""
        *lines, self._incomplete_line = (self._incomplete_line + text).split("\n")
        self._out.writelines(f"{line.rstrip(' ')}\n" for line in lines)
        return len(text)

    def flush(self) -> None:
        """Writes the incomplete line."""
        self._out.write(self._incomplete_line)
        self._incomplete_line = ""
        self._out.flush()


def warn(message: str) -> None:
    """Prints a line on stderr."""
    say(message, err=True)


def warn_unfinished_loads(store: GraphStore) -> None:
    """Warns on stderr about each source whose load or removal hasn't ended."""
    from kedrec.loading.state import unfinished_source_advice

    for source, advice in unfinished_source_advice(store.metadata()).items():
        warn(f"Warning: {source}: {advice}. Answers may lack some of its facts.")


def print_json(value: object) -> None:
    """Prints a model, a data class, or a list of them as JSON on stdout."""
    text = json_text(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2)  # ASCII is part of any encoding
    click.echo(text)
