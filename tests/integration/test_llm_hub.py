"""Fetching from the hub, against a small server with its interface: choice, hashes, going on."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from kedrec.errors import DataError, ModelError, NotFoundError
from kedrec.llm.hub import fetch_from_hub, hub_folder
from kedrec.llm.model_registry import list_models, pull_model, resolve_model
from kedrec.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GGUF = b"GGUF" + bytes(range(256)) * 800
CONFIG = b'{"model_type": "llama"}'
REVISION = "abc123"


class Hub:
    """What the hub holds, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None, str | None]] = []
        self.cut_after: int | None = None
        self.ranges = True
        self.lie = b""
        self.token = ""

    def listing(self) -> dict[str, Any]:
        siblings = []
        for name, data in self.files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            entry: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": blob}
            if not name.endswith(".json"):
                entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            siblings.append(entry)
        return {"sha": REVISION, "siblings": siblings}


@pytest.fixture
def hub() -> Iterator[tuple[Hub, str]]:
    held = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span, key = self.headers.get("range"), self.headers.get("authorization")
            held.asked.append((self.path, span, key))
            if held.token and key != f"Bearer {held.token}":
                return self.reply(b"", 401)
            if self.path.startswith("/api/models/owner/name/revision/main"):
                return self.reply(json.dumps(held.listing()).encode())
            name = self.path.removeprefix(f"/owner/name/resolve/{REVISION}/")
            if name not in held.files:
                return self.reply(b"", 404)
            data = held.lie or held.files[name]
            start = int(span.removeprefix("bytes=").rstrip("-")) if span and held.ranges else 0
            return self.reply(data[start:], 206 if start else 200)

        def reply(self, data: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            cut = held.cut_after if "resolve" in self.path else None
            self.wfile.write(data[:cut])
            if cut is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield held, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def quiet(_stage: str, _done: int, _total: int | None) -> None:
    pass


def test_one_gguf_file_is_chosen_and_checked(hub: tuple[Hub, str], tmp_path: Path) -> None:
    held, url = hub
    held.files = {"m-Q2_K.gguf": b"GGUFx", "m-Q8_0.gguf": GGUF, "m-f16.gguf": GGUF * 2, "README.md": b"hi"}
    held.token = "t"
    settings = load_settings(home=tmp_path, hub_url=url, hub_token="t")
    path = pull_model("hf:owner/name", settings, quiet)
    assert path == hub_folder(settings.models_dir, "owner/name") / "m-Q8_0.gguf"
    assert path.read_bytes() == GGUF
    assert resolve_model("hf:owner/name", settings).sha256 == hashlib.sha256(GGUF).hexdigest()
    assert [model.name for model in list_models(settings, quiet)] == ["default", "base", "hf:owner/name"]
    held.asked.clear()
    pull_model("hf:owner/name", settings, quiet)
    assert len(held.asked) == 1  # the listing; the file is there


def test_without_gguf_what_transformers_needs(hub: tuple[Hub, str], tmp_path: Path) -> None:
    held, url = hub
    held.files = {
        "config.json": CONFIG,
        "tokenizer.json": b"{}",
        "model.safetensors": b"weights",
        "pytorch_model.bin": b"no",
        "onnx/model.safetensors": b"no",
        "../evil.json": b"no",
        "modeling_x.py": b"no",
    }
    folder = fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["config.json", "kedrec.json", "model.safetensors", "tokenizer.json"]
    assert json.loads((folder / "kedrec.json").read_text(encoding="utf-8"))["revision"] == REVISION


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_goes_on(hub: tuple[Hub, str], tmp_path: Path, ranges: bool) -> None:
    held, url = hub
    held.files = {"m.gguf": GGUF}
    held.cut_after, held.ranges = 100_000, ranges
    with pytest.raises(ModelError, match="goes on"):
        fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    folder = hub_folder(tmp_path, "owner/name")
    assert not (folder / "m.gguf").exists()
    assert not (folder / "kedrec.json").exists()
    held.cut_after = None
    fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    assert (folder / "m.gguf").read_bytes() == GGUF
    assert held.asked[-1][1] == "bytes=100000-"


def test_a_damaged_file_is_refused_and_fetched_anew(hub: tuple[Hub, str], tmp_path: Path) -> None:
    held, url = hub
    held.files = {"m.gguf": GGUF}
    held.lie = GGUF[:-1] + b"!"
    with pytest.raises(ModelError, match="arrived damaged"):
        fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    held.lie = GGUF + b"more"
    with pytest.raises(ModelError, match="another size"):
        fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    held.lie = b""
    folder = fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    (folder / "m.gguf").write_bytes(GGUF[:-1] + b"!")  # the disk lies later
    fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    assert (folder / "m.gguf").read_bytes() == GGUF


def test_what_is_not_there(hub: tuple[Hub, str], tmp_path: Path) -> None:
    held, url = hub
    held.files = {"README.md": b"hi"}
    with pytest.raises(NotFoundError, match="neither a GGUF file nor safetensors"):
        fetch_from_hub("owner/name", tmp_path, quiet, url=url)
    with pytest.raises(NotFoundError, match="The hub has no owner/other"):
        fetch_from_hub("owner/other", tmp_path, quiet, url=url)
    held.token = "t"
    with pytest.raises(NotFoundError, match="HF_TOKEN"):
        fetch_from_hub("owner/name", tmp_path, quiet, url=url, token="wrong")
    for name in ("name", "../x", "a/../b", "a/b/c", ""):
        with pytest.raises(NotFoundError, match="OWNER/NAME"):
            fetch_from_hub(name, tmp_path, quiet, url=url)
    with pytest.raises(ModelError, match="Check the network"):
        fetch_from_hub("owner/name", tmp_path, quiet, url="http://127.0.0.1:9")
    assert not any(tmp_path.rglob("*.gguf"))


def test_a_redirection_to_an_open_line_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import httpx2

    asked: list[str] = []

    def answer(_transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(307, headers={"location": "http://127.0.0.1/files"})

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", answer)
    with pytest.raises(DataError, match="anybody on the way could change it"):
        fetch_from_hub("owner/name", tmp_path, quiet, url="https://hub.example")
    assert len(asked) == 1
