"""Addresses and keys of servers: parsing, and keeping their secrets out of messages."""

from __future__ import annotations

import ipaddress
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from kedrec.common.resumable_http import https_check
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
        url: base URL ending in `/`, without user, password and query; its path may hold a key.
        host: its host.
        login: user and password, None for none.
        query: query of every request's URL (`api-version=1`), "" for none.
    """

    url: str = field(repr=False)
    host: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    query: str = field(default="", repr=False)

    @property
    def local(self) -> bool:
        """True for a server on this machine."""
        return is_loopback(self.host)

    @property
    def display_text(self) -> str:
        """The base URL without what may be a key in its path: fit to be shown."""
        return "/".join("***" if part in self._keys else part for part in self.url.split("/")).rstrip("/")

    @property
    def _keys(self) -> tuple[str, ...]:
        """The steps of the path that may be keys."""
        steps = self.url.partition("://")[2].split("/")[1:]
        return tuple(step for step in steps if _KEY_LIKE.fullmatch(unquote_plus(step)))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may repeat: login, its header, keys in the path, the query and its values."""
        user, password = self.login or ("", "")
        header = b64encode(f"{user}:{password}".encode()).decode() if self.login else ""
        values = [pair.partition("=")[2] for pair in self.query.split("&")]
        values += [part for key in self._keys for part in (key, *re.split("[;=]", key))]
        candidates = (
            user,
            password,
            header,
            quote(password),
            self.query,
            *values,
            *map(unquote_plus, values),
        )
        return tuple(text for text in candidates if text)


def parse_address(text: str, setting: str, *, role: str, example: str) -> Address:
    """Parses the address in a setting.

    Args:
        text: the setting's value.
        setting: its name.
        role: the server's role, for messages.
        example: a valid address, for messages.

    Raises:
        SettingsError: it is no http or https URL; the message doesn't repeat the value, which may hold a
            password.
    """
    import httpx2

    hint = f"Set {setting}, for example to {example}."
    if not text.strip():
        raise SettingsError(f"No address is set for {role}.", hint)
    invalid = SettingsError(f"The value of {setting} can't be the address of {role}.", hint)
    try:
        url = httpx2.URL(text.strip())
        host = url.host
    except (httpx2.InvalidURL, ValueError, TypeError):
        raise invalid from None  # the cause repeats the value
    if url.scheme not in {"http", "https"} or not host or not 0 < (url.port or 1) < 65536:
        raise invalid
    login = (url.username, url.password) if url.userinfo else None
    query = url.query.decode("ascii")
    shown = url.copy_with(userinfo=b"", query=None, fragment=None)
    return Address(str(shown).rstrip("/") + "/", host, login, query)


def is_loopback(host: str) -> bool:
    """True for a host name or address of this machine itself."""
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
    """Returns the header that carries a key; none for an empty key.

    Raises:
        SettingsError: the key has characters that no header can carry; the message doesn't repeat it.
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
    """Opens a client of a server, through the environment's proxies unless the server is on this machine.

    Args:
        setting, key_setting: names of the settings of the address and the key, for messages.
        headers: headers of every request.
        timeout: most seconds without a byte.
        follow_redirects: follow redirections; from an encrypted address to encrypted ones only.

    Raises:
        SettingsError: both a login and a key are set, or a proxy or certificate of the environment can't be
            used.
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
            event_hooks={"request": [https_check(address.url)] if encrypted else []},
            auth=address.login,
            headers=headers,
            timeout=httpx2.Timeout(timeout, connect=10.0),
            # Each request has its own connection, which a deadline can end without touching others.
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
