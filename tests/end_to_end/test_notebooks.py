"""The notebooks of the pages, run on the built-in graph with the real language model."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SHOWN = {  # outputs that a reader must see, by the kind of output
    "first-answer": {
        "text/html": ["Drugs for multiple sclerosis", "natalizumab"],
        "image/svg+xml": ["fingolimod"],
    },
    "own-data": {"text/html": ["colchicine for gout"], "image/svg+xml": ["NLRP3"]},
    "evaluation": {"text/html": ["recall_at_10", "share that holds"], "text/plain": ["supports"]},
}


@pytest.mark.filterwarnings("default")  # Jupyter's own
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_its_first_cell_to_its_last(shell, path, monkeypatch, tmp_path):
    for name, value in (("HOME", shell.home), ("GRAPH", shell.graph), ("THREADS", "1")):
        monkeypatch.setenv(f"KEDREC_{name}", str(value))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    for kind, texts in SHOWN[path.stem].items():
        content = "".join(output.get("data", {}).get(kind, "") for output in outputs)
        for text in texts:
            assert text in content


def test_every_notebook_is_listed_and_kept_without_outputs():
    index = (FOLDER.parent / "index.md").read_text(encoding="utf-8")
    assert {path.stem for path in NOTEBOOKS} == set(SHOWN)
    for path in NOTEBOOKS:
        assert f"notebooks/{path.name}" in index
        cells = nbformat.read(path, nbformat.NO_CONVERT).cells
        assert not [
            cell for cell in cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)
        ]
