"""A real Neo4j for tests, benchmarks and people without Docker, from Maven Central, in a folder.

    python tests/neo4j_server.py start --home FOLDER     prints where it listens and its password
    python tests/neo4j_server.py stop --home FOLDER

Needs Java 17 or newer and Maven. What Maven fetched is kept in KEDREC_TEST_CACHE, else in
~/.cache/kedrec-tests.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

POM = Path(__file__).resolve().parent / "neo4j" / "pom.xml"
HOW_TO_GET = (
    "Neo4j tests need Java 17 or newer and Maven. Debian and Ubuntu: apt-get install "
    "openjdk-17-jre-headless maven. macOS: brew install openjdk@17 maven. Then: make test."
)
MAIN_CLASSES = {"5": "org.neo4j.server.CommunityEntryPoint", "2026": "org.neo4j.server.Neo4jCommunity"}
BRIEF = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # of Java: the quick compiler alone
START_SECONDS = 300  # on a machine that does much else too
STOP_SECONDS = 60
_children: dict[int, subprocess.Popen[bytes]] = {}  # kept, so that stopping can wait for them


class ServerError(RuntimeError):
    """The server can't be fetched or started."""


def default_version() -> str:
    """The version that the pom names: the one every test runs on."""
    match = re.search(r"<neo4j\.version>([^<]+)<", POM.read_text(encoding="utf-8"))
    assert match is not None
    return match[1]


def missing_tools() -> list[str]:
    """Which of java and mvn this machine lacks."""
    return [tool for tool in ("java", "mvn") if shutil.which(tool) is None]


def find_java(least: int) -> Path | None:
    """A Java of at least that version: on the PATH, in JAVA_HOME, or where Linux keeps them."""
    found = [shutil.which("java"), os.environ.get("JAVA_HOME", "") + "/bin/java"]
    found += sorted(str(path) for path in Path("/usr/lib/jvm").glob("*/bin/java"))
    for java in found:
        if java and Path(java).is_file():
            told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
            match = re.search(r'version "(\d+)', told)
            if match and int(match[1]) >= least:
                return Path(java)
    return None


