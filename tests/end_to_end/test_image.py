"""The Dockerfile: its commands run in folders instead of containers, and what it promises is read."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile import Instruction, copy_context, stages
from served_command import free_port

ROOT = Path(__file__).resolve().parents[2]
BUILD, FINAL = stages(ROOT / "Dockerfile")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["kedrec"]


def only(name: str) -> Instruction:
    (found,) = [instruction for instruction in FINAL if instruction.name == name]
    return found


def in_folder(text: str, opt: Path) -> str:
    return text.replace("/opt/", f"{opt}/")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for /opt after the first stage, which is run as it is written."""
    opt, source = tmp_path_factory.mktemp("opt"), tmp_path_factory.mktemp("image") / "src"
    copy_context(ROOT, source)
    for instruction in BUILD:
        if instruction.name == "RUN":
            command = ["sh", "-c", in_folder(instruction.text, opt)]
            done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{instruction.text}\n{done.stdout}\n{done.stderr}"
    return opt


def files_of(folder: Path) -> set[tuple[str, int]]:
    return {(str(file), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()}


def test_what_is_installed_serves_is_healthy_and_writes_into_its_home_alone(
    installed: Path, shell: Any, tmp_path: Path
) -> None:
    port, home = str(free_port()), tmp_path / "home"
    home.mkdir()
    environment = dict(word.split("=", 1) for word in shlex.split(only("ENV").text))
    environment |= {
        "PATH": f"{installed}/kedrec/bin:/usr/bin:/bin",
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",  # the image has the bytecode already
    }
    environment |= {"KEDREC_HOME": str(shell.home), "KEDREC_GRAPH": str(shell.graph), "KEDREC_THREADS": "1"}
    before = files_of(installed / "kedrec")

    def words(instruction: Instruction) -> list[str]:
        return [word.replace("8000", port).replace("0.0.0.0", "127.0.0.1") for word in instruction.words]

    check = words(only("HEALTHCHECK"))
    with subprocess.Popen(
        [str(installed / "kedrec" / "bin" / "kedrec"), *words(only("CMD"))[1:]],
        cwd="/",
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert healthy(check, environment, seconds=180)
        finally:
            process.terminate()
            process.wait(60)
    assert not healthy(check, environment, seconds=0)
    assert files_of(installed / "kedrec") == before
    assert files_of(home) == set()


def healthy(command: list[str], environment: dict[str, str], *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while True:
        path = environment["PATH"].split(":")[0]
        done = subprocess.run(
            [f"{path}/{command[0]}", *command[1:]], env=environment, capture_output=True, check=False
        )
        if done.returncode == 0 or time.monotonic() >= until:
            return done.returncode == 0
        time.sleep(0.5)


def test_the_installed_packages_are_those_of_the_lock(installed: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE))  # some for one Python alone
    done = subprocess.run(
        [f"{installed}/build/bin/uv", "pip", "freeze", "--python", f"{installed}/kedrec/bin/python"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(line.split("==") for line in done.stdout.split() if "==" in line)
    assert set(found.items()) <= locked
    assert re.search(r"^kedrec @ .*\.whl$", done.stdout, re.MULTILINE)
    assert {"fastapi", "uvicorn", "mcp", "lightgbm", "xllamacpp"} <= found.keys()
    assert found.keys().isdisjoint({"torch", "pytest", "ruff", "uv", "hatchling"})


def test_it_runs_as_a_user_without_rights_who_owns_the_data_alone() -> None:
    user = only("USER").text
    (created,) = [one.text for one in FINAL if one.name == "RUN" and "useradd" in one.text]
    assert user in re.findall(r"useradd .* (\w+) &&", created)
    assert f"install --directory --owner={user} --group={user} --mode=700 {only('VOLUME').text}" in created
    assert only("VOLUME").text == "/data"
    assert "KEDREC_HOME=/data" in only("ENV").text
    names = [instruction.name for instruction in FINAL]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in {"RUN", "COPY"})


def test_the_composed_service_is_the_image_read_only_on_this_machine_alone() -> None:
    assert COMPOSE["build"] == "."
    assert COMPOSE["read_only"] is True
    assert COMPOSE["tmpfs"] == ["/tmp"]
    assert COMPOSE["cap_drop"] == ["ALL"]
    assert COMPOSE["security_opt"] == ["no-new-privileges:true"]
    assert COMPOSE["ports"] == ["127.0.0.1:${KEDREC_PORT:-8000}:8000"]
    assert COMPOSE["volumes"] == ["kedrec-data:/data"]
    assert COMPOSE["command"][: len(only("CMD").words)] == only("CMD").words
    assert COMPOSE["command"][-4:] == ["--allow-host", "localhost", "--allow-host", "127.0.0.1"]
    assert COMPOSE["depends_on"] == {"neo4j": {"condition": "service_healthy"}}


def test_the_composed_service_is_as_healthy_as_the_image_says() -> None:
    kind, *words = COMPOSE["healthcheck"]["test"]
    assert (kind, words) == ("CMD", only("HEALTHCHECK").words)
    options = dict(re.findall(r"--([\w-]+)=(\w+)", only("HEALTHCHECK").text))
    assert options == {
        name.replace("_", "-"): str(value) for name, value in COMPOSE["healthcheck"].items() if name != "test"
    }


def test_nothing_of_a_users_own_goes_into_the_image(tmp_path: Path) -> None:
    copy_context(ROOT, tmp_path / "context")
    names = {path.name for path in (tmp_path / "context").iterdir()}
    assert names == {
        "LICENSE", "README.md", "pyproject.toml", "requirements.lock", "cypher", "graph", "kedrec", "loaders",
    }  # fmt: skip
    assert [one.text for one in FINAL if one.name == "COPY"] == ["--from=build /opt/kedrec /opt/kedrec"]
    assert "secret" not in "\n".join(one.text for one in (*BUILD, *FINAL)).lower()
