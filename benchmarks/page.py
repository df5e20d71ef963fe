"""The page in a real browser: its first paint beside a bare page's, a table beside the answer it shows."""

from __future__ import annotations

import shutil
import statistics
import time

import httpx2
from playwright.sync_api import Page, sync_playwright

from benchmarks.measuring import BenchmarkContext, Row, alternate
from benchmarks.service_load import serving
from kedrec.loading import load_graph
from kedrec.ranking import Ranker
from kedrec.settings import load_settings
from kedrec.stores import open_store

_DISEASE = "DOID:2377"
_FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures the first paint, and a question whose answer is stored until its table stands."""
    settings = load_settings(home=context.work, graph=str(context.work / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, work_dir=context.work / "loading")
        Ranker.open(store, settings.cache_dir)
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    question = {"disease": _DISEASE, "top": 10, "paths": 12, "llm": False}
    with serving(context.work, settings.graph_url) as (url, _), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        paints = [(_paint(page, f"{url}/"), _paint(page, f"{url}/health")) for _ in range(context.runs + 1)][
            1:
        ]
        ours, bare = (statistics.median(side) for side in zip(*paints, strict=True))

        def table() -> None:
            page.goto(f"{url}/?ask={_DISEASE}&llm=0")
            page.wait_for_selector(".ranked tbody tr")

        def answer() -> None:
            httpx2.post(f"{url}/v1/recommend", json=question, timeout=120).raise_for_status()

        table()
        answer()
        time.sleep(1)
        shown, answered = alternate(table, answer, context.runs)
        browser.close()
    return [
        Row("first paint of the page", ours, bare, "a line of text", "1,000 ms", unit="ms"),
        Row(
            "a link opened until its table stands",
            1000 * shown,
            1000 * answered,
            "its answer",
            "300 ms",
            "ms",
        ),
    ]


def _paint(page: Page, address: str) -> float:
    """Milliseconds until a page's first paint."""
    page.goto(address)
    while not page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
        time.sleep(0.02)  # the page's policy forbids what `wait_for_function` does
    return float(page.evaluate(_FIRST_PAINT))
