"""Command `kedrec mcp`: serves KEDRec's tools to assistants."""

from __future__ import annotations

import click

from kedrec.cli.common import graph_option, warn
from kedrec.cli.view_options import as_of_option, overlay_option


@click.command()
@click.option("--http", is_flag=True, help="Answer over HTTP on this machine instead of standard streams.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: a free one.")
@click.option(
    "--deadline",
    type=float,
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait for an answer.",
)
@click.option("--model", metavar="NAME", help="The language model; see `kedrec model list`.")
@click.option("--seed", type=int, help="Seed of the language model.")
@overlay_option
@as_of_option
@graph_option
def mcp(
    http: bool,
    port: int,
    deadline: float,
    model: str | None,
    seed: int | None,
    overlay: str | None,
    as_of: int | None,
    graph: str | None,
) -> None:
    """Serve KEDRec's tools to an assistant by the Model Context Protocol.

    Without --http the assistant starts this command and talks to it over standard input and output. All tools
    read, none writes.
    """
    from kedrec.common.extras import install_advice
    from kedrec.errors import UsageError
    from kedrec.settings import load_settings

    try:
        from kedrec.service.mcp_server import serve_http, serve_streams
        from kedrec.service.options import ServiceOptions
        from kedrec.service.service import Service
    except ImportError as error:
        raise UsageError(f"The service needs {error.name}.", install_advice("serve")) from error
    settings = load_settings(graph=graph, overlay=overlay, as_of=as_of, model=model, seed=seed)
    service = Service(settings, ServiceOptions(deadline=deadline))
    if http:
        serve_http(service, port, say_address=lambda url: warn(f"KEDRec's tools are at {url}"))
    else:
        serve_streams(service)
