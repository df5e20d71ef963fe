"""A service of the installed command and a browser, for the tests of the page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from playwright.sync_api import Browser, Page, expect, sync_playwright

BIN = Path(sys.executable).parent
AXE = Path(__file__).parent / "axe" / "axe.min.js"
MS = "?ask=DOID:2377&name=multiple+sclerosis&llm=0"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 780}
SECONDS = 60
expect.set_options(timeout=SECONDS * 1000)  # five seconds by default: too few for a machine with other work


@contextmanager
def serving(command: Path, home: Path, graph: Path) -> Iterator[str]:
    """Runs `kedrec serve` at a free port, and gives the page's address."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("KEDREC_", "NEO4J_"))}
    own |= {"KEDREC_HOME": str(home), "KEDREC_GRAPH": str(graph), "KEDREC_THREADS": "1"}
    own["KEDREC_CACHE_TEXTS"] = "false"  # a stored text comes in one piece: nothing is seen being written
    with tempfile.TemporaryFile("w+") as output:  # a pipe that nobody reads would fill up and stop it
        process = subprocess.Popen(
            [command, "serve", "--port", "0", "--deadline", "900"],
            env=own,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(process, output)
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


def _address(process: subprocess.Popen[bytes], output: TextIO) -> str:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        output.seek(0)
        if address := re.search(r"http://127\.0\.0\.1:\d+/(?=\n)", output.read()):
            return address[0]
        time.sleep(0.05)
    output.seek(0)
    raise AssertionError(f"kedrec serve gave no address: {output.read()}")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Starts Chromium. A machine without it fails the tests rather than skip what the page promises."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "There is no Chromium: `make chromium` installs it, or says how."
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def axe_violations(page: Page) -> list[str]:
    """Rule and first element of what axe-core, an initial script of the page, finds against WCAG 2.2 AA."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("(tags) => axe.run({runOnly: tags})", tags)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
