"""llama.cpp on this machine: threads, temporary folders, files that were changed, a server that fails."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kedrec.common.checked_files import sha256_of
from kedrec.errors import ModelError
from kedrec.llm import llamacpp, llamacpp_server
from kedrec.llm.base import ChatRequest, Message
from kedrec.llm.default import base_path
from kedrec.llm.llamacpp import LlamaCppModel
from kedrec.llm.model_registry import list_models, resolve_model
from kedrec.llm.open_model import open_model
from kedrec.settings import Settings, load_settings

pytestmark = pytest.mark.llm

ASKED = [
    "Why may Baclofen help in asthma? Baclofen inhibits MTOR and binds KIT, which asthma involves.",
    "Why may Imatinib help in gout? Imatinib binds GABBR1 and is an agonist of S1PR1, which gout involves.",
    "Name three drugs for multiple sclerosis and say how each of them works, in a sentence each.",
]


def question(text: str, tokens: int = 48) -> ChatRequest:
    return ChatRequest((Message("user", text),), max_tokens=tokens, seed=1)


@pytest.fixture
def no_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of this test's own for temporary files, where nothing is left afterwards."""
    # Not `tmp_path`: a socket's path may have a hundred characters only.
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield
        assert not list(Path(folder).iterdir())


def test_the_text_does_not_depend_on_the_number_of_threads(llm_settings: Settings) -> None:
    texts = []
    for threads in (1, 2, 3):
        model = LlamaCppModel(base_path(llm_settings.models_dir), name="base", threads=threads)
        texts.append([model.chat(question(one)).text for one in ASKED])
        model.close()
    assert texts[0] == texts[1] == texts[2]


