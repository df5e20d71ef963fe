"""Takes the pictures of the page that the docs show: `python scripts/take_screenshots.py [FOLDER]`.

Asks a service of this checkout on the graph of KEDREC_GRAPH, with the model of KEDREC_HOME, about multiple
sclerosis, in Chromium, and writes PNG files; the default folder is docs/page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "end_to_end"))

from browser import PHONE, WIDE, browsing, serving  # noqa: E402  # the tests' service and browser

from kedrec.settings import load_settings  # noqa: E402  # after the path of the tests

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUESTION = "?ask=DOID:2377&name=multiple+sclerosis"
BY_PATHS, BY_MODEL = f"{QUESTION}&llm=0", f"{QUESTION}&llm=1&top=5"
_WRITING = 300_000  # milliseconds for the model's texts


def _press_claim(page: Page) -> None:
    page.click(".claims li.holds .claim >> nth=0")


def _filter(page: Page) -> None:
    page.click("#filters summary")
    page.click("[data-focus='filter-relation-INTERACTS_WITH']")


def _compare(page: Page) -> None:
    for place in (0, 1):
        page.locator("[aria-label^='Compare ']").nth(place).click()
    page.wait_for_selector(".compared .verdict")


def _misspell(page: Page) -> None:
    page.wait_for_selector("#example-list button")
    page.uncheck("#llm")
    page.fill("#question", "multipel sclerosis")
    page.keyboard.press("Escape")
    page.click("#submit")
    page.wait_for_selector("#problem li")


PICTURES: dict[str, tuple[str, dict[str, Any], Callable[[Page], None] | None]] = {
    "answer": (BY_MODEL, {"viewport": WIDE}, None),
    "claim": (BY_MODEL, {"viewport": WIDE}, _press_claim),
    "filter": (BY_PATHS, {"viewport": WIDE}, _filter),
    "compare": (BY_PATHS, {"viewport": WIDE}, _compare),
    "error": ("", {"viewport": WIDE}, _misspell),
    "dark": (BY_MODEL, {"viewport": WIDE, "color_scheme": "dark"}, None),
    "phone": (BY_MODEL, {"viewport": PHONE}, None),
}
"""Name, address, the browser's options, and what is pressed first."""


def main() -> None:
    """Takes every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "page")
    folder = parser.parse_args().folder
    settings = load_settings()
    command = Path(sys.executable).with_name("kedrec")
    with serving(command, settings.home, Path(settings.graph_url)) as address, browsing() as browser:
        for name, (search, options, press) in PICTURES.items():
            context = browser.new_context(reduced_motion="reduce", **options)
            page = context.new_page()
            page.set_default_timeout(_WRITING)
            page.goto(address + search)
            if search:
                page.wait_for_selector(".drawing[data-ready]")
                page.wait_for_selector("#cancel", state="hidden")  # which is there while the model writes
            if press is not None:
                press(page)
            page.wait_for_timeout(500)  # what is marked is drawn in the next frames
            page.screenshot(path=folder / f"{name}.png", animations="disabled")
            context.close()
            print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
