"""Command `kedrec serve`: answers over HTTP, with a page for the browser."""

from __future__ import annotations

from pathlib import Path

import click

from kedrec.cli.common import graph_option, say, warn
from kedrec.cli.view_options import as_of_option, overlay_option


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen at. 0.0.0.0 lets every machine of the network ask.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: a free one.")
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Answer holders of a key alone; see `kedrec keys`.",
)
@click.option(
    "--rate",
    default="",
    metavar="RATE",
    help="Most requests of an asker: 60/minute, or 5/second;1000/day. A key's own rate comes first.",
)
@click.option(
    "--deadline",
    type=float,
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait for an answer.",
)
@click.option(
    "--most-waiting",
    type=int,
    default=64,
    show_default=True,
    metavar="N",
    help="Questions that may wait for the graph, and as many for the language model; more are refused.",
)
@click.option(
    "--cache-mb",
    type=click.IntRange(0, 1 << 20),
    default=64,
    show_default=True,
    metavar="N",
    help="Megabytes of answers in memory, so that a question is computed once; 0: none.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Name by which the service may be called, for example a proxy's; may be repeated. Default: this "
    "machine's own names where nobody else can reach it, otherwise any.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Another site whose pages may ask: https://wiki.example.org; may be repeated.",
)
@click.option(
    "--root-path", default="", metavar="PATH", help="Prefix that a proxy in front takes away: /kedrec."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that answer, each with the graph open; --most-waiting and --cache-mb are of each.",
)
@click.option("--log-questions", is_flag=True, help="Write the questions, with their names, into the log.")
@click.option("--model", metavar="NAME", help="The language model; see `kedrec model list`.")
@click.option("--seed", type=int, help="Seed of the language model.")
@overlay_option
@as_of_option
@graph_option
def serve(
    host: str,
    port: int,
    keys: Path | None,
    rate: str,
    deadline: float,
    most_waiting: int,
    cache_mb: int,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    root_path: str,
    workers: int,
    log_questions: bool,
    model: str | None,
    seed: int | None,
    overlay: str | None,
    as_of: int | None,
    graph: str | None,
) -> None:
    """Answer questions over HTTP, and show a page for them in the browser.

    The page is at the printed address, the description of the endpoints at /openapi.json below it. Ctrl-C
    ends the service. Its log is on stderr: a line for each request, without what was asked.
    """
    from kedrec.common.extras import install_advice
    from kedrec.errors import UsageError
    from kedrec.settings import load_settings

    try:
        from kedrec.service.access import open_keys
        from kedrec.service.app import create_app
        from kedrec.service.listening import LOCAL_NAMES, is_loopback, listen
        from kedrec.service.options import ServiceOptions
    except ImportError as error:
        raise UsageError(f"The service needs {error.name}.", install_advice("serve")) from error
    settings = load_settings(graph=graph, overlay=overlay, as_of=as_of, model=model, seed=seed)
    options = ServiceOptions(
        deadline=deadline,
        most_waiting=most_waiting,
        cache_bytes=cache_mb << 20,
        keys=keys,
        rate=rate,
        hosts=hosts or (LOCAL_NAMES if is_loopback(host) else ()),
        origins=origins,
        log_questions=log_questions,
        root_path=root_path,
    )
    open_keys(settings, options)  # their errors before anything starts
    if not is_loopback(host) and keys is None:
        warn(f"Every machine that reaches {host} can ask this service; --keys restricts it.")

    def say_address(url: str) -> None:
        say(f"KEDRec answers at {url}{root_path}/")

    if workers == 1:
        listen(create_app(settings, options), host, port, say_address=say_address)
    else:
        from kedrec.service.workers import listen_with_workers

        listen_with_workers(settings, options, host=host, port=port, workers=workers, say_address=say_address)