def test_waiting_threads_sleep(llm_settings: Settings) -> None:
    """Two threads on one processor: spinning, each waits for the other a whole slice of time."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no affinity to set")
    script = (
        "import os, sys, time; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from pathlib import Path; from kedrec.llm.llamacpp import LlamaCppModel\n"
        "from kedrec.llm.base import ChatRequest, Message\n"
        "model = LlamaCppModel(Path(sys.argv[1]), name='base', threads=int(sys.argv[2]))\n"
        "began = time.process_time()\n"
        "model.chat(ChatRequest((Message('user', 'Why?'),), max_tokens=12)); model.close()\n"
        "print(time.process_time() - began)"
    )
    seconds = [
        float(
            subprocess.run(
                [sys.executable, "-c", script, str(base_path(llm_settings.models_dir)), threads],
                capture_output=True, check=True, timeout=300, text=True,
                env={key: value for key, value in os.environ.items() if not key.startswith(("OMP", "GOMP"))},
            ).stdout
        )
        for threads in ("1", "2")
    ]  # fmt: skip
    assert seconds[1] < 3 * seconds[0] + 0.3


def test_a_long_temporary_folder_is_no_damaged_file(
    llm_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    for wrong in (folder, tmp_path / "none"):
        monkeypatch.setattr(tempfile, "tempdir", str(wrong))
        model = open_model("base", llm_settings)
        assert model.chat(question("Say yes.", 4)).completion_tokens > 0
        assert str(model._client.base_url).startswith("http://127.0.0.1:")  # type: ignore[attr-defined]
        model.close()
    assert list(folder.iterdir()) == []


def test_a_system_without_sockets_of_files_or_affinity(
    llm_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("socket.AF_UNIX")
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    settings = load_settings(home=llm_settings.home, threads=None)
    model = open_model("base", settings)
    assert model.chat(question("Say yes.", 4)).completion_tokens > 0
    model.close()


def test_the_file_is_blamed_only_when_it_is_another(
    llm_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_folders: None
) -> None:
    import xllamacpp

    class Failing:
        listening_address = ""

        def __init__(self, _parameters: object) -> None:
            raise RuntimeError("Failed to init server, please check the input params.")

    monkeypatch.setattr(xllamacpp, "Server", Failing)
    path = tmp_path / "model.gguf"
    shutil.copy(base_path(llm_settings.models_dir), path)
    right = resolve_model("base", llm_settings).sha256
    with pytest.raises(ModelError, match="the file is whole, but the memory isn't enough") as caught:
        LlamaCppModel(path, name="x", file_sha256=right)
    assert "Remove" not in str(caught.value)
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    with pytest.raises(ModelError, match="the file is damaged"):
        LlamaCppModel(path, name="x", file_sha256=right)
    with pytest.raises(ModelError, match="damaged, or of a kind"):
        LlamaCppModel(path, name="x")


@pytest.mark.parametrize(
    "props", [b"no", b"{}", b'{"default_generation_settings": 5}', b'{"default_generation_settings": {}}']
)
def test_what_fails_after_the_server_started_leaves_nothing_behind(
    props: bytes, llm_settings: Settings, monkeypatch: pytest.MonkeyPatch, no_folders: None
) -> None:
    monkeypatch.setattr("kedrec.llm.server.Server.send", lambda *_: _reply(props))
    with pytest.raises(ModelError):
        open_model("base", llm_settings)
    gc.collect()


def _reply(data: bytes) -> object:
    from kedrec.llm.server import WholeReply

    return WholeReply(200, "application/json", "", data)


# httpcore doesn't close the socket of a file that isn't there.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_is_gone_is_a_model_error(
    llm_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llamacpp, "TIMEOUT", 2.0)
    monkeypatch.setattr(llamacpp_server, "TIMEOUT", 2.0)
    model = open_model("base", llm_settings)
    assert isinstance(model, LlamaCppModel)
    sent = Path(model._client._transport._pool._uds)  # type: ignore[attr-defined]
    sent.unlink()
    for call in (
        lambda: model.chat(question("Say yes.")),
        lambda: list(model.stream(question("Say yes."))),
        lambda: model.count_tokens((Message("user", "x"),)),
        lambda: model.chat_many([question("Say yes.")] * 2),
    ):
        with pytest.raises(ModelError, match="can't be reached"):
            call()
    model.close()
    model.close()
    with pytest.raises(ModelError, match="was closed"):
        model.chat(question("Say yes."))


@pytest.fixture
def merged_settings(llm_settings: Settings, tmp_path: Path) -> Settings:
    """A home of its own, with the base model, whose merged model a test may damage."""
    settings = load_settings(home=tmp_path / "home", model="default", threads=1)
    settings.models_dir.mkdir(parents=True)
    os.link(base_path(llm_settings.models_dir), base_path(settings.models_dir))
    return settings


def test_a_merged_model_that_was_changed_is_noticed(merged_settings: Settings) -> None:
    first = resolve_model("default", merged_settings)
    whole = first.path.read_bytes()
    status = first.path.stat()
    assert resolve_model("default", merged_settings) == first
    assert first.path.stat().st_mtime_ns == status.st_mtime_ns

    with first.path.open("r+b") as file:
        file.seek(len(whole) // 2)
        file.write(bytes([whole[len(whole) // 2] ^ 1]))
    os.utime(first.path, ns=(status.st_atime_ns, status.st_mtime_ns))  # and its time set back
    state = {one.name: one for one in list_models(merged_settings, lambda *_: None)}["default"]
    assert state.path == base_path(merged_settings.models_dir)  # it will be merged anew
    stages: list[str] = []
    second = resolve_model("default", merged_settings, lambda stage, _done, _total: stages.append(stage))
    assert any("was changed" in stage for stage in stages)
    assert second == first
    assert second.path.read_bytes() == whole
    assert second.sha256 == sha256_of(second.path)


def test_threads_are_chosen_by_what_is_free() -> None:
    """A busy neighbour, really running, takes a processor out of the count."""
    from kedrec.common.cpus import free_threads, usable_threads

    usable = usable_threads()
    if usable < 2:
        pytest.skip("there is one processor only")
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)
    ]
    try:
        time.sleep(1)
        assert free_threads() == 1
        assert free_threads(usable) == usable
    finally:
        for one in spinning:
            one.kill()
            one.wait()
