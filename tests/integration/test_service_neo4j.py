"""A service on Neo4j that goes away and comes back, and a graph that is loaded anew there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
import pytest
from asked_graph import EDGES, MORE_EDGES, load
from served import serving
from tcp_proxy import Proxy

if TYPE_CHECKING:
    from kedrec.settings import Settings

pytestmark = pytest.mark.neo4j

QUESTION = {"disease": "disease one", "llm": False}


@pytest.fixture
def proxy(neo4j_settings: Settings) -> Iterator[Proxy]:
    proxy = Proxy(urlsplit(neo4j_settings.neo4j_uri).port or 7687)
    yield proxy
    proxy.close()


def ask(url: str) -> httpx2.Response:
    return httpx2.post(f"{url}/v1/recommend", json=QUESTION, timeout=120)


def test_questions_fail_while_neo4j_is_gone_and_are_answered_when_it_is_back(
    empty_neo4j: Settings, proxy: Proxy, tmp_path: Path
) -> None:
    load(empty_neo4j, tmp_path, EDGES)
    uri = f"bolt://127.0.0.1:{proxy.port}"
    with serving(empty_neo4j.model_copy(update={"neo4j_uri": uri})) as url:
        before = ask(url)
        assert before.status_code == 200, before.text
        proxy.cut()
        gone = ask(url)
        assert gone.status_code in {502, 503}, gone.text
        assert gone.headers["content-type"] == "application/problem+json"
        assert gone.json()["type"].startswith("urn:kedrec:error:Store")
        assert httpx2.get(f"{url}/health").status_code == 200
        assert httpx2.get(f"{url}/ready", timeout=60).status_code == 503
        proxy.is_cut = False
        back = ask(url)
        assert back.status_code == 200, back.text
        assert (back.json(), back.headers["etag"]) == (before.json(), before.headers["etag"])


def test_a_graph_that_is_loaded_anew_in_neo4j_is_taken_over(empty_neo4j: Settings, tmp_path: Path) -> None:
    load(empty_neo4j, tmp_path, EDGES)
    with serving(empty_neo4j) as url:
        before, again = ask(url), ask(url)
        assert again.json() == before.json()
        load(empty_neo4j, tmp_path, MORE_EDGES)
        after = ask(url)
    assert after.status_code == 200, after.text
    fingerprints = {reply.json()["manifest"]["fingerprint"] for reply in (before, again, after)}
    assert len(fingerprints) == 2
    assert before.headers["etag"] == again.headers["etag"] != after.headers["etag"]
