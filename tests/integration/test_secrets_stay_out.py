"""A secret in any setting: no message, manifest, status, log or debug output repeats it."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import completion, replying, serving

from kedrec.cli.common import run
from kedrec.errors import KedrecError, SettingsError, problem
from kedrec.llm.address import bearer, is_loopback, parse_address
from kedrec.llm.base import ChatRequest, Message
from kedrec.llm.hub import fetch_from_hub
from kedrec.llm.open_model import open_model
from kedrec.llm.openai import OpenAIModel
from kedrec.settings import Settings, load_settings, read_secret

SECRET = "s3cr3tW0rd"
REQUEST = ChatRequest((Message("user", "Why?"),))
ADDRESSES = [
    f"http://user:{SECRET}@127.0.0.1:9/v1",
    f"http://{SECRET}:x@127.0.0.1:9/v1",
    f"http://{SECRET}@127.0.0.1:9/v1",
    f"http://127.0.0.1:9/v1?api-key={SECRET}",
    f"http://127.0.0.1:9/v1?{SECRET}",
    f"http://127.0.0.1:9/v1#{SECRET}",
    f"http://127.0.0.1:9/v1;key={SECRET}",
    f"http://127.0.0.1:9/sk-{SECRET}/v1",
    f"http://127.0.0.1:9/proxy/{SECRET}-7f3a9c51d2/v1",
    f"http://127.0.0.1:9/user:{SECRET}@host/v1",
    f"http://127.0.0.1:9/key%3D{SECRET}/v1",
    f"http://user:{SECRET}",
    f"http://user:{SECRET}@[::1",
    f"http://user:{SECRET}@host:99999/v1",
    f"http://user:{SECRET}@host:port/v1",
    f"http://user:{SECRET}@\ud800/v1",
    f"http://user:{SECRET}@xn--\N{SNOWMAN}.-/v1",
    f"http://user:{SECRET}@h/v\n1",
    f"http://user:{SECRET}@h/\x00v1",
    f"ftp://user:{SECRET}@host/v1",
    f"user:{SECRET}@host:8000/v1",
    f"//user:{SECRET}@host/v1",
    f"http://?key={SECRET}",
    f"localhost:8000/{SECRET}?{SECRET}",
    "http://[::1",
]


def texts_of(error: BaseException) -> str:
    """Everything that may be printed of an error, its causes with it."""
    words = []
    cause: BaseException | None = error
    while cause is not None:
        words += [str(cause), repr(cause)]
        if isinstance(cause, KedrecError):
            words.append(json.dumps(problem(cause)))
        cause = cause.__cause__
    return " ".join(words)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_used_or_refused_without_its_secrets(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(KedrecError) as caught:
        OpenAIModel("m", url=address).chat(REQUEST)
    assert "KEDREC_LLM_URL" in str(caught.value)
    assert SECRET not in texts_of(caught.value) + caplog.text
    if "127.0.0.1:9" not in address:
        assert isinstance(caught.value, SettingsError)


@pytest.mark.parametrize("address", [one for one in ADDRESSES if "/v1#" not in one])
def test_the_hubs_address_likewise(address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(KedrecError) as caught:
        fetch_from_hub("owner/name", tmp_path, lambda *_: None, url=address, token="")
    assert SECRET not in texts_of(caught.value) + caplog.text


@pytest.mark.parametrize(
    "key", [f"“{SECRET}”", f"{SECRET}é", f"a {SECRET}", f"{SECRET}\nx", f"a\x00{SECRET}", f"{SECRET}\ud800"]
)
def test_a_key_that_no_header_can_carry_is_a_setting_to_correct(key: str, tmp_path: Path) -> None:
    calls: dict[str, Callable[[], object]] = {
        "KEDREC_LLM_KEY": lambda: OpenAIModel("m", url="http://127.0.0.1:9", key=key),
        "HF_TOKEN": lambda: fetch_from_hub(
            "a/b", tmp_path, lambda *_: None, url="http://127.0.0.1:9", token=key
        ),
    }
    for setting, call in calls.items():
        with pytest.raises(SettingsError, match=setting) as caught:
            call()
        assert SECRET not in texts_of(caught.value)


def test_blanks_around_a_key_are_no_part_of_it() -> None:
    assert bearer(" k\r\n", "X") == {"Authorization": "Bearer k"}
    assert bearer(" \n", "X") == {}


@pytest.mark.parametrize(
    "proxy", [f"http://user:{SECRET}@[::1", f"foo://user:{SECRET}@h", f"http://user:{SECRET}@h:port"]
)
def test_a_proxy_that_cannot_be_used_is_a_setting_to_correct(
    proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(SettingsError, match="HTTP_PROXY") as caught:
        OpenAIModel("m", url="http://192.0.2.1/v1")
    assert SECRET not in str(caught.value)
    with pytest.raises(SettingsError, match="HTTP_PROXY"):
        fetch_from_hub("a/b", tmp_path, lambda *_: None, url="http://192.0.2.1")


def test_no_proxy_is_asked_on_the_way_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(replying(completion("Yes."))) as server:
        assert OpenAIModel("m", url=server.url).chat(REQUEST).text == "Yes."


def test_login_and_query_are_sent_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(replying(completion("Yes."))) as server:
        address = server.url.replace("://", f"://user:{SECRET}@") + f"?api-version=1&key={SECRET}"
        model = OpenAIModel("m", url=address)
        assert model.chat(REQUEST).text == "Yes."
        model.close()
        with pytest.raises(SettingsError, match="can carry one") as caught:
            OpenAIModel("m", url=address, key=SECRET)
    assert server.seen[0]["path"] == f"/v1/chat/completions?api-version=1&key={SECRET}"
    assert server.seen[0]["key"] == "Basic " + b64encode(f"user:{SECRET}".encode()).decode()
    assert SECRET not in caplog.text + str(caught.value) + repr(
        parse_address(address, "X", role="", example="")
    )


@pytest.mark.parametrize("status", [200, 307, 400, 401, 404, 429, 500])
def test_what_an_endpoint_repeats_of_a_secret_is_left_out(status: int) -> None:
    header = b64encode(f"user:{SECRET}".encode()).decode()
    echo = {"error": {"message": f"no: {SECRET}; {header}; {'x' * 268}{SECRET}"}}
    with serving(replying(echo, status, location=f"http://h/{SECRET}?{SECRET}", retry_after="0")) as server:
        for url, key in (
            (server.url, SECRET),
            (server.url.replace("://", f"://user:{SECRET}@"), ""),
            (f"{server.url}?key={SECRET}", ""),
            (f"{server.url};key={SECRET}", ""),
        ):
            model = OpenAIModel("m", url=url, key=key)
            for ask in (model.chat, lambda request, model=model: list(model.stream(request))):
                with pytest.raises(KedrecError) as caught:
                    ask(REQUEST)
                assert SECRET[:4] not in str(caught.value)
                if key == "" and "@" in url:
                    assert header not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe" + SECRET.encode(), SECRET.encode("utf-16"), b"x" * 10**6])
def test_a_password_file_that_is_no_text(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    for file in (path, tmp_path, tmp_path / "none", tmp_path / ("x" * 300), Path("/dev/zero")):
        with pytest.raises(SettingsError, match="NEO4J_PASSWORD_FILE") as caught:
            read_secret(file, "NEO4J_PASSWORD_FILE")
        assert SECRET not in texts_of(caught.value)
    path.write_text(f"{SECRET}é\r\n", encoding="utf-8")
    assert read_secret(path, "X") == f"{SECRET}é"


SETTINGS = {
    "KEDREC_LLM_URL": f"http://user:{SECRET}@127.0.0.1:9/v1?k={SECRET}",
    "KEDREC_LLM_KEY": f"{SECRET}é",
    "HF_ENDPOINT": f"http://user:{SECRET}@127.0.0.1:9",
    "HF_TOKEN": SECRET,
    "NCBI_API_KEY": SECRET,
    "NEO4J_PASSWORD": SECRET,
    "NEO4J_URI": f"neo4j://user:{SECRET}@127.0.0.1:9",
}


def printed(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    from kedrec.cli import _COMMANDS, _group

    with monkeypatch.context() as patch:
        patch.setenv("KEDREC_DEBUG", "1")
        run(_group("kedrec", _COMMANDS, ""), words)
    out = capsys.readouterr()
    return out.out + out.err


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_command_prints_a_secret(
    setting: str,
    starter_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("KEDREC_HOME", str(starter_home))
    monkeypatch.setenv(setting, SETTINGS[setting])
    if setting == "KEDREC_LLM_KEY":
        monkeypatch.setenv("KEDREC_LLM_URL", "http://127.0.0.1:9/v1")
    ask = ["ask", "--disease", "gout", "--drug", "lesinurad", "--model", "openai:m"]
    for words in (
        ["status"],
        ["status", "--json"],
        ask,
        [*ask, "--json"],
        ["explain", "lesinurad", "gout", "--json"],
        ["model", "list", "--json"],
        ["model", "pull", "hf:owner/name"],
    ):
        assert SECRET not in printed(words, monkeypatch, capsys)
    assert SECRET not in caplog.text
    assert SECRET not in repr(Settings()) + str(Settings())


@pytest.mark.parametrize("name", ["KEDREC_LLM_KEY", "NEO4J_PASSWORD", "KEDREC_LLM_URL", "KEDREC_THREADS"])
def test_a_setting_that_cannot_be_used_is_not_repeated(name: str) -> None:
    field = next(key for key, one in Settings.model_fields.items() if one.validation_alias == name)
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings(**{field: [SECRET]})
    assert SECRET not in texts_of(caught.value)


def test_an_address_is_shown_as_far_as_no_key_is_in_it() -> None:
    shown = {
        "http://localhost:8000/v1/": "http://localhost:8000/v1",
        "https://h/openai/deployments/gpt-4o-mini": "https://h/openai/deployments/gpt-4o-mini",
        "https://h/v1beta/openai": "https://h/v1beta/openai",
        f"https://h/{SECRET * 2}/v1": "https://h/***/v1",
        f"https://h/v1;key={SECRET}": "https://h/***",
    }
    for url, words in shown.items():
        assert parse_address(url, "X", role="", example="").display_text == words


def test_the_manifest_and_the_answer_hold_no_secret(starter_home: Path) -> None:
    from kedrec.api import Kedrec

    with serving(replying(completion("Hello [P1]."))) as server:
        url = server.url.replace("://", f"://user:{SECRET}@") + f"?k={SECRET}"
        settings = load_settings(
            home=starter_home, graph=str(starter_home / "graph"), model="openai:m", llm_url=url
        )
        with Kedrec(settings) as kedrec:
            answer = kedrec.recommend("gout", drugs=["lesinurad"])
            status = kedrec.status()
    assert answer.manifest.model == "openai:m"
    assert SECRET not in answer.model_dump_json() + status.model_dump_json() + repr(settings)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("LOCALHOST.", True), ("a.localhost", True), ("127.0.0.1", True),
        ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("::ffff:127.0.0.1", True), ("0.0.0.0", False),
        ("localhost.example.org", False), ("127.0.0.1.example.org", False), ("10.0.0.1", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_on_this_machine(host: str, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://localhost@example.org/v1", False),
        ("http://localhost\\@example.org/v1", False),
        ("http://example.org/localhost", False),
        ("http://[::1]:1/v1", True),
    ],
)
def test_a_model_says_whether_it_is_here(url: str, local: bool) -> None:
    model: Any = open_model("openai:m", load_settings(llm_url=url))
    assert model.info.local is local
    model.close()
