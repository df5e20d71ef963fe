"""The file of keys and the ring of a running service."""

from __future__ import annotations

import hashlib
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kedrec.errors import DataError, KedrecError, NotFoundError, RateLimitError, ServiceError, UsageError
from kedrec.service.keys import KeyFile, KeyRing
from kedrec.service.rates import RateLimits, parse_rate


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def test_a_key_is_random_and_stored_as_its_hash_alone(file: KeyFile) -> None:
    secrets = {file.add(f"lab{number}") for number in range(5)}
    assert len(secrets) == 5
    text = file.path.read_text(encoding="utf-8")
    for secret in secrets:
        assert re.fullmatch(r"kedrec_[\w-]{43}", secret)
        assert secret not in text
        assert hashlib.sha256(secret.encode()).hexdigest() in text
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [key.name for key in file.read()] == [f"lab{number}" for number in range(5)]
    assert not [path for path in file.path.parent.iterdir() if path.name.startswith(".keys")]


def test_a_key_has_its_scopes_overlays_and_rate(file: KeyFile) -> None:
    file.add("plain")
    file.add("lab", scopes=["ask"], overlays=["lab", "ward"], rate="5/second;1000/day")
    plain, lab = file.read()
    assert (plain.scopes, plain.overlays, plain.rate) == (("ask", "model"), (), "")
    assert (lab.scopes, lab.overlays, lab.rate) == (("ask",), ("lab", "ward"), "5/second;1000/day")


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"name": "a" * 64},
        {"name": "<b>"},
        {"name": "../x"},
        {"name": "a", "rate": "often"},
        {"name": "a", "rate": "0/minute"},
        {"name": "a", "rate": "-1/minute"},
        {"name": "a", "overlays": ["a,b"]},
        {"name": "a", "overlays": ["none"]},
    ],
)
def test_an_invalid_key_is_refused_and_nothing_written(file: KeyFile, arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError) as error:
        file.add(**arguments)  # type: ignore[arg-type]
    assert "kedrec_" not in str(error.value)
    assert not file.path.exists()


def test_a_name_is_given_once_and_again_after_it_was_revoked(file: KeyFile) -> None:
    first = file.add("lab")
    with pytest.raises(UsageError, match="There is a key 'lab' already"):
        file.add("lab")
    file.revoke("lab")
    assert file.read() == ()
    with pytest.raises(NotFoundError, match="no key 'lab'"):
        file.revoke("lab")
    assert file.add("lab") != first


def test_keys_added_at_once_are_all_there(file: KeyFile) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: file.add(f"k{number}"), range(16)))
    assert {key.name for key in file.read()} == {f"k{number}" for number in range(16)}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": [{"name": "a"}]}', "\x00\xff", '{"other": 1}'])
def test_a_damaged_file_is_an_error_and_stays(file: KeyFile, content: str) -> None:
    file.path.write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError, match=re.escape(str(file.path))):
        file.read()
    with pytest.raises(DataError):
        file.add("lab")
    with pytest.raises(DataError):
        KeyRing(file)
    assert file.path.read_bytes() == content.encode("latin-1")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KedrecError, match="can't be"):
        KeyFile(tmp_path / "file" / "keys.json").add("lab")


def test_a_ring_finds_keys_by_their_secrets_and_takes_changes_over(file: KeyFile) -> None:
    with pytest.raises(NotFoundError, match="no file of keys"):
        KeyRing(file)
    secret = file.add("lab")
    ring = KeyRing(file)
    found = ring.find(secret)
    assert found is not None
    assert found.name == "lab"
    for wrong in ("", "lab", secret[:-1], secret + "x", secret.upper(), found.sha256, "\udcff"):
        assert ring.find(wrong) is None
    other = file.add("ward")
    assert ring.find(other) is not None
    file.revoke("lab")
    assert ring.find(secret) is None
    assert ring.find(other) is not None


def test_no_key_is_valid_while_the_file_is_damaged_or_gone(file: KeyFile) -> None:
    secret = file.add("lab")
    ring, content = KeyRing(file), file.path.read_bytes()
    assert ring.find(secret) is not None
    file.path.write_bytes(content[:-5])
    with pytest.raises(ServiceError) as error:
        ring.find(secret)
    assert str(file.path) not in str(error.value)
    file.path.unlink()
    with pytest.raises(ServiceError):
        ring.find(secret)
    file.path.write_bytes(content)
    assert ring.find(secret) is not None


def test_each_asker_has_its_own_rate() -> None:
    limits = RateLimits()
    for _ in range(3):
        limits.count("a", "3/minute")
    with pytest.raises(RateLimitError, match="There were 3 requests already within a minute") as error:
        limits.count("a", "3/minute")
    assert re.search(r"in \d+ seconds", error.value.hint)
    limits.count("b", "3/minute")
    for _ in range(100):
        limits.count("c", "")


def test_the_narrowest_of_several_rates_holds() -> None:
    limits = RateLimits()
    limits.count("a", "2/second;3/hour")
    limits.count("a", "2/second;3/hour")
    with pytest.raises(RateLimitError, match="a second"):
        limits.count("a", "2/second;3/hour")
    assert len(parse_rate("2/second;3/hour")) == 2
