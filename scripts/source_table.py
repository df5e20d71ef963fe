"""Writes the sources declared in loaders/ into docs/sources.md; --check tests that it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from kedrec.loading import Source, list_sources

PAGE = Path(__file__).resolve().parent.parent / "docs" / "sources.md"
BEGIN, END = "<!-- sources: begin -->", "<!-- sources: end -->"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _details(source: Source) -> list[str]:
    home = f" (<{source.homepage}>)" if source.homepage else ""
    lines = [f"### `{source.name}`: {source.title}{home}", "", source.brings, ""]
    if source.obtain:
        lines += [f"- {source.obtain}"]
    for download in source.downloads:
        check = f", SHA-256 `{download.sha256}`" if download.sha256 else ""
        check += f"; unchecked: {download.rolling}" if download.rolling else ""
        check += (
            f"; checked by its first download's SHA-256: {download.unhashed}" if download.unhashed else ""
        )
        members = f", of which {', '.join(download.members)}" if download.members else ""
        lines += [f"- `kedrec-load graph {source.name}` fetches <{download.url}>{members}{check}"]
    for spec in source.files:
        suffix = " (optional)" if spec.optional else ""
        lines += [f"- {spec.name}{suffix}: {', '.join(f'`{path}`' for path in spec.paths)}"]
    if source.same_names:
        lines += [
            f"- meets what is in the graph by name, where ids don't tell: {', '.join(source.same_names)}"
        ]
    return [*lines, ""]


def table(sources: tuple[Source, ...]) -> str:
    """The sources as one Markdown table, then each with its files."""
    lines = [
        "| source | what it is | licence | date | download, about |",
        "| --- | --- | --- | --- | --- |",
    ]
    for source in sources:
        size = source.size or "none"
        download = size if source.downloads or source.reader == "starter" else f"{size}; get it yourself"
        cells = (f"`{source.name}`", source.title, source.licence, source.date or source.version, download)
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    lines.append("")
    for source in sources:
        lines += _details(source)
    return "\n".join(lines)


def main() -> int:
    """Writes or checks the page; returns 1 for one that is out of date."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, after_begin = page.partition(BEGIN)
    _, _, tail = after_begin.partition(END)
    updated = f"{head}{BEGIN}\n\n{table(list_sources())}\n{END}{tail}"
    if "--check" in sys.argv:
        if updated != page:
            print("docs/sources.md is out of date: run python scripts/source_table.py")
        return int(updated != page)
    PAGE.write_text(updated, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
