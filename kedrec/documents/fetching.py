"""Fetches documents for a question from ClinicalTrials.gov (API v2), NCBI's E-utilities and Europe PMC.

Pages are stored as received and read by the readers of files. Each service has its own rate: NCBI takes
3 requests a second, 10 with a key (NCBI's E-utilities manual, NBK25497).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec._version import __version__
from kedrec.common.resumable_http import https_check
from kedrec.documents.polite_http import PageFolder, RateLimitedClient
from kedrec.errors import DataError, UsageError

if TYPE_CHECKING:
    import httpx2

    from kedrec.common.progress import Progress

__all__ = ["SERVICES", "fetch_documents"]

SERVICES = {
    "trials": "https://clinicaltrials.gov/api/v2",
    "pubmed": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
    "pmc": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
    "europepmc": "https://www.ebi.ac.uk/europepmc/webservices/rest",
}
"""Services and their addresses."""
_PAGE = {"trials": 100, "pubmed": 200, "pmc": 20, "europepmc": 100}
_NCBI_MOST = 10_000  # ids that E-utilities return for one query


def fetch_documents(
    service: str,
    query: str,
    cache_dir: Path,
    progress: Progress,
    *,
    most: int = 1000,
    again: bool = False,
    key: str = "",
    email: str = "",
    url: str = "",
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Fetches a service's documents for a query; returns the folder of its pages.

    After an interruption it resumes at the missing page; a query that was answered whole isn't sent again.

    Args:
        service: a name out of `SERVICES`.
        most: documents at most.
        again: send the query again, for new documents.
        key, email: for NCBI: its higher rate, and an address to write to.
        url: address of a mirror, "" for the service's own.
        sleep, clock: wait some seconds, and return the time in seconds.

    Raises:
        UsageError: there is no such service, the query is empty, or `most` is below 1.
        DataError: the service refuses, doesn't answer, or redirects to an address that isn't encrypted; or
            the disk is full.
    """
    if service not in SERVICES:
        raise UsageError(f"'{service}' can't be fetched.", f"Fetch one of {', '.join(SERVICES)}.")
    if not query.strip():
        raise UsageError("The question is empty.", "Give words after --query.")
    if most < 1:
        raise UsageError(f"At most {most} documents are none.", "Give a number of 1 or more.")
    address = (url or SERVICES[service]).rstrip("/")
    pages = PageFolder(cache_dir, service, {"query": query, "most": str(most), "url": address})
    if again:
        pages.forget()
    if pages.state.get("done"):
        return pages.folder
    with _client(address, email) as client:
        if service in ("pubmed", "pmc"):
            asker = RateLimitedClient(address, 10.0 if key else 3.0, client, sleep, clock)
            user = {"key": key, "email": email}
            _ncbi(asker, pages, progress, database=service, query=query, most=most, user=user)
        else:
            asker = RateLimitedClient(address, 5.0, client, sleep, clock)
            (_trials if service == "trials" else _europe)(asker, pages, progress, query, most)
    return pages.folder


def _client(address: str, email: str) -> AbstractContextManager[httpx2.Client]:
    import httpx2

    agent = f"kedrec/{__version__} (research software{'; mailto:' + email if email else ''})"
    checks = {"request": [https_check(address)]}
    return httpx2.Client(
        timeout=60.0, follow_redirects=True, headers={"User-Agent": agent}, event_hooks=checks
    )


def _object(content: bytes, *names: str) -> dict[str, Any]:
    value = json.loads(content)
    if not isinstance(value, dict) or any(name not in value for name in names):
        raise ValueError(f"it lacks {' or '.join(names)}")
    return value


