"""Fetching a source's files from a small server: going on, trying again, checking, and what can't be had."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from kedrec.cli.load import graph
from kedrec.common import resumable_http, text_files
from kedrec.common.resumable_http import https_check
from kedrec.errors import AssetError, DataError, NotFoundError
from kedrec.loading import download, sources
from kedrec.loading.download import cache_folder, cached_files, fetch_source
from kedrec.loading.sources import Download, Source, load_source

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server:
    """What is published, how the server misbehaves, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, bytes] = {"/edges.gz": CONTENT}
        self.cuts: list[int] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.tag = '"one"'
        self.ranges = True
        self.asked: list[tuple[str, str | None]] = []


@pytest.fixture
def server() -> Iterator[Server]:
    held = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("range")
            held.asked.append((self.path, span))
            if held.answers:
                status, headers = held.answers.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            if self.path not in held.files:
                self.send_response(404)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            data = held.files[self.path]
            start = 0
            if span and held.ranges and self.headers.get("if-range") in (None, held.tag):
                start = int(span.removeprefix("bytes=").rstrip("-"))
            self.send_response(206 if start else 200)
            if held.tag:
                self.send_header("etag", held.tag)
            if start:
                self.send_header("content-range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("content-length", str(len(data) - start))
            self.end_headers()
            cut = held.cuts.pop(0) if held.cuts else None
            self.wfile.write(data[start:][:cut])
            if cut is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    held.url = f"http://127.0.0.1:{listening.server_port}"
    yield held
    listening.shutdown()
    listening.server_close()


def published(server: Server, name: str = "/edges.gz", **fields: object) -> Source:
    given = {"path": name.lstrip("/"), **fields}
    return dataclasses.replace(
        load_source("hetionet"),
        downloads=(Download(url=f"{server.url}{name}", **given),),  # type: ignore[arg-type]
    )


def quiet(_stage: str, _done: int, _total: int | None) -> None:
    pass


def test_a_file_is_fetched_once_and_told_of(server: Server, tmp_path: Path) -> None:
    source = published(server, sha256=SHA256)
    assert cached_files(tmp_path, source) is None
    told: list[tuple[str, int, int | None]] = []
    folder = fetch_source(source, tmp_path, lambda *args: told.append(args))
    assert folder == cache_folder(tmp_path, source)
    assert (folder / "edges.gz").read_bytes() == CONTENT
    assert told[-1] == ("Fetching edges.gz", len(CONTENT), len(CONTENT))
    found = cached_files(tmp_path, source)
    assert found is not None
    assert found.size == len(CONTENT)
    fetch_source(source, tmp_path, quiet)
    assert len(server.asked) == 1
    fetch_source(source, tmp_path, quiet, refetch=True)
    assert len(server.asked) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["edges.gz", "kedrec.json"]
    (folder / "edges.gz").write_bytes(b"cut")
    assert cached_files(tmp_path, source) is None
    fetch_source(source, tmp_path, quiet)
    assert (folder / "edges.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_connection_is_gone_on_with_at_once(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.cuts, server.ranges = [100_000, 200_000], ranges
    waited: list[float] = []
    folder = fetch_source(published(server, sha256=SHA256), tmp_path, quiet, sleep=waited.append)
    assert (folder / "edges.gz").read_bytes() == CONTENT
    assert len(waited) == 2
    assert [span for _, span in server.asked] == [
        None, "bytes=100000-", "bytes=300000-" if ranges else "bytes=200000-",
    ]  # fmt: skip


def test_what_came_is_kept_for_the_next_run(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000] + [0] * 6
    with pytest.raises(DataError, match=r"run the command again; it goes on .*--from DIR"):
        fetch_source(published(server), tmp_path, quiet, sleep=lambda _: None)
    server.cuts = []
    fetch_source(published(server), tmp_path, quiet)
    assert server.asked[-1][1] == "bytes=100000-"


def test_a_file_that_changed_meanwhile_starts_over(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000] + [0] * 6
    with pytest.raises(DataError):
        fetch_source(published(server), tmp_path, quiet, sleep=lambda _: None)
    server.files["/edges.gz"] = new = CONTENT[::-1]
    server.tag, server.cuts = '"two"', []
    folder = fetch_source(published(server), tmp_path, quiet)
    assert (folder / "edges.gz").read_bytes() == new


def test_without_a_version_of_its_own_a_cut_file_starts_over(server: Server, tmp_path: Path) -> None:
    server.tag, server.cuts = "", [100_000]
    folder = fetch_source(published(server), tmp_path, quiet, sleep=lambda _: None)
    assert (folder / "edges.gz").read_bytes() == CONTENT
    assert [span for _, span in server.asked] == [None, None]


def test_a_busy_server_is_asked_again_when_it_says(server: Server, tmp_path: Path) -> None:
    server.answers = [(429, {"retry-after": "7"}), (503, {}), (500, {"retry-after": "9999"})]
    waited: list[float] = []
    fetch_source(published(server), tmp_path, quiet, sleep=waited.append)
    assert waited == [7.0, 2.0, 60.0]
    server.answers = [(429, {})] * 9
    with pytest.raises(DataError, match="429"):
        fetch_source(published(server), tmp_path, quiet, refetch=True, sleep=waited.append)


def test_a_wrong_checksum_is_refused_and_nothing_of_it_stays(server: Server, tmp_path: Path) -> None:
    source = published(server, sha256="0" * 64)
    with pytest.raises(DataError, match=rf"SHA-256 is {SHA256}, not 0000"):
        fetch_source(source, tmp_path, quiet)
    assert [*cache_folder(tmp_path, source).iterdir()] == []


def test_what_is_not_there_says_where_to_get_it(server: Server, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"404.*github"):
        fetch_source(published(server, "/gone.gz"), tmp_path, quiet)
    nowhere = dataclasses.replace(published(server), downloads=(Download("http://127.0.0.1:9/x", "x"),))
    waited: list[float] = []
    with pytest.raises(DataError, match="Check the network"):
        fetch_source(nowhere, tmp_path, quiet, sleep=waited.append)
    assert sum(waited) <= 3
    with pytest.raises(DataError, match=r"'repodb' can't be fetched.*full\.csv.*--from DIR"):
        fetch_source(load_source("repodb"), tmp_path, quiet)


def test_a_fixed_release_without_a_known_hash_is_what_it_was_at_first(server: Server, tmp_path: Path) -> None:
    source = published(server, unhashed="its owner publishes none")
    told: list[str] = []
    folder = fetch_source(source, tmp_path, quiet, notify=told.append)
    assert len(told) == 1
    assert SHA256 in told[0]
    assert "its owner publishes none" in told[0]
    fetch_source(source, tmp_path, quiet, refetch=True, notify=told.append)
    assert len(told) == 1
    server.files["/edges.gz"] = CONTENT[::-1]
    server.tag = '"two"'
    with pytest.raises(DataError, match=rf"is another file than on .*not {SHA256}"):
        fetch_source(source, tmp_path, quiet, refetch=True)
    # What was there before stays, and a release that changes by itself may change.
    assert (folder / "edges.gz").read_bytes() == CONTENT
    folder = fetch_source(published(server, rolling="every week"), tmp_path, quiet, refetch=True)
    assert (folder / "edges.gz").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("members", [(), ("drkg.tsv",)])
def test_what_was_changed_in_the_cache_is_refused(
    server: Server, tmp_path: Path, members: tuple[str, ...]
) -> None:
    server.files["/drkg.zip"] = archive("zip")
    source = published(server, "/drkg.zip", members=members)
    folder = fetch_source(source, tmp_path, quiet)
    fetch_source(source, tmp_path, quiet)
    path = folder / (members[0] if members else "drkg.zip")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=rf"{path.name} isn't what was fetched on .*--again"):
        fetch_source(source, tmp_path, quiet)
    fetch_source(source, tmp_path, quiet, refetch=True)
    assert path.read_bytes() == content


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "there",
    ["http://files.example/edges.gz", "http://10.0.0.1/x", "ftp://files.example/x", "file:///etc/passwd"],
)
def test_a_redirection_to_an_open_line_is_refused(
    server: Server, tmp_path: Path, status: int, there: str
) -> None:
    server.answers = [(status, {"location": there})]
    with pytest.raises(DataError):
        fetch_source(published(server), tmp_path, quiet, sleep=lambda _: None)
    assert not (cache_folder(tmp_path, published(server)) / "edges.gz").exists()


