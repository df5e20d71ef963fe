"""Inputs that are wrong, and what KEDRec must say of them. `scripts/show_bad_inputs.py` prints them all."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Prepare = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """One wrong input.

    Attributes:
        what: the input, in words.
        words: the command line; `{work}` stands for a folder of the case's own.
        code: the exit code that must come.
        says: a part of what must be said.
        prepare: makes the folder's content.
        first: a command that succeeds before.
        environment: settings of the case; `{work}` as in `words`.
    """

    what: str
    words: tuple[str, ...]
    code: int
    says: str
    prepare: Prepare | None = None
    first: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def _cut_hetionet(work: Path) -> None:
    folder = work / "hetionet"
    folder.mkdir(parents=True)
    (folder / "hetionet-v1.0-nodes.tsv").write_text(
        "id\tname\tkind\nGene::9021\tSOCS3\tGene\nDisease::DOID:263\tkidney cancer\tDisease\n"
    )
    whole = gzip.compress(b"source\tmetaedge\ttarget\nDisease::DOID:263\tDaG\tGene::9021\n" * 500)
    (folder / "hetionet-v1.0-edges.sif.gz").write_bytes(whole[: len(whole) // 2])


def _own_tables(nodes: str, edges: str) -> Prepare:
    def prepare(work: Path) -> None:
        folder = work / "mine"
        folder.mkdir(parents=True)
        (folder / "nodes.tsv").write_text("kind\tid\tname\n" + nodes)
        (folder / "edges.tsv").write_text("relation\tstart\tend\tlicence\n" + edges)

    return prepare


def _open_quote(work: Path) -> None:
    (work / "mine").mkdir(parents=True)
    (work / "mine" / "nodes.csv").write_text(
        'kind,id,name\nDisease,MONDO:9999991,one\nDisease,MONDO:9999992,"two\nDisease,MONDO:9999993,three\n'
    )


def _pipe(work: Path) -> None:
    _own_tables("Disease\tMONDO:9999991\tone\n", "")(work)
    (work / "mine" / "edges.tsv").unlink()
    os.mkfifo(work / "mine" / "edges.tsv")


def _files(**contents: str | bytes) -> Prepare:
    """Files by the name of their source, each under the name that the source wants."""

    def prepare(work: Path) -> None:
        for source, content in contents.items():
            folder = work / source.replace("_", "-")
            folder.mkdir(parents=True)
            path = folder / _NAMES[source]
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return prepare


_NAMES = {
    "doid": "doid.obo",
    "drugmechdb": "indication_paths.yaml",
    "hetionet_json": "hetionet-v1.0.json.gz",
    "clinicaltrials": "studies.jsonl",
}
_OBO = """format-version: 1.2
import: http://a.example/other.obo

[Term]
id: DOID:13189
name: gout
is_a: BFO:0000031
synonym: "podagra" EXACT OMO:0003012 []

