"""Resolution of salt names of DrugBank's vocabulary to a graph's drugs.

    python -m benchmarks.salt_names --graph GRAPH [--data DIR] [--list]

Every name and synonym of DrugBank's open vocabulary with the word of a counter-ion is resolved among the
graph's drugs. Where it resolves as a salt form, the vocabulary assigns the name either to the drug's own
DrugBank id or to another entry. Some salts of one base rightly have entries of their own, so the list of
other entries needs reading and need not be empty. A name with several entries counts as the same if one of
them is the drug's.
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
    """Reads the DrugBank ids of each name and synonym of the vocabulary."""
    names: dict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for name in (row["Common name"], *row["Synonyms"].split(" | ")):
                if name.strip():
                    names[name.strip()].add(f"DRUGBANK:{row['DrugBank ID']}")
    return names


def main() -> None:
    """Prints the numbers of names by result, then, with --list, the salt forms of another entry."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.salt_names", description=__doc__)
    parser.add_argument("--graph", help="URL of the graph; default as for `kedrec`")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--list", action="store_true", help="list the salt forms of another entry")
    arguments = parser.parse_args()
    settings = load_settings(graph=arguments.graph)
    names = vocabulary(arguments.data / "drugbank-vocabulary" / "drugbank vocabulary.csv")
    counts: Counter[tuple[str, str]] = Counter()
    other_entries: list[str] = []
    with open_store(settings.graph_url, settings) as store:
        graph_ids = {
            id_ for id_ in store.nodes("Drug", ["id"])["id"].to_pylist() if id_.startswith("DRUGBANK:")
        }
        index = NameIndex.open(store, settings.cache_dir)
        for name, ids in names.items():
            if not _ION.search(name):
                continue
            try:
                match = index.resolve_match(name, "Drug")
            except (NotFoundError, UsageError) as error:
                counts[type(error).__name__, "in the graph" if ids & graph_ids else "not in it"] += 1
                continue
            # Ids of another vocabulary can't be compared.
            entry = "same entry" if match.entity.id in ids else "other entry"
            entry = entry if match.entity.id.startswith("DRUGBANK:") else "no DrugBank id"
            counts[match.why, entry] += 1
            if match.why == "salt form" and entry == "other entry":
                other_entries.append(
                    f"{name} ({', '.join(sorted(ids))}): {match.entity.name} ({match.entity.id})"
                )
        index.close()
    print("| how | entry | names |\n| --- | --- | --- |")
    for (why, entry), count in sorted(counts.items()):
        print(f"| {why} | {entry} | {count:,} |")
    if arguments.list:
        print("\n".join(["", *sorted(other_entries)]))


if __name__ == "__main__":
    main()
