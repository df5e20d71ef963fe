"""The service behind a proxy that takes a path prefix away: page, parts, links, streams, who asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from browser import MS, browsing
from playwright.sync_api import expect
from prefix_proxy import proxying
from served_command import serve

PREFIX, MOST = "/tools/kedrec", 200


@pytest.fixture(scope="module")
def url(shell: Any) -> Iterator[str]:
    """The service's URL as the proxy gives it."""
    with (
        serve(shell, "--root-path", PREFIX, "--rate", f"{MOST}/hour") as (_, direct),
        proxying(PREFIX, urlsplit(direct).port or 0) as address,
    ):
        yield address


def test_page_parts_links_and_streams_work_below_the_prefix(url: str) -> None:
    wrong: list[str] = []
    with browsing() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "response", lambda one: wrong.append(f"{one.status} {one.url}") if one.status >= 400 else None
        )
        page.on(
            "request", lambda one: None if one.url.startswith((f"{url}/", "blob:")) else wrong.append(one.url)
        )
        page.goto(f"{url}/")
        page.wait_for_selector("#example-list button")
        page.goto(f"{url}/?ask=DOID:2377&name=multiple+sclerosis&llm=1&top=2")
        expect(page.locator("#writing")).not_to_have_text(
            "", timeout=120_000
        )  # words that the model is writing
        expect(page.locator(".for .note")).to_contain_text("every sentence was checked", timeout=120_000)
        page.goto(f"{url}/{MS}")
        page.wait_for_selector(".drawing[data-ready]")  # its library was found
        expect(page).to_have_url(re.compile(rf"^{re.escape(url)}/\?.*graph=[0-9a-f]{{16}}"))
        name = page.locator(".ranked .name").first.inner_text()
        page.goto(page.url)  # as a link that was passed on
        expect(page.locator(".ranked .name").first).to_have_text(name)
        page.click("header .mark")
        expect(page).to_have_url(f"{url}/")
        described = page.locator("header a", has_text="API").get_attribute("href") or ""
        page.close()
    assert wrong == []
    description = httpx2.get(urljoin(f"{url}/", described), timeout=60).json()
    assert [server["url"] for server in description["servers"]] == [PREFIX]


def test_events_pass_as_they_come_and_are_taken_up_again(url: str) -> None:
    question = {"disease": "DOID:2377", "top": 1}
    headers = {"Accept": "text/event-stream"}
    with httpx2.stream("POST", f"{url}/v1/recommend", json=question, headers=headers, timeout=300) as reply:
        lines = (line for line in reply.iter_lines() if line.startswith(("id: ", "event: ")))
        first, name = next(lines).removeprefix("id: "), next(lines)
    assert name == "event: ranking"  # and the model hasn't written yet
    headers["Last-Event-ID"] = first
    rest = httpx2.post(f"{url}/v1/recommend", json=question, headers=headers, timeout=300).text
    assert "event: ranking" not in rest
    assert rest.index(f"id: {first.rpartition('.')[0]}.2\n") < rest.index("event: done")
    assert json.loads(rest[rest.index("event: done") :].partition("data: ")[2])["recommendations"]


def test_askers_are_those_that_the_proxy_names(url: str) -> None:
    for asker in ("127.0.0.2", "127.0.0.3"):
        with httpx2.Client(transport=httpx2.HTTPTransport(local_address=asker), timeout=60) as client:
            statuses = [client.get(f"{url}/v1/search?q=asthma").status_code for _ in range(MOST + 1)]
        assert statuses == [200] * MOST + [429]


def test_what_is_not_below_the_prefix_is_another_service(url: str) -> None:
    root = url.removesuffix(PREFIX)
    assert httpx2.get(f"{root}/v1/meta", timeout=60).status_code == 404
    assert httpx2.get(f"{url}/v1/entity/DOID:2377", timeout=60).json()["name"] == "multiple sclerosis"
    assert httpx2.get(f"{url}/trapi/meta_knowledge_graph", timeout=60).status_code == 200