[Term]
id: DOID:999999
name: obsolete arthritis
is_obsolete: true
consider: DOID:13189
"""
_STUDIES = """{"nct_id": "NCT00000001", "brief_title": "A trial"}
{"nct_id": "NCT00000002", "brief_title": "\\ud800"}
{"nct_id": "NCT00000003", "brief_title":
"""
_COPIES = "- a0: &a0 [x, x]\n" + "".join(
    f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


def _bomb(work: Path) -> None:
    _files(hetionet_json=gzip.compress(b"\n" * 400_000_000, 9))(work)


def _empty_folder(work: Path) -> None:
    (work / "hetionet").mkdir(parents=True)


def _no_model(work: Path) -> None:
    (work / "model.gguf").write_bytes(b"GGUF" + b"\0" * 200)


def _diseases(work: Path) -> None:
    (work / "diseases.txt").write_text("gout\nnosuch syndrome\nimatinib\n")


ASK = ("kedrec", "ask", "--no-llm", "--disease")
OWN = ("kedrec-load", "graph", "kedrec", "--from", "{work}/mine", "--no-fit")

CASES = (
    Case("an unknown disease", (*ASK, "qwertyuiop syndrome"), 1, "qwertyuiop syndrome"),
    Case("a misspelt disease", (*ASK, "multiple sclerosiss"), 1, "multiple sclerosis"),
    Case(
        "a name of several diseases",
        (*ASK, "twin disease"),
        1,
        "MONDO:9999991",
        _own_tables("Disease\tMONDO:9999991\tTwin disease\nDisease\tMONDO:9999992\tTwin disease\n", ""),
        first=OWN,
    ),
    Case("an empty name", (*ASK, " "), 2, "empty"),
    Case(
        "a drug that is no drug",
        (*ASK, "multiple sclerosis", "--drug", "cystic fibrosis"),
        1,
        "Disease",
    ),
    Case("a name that is Cypher", (*ASK, 'x"}) DETACH DELETE n //'), 1, "DETACH DELETE"),
    Case("--top 0", (*ASK, "gout", "--top", "0"), 2, "1 to 1,000"),
    Case("--top -1", (*ASK, "gout", "--top", "-1"), 2, "1 to 1,000"),
    Case("--top 10^9", (*ASK, "gout", "--top", "1000000000"), 2, "1 to 1,000"),
    Case("--paths 0", (*ASK, "gout", "--paths", "0"), 2, "1 to 50"),
    Case("--seed -1", (*ASK, "gout", "--seed", "-1"), 2, "SEED"),
    Case("neither a disease nor a drug", ("kedrec", "ask", "--no-llm"), 2, "--disease"),
    Case(
        "two drugs without a disease",
        ("kedrec", "ask", "--drug", "imatinib", "--drug", "colchicine"),
        2,
        "--disease",
    ),
    Case(
        "a drug compared with itself",
        ("kedrec", "compare", "--disease", "gout", "--drug", "colchicine", "--drug", "Colchicine"),
        2,
        "Name two drugs",
    ),
    Case("one drug to compare", ("kedrec", "compare", "--disease", "gout", "--drug", "colchicine"), 2, "two"),
    Case(
        "diseases that aren't, in a list",
        ("kedrec", "rank", "--diseases", "{work}/diseases.txt", "--out", "{work}/p.parquet"),
        1,
        "line 3",
        _diseases,
    ),
    Case(
        "no such list",
        ("kedrec", "rank", "--diseases", "{work}/none", "--out", "{work}/p.parquet"),
        1,
        "none",
    ),
    Case("scores in another format", ("kedrec", "rank", "--all", "--out", "{work}/p.csv"), 2, ".parquet"),
    Case("scores to nowhere", ("kedrec", "rank", "--all", "--out", "{work}/none/p.parquet"), 2, "no folder"),
    Case(
        "no Ray where one was said to be",
        ("kedrec", "rank", "--all", "--out", "{work}/p.parquet", "--ray", "127.0.0.1:9"),
        2,
        "127.0.0.1:9",
    ),
    Case("no graph yet", (*ASK, "gout", "--graph", "{work}/none"), 1, "kedrec-load graph"),
    Case("a graph of an unknown kind", (*ASK, "gout", "--graph", "ftp://example.org/g"), 2, "ftp"),
    Case("Neo4j down", (*ASK, "gout", "--graph", "bolt://127.0.0.1:9"), 1, "127.0.0.1:9"),
    Case("a source that doesn't exist", ("kedrec-load", "graph", "nosuch"), 2, "nosuch"),
    Case(
        "a source's folder without its files",
        ("kedrec-load", "graph", "hetionet", "--from", "{work}"),
        1,
        "nodes",
        _empty_folder,
    ),
    Case(
        "a truncated gzip",
        ("kedrec-load", "graph", "hetionet", "--from", "{work}"),
        1,
        "hetionet-v1.0-edges.sif.gz",
        _cut_hetionet,
    ),
    Case(
        "a row with too few columns",
        OWN,
        0,
        "rejected",
        _own_tables("Gene\tNCBIGene:1\n", "TREATS\tDRUGBANK:DB00437\tDOID:13189\tmine\nTREATS\n"),
    ),
    Case(
        "a gzip that unpacks without end",
        ("kedrec-load", "graph", "hetionet-json", "--from", "{work}"),
        1,
        "unpack it yourself",
        _bomb,
    ),
    Case(
        "YAML that grows by copies",
        ("kedrec-load", "graph", "drugmechdb", "--from", "{work}"),
        1,
        "an alias",
        _files(drugmechdb=_COPIES),
    ),
    Case(
        "an ontology with clauses that lead nowhere",
        ("kedrec-load", "graph", "doid", "--from", "{work}", "--no-fit"),
        0,
        "import that is not followed: 1",
        _files(doid=_OBO),
    ),
    Case(
        "an id that its ontology has given up",
        ("kedrec", "search", "DOID:999999"),
        1,
        "DOID:13189",
        _files(doid=_OBO),
        first=("kedrec-load", "graph", "doid", "--from", "{work}", "--no-fit"),
    ),
    Case(
        "JSON with half a character, and cut off",
        ("kedrec-load", "graph", "clinicaltrials", "--from", "{work}", "--no-fit"),
        0,
        "half a character: 1",
        _files(clinicaltrials=_STUDIES),
    ),
    Case(
        "a row of an unknown kind",
        OWN,
        0,
        "rejected",
        _own_tables("Planet\tMARS:4\tMars\n", "TREATS\tDRUGBANK:DB00437\tDOID:13189\tmine\n"),
    ),
    Case(
        "a row with an unknown id",
        OWN,
        0,
        "rejected",
        _own_tables(
            "",
            "TREATS\tDRUGBANK:DB00437\tDOID:13189\tmine\nTREATS\tDRUGBANK:DB00000\tDOID:13189\tmine\n",
        ),
    ),
    Case(
        "tables of which no row can be loaded",
        OWN,
        1,
        "Nothing",
        _own_tables("Planet\tMARS:4\tMars\n", "TREATS\n"),
    ),
    Case("a quote that opens and does not close", OWN, 0, "quote", _open_quote),
    Case("a pipe instead of a table", OWN, 0, "no regular file", _pipe),
    Case(
        "a row twice",
        OWN,
        0,
        "merged",
        _own_tables("", "TREATS\tDRUGBANK:DB00437\tDOID:13189\tmine\n" * 2),
    ),
    Case(
        "an unknown model",
        ("kedrec", "ask", "--disease", "gout", "--top", "1", "--model", "nosuch"),
        1,
        "nosuch",
    ),
    Case(
        "a damaged model file",
        ("kedrec", "ask", "--disease", "gout", "--top", "1", "--model", "{work}/model.gguf"),
        1,
        "damaged",
        _no_model,
    ),
    Case(
        "a model that isn't fetched",
        ("kedrec", "ask", "--disease", "gout", "--top", "1"),
        1,
        "kedrec model pull",
        environment=(("KEDREC_HOME", "{work}/new-home"),),
    ),
    Case(
        "an endpoint that doesn't answer",
        ("kedrec", "ask", "--disease", "gout", "--top", "1", "--model", "openai:any"),
        1,
        "127.0.0.1:9",
        environment=(("KEDREC_LLM_URL", "http://127.0.0.1:9/v1"),),
    ),
)
