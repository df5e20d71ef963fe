"""Decides who may ask what: keys, scopes, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.errors import KeyRefusedError, ScopeError, UsageError
from kedrec.service.answering import Asker
from kedrec.service.keys import KeyFile, KeyRing
from kedrec.service.rates import CountsRequests, RateLimits
from kedrec.stores.overlay_names import NO_OVERLAY

if TYPE_CHECKING:
    from starlette.requests import Request

    from kedrec.service.keys import Scope
    from kedrec.service.options import ServiceOptions
    from kedrec.settings import Settings

__all__ = ["AccessControl", "check_scope", "open_keys"]

_LONGEST_KEY = 200


def open_keys(settings: Settings, options: ServiceOptions) -> KeyRing | None:
    """The keys of a service; None for one that everybody may ask.

    Raises:
        UsageError: the settings have an overlay, and the service keys.
        NotFoundError, DataError: the file of keys is missing or damaged.
    """
    if options.keys is None:
        return None
    keys = KeyRing(KeyFile(options.keys))
    if settings.overlay not in {"", NO_OVERLAY}:
        raise UsageError(
            "A service with keys shows no overlay to everybody.",
            "Leave --overlay out; `kedrec keys add --overlay` shows one to a key's holder.",
        )
    return keys


class AccessControl:
    """The rights of those who ask.

    Args:
        keys: the keys; None for a service that everybody may ask.
        rate: most requests of an asker without a rate of its own, as of `parse_rate`.
        limits: what counts the requests; None: this process alone.
    """

    def __init__(self, keys: KeyRing | None, *, rate: str, limits: CountsRequests | None = None) -> None:
        self._keys = keys
        self._rate = rate
        self._limits = limits or RateLimits()

    @property
    def has_keys(self) -> bool:
        """True for a service that needs a key."""
        return self._keys is not None

    def admit(self, request: Request, scope: Scope) -> Asker:
        """The asker of a request, which is counted.

        Args:
            request: the request; its key is in `Authorization: Bearer KEY` or `X-API-Key`.
            scope: what the endpoint needs.

        Raises:
            KeyRefusedError: there is no valid key, and the service needs one.
            ScopeError: the key may not do that.
            RateLimitError: the asker sent too many requests.
            ServiceError: the file of keys can't be read.
        """
        address = request.client.host if request.client is not None else ""
        if self._keys is None:
            self._count(address, self._rate)
            return Asker(f"address {address}")
        secret = _secret(request)
        key = self._keys.find(secret) if 0 < len(secret) <= _LONGEST_KEY else None
        if key is None:
            self._count(f"refused {address}", self._rate)
            raise KeyRefusedError(
                "The key isn't valid." if secret else "This service needs a key.",
                "Send a valid one as `Authorization: Bearer KEY`.",
            )
        self._count(f"key {key.name}", key.rate or self._rate)
        asker = Asker(f"key {key.name}", ",".join(key.overlays) or NO_OVERLAY, frozenset(key.scopes))
        check_scope(asker, scope)
        return asker

    def _count(self, asker: str, rate: str) -> None:
        if rate:
            self._limits.count(asker, rate)


def check_scope(asker: Asker, scope: Scope) -> None:
    """Checks that an asker may do something.

    Raises:
        ScopeError: the asker may not.
    """
    if asker.scopes is not None and scope not in asker.scopes:
        raise ScopeError(f"This key lacks the scope '{scope}'.", "Ask for one with it.")


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return request.headers.get("x-api-key", "").strip()
