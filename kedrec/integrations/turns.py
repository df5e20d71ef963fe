"""Has the threads of LangChain, which runs batches and tools in several, ask a graph one after another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from kedrec.api import Kedrec

__all__ = ["turn"]

_locks: WeakKeyDictionary[Kedrec, threading.Lock] = WeakKeyDictionary()
_adding = threading.Lock()


def turn(kedrec: Kedrec) -> threading.Lock:
    """The lock of a graph, which whoever asks it holds: a graph serves one thread at a time."""
    with _adding:
        return _locks.setdefault(kedrec, threading.Lock())
