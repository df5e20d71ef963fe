"""Notebooks' display of an answer; the rendering lies above the types and is looked up when it is used."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["Displayed"]


class Displayed:
    """An object that a notebook shows as HTML, and that becomes a table of pandas."""

    def _repr_html_(self) -> str:
        """The object as HTML, with nothing to be fetched and no script, as Jupyter asks for it."""
        html: str = importlib.import_module("kedrec.rendering.answer_page").fragment(self)
        return html

    def to_dataframe(self) -> Any:
        """The object as a `pandas.DataFrame`.

        Of an answer, a row a recommendation; of a recommendation, a row an item of evidence; of a comparison,
        a row a part of the scores; of a subgraph, a row an edge.

        Raises:
            UsageError: pandas isn't installed.
        """
        return importlib.import_module("kedrec.rendering.data_frames").data_frame(self)
