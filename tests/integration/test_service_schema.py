"""The service's description of itself, and Schemathesis's requests by it: valid, odd and invalid ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from asked_graph import load
from served import serving

from kedrec.service.options import ServiceOptions
from kedrec.settings import load_settings

HERE = Path(__file__).parent
CASES = 20  # of each operation and kind of fuzzing


NODES = """kind\tid\tname
Drug\tDRUGBANK:DB01001\talbuterol
Drug\tDRUGBANK:DB00471\tmontelukast
Drug\tDRUGBANK:DB00331\tmetformin
Gene\tNCBIGene:1\tTNF
Gene\tNCBIGene:2\tIL6
Gene\tNCBIGene:3\tIL10
Disease\tDOID:2841\tasthma
Disease\tDOID:8893\tpsoriasis
Disease\tDOID:2377\tmultiple sclerosis
Disease\tDOID:9352\ttype 2 diabetes mellitus
"""
EDGES = """relation\tstart\tend\tlicence
BINDS\tDRUGBANK:DB01001\tNCBIGene:1\tCC0-1.0
BINDS\tDRUGBANK:DB00471\tNCBIGene:2\tCC0-1.0
BINDS\tDRUGBANK:DB00331\tNCBIGene:1\tCC0-1.0
BINDS\tDRUGBANK:DB00331\tNCBIGene:3\tCC0-1.0
ASSOCIATED_WITH\tDOID:2841\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:2841\tNCBIGene:2\tCC0-1.0
ASSOCIATED_WITH\tDOID:8893\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:2377\tNCBIGene:2\tCC0-1.0
ASSOCIATED_WITH\tDOID:9352\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:9352\tNCBIGene:3\tCC0-1.0
TREATS\tDRUGBANK:DB01001\tDOID:2841\tCC0-1.0
TREATS\tDRUGBANK:DB00331\tDOID:9352\tCC0-1.0
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service on a graph of the names in the description's examples, asked in milliseconds."""
    folder = tmp_path_factory.mktemp("schema")
    settings = load_settings(home=folder / "home", graph=str(folder / "graph"), threads=1)
    load(settings, folder, EDGES, NODES)
    with serving(settings, ServiceOptions(deadline=60)) as url:
        yield url


@pytest.fixture(scope="module")
def description(url: str) -> dict[str, Any]:
    document: dict[str, Any] = httpx2.get(f"{url}/openapi.json", timeout=60).json()
    return document


def test_schemathesis_breaks_no_promise_of_the_description(url: str, tmp_path: Path) -> None:
    words = ["--config-file", str(HERE / "schemathesis.toml"), "run", f"{url}/openapi.json", "--no-color"]
    words += ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(CASES)]
    words += ["--generation-deterministic", "--request-timeout", "120"]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=550,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    operations = re.search(r"Tested: +(\d+)", done.stdout)
    cases = re.search(r"(\d[\d,]*) generated", done.stdout)
    assert operations is not None
    assert cases is not None
    assert int(operations[1]) == 11
    assert int(cases[1].replace(",", "")) > 500


def test_the_description_is_openapi_3_1_with_examples_that_are_answered(
    url: str, description: dict[str, Any]
) -> None:
    assert description["openapi"].startswith("3.1.")
    schemas = description["components"]["schemas"]
    asked = 0
    for address, operations in description["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body is None:
            continue
        name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert schemas[name]["examples"], name
        for example in schemas[name]["examples"]:
            jsonschema.validate(example, {**schemas[name], "components": description["components"]})
            reply = httpx2.post(url + address, json=example, timeout=120)
            assert reply.status_code == 200, (address, reply.text)
            asked += 1
    assert asked >= 8


def test_answers_are_as_their_schemas_say(url: str, description: dict[str, Any]) -> None:
    questions: dict[str, dict[str, Any]] = {
        "/v1/recommend": {"disease": "asthma", "llm": False, "top": 2},
        "/v1/explain": {"disease": "asthma", "drug": "albuterol"},
        "/v1/compare": {"disease": "asthma", "drug": "albuterol", "other": "montelukast"},
        "/v1/rank": {"diseases": ["asthma"], "top": 2},
        "/v1/subgraph": {"disease": "asthma", "drug": "albuterol"},
    }
    for address, question in questions.items():
        reply = httpx2.post(url + address, json=question, timeout=60)
        content = description["paths"][address]["post"]["responses"]["200"]["content"]
        schema = content["application/json"]["schema"]
        jsonschema.validate(reply.json(), {**schema, "components": description["components"]})


def test_every_error_is_described_as_a_problem(description: dict[str, Any]) -> None:
    for address, operations in description["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (
                        address,
                        method,
                        status,
                    )
