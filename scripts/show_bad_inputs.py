"""Runs every wrong input of the tests and prints the answers as Markdown.

python scripts/show_bad_inputs.py > docs/bad-input.md
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "end_to_end"))

from bad_inputs import CASES, Case

BIN = Path(sys.executable).parent
HEAD = """# Wrong input, and what KEDRec says

Made by `python scripts/show_bad_inputs.py`. The same cases run as `tests/end_to_end/test_bad_input.py`,
which also covers a full disk, a damaged default model, and Neo4j's wrong password and database. `~` stands
for a folder.
"""

PROGRESS = ("Fitting the ranking", "Reading ", "Resolving ", "Writing ")
"""Prefixes of progress lines, which only slow machines print."""


def run(words: list[str], work: Path, **environment: str) -> tuple[int, str]:
    """Runs a command; returns its exit code and output, with the folder's name replaced by `~`."""
    process = subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        env={
            **os.environ,
            "KEDREC_HOME": str(work / "home"),
            "KEDREC_GRAPH": str(work / "graph"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, (process.stderr + process.stdout).replace(str(work), "~").strip()


def show(case: Case, work: Path) -> str:
    """Runs a case and formats it as a section."""
    if case.prepare:
        case.prepare(work)
    if case.first:
        run([word.replace("{work}", str(work)) for word in case.first], work)
    words = [word.replace("{work}", str(work)) for word in case.words]
    environment = {name: value.replace("{work}", str(work)) for name, value in case.environment}
    code, output = run(words, work, **environment)
    # Seconds are the machine's, not the input's.
    output = re.sub(r"\(\d+\.\d s; ", "(", output)
    lines = [line for line in output.splitlines() if not line.startswith(PROGRESS)]
    indented = "\n".join(f"    {line.rstrip()}" for line in lines[:6])
    command = " ".join(f"'{word}'" if " " in word or not word else word for word in case.words)
    return f"## {case.what}\n\n    $ {command.replace('{work}', '~')}\n{indented}\n\nExit code {code}.\n"


def main() -> None:
    """Prints the page."""
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        base.mkdir()
        for words in (["kedrec-load", "graph"], ["kedrec", "model", "pull"]):
            code, output = run(words, base)
            if code:
                sys.exit(output)
        for number, case in enumerate(CASES):
            work = Path(folder) / str(number)
            subprocess.run(["/bin/cp", "-r", str(base), str(work)], check=True)
            print(show(case, work))


if __name__ == "__main__":
    main()
