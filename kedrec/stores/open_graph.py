"""Opens a graph by its URL."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import UsageError
from kedrec.stores.addresses import SCHEMES, add_scheme
from kedrec.stores.visible import visible_store

if TYPE_CHECKING:
    from kedrec.settings import Settings
    from kedrec.stores.base import GraphStore

__all__ = ["open_store"]

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+)://(.*)$", re.DOTALL)


def open_store(
    url: str, settings: Settings, *, read_only: bool = True, unfiltered: bool = False
) -> GraphStore:
    """Opens the graph at a URL.

    A reader sees the overlays that the settings name, and edges up to the settings' year.

    Args:
        url: a folder or `ladybug://FOLDER` for the embedded store; `neo4j://`, `bolt://` and their
            `+s` and `+ssc` forms for a server, with another database than the settings' after a `/`.
        settings: credentials and the database's name for a server; threads for the embedded store.
        read_only: True if the caller only reads. A reader never waits for a writer.
        unfiltered: show a reader the entire graph, regardless of the settings, and write nothing: otherwise
            the first reader of an imported graph creates its constraints. A writer always sees all of it.

    Raises:
        UsageError: no store has the URL's scheme.
        SettingsError: a server's address is invalid.
        NotFoundError: the graph lacks an overlay that the settings name.
        EmptyGraphError: `read_only`, and there is no graph.
        SchemaMismatchError: the graph was written under another schema version.
        StoreError: the store can't be opened.
    """
    store = _open_engine(url, settings, read_only=read_only, create_constraints=not unfiltered)
    if unfiltered or not read_only:
        return store
    try:
        return visible_store(store, settings.overlay, settings.as_of)
    except BaseException:
        store.close()
        raise


def _open_engine(url: str, settings: Settings, *, read_only: bool, create_constraints: bool) -> GraphStore:
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else "ladybug"
    if scheme in SCHEMES:
        from kedrec.stores.neo4j import Neo4jStore

        return Neo4jStore(url, settings, read_only=read_only, create_constraints=create_constraints)
    suggestion = add_scheme(url) if match is None and not Path(url).expanduser().exists() else ""
    if suggestion:
        shown = "" if "@" in url else f" '{url}'"  # before the @ there may be a password
        raise UsageError(f"The graph's URL{shown} has no scheme.", f"Write it as {suggestion}.")
    if match is None and "://" in url:
        raise UsageError(
            "The graph's URL can't be read.", "Give a folder, or neo4j://HOST:7687 (or bolt://)."
        )
    folder = match[2] if match else url
    if scheme != "ladybug":
        raise UsageError(
            f"There is no graph database for '{scheme}://'.",
            "Give a folder, or neo4j://HOST:7687 (or bolt://).",
        )
    if not folder.strip():
        raise UsageError("The graph's URL is empty.", "Give a folder, or neo4j://HOST:7687.")
    try:
        folder.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            "The name of the graph's folder holds bytes that are no UTF-8 text.", "Give it another name."
        ) from error
    if "ladybug" in sys.modules and "xllamacpp" not in sys.modules:
        warnings.warn(
            "ladybug was imported before llama.cpp, which then finds ladybug's C++ symbols for its own: a "
            "language model may end this process. Import xllamacpp before ladybug.",
            RuntimeWarning,
            stacklevel=3,
        )
    from kedrec.stores.ladybug import LadybugStore

    return LadybugStore(Path(folder).expanduser(), read_only=read_only, threads=settings.threads)
