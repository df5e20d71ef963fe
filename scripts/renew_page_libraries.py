"""Renews the page's JavaScript libraries from npm: pinned versions, checked hashes, licences beside them.

python scripts/renew_page_libraries.py

Raise a version in LIBRARIES; a package with another SHA-256 than the one beside it is refused.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "kedrec" / "service" / "page" / "vendor"
TESTS = ROOT / "tests" / "end_to_end" / "axe"


@dataclass(frozen=True)
class Library:
    """A package of npm.

    Attributes:
        file: the part that is used.
        folder: where it goes.
        sha256: of the package's archive.
    """

    name: str
    version: str
    file: str
    folder: Path
    sha256: str


LIBRARIES = (
    Library(
        "cytoscape",
        "3.35.0",
        "dist/cytoscape.min.js",
        PAGE,
        "058a81a7534777ea68dc737e9b77bd5b701e00acd9bee246245a576eeeac32e6",
    ),
    Library(
        "layout-base",
        "2.0.1",
        "layout-base.js",
        PAGE,
        "34165e46d8c4b9d719a592e39a60fa5f7324c21a3edd02733e1116b17013defd",
    ),
    Library(
        "cose-base",
        "2.2.0",
        "cose-base.js",
        PAGE,
        "612ec91a30b7f2dc158cca4846eeea1b7f89a97fc672951da3c1932107de6da8",
    ),
    Library(
        "cytoscape-fcose",
        "2.2.0",
        "cytoscape-fcose.js",
        PAGE,
        "4e1f30e1821fdd4b66f21043c8ea40a8e2ad0ba75e4ccdd2c24d289cf5595432",
    ),
    Library(
        "axe-core",
        "4.14.1",
        "axe.min.js",
        TESTS,
        "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
    ),
)


def main() -> None:
    """Fetches every library, and writes its file and licence."""
    with tempfile.TemporaryDirectory() as work:
        for library in LIBRARIES:
            renew(library, Path(work))


def renew(library: Library, work: Path) -> None:
    """Fetches one library, and writes its file and licence. Raises `SystemExit` where its hash differs."""
    package = f"{library.name}@{library.version}"
    done = subprocess.run(
        ["npm", "pack", "--json", package], cwd=work, check=True, capture_output=True, text=True
    )
    listed = json.loads(done.stdout)
    archive = work / (listed[0] if isinstance(listed, list) else next(iter(listed.values())))["filename"]
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != library.sha256:
        raise SystemExit(f"{package}: its SHA-256 is {digest}, not {library.sha256}.")
    library.folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as package_files:
        for member, target in (
            (library.file, Path(library.file).name),
            ("LICENSE", f"{library.name}.LICENSE"),
        ):
            source = package_files.extractfile(f"package/{member}")
            if source is None:
                raise SystemExit(f"{package} has no {member}.")
            with (library.folder / target).open("wb") as out:
                shutil.copyfileobj(source, out)
    print(f"{package}: {library.file}")


if __name__ == "__main__":
    main()
