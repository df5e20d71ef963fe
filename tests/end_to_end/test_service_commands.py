"""The commands of docs/service.md, and the service as a program: its address, its refusals, its end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from served_command import BIN, environment, free_port, serve

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_DONE = "-- done"


def test_the_pages_commands_run_in_order(shell: Any, tmp_path: Path) -> None:
    port = free_port()
    script = ["set -u", 'PID=""']
    lines = [
        line.split("   #")[0].strip().replace("8000", str(port))
        for language, block in BLOCK.findall(PAGE)
        if not language
        for line in block.splitlines()
    ]
    assert len(lines) > 12
    for line in lines:
        if line.startswith("kedrec serve"):
            script += [
                '[ -z "$PID" ] || { kill $PID; wait $PID || true; }',
                f"{line} --port {port} > serve.log 2>&1 & PID=$!",
                f"until curl -sf http://127.0.0.1:{port}/ready > ready.json; do sleep 0.3; done",
            ]
        else:
            script += [f"{line.replace('curl -s', 'curl --fail-with-body -sS')} || exit 1"]
        script += [f"echo '{_DONE}'"]
    script += ["kill $PID"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=environment(shell),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    ran = done.stdout.count(_DONE)
    assert ran == len(lines), f"{lines[ran]}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "event: ranking" in done.stdout
    assert "event: done" in done.stdout
    log = (tmp_path / "serve.log").read_text(encoding="utf-8")
    assert "key wiki: GET /v1/meta 200" in log


def test_the_pages_router_is_mounted_in_another_application(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.testclient import TestClient

    for name, value in environment(shell).items():
        if name.startswith("KEDREC_"):
            monkeypatch.setenv(name, value)
    (example,) = [block for language, block in BLOCK.findall(PAGE) if language == "python"]
    seen: dict[str, Any] = {}
    exec(compile(example, "service.md", "exec"), seen)  # our own page
    with TestClient(seen["app"]) as client:
        assert client.get("/drugs/v1/entity/DOID:2841").json()["name"] == "asthma"
        missing = client.get("/drugs/v1/entity/DOID:0")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        client.portal.call(seen["service"].close)  # type: ignore[union-attr]


def test_the_service_answers_as_the_command_does_and_as_before_when_it_was_killed(shell: Any) -> None:
    printed = shell("kedrec", "ask", "--disease", "asthma", "--top", "2", "--no-llm", "--json").json
    question = {"disease": "asthma", "top": 2, "llm": False}
    tags = []
    for _ in range(2):
        with serve(shell) as (process, url):
            reply = httpx2.post(f"{url}/v1/recommend", json=question, timeout=120)
            assert reply.json() == printed
            tags.append(reply.headers["etag"])
            os.kill(process.pid, signal.SIGKILL)
    assert tags[0] == tags[1]


def test_ctrl_c_ends_the_service_with_nothing_on_its_output(shell: Any) -> None:
    with serve(shell) as (process, url):
        assert httpx2.get(f"{url}/health", timeout=60).is_success
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in {0, 130}
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()


def test_a_port_in_use_and_an_unknown_address_are_errors(shell: Any) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        used = shell("kedrec", "serve", "--port", str(listener.getsockname()[1]))
    assert used.code == 2
    assert "Nothing can listen at 127.0.0.1:" in used.err
    assert shell("kedrec", "serve", "--host", "no-such-host.invalid", "--port", "0").code == 2
    for words in (("--rate", "often"), ("--root-path", "x"), ("--allow-origin", "*"), ("--deadline", "0")):
        assert shell("kedrec", "serve", *words).code == 2
    missing = shell("kedrec", "serve", "--keys", "no-such-file.json")
    assert missing.code == 1
    assert "no file of keys" in missing.err


def test_keys_are_added_listed_and_revoked(shell: Any, tmp_path: Path) -> None:
    file = str(tmp_path / "keys.json")
    added = shell("kedrec", "keys", "add", "lab", "--keys", file, "--overlay", "lab", "--scope", "model")
    assert re.fullmatch(r"kedrec_[\w-]{43}\n", added.out)
    listed = shell("kedrec", "keys", "list", "--keys", file, "--json").json
    assert [(key["name"], key["scopes"], key["overlays"]) for key in listed] == [("lab", ["model"], ["lab"])]
    table = shell("kedrec", "keys", "list", "--keys", file).out
    assert "lab" in table
    assert added.out.strip() not in table + json.dumps(listed)
    assert shell("kedrec", "keys", "add", "lab", "--keys", file).code == 2
    assert shell("kedrec", "keys", "revoke", "lab", "--keys", file).code == 0
    assert shell("kedrec", "keys", "revoke", "lab", "--keys", file).code == 1


def test_the_help_imports_no_web_library(shell: Any) -> None:
    for command in ("serve", "keys"):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", str(BIN / "kedrec"), command, "--help"],
            env=environment(shell),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert not re.search(r"\| +(fastapi|uvicorn|pydantic|numpy)$", done.stderr, re.MULTILINE)