def fetch(version: str | None = None) -> Path:
    """The folder with the server's jars, fetched once.

    Raises:
        ServerError: Java or Maven is missing, or Maven failed.
    """
    if missing_tools():
        raise ServerError(HOW_TO_GET)
    version = version or default_version()
    kept = os.environ.get("KEDREC_TEST_CACHE")
    cache = Path(kept) if kept else Path.home() / ".cache" / "kedrec-tests"
    cache.mkdir(parents=True, exist_ok=True)
    jars = cache / f"neo4j-{version}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs fetch once
        if not jars.is_dir():
            part = cache / f"neo4j-{version}.part"
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(POM.parent, part / "pom")
            call = ["mvn", "-q", "-B", f"-Dneo4j.version={version}", "dependency:copy-dependencies"]
            call += ["-DincludeScope=runtime", f"-DoutputDirectory={part / 'lib'}"]
            done = subprocess.run(
                call, cwd=part / "pom", capture_output=True, text=True, timeout=900, check=False
            )
            if done.returncode:
                raise ServerError(f"Maven can't fetch Neo4j {version}:\n{done.stdout[-2000:]}{done.stderr}")
            (part / "lib").rename(jars)
            shutil.rmtree(part)
    return jars


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server: where it is and how to get in."""

    home: Path
    pid: int
    bolt_port: int
    http_port: int
    password: str
    version: str
    username: str = "neo4j"

    @property
    def uri(self) -> str:
        return f"neo4j://127.0.0.1:{self.bolt_port}"

    def admin(self, *arguments: str) -> str:
        """Runs `neo4j-admin` with the arguments on this server's home and gives its output."""
        java = find_java(17)
        assert java is not None
        call = [str(java), *BRIEF, "-cp", f"{fetch(self.version)}/*", "org.neo4j.cli.AdminTool", *arguments]
        environment = {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        done = subprocess.run(
            call, env=os.environ | environment, capture_output=True, text=True, timeout=600, check=False
        )
        if done.returncode:
            raise ServerError(f"neo4j-admin {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def stop(self) -> None:
        """Stops the server and waits until it has."""
        if not _is_ours(self.pid, self.home):
            return
        os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        child = _children.pop(self.pid, None)
        while _is_ours(self.pid, self.home):
            if time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
                until += STOP_SECONDS
            if child is not None:
                child.poll()  # or it would stay a zombie
            time.sleep(0.05)
        if child is not None:
            child.wait()


def _is_ours(pid: int, home: Path) -> bool:
    """Whether that process is the server of that home, and no later process of the same id."""
    told = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return f"--home-dir={home}" in told.stdout


def write_settings(home: Path, bolt_port: int, http_port: int, page_cache: str, *more: str) -> None:
    """Writes the server's settings under `home`, with more lines at the end."""
    (home / "conf").mkdir(parents=True, exist_ok=True)
    lines = [
        "server.default_listen_address=127.0.0.1",
        f"server.bolt.listen_address=127.0.0.1:{bolt_port}",
        f"server.bolt.advertised_address=127.0.0.1:{bolt_port}",
        f"server.http.listen_address=127.0.0.1:{http_port}",
        "server.https.enabled=false",
        f"server.memory.pagecache.size={page_cache}",
        "dbms.usage_report.enabled=false",
        *more,
    ]
    (home / "conf" / "neo4j.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")


def start(
    home: Path,
    *,
    version: str | None = None,
    heap: str = "1g",
    page_cache: str = "512m",
    bolt_port: int = 0,
    http_port: int = 0,
    detached: bool = True,
    setting: str = "",
    is_brief: bool = False,
) -> Server:
    """Starts a server in a folder, on free ports unless told, and waits until it answers.

    `setting` is one more line of its settings. One that `is_brief` takes half the processor time to start,
    and is half as fast after some minutes: Java compiles its code but once.

    A detached one outlives this process; another ends with what ends this process's group (Ctrl-C, timeout).

    Raises:
        ServerError: it can't be fetched, or it doesn't answer.
    """
    home = home.resolve()
    version = version or default_version()
    jars = fetch(version)
    major = version.split(".", maxsplit=1)[0]
    java = find_java(17 if major == "5" else 21)
    if java is None:
        raise ServerError(f"Neo4j {version} needs a newer Java. {HOW_TO_GET}")
    free = _free_ports(2)
    bolt_port, http_port = bolt_port or free[0], http_port or free[1]
    write_settings(home, bolt_port, http_port, page_cache, setting)
    kept = home / "server.json"
    is_new = not kept.exists()
    password = secrets.token_urlsafe(12) if is_new else json.loads(kept.read_text())["password"]
    call = [str(java), f"-Xmx{heap}", f"-Xms{heap}", *(BRIEF if is_brief else ()), "-cp", f"{jars}/*"]
    if major != "5":
        call.append("--add-modules=jdk.incubator.vector")
    call += [MAIN_CLASSES[major], f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode"]
    with (home / "console.log").open("ab") as log:
        process = subprocess.Popen(
            call,
            cwd=home,
            env=os.environ | {"NEO4J_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=detached,
        )
    server = Server(home, process.pid, bolt_port, http_port, password, version)
    _children[process.pid] = process
    try:
        _wait(process, server, is_new=is_new)
    except BaseException:
        process.kill()
        _children.pop(process.pid).wait()
        raise
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(dataclasses.asdict(server) | {"home": str(home)}), encoding="utf-8")
    return server


def _wait(process: subprocess.Popen[bytes], server: Server, *, is_new: bool) -> None:
    """Waits until the server answers, and sets the first password."""
    from neo4j import GraphDatabase
    from neo4j.exceptions import DriverError, Neo4jError

    until = time.monotonic() + START_SECONDS
    last: Exception | None = None
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.bolt_port), 1):
            try:
                first = ("neo4j", "neo4j" if is_new else server.password)
                with GraphDatabase.driver(f"bolt://127.0.0.1:{server.bolt_port}", auth=first) as driver:
                    if is_new:
                        driver.execute_query(
                            "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password",
                            password=server.password,
                            database_="system",
                        )
                    else:
                        driver.verify_connectivity()
            except (DriverError, Neo4jError) as error:
                last = error
            else:
                return
        time.sleep(0.1)
    log = (server.home / "console.log").read_text(encoding="utf-8", errors="replace")[-3000:]
    raise ServerError(f"Neo4j {server.version} does not answer ({last}). Its log ends:\n{log}")


def running(home: Path) -> Server | None:
    """The server that runs in a folder; None where none does."""
    kept = home.resolve() / "server.json"
    if not kept.exists():
        return None
    fields = json.loads(kept.read_text(encoding="utf-8"))
    server = Server(**(fields | {"home": Path(fields["home"])}))
    return server if _is_ours(server.pid, server.home) else None


@contextlib.contextmanager
def serving(home: Path, *, is_brief: bool = False, **options: str) -> Iterator[Server]:
    """A server for as long as the block lasts."""
    server = start(home, detached=False, is_brief=is_brief, **options)  # type: ignore[arg-type]  # options are text
    try:
        yield server
    finally:
        server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description="Starts and stops a Neo4j server without Docker.")
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("--home", type=Path, required=True, help="folder of the server's data")
    parser.add_argument("--version", help=f"Neo4j version (default: {default_version()})")
    parser.add_argument("--heap", default="1g", help="Java heap (default: 1g)")
    parser.add_argument("--bolt-port", type=int, default=0, help="default: a free one")
    parser.add_argument("--http-port", type=int, default=0, help="default: a free one")
    options = parser.parse_args()
    server = running(options.home)
    if options.action == "stop":
        if server is not None:
            server.stop()
        return 0
    if server is None:
        try:
            server = start(
                options.home,
                version=options.version,
                heap=options.heap,
                bolt_port=options.bolt_port,
                http_port=options.http_port,
            )
        except ServerError as error:
            print(error, file=sys.stderr)  # noqa: T201  # this file is a program too
            return 1
    print(  # noqa: T201
        f"export NEO4J_URI={server.uri} NEO4J_USERNAME={server.username} NEO4J_PASSWORD={server.password}\n"
        f"# Neo4j {server.version}, Browser: http://127.0.0.1:{server.http_port}/browser/",
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