def _trials(asker: RateLimitedClient, pages: PageFolder, progress: Progress, query: str, most: int) -> None:
    state = {"pages": 0, "got": 0, "next": "", "total": None, **pages.state}
    while not state.get("done"):
        parameters = {"query.term": query, "pageSize": str(min(_PAGE["trials"], most - state["got"]))}
        parameters |= {"pageToken": state["next"]} if state["next"] else {"countTotal": "true"}
        content = asker.get("studies", parameters, lambda answer: _check(answer, "studies"))
        page = _object(content, "studies")
        state["pages"] += 1
        state["got"] += len(page["studies"])
        state["total"] = state["total"] or page.get("totalCount")
        state["next"] = page.get("nextPageToken") or ""
        state["done"] = not state["next"] or not page["studies"] or state["got"] >= most
        pages.put(state["pages"], content, ".json", state)
        progress("Fetching trials", state["got"], _expected_total(state["total"], most))


def _europe(asker: RateLimitedClient, pages: PageFolder, progress: Progress, query: str, most: int) -> None:
    state = {"pages": 0, "got": 0, "next": "*", "total": None, **pages.state}
    while not state.get("done"):
        size = min(_PAGE["europepmc"], most - state["got"])
        parameters = {
            "query": query, "format": "json", "resultType": "core", "pageSize": str(size),
            "cursorMark": state["next"],
        }  # fmt: skip
        content = asker.get("search", parameters, lambda answer: _check(answer, "resultList"))
        page = _object(content, "resultList")
        results = page["resultList"].get("result") or []
        next_mark = page.get("nextCursorMark") or ""
        state["pages"] += 1
        state["got"] += len(results)
        state["total"] = page.get("hitCount")
        # The service repeats the mark on its last page.
        state["done"] = not next_mark or next_mark == state["next"] or not results or state["got"] >= most
        state["next"] = next_mark
        pages.put(state["pages"], content, ".json", state)
        progress("Fetching articles", state["got"], _expected_total(state["total"], most))


def _check(content: bytes, name: str) -> None:
    _object(content, name)


def _ncbi(
    asker: RateLimitedClient,
    pages: PageFolder,
    progress: Progress,
    *,
    database: str,
    query: str,
    most: int,
    user: dict[str, str],
) -> None:
    common = {"db": database, "tool": "kedrec"}
    common |= {name: value for name, value in (("api_key", user["key"]), ("email", user["email"])) if value}
    state: dict[str, Any] = {"pages": 0, "ids": None, **pages.state}
    if state["ids"] is None:
        # The ids are stored, not NCBI's history, which is deleted after some hours.
        parameters = {**common, "term": query, "retmode": "json", "retmax": str(min(most, _NCBI_MOST))}
        content = asker.get("esearch.fcgi", parameters, _check_search)
        state["ids"] = [str(id_) for id_ in _object(content)["esearchresult"]["idlist"]][:most]
    ids, size = state["ids"], _PAGE[database]
    while not state.get("done"):
        start = state["pages"] * size
        page_ids = ids[start : start + size]
        if page_ids:
            parameters = {**common, "id": ",".join(page_ids), "retmode": "xml"}
            if database == "pubmed":
                parameters["rettype"] = "abstract"
            content = asker.get("efetch.fcgi", parameters, _check_xml)
        else:
            content = b""
        state["pages"] += 1
        state["done"] = start + size >= len(ids)
        pages.put(state["pages"], content, ".xml" if page_ids else ".txt", state)
        progress("Fetching articles", min(start + size, len(ids)), len(ids))


def _check_search(content: bytes) -> None:
    result = _object(content, "esearchresult")["esearchresult"]
    if "ERROR" in result:
        raise DataError(f"NCBI can't search for that: {result['ERROR']}.", "Correct the words after --query.")
    if not isinstance(result.get("idlist"), list):
        raise ValueError("it has no list of numbers")


def _check_xml(content: bytes) -> None:
    """Raises `ValueError` where the end tag is missing: NCBI answers some failures with status 200."""
    end = content.rstrip()[-64:]
    if not (end.endswith((b"</PubmedArticleSet>", b"</pmc-articleset>"))):
        raise ValueError("it ends early or is no set of articles")


def _expected_total(total: int | None, most: int) -> int:
    return most if total is None else min(total, most)
