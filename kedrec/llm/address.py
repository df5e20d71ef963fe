"""Addresses and keys of servers: read once, and never repeated with what is secret in them."""

from __future__ import annotations

import ipaddress
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from kedrec.common.resumable_http import encrypted_only
from kedrec.errors import SettingsError

if TYPE_CHECKING:
    import httpx2

__all__ = ["Address", "bearer", "is_loopback", "open_client", "parse_address"]

# A step of a path that may be a key: with parameters or a login in it, a key's prefix, or long and random.
_KEY_LIKE = re.compile(r".*[;=@].*|(?:sk|pk|hf|gsk|key|token)[-_].+|(?=.*\d)[\w.~-]{20,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address.

    Attributes:
        url: base URL that ends in `/`, without user, password and query; its path may hold a key.
        host: its host.
        login: user and password, None for none.
        query: what every request's URL ends in (`api-version=1`), "" for nothing.
    """

    url: str = field(repr=False)
    host: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    query: str = field(default="", repr=False)

    @property
    def local(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback(self.host)

    @property
    def shown(self) -> str:
        """The base URL without what may be a key in its path: fit to be shown."""
        return "/".join("***" if part in self._keys else part for part in self.url.split("/")).rstrip("/")

    @property
    def _keys(self) -> tuple[str, ...]:
        """The steps of the path that may be keys."""
        steps = self.url.partition("://")[2].split("/")[1:]
        return tuple(step for step in steps if _KEY_LIKE.fullmatch(unquote_plus(step)))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be repeated: login, its header, keys in the path, and the query's values."""
        user, password = self.login or ("", "")
        header = b64encode(f"{user}:{password}".encode()).decode() if self.login else ""
        values = [pair.partition("=")[2] for pair in self.query.split("&")]
        values += [part for key in self._keys for part in (key, *re.split("[;=]", key))]
        every = (user, password, header, quote(password), self.query, *values, *map(unquote_plus, values))
        return tuple(one for one in every if one)


def parse_address(text: str, setting: str, *, what: str, example: str) -> Address:
    """The address in a setting.

    Args:
        text: the setting's value.
        setting: its name.
        what: what is at the address, for messages.
        example: an address that could be used.

    Raises:
        SettingsError: it is no http or https URL; without a word of the value, which may hold a password.
    """
    import httpx2

    hint = f"Set {setting}, for example to {example}."
    if not text.strip():
        raise SettingsError(f"No address is set for {what}.", hint)
    wrong = SettingsError(f"The value of {setting} can't be the address of {what}.", hint)
    try:
        url = httpx2.URL(text.strip())
        host = url.host
    except (httpx2.InvalidURL, ValueError, TypeError):
        raise wrong from None  # the cause repeats the value
    if url.scheme not in {"http", "https"} or not host or not 0 < (url.port or 1) < 65536:
        raise wrong
    login = (url.username, url.password) if url.userinfo else None
    query = url.query.decode("ascii")
    shown = url.copy_with(userinfo=b"", query=None, fragment=None)
    return Address(str(shown).rstrip("/") + "/", host, login, query)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def bearer(key: str, setting: str) -> dict[str, str]:
    """The header that shows a key; none for an empty one.

    Raises:
        SettingsError: the key has characters that no header can carry; without the key.
    """
    plain = key.strip()
    if not plain:
        return {}
    if not (plain.isascii() and plain.isprintable() and " " not in plain):
        raise SettingsError(
            f"{setting} holds a blank or a character that no key can have (a pasted quotation mark, a line "
            "end, a letter beyond ASCII).",
            "Copy the key again, and set it without quotation marks.",
        )
    return {"Authorization": f"Bearer {plain}"}


def open_client(
    address: Address,
    setting: str,
    headers: dict[str, str],
    *,
    key_setting: str,
    timeout: float,
    follow_redirects: bool = False,
) -> httpx2.Client:
    """A client of a server. Proxies of the environment are used, but not on the way to this machine.

    Args:
        setting, key_setting: names of the settings with the address and the key, for messages.
        headers: of every request.
        timeout: seconds without a byte before giving up.
        follow_redirects: whether requests go where an answer sends them; from an encrypted address to
            encrypted ones only.

    Raises:
        SettingsError: there are both a login and a key; or a proxy or certificate that the environment names
            can't be used.
    """
    import httpx2

    if address.login and headers:
        raise SettingsError(
            f"{setting} holds a user name, and {key_setting} is set: a request can carry one of them.",
            "Leave one out.",
        )
    encrypted = address.url.startswith("https://")
    try:
        return httpx2.Client(
            base_url=address.url,
            event_hooks={"request": [encrypted_only(address.url)] if encrypted else []},
            auth=address.login,
            headers=headers,
            timeout=httpx2.Timeout(timeout, connect=10.0),
            # A connection of its own for each request: it can then be ended without touching others.
            limits=httpx2.Limits(max_keepalive_connections=0),
            follow_redirects=follow_redirects,
            trust_env=not address.local,
        )
    except (httpx2.InvalidURL, ValueError, ImportError, OSError) as error:
        # The message is not repeated: it may hold the proxy's password.
        raise SettingsError(
            "A proxy or certificate file that the environment names can't be used (HTTP_PROXY, HTTPS_PROXY, "
            "ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR).",
            "Correct or unset it. A SOCKS proxy needs: pip install socksio.",
        ) from error
