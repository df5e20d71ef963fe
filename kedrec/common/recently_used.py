"""Values remembered up to a total size, the least recently used dropped first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["RecentlyUsed"]

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class RecentlyUsed(Generic[_Key, _Value]):
    """Values by key. Used by one thread at a time.

    Args:
        most: the greatest total size; a value that exceeds it isn't remembered.
        size: the size of a value, which must not change.
    """

    def __init__(self, most: int, size: Callable[[_Value], int]) -> None:
        self._most = most
        self._size = size
        self._total = 0
        self._values: OrderedDict[_Key, _Value] = OrderedDict()

    def get(self, key: _Key) -> _Value | None:
        """The value of a key; None if it isn't remembered."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: _Key, value: _Value) -> None:
        """Remembers a value, in place of the key's former one."""
        former = self._values.pop(key, None)
        if former is not None:
            self._total -= self._size(former)
        if self._size(value) > self._most:
            return
        self._values[key] = value
        self._total += self._size(value)
        while self._total > self._most:
            self._total -= self._size(self._values.popitem(last=False)[1])
