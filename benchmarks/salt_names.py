"""Names of salts in DrugBank's vocabulary: which a graph's drugs are found under, and if it is the same drug.

    python -m benchmarks.salt_names --graph GRAPH [--data DIR] [--list]

Every name and synonym of DrugBank's open vocabulary that has a counter-ion's word is resolved among the
graph's drugs (`NameIndex.resolved`). Of those that resolve as a salt form, the vocabulary gives the name to
the DrugBank id that the graph's drug has, or to another: a substance with an entry of its own. Some salts
of one base have entries of their own too, so that the second list is to be read, not to be empty. A name
that the vocabulary gives to several entries counts as the same where one of them is.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

from kedrec.errors import NotFoundError, UsageError
from kedrec.naming import NameIndex
from kedrec.settings import load_settings
from kedrec.stores import open_store

_ION = re.compile(
    r"\b(?:\w*hydrochloride|\w*ates?|\w*(?:chlor|brom|iod|fluor)ide|sodium|\w*potassium|calcium|magnesium|zinc|"
    r"\w*hydrate|anhydrous|lithium|ferr\w+|iron|bismuth|aluminum|lysine|arginine|meglumine|tromethamine|olamine)\b",
    re.IGNORECASE,
)


def vocabulary(path: Path) -> dict[str, set[str]]:
    """Each name and synonym of the vocabulary with the DrugBank ids that it is given to."""
    names: dict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for name in (row["Common name"], *row["Synonyms"].split(" | ")):
                if name.strip():
                    names[name.strip()].add(f"DRUGBANK:{row['DrugBank ID']}")
    return names


def main() -> None:
    """Prints how many names resolve and how, then the salt forms of another entry if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.salt_names", description=__doc__)
    parser.add_argument("--graph", help="URL of the graph; default as for `kedrec`")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--list", action="store_true", help="list the salt forms of another entry")
    arguments = parser.parse_args()
    settings = load_settings(graph=arguments.graph)
    names = vocabulary(arguments.data / "drugbank-vocabulary" / "drugbank vocabulary.csv")
    counts: Counter[tuple[str, str]] = Counter()
    others: list[str] = []
    with open_store(settings.graph_url, settings) as store:
        held = {id_ for id_ in store.nodes("Drug", ["id"])["id"].to_pylist() if id_.startswith("DRUGBANK:")}
        index = NameIndex.open(store, settings.cache_dir)
        for name, ids in names.items():
            if not _ION.search(name):
                continue
            try:
                match = index.resolved(name, "Drug")
            except (NotFoundError, UsageError) as error:
                counts[type(error).__name__, "in the graph" if ids & held else "not in it"] += 1
                continue
            # A drug that has another vocabulary's id can't be compared by it.
            same = "same entry" if match.entity.id in ids else "other entry"
            same = same if match.entity.id.startswith("DRUGBANK:") else "no DrugBank id"
            counts[match.why, same] += 1
            if match.why == "salt form" and same == "other entry":
                others.append(f"{name} ({', '.join(sorted(ids))}): {match.entity.name} ({match.entity.id})")
        index.close()
    print("| how | entry | names |\n| --- | --- | --- |")
    for (why, same), count in sorted(counts.items()):
        print(f"| {why} | {same} | {count:,} |")
    if arguments.list:
        print("\n".join(["", *sorted(others)]))


if __name__ == "__main__":
    main()
