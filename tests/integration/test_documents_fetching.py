"""Fetching documents from a server that answers as the services do: pages, retries, cache, rates."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from kedrec.documents.fetching import fetch_documents
from kedrec.documents.polite_http import RateLimitedClient
from kedrec.documents.reading import find_files, read_file
from kedrec.errors import DataError, UsageError

STUDIES = [
    {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": f"Trial {number}"}
        }
    }
    for number in range(250)
]
ARTICLE = (
    "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>T</ArticleTitle><Abstract>"
    "<AbstractText>Text {0}.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>"
)


class Server:
    """Answers as ClinicalTrials.gov, NCBI and Europe PMC do; `wrongs` are what it does first instead."""

    def __init__(self) -> None:
        self.url = ""
        self.wrongs: list[str] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.agents: set[str] = set()

    def answer(self, path: str, given: dict[str, str]) -> bytes:
        if path == "/studies":
            start = int(given.get("pageToken", "p0")[1:])
            end = start + int(given["pageSize"])
            page: dict[str, object] = {"studies": STUDIES[start:end]}
            page |= {"totalCount": len(STUDIES)} if "countTotal" in given else {}
            return json.dumps(page | ({"nextPageToken": f"p{end}"} if end < len(STUDIES) else {})).encode()
        if path == "/esearch.fcgi":
            ids = [str(number) for number in range(1, 451)][: int(given["retmax"])]
            result = {"ERROR": "Empty term"} if given["term"] == "bad" else {"count": "450", "idlist": ids}
            return json.dumps({"header": {}, "esearchresult": result}).encode()
        if path == "/efetch.fcgi":
            articles = "".join(ARTICLE.format(number) for number in given["id"].split(","))
            return f'<?xml version="1.0"?><PubmedArticleSet>{articles}</PubmedArticleSet>\n'.encode()
        start = 0 if given["cursorMark"] == "*" else int(given["cursorMark"])
        end = min(start + int(given["pageSize"]), 130)
        found = [
            {
                "id": str(number),
                "source": "MED",
                "pmid": str(number),
                "title": "T",
                "abstractText": "<h4>A</h4>Text.",
            }
            for number in range(start, end)
        ]
        mark = str(end) if end > start else given["cursorMark"]
        page = {"version": "6.9", "hitCount": 130, "nextCursorMark": mark, "resultList": {"result": found}}
        return json.dumps({**page, "request": {"queryString": given["query"]}}).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    held = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(parts.query).items()}
            held.asked.append((parts.path, given))
            held.agents.add(self.headers["user-agent"])
            wrong = held.wrongs.pop(0) if held.wrongs else ""
            content = held.answer(parts.path, given)
            if wrong.isdigit():
                self.send_response(int(wrong))
                if wrong == "429":
                    self.send_header("retry-after", "7")
                if wrong == "302":
                    self.send_header("location", "http://files.example/studies")
                self.send_header("content-length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if wrong == "cut":
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
            else:
                self.wfile.write(b"{" * len(content) if wrong == "bad" else content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    held.url = f"http://127.0.0.1:{running.server_port}"
    yield held
    running.shutdown()
    thread.join()
    running.server_close()


def fetch(
    server: Server, cache: Path, service: str, waits: list[float] | None = None, **named: object
) -> list[str]:
    slept = waits if waits is not None else []
    now = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    folder = fetch_documents(
        service,
        "gout",
        cache,
        lambda *_: None,
        url=server.url,
        sleep=sleep,
        clock=lambda: now[0],
        **named,  # type: ignore[arg-type]
    )
    return [record.id for path in find_files(folder) for record in read_file(path)]


@pytest.mark.parametrize(
    ("service", "count", "requests"), [("trials", 250, 3), ("pubmed", 450, 4), ("europepmc", 130, 3)]
)
def test_all_pages_come_and_are_asked_for_once(
    server: Server, tmp_path: Path, service: str, count: int, requests: int
) -> None:
    found = fetch(server, tmp_path, service)
    assert len(set(found)) == count
    assert len(server.asked) == requests
    assert fetch(server, tmp_path, service) == found
    assert len(server.asked) == requests
    assert fetch(server, tmp_path, service, again=True) == found
    assert len(server.asked) == 2 * requests
    assert all(agent.startswith("kedrec/") for agent in server.agents)


def test_no_more_than_wanted_comes(server: Server, tmp_path: Path) -> None:
    for service in ("trials", "pubmed", "europepmc"):
        assert len(fetch(server, tmp_path, service, most=110)) == 110


@pytest.mark.parametrize("service", ["trials", "pubmed", "europepmc"])
def test_what_fails_is_asked_again(server: Server, tmp_path: Path, service: str) -> None:
    server.wrongs = ["429", "500", "cut", "bad", "503"]
    waits: list[float] = []
    assert len(fetch(server, tmp_path, service, waits)) in (250, 450, 130)
    assert [wait for wait in waits if wait >= 1] == [7, 2, 4, 8, 16]


def test_what_came_is_kept_where_a_service_stays_away(server: Server, tmp_path: Path) -> None:
    answer = server.answer

    def away(path: str, given: dict[str, str]) -> bytes:
        if given.get("pageToken") == "p200":
            server.wrongs = ["500"]
            return b"{"
        return answer(path, given)

    server.answer = away  # type: ignore[method-assign]
    with pytest.raises(DataError, match="no answer that can be used"):
        fetch(server, tmp_path, "trials")
    server.answer, server.wrongs = answer, []  # type: ignore[method-assign]
    before = len(server.asked)
    assert len(fetch(server, tmp_path, "trials")) == 250
    assert [given.get("pageToken") for _, given in server.asked[before:]] == ["p200"]


def test_a_refusal_is_told_at_once(server: Server, tmp_path: Path) -> None:
    server.wrongs = ["400"]
    with pytest.raises(DataError, match="refused the question"):
        fetch(server, tmp_path, "trials")
    assert len(server.asked) == 1
    with pytest.raises(DataError, match="Empty term"):
        fetch_documents("pubmed", "bad", tmp_path, lambda *_: None, url=server.url)
    for wrong in ({"service": "poems"}, {"query": " "}, {"most": 0}):
        given = {"service": "trials", "query": "x", "most": 1, **wrong}
        with pytest.raises(UsageError):
            fetch_documents(cache_dir=tmp_path, progress=lambda *_: None, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("service", ["trials", "pubmed", "europepmc"])
def test_a_redirection_to_an_open_line_is_refused(server: Server, tmp_path: Path, service: str) -> None:
    server.wrongs = ["302"]
    with pytest.raises(DataError, match=r"http://files\.example, where anybody on the way could change it"):
        fetch(server, tmp_path, service)
    assert len(server.asked) == 1


def test_ncbi_is_asked_three_times_a_second_and_ten_with_a_key(server: Server, tmp_path: Path) -> None:
    for key, rate in (("", 3), ("secret", 10)):
        waits: list[float] = []
        fetch(server, tmp_path / str(rate), "pubmed", waits, key=key)
        assert waits == pytest.approx([1 / rate] * 3)
        assert all(given.get("api_key", "") == key for _, given in server.asked[-4:])


def test_requests_are_spaced_by_the_rate(server: Server) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with httpx2.Client() as client:
        asker = RateLimitedClient(server.url, 4.0, client, sleep, lambda: now[0])
        for _ in range(9):
            asker.get("studies", {"pageSize": "1"}, lambda _: None)
    assert now[0] == pytest.approx(8 / 4.0)
