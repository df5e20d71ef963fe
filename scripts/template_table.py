"""Writes the table of path templates into docs/templates.md; --check says whether it is up to date."""

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
        chosen = sorted(
            (template for template in templates if template.stance == stance),
            key=lambda template: (len(template.hops), template.name),
        )
        lines += [f"### {title} ({len(chosen)})", "", "| template | hops | says |", "| --- | --- | --- |"]
        lines += [f"| `{each.name}` | {len(each.hops)} | {each.says} |" for each in chosen]
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """0 where the page is up to date, or was written."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    new = f"{head}{BEGIN}\n\n{table(path_templates())}\n{END}{tail}"
    if "--check" in sys.argv:
        if new != page:
            print("docs/templates.md is out of date: run python scripts/template_table.py")
        return int(new != page)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
