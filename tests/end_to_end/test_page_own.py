"""The page in a real browser: a key, own genes, a clinical status."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from browser import AXE, MS, PHONE, axe_violations
from playwright.sync_api import Page, expect
from served_command import serve

from kedrec.service.keys import KeyFile

if TYPE_CHECKING:
    from playwright.sync_api import Request

Open = Callable[..., Page]
LISTS = {"raised": ["TNF", "IL6", "NOSUCHGENE"], "lowered": ["IL10"]}
OPTIONS = {"top": 10, "paths": 12, "llm": False}


def asked(address: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{address}v1/recommend", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def names(page: Page) -> list[str]:
    page.wait_for_selector(".ranked tbody tr")
    return page.locator(".ranked .name").all_inner_texts()


def stored(page: Page) -> list[Any]:
    """What the browser keeps: for the tab, for longer, and as cookies."""
    kept: Any = page.evaluate("[Object.values(sessionStorage), Object.values(localStorage), document.cookie]")
    return list(kept)


def test_a_key_is_asked_for_sent_as_a_header_and_kept_for_the_tab_alone(
    open_page: Open, shell: Any, tmp_path: Path
) -> None:
    key = KeyFile(tmp_path / "keys.json").add("lab", scopes=["ask"])
    with serve(shell, "--keys", str(tmp_path / "keys.json")) as (_, url):
        page = open_page(MS, url=f"{url}/", script=AXE, viewport=PHONE)
        sent: list[Request] = []
        page.on("request", lambda request: sent.append(request) if "/v1/" in request.url else None)
        expect(page.locator("#problem")).to_contain_text("needs a key")
        expect(page.locator("#key")).to_be_focused()
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.keyboard.type("kedrec_wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#problem")).to_contain_text("isn't valid")
        page.fill("#key", "kein Schlüssel")
        page.keyboard.press("Enter")
        expect(page.locator("#problem")).to_contain_text("That is no key")
        sent.clear()
        page.keyboard.type(key)
        page.keyboard.press("Enter")
        assert names(page)
        expect(page.locator("#problem")).to_be_empty()
        expect(page.locator("#key-form")).to_be_hidden()
        assert {request.headers.get("authorization") for request in sent} == {f"Bearer {key}"}
        assert stored(page) == [[key], [], ""]
        assert key not in page.content() + page.url
        page.reload()
        assert names(page)
        other = page.context.new_page()
        other.goto(f"{url}/{MS}")
        expect(other.locator("#key-form")).to_be_visible()
        page.click("#forget-key")
        expect(page.locator("#key-form")).to_be_visible()
        assert stored(page) == [[], [], ""]


def test_own_genes_are_asked_about_by_keyboard_and_stay_out_of_what_a_server_sees(
    open_page: Open, address: str
) -> None:
    page = open_page("?llm=0")
    page.wait_for_selector("#example-list button")
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.focus("#own summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("TNF, IL6 # raised in my cells\nNOSUCHGENE")
    page.keyboard.press("Tab")
    page.keyboard.type("IL10")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    answer = asked(address, LISTS | OPTIONS)
    assert names(page) == [item["drug"]["name"] for item in answer["recommendations"]]
    expect(page.locator(".notes")).to_contain_text("3 of 4 listed names used as genes of your list.")
    expect(page.locator(".notes")).to_contain_text("Not known in the graph (1): NOSUCHGENE.")
    assert page.locator("[data-focus=view-compare], .pick").count() == 0
    link = page.url
    assert urlsplit(link).fragment == "raised=TNF+IL6+NOSUCHGENE&lowered=IL10"
    page.keyboard.press("Control+Home")
    page.focus(".skip")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_focused()
    assert page.url == link
    again = open_page(link.removeprefix(address))
    assert names(again) == names(page)
    expect(again.locator("#list-lowered")).to_have_value("IL10")
    assert not [url for url in seen if "TNF" in urlsplit(url).query]


def test_a_list_without_a_gene_is_an_error_that_says_what_to_do(open_page: Open) -> None:
    page = open_page("?llm=0")
    page.wait_for_selector("#example-list button")
    page.click("#own summary")
    page.fill("#list-genes", " # nothing, \n")
    page.click("#own-genes button")
    expect(page.locator("#problem")).to_contain_text("Give a symbol or an id")
    page.fill("#list-genes", "NOSUCHGENE")
    page.click("#own-genes button")
    expect(page.locator("#problem")).to_contain_text("NOSUCHGENE")


@pytest.mark.parametrize("status", ["approved", "failed"])
def test_a_clinical_status_chooses_drugs_and_is_in_the_link(
    open_page: Open, address: str, status: str
) -> None:
    page = open_page(MS)
    everything = names(page)
    page.select_option("#clinical", status)
    expect(page).to_have_url(re.compile(f"status={status}"))
    answer = asked(address, {"disease": "DOID:2377", "status": status, **OPTIONS})
    expected = [item["drug"]["name"] for item in answer["recommendations"]]
    assert expected != everything
    if expected:
        expect(page.locator(".ranked .name")).to_have_text(expected)
    expect(page.locator(".notes")).to_contain_text(f"{answer['status_left_out']} drug")
    again = open_page("?" + urlsplit(page.url).query)
    expect(again.locator("#clinical")).to_have_value(status)
    expect(again.locator(".notes")).to_contain_text(f"{answer['status_left_out']} drug")


def test_a_drugs_diseases_have_no_status(open_page: Open) -> None:
    page = open_page("?ask=DRUGBANK:DB00331&name=metformin&kind=Drug&llm=0&status=approved")
    assert names(page)
    expect(page.locator("#clinical")).to_be_disabled()


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=str)
def test_axe_finds_no_violation_in_own_genes(open_page: Open, options: dict[str, Any]) -> None:
    page = open_page("?llm=0#raised=TNF+IL6", script=AXE, reduced_motion="reduce", **options)
    page.wait_for_selector(".drawing[data-ready]")
    assert page.is_visible("#list-raised")
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