def test_plain_addresses_are_asked_of_this_machine_alone() -> None:
    import httpx2

    for url, asked, fine in [
        ("https://a.example/x", "https://b.example/x", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "http://127.0.0.1/x", False),
        ("http://127.0.0.1/x", "http://127.0.0.1/y", True),
        ("http://127.0.0.1/x", "http://127.0.0.1.example/y", False),
        ("http://a.example/x", "http://a.example/x", False),
    ]:
        request = httpx2.Request("GET", asked)
        if fine:
            https_check(url)(request)
        else:
            with pytest.raises(DataError, match="anybody on the way"):
                https_check(url)(request)


def test_a_server_that_sends_without_end_is_left(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable_http, "MAX_DOWNLOAD", 1000)
    with pytest.raises(DataError, match="sends more than"):
        fetch_source(published(server), tmp_path, quiet)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz"])
def test_an_archive_that_would_fill_the_disk_is_refused(
    server: Server, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (download, text_files):
        monkeypatch.setattr(module, "RATIO_FROM", 4 << 20)
    out = io.BytesIO()
    zeros = b"\0" * (32 << 20)
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
            zipped.writestr("drkg.tsv", zeros)
    else:
        with tarfile.open(fileobj=out, mode=f"w:{kind[4:]}") as tar:  # type: ignore[call-overload]  # gz or xz
            info = tarfile.TarInfo("drkg.tsv")
            info.size = len(zeros)
            tar.addfile(info, io.BytesIO(zeros))
    server.files[f"/drkg.{kind}"] = out.getvalue()
    source = published(server, f"/drkg.{kind}", members=("drkg.tsv",))
    with pytest.raises(DataError, match="isn't unpacked"):
        fetch_source(source, tmp_path, quiet)
    assert cached_files(tmp_path, source) is None


def test_every_declared_download_is_encrypted_and_checked_or_says_why_not() -> None:
    downloads = [one for source in sources.list_sources() for one in source.downloads]
    assert len(downloads) > 10
    for one in downloads:
        assert one.url.startswith("https://")
        assert [bool(one.sha256), bool(one.rolling), bool(one.unhashed)].count(True) == 1, one.url
        assert re.fullmatch("([0-9a-f]{64})?", one.sha256)


@pytest.mark.parametrize(
    "line",
    ["", "sha256: x\n    rolling: y", "unhashed: x\n    rolling: y"],
    ids=["none", "hash and why", "two"],
)
def test_a_declaration_that_leaves_it_open_is_damaged(tmp_path: Path, line: str) -> None:
    declared = (Path(sources.__file__).parents[2] / "loaders" / "doid.yaml").read_text(encoding="utf-8")
    start = declared.index("    rolling:")
    path = tmp_path / "doid.yaml"
    path.write_text(f"{declared[:start]}    {line}{declared[declared.index(chr(10), start) :]}")
    with pytest.raises(AssetError, match="needs one of sha256, rolling and unhashed"):
        sources._parse(path)
    path.write_text(declared.replace("url: https://", "url: http://"))
    with pytest.raises(AssetError, match="isn't an address with https"):
        sources._parse(path)


def archive(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as zipped:
            zipped.writestr("../../drkg.tsv", CONTENT)
            zipped.writestr("embed/other.npy", b"no")
    else:
        with tarfile.open(fileobj=out, mode="w:gz") as tar:
            for name, data in (("./../drkg.tsv", CONTENT), ("./embed/other.npy", b"no")):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            link = tarfile.TarInfo("link/drkg.tsv")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_only_what_is_wanted_comes_out_of_an_archive(server: Server, tmp_path: Path, kind: str) -> None:
    server.files[f"/drkg.{kind}"] = archive(kind)
    folder = fetch_source(published(server, f"/drkg.{kind}", members=("drkg.tsv",)), tmp_path, quiet)
    assert sorted(path.name for path in folder.iterdir()) == ["drkg.tsv", "kedrec.json"]
    assert (folder / "drkg.tsv").read_bytes() == CONTENT
    for members, content in ((("none.tsv",), archive(kind)), (("drkg.tsv",), b"no archive")):
        server.files[f"/drkg.{kind}"] = content
        with pytest.raises(DataError, match=r"holds no none|no archive"):
            fetch_source(published(server, f"/drkg.{kind}", members=members), tmp_path, quiet, refetch=True)


def test_the_command_fetches_says_the_licence_and_loads(
    server: Server, kedrec_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["/drkg.tsv"] = b"Compound::DB00945\tDRUGBANK::treats::Compound:Disease\tDisease::DOID:7148\n"
    drkg = dataclasses.replace(
        load_source("drkg"), downloads=(Download(f"{server.url}/drkg.tsv", "drkg.tsv"),)
    )
    declared = sources._declared() | {"drkg": drkg}
    monkeypatch.setattr(sources, "_declared", lambda: declared)
    for told in (True, False):  # the second time it is there
        result = CliRunner().invoke(graph, ["drkg", "--no-fit"], catch_exceptions=False)
        assert result.exit_code == 0
        said = "Drug Repurposing Knowledge Graph (DRKG): 216 MB packed, from 127.0.0.1. Licence: mixed"
        assert (said in result.stderr) == told
        assert "TREATS" in result.stdout
        assert len(server.asked) == 1
