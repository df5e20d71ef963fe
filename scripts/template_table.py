"""Writes the table of path templates into docs/templates.md; --check tests that it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from kedrec.stores.templates import PathTemplate, path_templates

PAGE = Path(__file__).resolve().parent.parent / "docs" / "templates.md"
BEGIN, END = "<!-- templates: begin -->", "<!-- templates: end -->"


def table(templates: tuple[PathTemplate, ...]) -> str:
    """The templates as Markdown tables, supporting ones first, short ones first."""
    lines: list[str] = []
    for stance, title in (("supports", "Supporting"), ("adverse", "Adverse")):
        of_stance = sorted(
            (template for template in templates if template.stance == stance),
            key=lambda template: (len(template.hops), template.name),
        )
        lines += [f"### {title} ({len(of_stance)})", "", "| template | hops | says |", "| --- | --- | --- |"]
        lines += [f"| `{template.name}` | {len(template.hops)} | {template.says} |" for template in of_stance]
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Writes or checks the page; returns 1 for one that is out of date."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, after_begin = page.partition(BEGIN)
    _, _, tail = after_begin.partition(END)
    updated = f"{head}{BEGIN}\n\n{table(path_templates())}\n{END}{tail}"
    if "--check" in sys.argv:
        if updated != page:
            print("docs/templates.md is out of date: run python scripts/template_table.py")
        return int(updated != page)
    PAGE.write_text(updated, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
