"""Advice on installing the libraries of an extra: from the checkout, since no package index has KEDRec."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

__all__ = ["install_advice"]

_CHECKOUT = Path(__file__).resolve().parents[2]


def install_advice(extra: str) -> str:
    """A sentence with the command that installs an extra of pyproject.toml into the running environment."""
    if not (_CHECKOUT / "pyproject.toml").is_file():
        return f"Install KEDRec from its checkout with the extra '{extra}'."
    requirement = shlex.quote(f"{_CHECKOUT}[{extra}]")
    return f"Install it with: {shlex.quote(sys.executable)} -m pip install --editable {requirement}"
