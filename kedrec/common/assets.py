"""Locates the declarations that ship with KEDRec: `graph/`, `cypher/`, `loaders/`.

They are beside the package in a checkout and under `kedrec/_assets/` in an installed wheel; their names are
the same in both.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from kedrec.errors import AssetError

__all__ = ["asset_path", "asset_text", "list_assets"]

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def _root() -> Path:
    for root in (_PACKAGE / "_assets", _PACKAGE.parent):
        if (root / "graph" / "schema.yaml").is_file():
            return root
    raise AssetError(
        "KEDRec's declarations (graph/schema.yaml) are missing from this installation.",
        "Install the package again.",
    )


def asset_path(name: str) -> Path:
    """Path of a declaration, for example `graph/schema.yaml`.

    Raises:
        AssetError: it is missing from this installation.
    """
    path = _root() / name
    if not path.exists():
        raise AssetError(f"'{name}' is missing from this installation.", "Install the package again.")
    return path


def asset_text(name: str) -> str:
    """Text of a declaration."""
    return asset_path(name).read_text(encoding="utf-8")


def list_assets(folder: str, suffix: str) -> list[Path]:
    """The files directly under `folder` whose name ends in `suffix`, sorted by name."""
    return sorted(asset_path(folder).glob(f"*{suffix}"))
