"""Access to a service: keys, overlays, rates, bodies, names of hosts, headers, log."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from asked_graph import EDGES, load
from served import events, serving

from kedrec.errors import NotFoundError, UsageError
from kedrec.loading import load_graph
from kedrec.service.app import create_app
from kedrec.service.keys import KeyFile
from kedrec.service.options import ServiceOptions
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store

QUESTION = {"disease": "disease one", "llm": False}
PROBLEM = "application/problem+json"
OVERLAYS = {"lab": ("DRUGBANK:DB00001", "NCBIGene:2"), "ward": ("DRUGBANK:DB00002", "NCBIGene:2")}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("access")
    settings = load_settings(home=folder / "home", graph=str(folder / "graph"), threads=1)
    load(settings, folder, EDGES)
    for name, (start, end) in OVERLAYS.items():
        own = folder / name
        own.mkdir()
        (own / "edges.tsv").write_text(
            f"relation\tstart\tend\nBINDS\t{start}\t{end}\nASSOCIATED_WITH\tDOID:1\t{end}\n", encoding="utf-8"
        )
        with open_store(settings.graph_url, settings, read_only=False) as store:
            load_graph(store, [f"overlay:{name}"], data_dir=own, work_dir=folder / "work")
    return settings


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> KeyFile:
    return KeyFile(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture(scope="module")
def keys(file: KeyFile) -> dict[str, str]:
    return {
        "plain": file.add("plain"),
        "ask": file.add("ask", scopes=["ask"]),
        "watch": file.add("watch", scopes=["metrics"]),
        "lab": file.add("lab", overlays=["lab"]),
        "ward": file.add("ward", overlays=["ward"]),
        "gone": file.add("gone", overlays=["secret-project"]),
        "slow": file.add("slow", rate="3/hour"),
    }


@pytest.fixture(scope="module")
def url(settings: Settings, file: KeyFile, keys: dict[str, str]) -> Iterator[str]:
    with serving(settings, ServiceOptions(keys=file.path, most_body_bytes=10_000, body_seconds=1.0)) as url:
        yield url


@pytest.fixture(scope="module")
def open_url(settings: Settings) -> Iterator[str]:
    options = ServiceOptions(
        most_body_bytes=10_000,
        body_seconds=1.0,
        hosts=("127.0.0.1",),
        origins=("https://wiki.example.org",),
        log_questions=True,
    )
    with serving(settings, options) as url:
        yield url


def post(url: str, key: str = "", endpoint: str = "recommend", **body: object) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.post(f"{url}/v1/{endpoint}", json=body or QUESTION, headers=headers, timeout=60)


def problem(reply: httpx2.Response) -> tuple[int, str]:
    assert reply.headers["content-type"] == PROBLEM, reply.text
    assert reply.json()["status"] == reply.status_code
    return reply.status_code, reply.json()["type"].removeprefix("urn:kedrec:error:")


def test_a_key_is_needed_and_a_wrong_one_is_refused(url: str, keys: dict[str, str]) -> None:
    assert post(url, keys["plain"]).status_code == 200
    by_header = httpx2.post(f"{url}/v1/recommend", json=QUESTION, headers={"X-API-Key": keys["plain"]})
    assert by_header.status_code == 200
    for wrong in ("", "kedrec_" + "x" * 43, keys["plain"][:-1], "x" * 5000, "plain"):
        reply = post(url, wrong)
        assert problem(reply) == (401, "KeyRefusedError")
        assert reply.headers["www-authenticate"] == "Bearer"
    basic = httpx2.get(f"{url}/v1/meta", auth=("plain", keys["plain"]))
    assert problem(basic) == (401, "KeyRefusedError")
    for path in ("/v1/meta", "/v1/search?q=a", "/v1/entity/DOID:1", "/metrics"):
        assert problem(httpx2.get(url + path)) == (401, "KeyRefusedError"), path
    assert httpx2.get(f"{url}/health").status_code == 200
    assert httpx2.get(f"{url}/ready").status_code == 200


def test_a_key_is_refused_before_its_body_is_read(url: str) -> None:
    reply = httpx2.post(
        f"{url}/v1/recommend", content=b"{no json", headers={"Content-Type": "application/json"}
    )
    assert problem(reply) == (401, "KeyRefusedError")


def test_a_revoked_key_is_refused_at_once(url: str, file: KeyFile) -> None:
    secret = file.add("short-lived")
    assert post(url, secret).status_code == 200
    file.revoke("short-lived")
    assert problem(post(url, secret)) == (401, "KeyRefusedError")


def test_a_key_does_what_its_scopes_name(url: str, keys: dict[str, str]) -> None:
    assert post(url, keys["ask"]).status_code == 200
    assert problem(post(url, keys["ask"], disease="disease one", llm=True)) == (403, "ScopeError")
    streamed = httpx2.post(
        f"{url}/v1/recommend",
        json={"disease": "disease one"},
        headers={"Authorization": f"Bearer {keys['ask']}", "Accept": "text/event-stream"},
    )
    assert problem(streamed) == (403, "ScopeError")
    metrics = {"Authorization": f"Bearer {keys['watch']}"}
    assert httpx2.get(f"{url}/metrics", headers=metrics).status_code == 200
    assert problem(post(url, keys["watch"])) == (403, "ScopeError")
    metrics = {"Authorization": f"Bearer {keys['ask']}"}
    assert problem(httpx2.get(f"{url}/metrics", headers=metrics)) == (403, "ScopeError")


def test_an_overlay_is_seen_with_its_key_alone(url: str, keys: dict[str, str]) -> None:
    def subgraph(key: str, drug: str) -> str:
        reply = post(url, keys[key], "explain", drug=drug, disease="disease one", paths=50)
        assert reply.status_code == 200, reply.text
        return reply.text

    def overlays(key: str) -> list[str]:
        shown: list[str] = post(url, keys[key]).json()["manifest"]["overlays"]
        return shown

    askers = [*OVERLAYS, "plain", "ask"] * 4
    with ThreadPoolExecutor(8) as threads:  # at once, so that none sees another's view
        seen = list(threads.map(overlays, askers))
    assert seen == [[asker] if asker in OVERLAYS else [] for asker in askers]
    plain = httpx2.get(f"{url}/v1/meta", headers={"Authorization": f"Bearer {keys['plain']}"})
    assert "overlay" not in json.dumps(plain.json()["sources"])
    for name in OVERLAYS:
        assert name not in plain.text
    private = {key: subgraph(key, OVERLAYS["lab"][0]).count("NCBIGene:2") for key in ("lab", "ward", "plain")}
    assert private["lab"] > 0
    assert private["ward"] == private["plain"] == 0


def test_a_stored_answer_is_not_given_to_another_view(url: str, keys: dict[str, str]) -> None:
    tags = {}
    for key in ("lab", "ward", "plain", "ask"):
        reply = post(url, keys[key])
        tags[key] = reply.headers["etag"]
        again = httpx2.post(
            f"{url}/v1/recommend",
            json=QUESTION,
            headers={"Authorization": f"Bearer {keys[key]}", "If-None-Match": tags[key]},
        )
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tags[key])
    assert len(set(tags.values())) == 3
    assert tags["plain"] == tags["ask"]
    other = {"Authorization": f"Bearer {keys['plain']}", "If-None-Match": tags["lab"]}
    assert httpx2.post(f"{url}/v1/recommend", json=QUESTION, headers=other).status_code == 200


def test_a_stream_is_not_read_with_another_key(url: str, keys: dict[str, str]) -> None:
    def stream(key: str, last: str = "") -> list[str]:
        headers = {
            "Authorization": f"Bearer {keys[key]}",
            "Accept": "text/event-stream",
            "Last-Event-ID": last,
        }
        with httpx2.stream("POST", f"{url}/v1/recommend", json=QUESTION, headers=headers) as reply:
            return [event.id for event in events(reply.iter_lines())]

    first = stream("lab")
    stream_id = first[0].rpartition(".")[0]
    assert stream("lab", first[0]) == first[1:]
    assert not stream("ward", first[0])[0].startswith(stream_id)
    assert not stream("plain", first[0])[0].startswith(stream_id)


def test_a_key_whose_overlay_is_gone_learns_nothing_of_others(url: str, keys: dict[str, str]) -> None:
    reply = post(url, keys["gone"])
    assert problem(reply) == (404, "NotFoundError")
    assert not any(word in reply.text for word in ("secret-project", *OVERLAYS))


def test_a_rate_is_an_asker_s_own(url: str, keys: dict[str, str]) -> None:
    replies = [post(url, keys["slow"]) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert problem(replies[-1]) == (429, "RateLimitError")
    assert int(replies[-1].headers["retry-after"]) > 0
    assert post(url, keys["plain"]).status_code == 200


def test_guessed_keys_are_limited_too(settings: Settings, file: KeyFile, keys: dict[str, str]) -> None:
    with serving(settings, ServiceOptions(keys=file.path, rate="5/minute")) as url:
        statuses = [post(url, f"guess{number}").status_code for number in range(8)]
        assert statuses == [401] * 5 + [429] * 3
        assert post(url, keys["plain"]).status_code == 200


def test_keys_and_an_open_overlay_exclude_each_other(
    settings: Settings, file: KeyFile, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no overlay to everybody"):
        create_app(settings.model_copy(update={"overlay": "lab"}), ServiceOptions(keys=file.path))
    with pytest.raises(NotFoundError, match="no file of keys"):
        create_app(settings, ServiceOptions(keys=tmp_path / "none.json"))


def test_a_long_body_is_refused_with_and_without_its_length(open_url: str) -> None:
    long = json.dumps({"disease": "x" * 10_000_000}).encode()
    headers = {"Content-Type": "application/json"}
    announced = httpx2.post(f"{open_url}/v1/recommend", content=long, headers=headers, timeout=30)
    assert problem(announced) == (413, "OversizeRequestError")

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(long), 65536):
            yield long[start : start + 65536]

    chunked = httpx2.post(f"{open_url}/v1/recommend", content=pieces(), headers=headers, timeout=30)
    assert problem(chunked) == (413, "OversizeRequestError")
    fits = httpx2.post(
        f"{open_url}/v1/recommend", content=b" " * 9000 + json.dumps(QUESTION).encode(), headers=headers
    )
    assert fits.status_code == 200


def test_a_slow_body_is_refused_and_holds_nobody_up(open_url: str) -> None:
    address = urlsplit(open_url)
    begin = time.monotonic()  # before the service's own clock for the body begins
    with socket.create_connection((address.hostname, address.port), timeout=60) as client:
        client.sendall(
            b"POST /v1/recommend HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        assert post(open_url).status_code == 200
        reply = b"".join(iter(lambda: client.recv(65536), b"")).decode()  # in as many pieces as come
        assert time.monotonic() - begin > 0.5
    assert reply.startswith("HTTP/1.1 408 ")
    assert "urn:kedrec:error:UsageError" in reply


def test_every_response_keeps_a_page_to_the_service(open_url: str) -> None:
    for path in ("/health", "/v1/meta", "/nothing", "/v1/entity/DOID:0", "/openapi.json"):
        headers = httpx2.get(open_url + path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_other_sites_may_ask_only_where_they_are_named(url: str, open_url: str) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    named = httpx2.options(
        f"{open_url}/v1/recommend", headers=preflight | {"Origin": "https://wiki.example.org"}
    )
    assert named.headers["access-control-allow-origin"] == "https://wiki.example.org"
    for address in (url, open_url):
        other = httpx2.options(
            f"{address}/v1/recommend", headers=preflight | {"Origin": "https://evil.example"}
        )
        assert "access-control-allow-origin" not in other.headers
        got = httpx2.get(f"{address}/health", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in got.headers


def test_a_page_whose_host_stands_for_this_machine_is_refused(open_url: str) -> None:
    reply = httpx2.get(f"{open_url}/v1/meta", headers={"Host": "evil.example"})
    assert problem(reply) == (421, "UsageError")


def wait_for_lines(caplog: pytest.LogCaptureFixture, number: int) -> None:
    """Waits for log lines, which are written after the answers."""
    until = time.monotonic() + 10
    while len(caplog.records) < number:
        assert time.monotonic() < until, caplog.text
        time.sleep(0.01)


def test_the_log_has_keys_names_and_no_questions(
    url: str, keys: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "kedrec.service"):
        post(url, keys["plain"])
        httpx2.get(f"{url}/v1/search", params={"q": "disease one"}, headers={"X-API-Key": keys["lab"]})
        httpx2.get(f"{url}/v1/entity/DOID:1", headers={"X-API-Key": keys["lab"]})
        post(url, "wrong")
        wait_for_lines(caplog, 4)
    text = caplog.text
    assert "key plain: POST /v1/recommend 200" in text
    assert "key lab: GET /v1/search 200" in text
    assert "nobody: POST /v1/recommend 401" in text
    assert not any(word in text for word in ("disease one", "DOID", "kedrec_", "wrong"))


def test_the_log_has_questions_where_that_is_switched_on(
    open_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "kedrec.service"):
        post(open_url)
        post(open_url, disease="line\nbreak \u202e \x1b[31m", llm=False)
        wait_for_lines(caplog, 2)
    assert 'recommend {"disease":"disease one"' in caplog.text
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert all(message.isprintable() for message in messages)
