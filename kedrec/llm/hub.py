"""Fetches models from the Hugging Face hub by its HTTP interface, resuming interrupted downloads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.checked_files import disk_errors, replacement_file
from kedrec.common.private_files import private_folder
from kedrec.common.resumable_http import delete_partial, file_hash, finish_partial, receive
from kedrec.errors import ModelError, NotFoundError, SettingsError
from kedrec.llm.address import bearer, open_client, parse_address
from kedrec.llm.quoting import quotable
from kedrec.llm.replies import Limits, OverlongReplyError, SlowReplyError, UnreadableReplyError, open_reply

if TYPE_CHECKING:
    import httpx2

    from kedrec.common.progress import Progress

__all__ = ["HubFile", "fetch_from_hub", "hub_folder"]

_LISTING = Limits(size=64 << 20, seconds=300.0)
_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_MODEL_FILES = re.compile(
    r"(?:config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json|"
    r"merges\.txt|tokenizer\.model|chat_template\.jinja|model[\w.-]*\.safetensors(?:\.index\.json)?"
)
# Quantizations in order of preference: the closest to the original that a laptop runs well comes first.
_QUANTIZATIONS = ("q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_1", "q4_0")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: name, size in bytes, SHA-256 ("" for small files) and git blob id (SHA-1)."""

    name: str
    size: int
    sha256: str
    blob: str


def hub_folder(models: Path, name: str) -> Path:
    """Returns the folder of the model `OWNER/NAME`.

    Raises:
        NotFoundError: `name` isn't of that form.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise NotFoundError(f"'{name}' is no model's name on the hub.", "Write it as hf:OWNER/NAME.")
    return models / "hub" / name.replace("/", "--")


def fetch_from_hub(name: str, models: Path, progress: Progress, *, url: str, token: str = "") -> Path:
    """Fetches the model `OWNER/NAME`: one GGUF file where it has any, else the files that transformers needs.

    Each file is checked by size and hash. A repeated call fetches only what is missing.

    Args:
        url: the hub's address.
        token: access token for gated models, "" for none.

    Returns:
        The folder; its `kedrec.json` names the revision and the files.

    Raises:
        NotFoundError: the hub has no such model, or the model has no usable files.
        ModelError: the hub can't be reached or refuses, or a file arrives damaged.
        DataError: the hub redirects to an address that isn't encrypted.
        SettingsError: the hub's address or the token is invalid.
    """
    folder = hub_folder(models, name)
    address = parse_address(url, "HF_ENDPOINT", role="the Hugging Face hub", example="https://huggingface.co")
    if address.query:
        raise SettingsError("HF_ENDPOINT holds a query (?...).", "Leave it out.")
    client = open_client(
        address,
        "HF_ENDPOINT",
        bearer(token, "HF_TOKEN"),
        key_setting="HF_TOKEN",
        timeout=60.0,
        follow_redirects=True,
    )
    with client:
        revision, files = _listing(client, name)
        selection = _select(name, files)
        with disk_errors(f"Writing {name} into {folder}"):
            for file in selection:
                _fetch(client, f"{name}/resolve/{revision}/{file.name}", file, folder, progress)
            with replacement_file(folder / "kedrec.json") as part:
                record = {
                    "name": name,
                    "revision": revision,
                    "files": [file.name for file in selection],
                    "sha256": {file.name: file.sha256 or file_hash(folder / file.name) for file in selection},
                }
                part.write_text(json.dumps(record, indent=2), encoding="utf-8")
    return folder


def _listing(client: httpx2.Client, name: str) -> tuple[str, list[HubFile]]:
    path = f"api/models/{name}/revision/main"
    with _hub_errors(name), open_reply(client, "GET", path, _LISTING, params={"blobs": "true"}) as reply:
        _check_status(reply.status, name)
        data = reply.body()
    try:
        listing: Any = json.loads(data)
        revision = str(listing["sha"])
        files = [
            HubFile(
                name=str(file["rfilename"]),
                size=int(file["size"]),
                sha256=str((file.get("lfs") or {}).get("sha256", "")),
                blob=str(file["blobId"]),
            )
            for file in listing["siblings"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ModelError(
            f"The hub's listing of {name} can't be read: {quotable(repr(error))}", "Try again later."
        ) from error
    if not re.fullmatch(r"\w[\w.-]*", revision):
        raise ModelError(f"The hub's listing of {name} names no revision.", "Try again later.")
    return revision, files


def _select(name: str, files: Sequence[HubFile]) -> list[HubFile]:
    # Names from the hub become paths: only plain ones, without folders.
    plain = [file for file in files if re.fullmatch(r"\w[\w.-]*", file.name)]
    ggufs = [file for file in plain if file.name.lower().endswith(".gguf")]
    if ggufs:
        rank = {
            file.name: next(
                (index for index, kind in enumerate(_QUANTIZATIONS) if kind in file.name.lower()),
                len(_QUANTIZATIONS),
            )
            for file in ggufs
        }
        return [min(ggufs, key=lambda file: (rank[file.name], file.size))]
    model_files = [file for file in plain if _MODEL_FILES.fullmatch(file.name)]
    if not any(file.name.endswith(".safetensors") for file in model_files):
        raise NotFoundError(
            f"The model {name} has neither a GGUF file nor safetensors.", "Choose another model on the hub."
        )
    return model_files


def _fetch(client: httpx2.Client, path: str, file: HubFile, folder: Path, progress: Progress) -> None:
    target = folder / file.name
    if target.is_file() and target.stat().st_size == file.size and _is_intact(target, file):
        return
    private_folder(folder)
    # Named by its hash, so that a part of another revision is never continued.
    part = folder / f".{file.name}.{(file.sha256 or file.blob)[:16]}.part"
    size = part.stat().st_size if part.exists() else 0
    if size > file.size:
        delete_partial(part)
        size = 0
    if size < file.size:
        _receive(client, path, file, part, progress=progress)
    if part.stat().st_size > file.size:
        delete_partial(part)
        raise ModelError(f"{file.name} arrived in another size than the hub says.", "Run the command again.")
    if part.stat().st_size < file.size:
        raise ModelError(
            f"The hub sent only a part of {file.name}.", "Run the command again; it goes on from there."
        )
    if not _is_intact(part, file):
        delete_partial(part)
        raise ModelError(f"{file.name} arrived damaged: its hash is wrong.", "Run the command again.")
    finish_partial(part, target)


def _receive(client: httpx2.Client, path: str, file: HubFile, part: Path, *, progress: Progress) -> None:
    with _hub_errors(file.name):
        receive(
            client,
            path,
            part,
            on_refusal=lambda response: _check_status(response.status_code, file.name),
            progress=lambda done, _: progress(f"Fetching {file.name}", done, file.size),
            size=file.size,
        )


def _is_intact(path: Path, file: HubFile) -> bool:
    if file.sha256:
        return file_hash(path) == file.sha256
    # git's hash, the only one of small files
    return file_hash(path, "sha1", f"blob {file.size}\0".encode()) == file.blob


@contextmanager
def _hub_errors(subject: str) -> Iterator[None]:
    import httpx2

    try:
        yield
    except (OverlongReplyError, SlowReplyError, UnreadableReplyError) as error:
        raise ModelError(
            f"The hub's listing of {subject} is too long, too slow or damaged.", "Try again later."
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        raise ModelError(
            f"Fetching {subject} from the hub failed: {quotable(str(error) or type(error).__name__)}",
            "Check the network, then run the command again; it goes on where it stopped.",
        ) from error


def _check_status(status: int, subject: str) -> None:
    if status in {401, 403, 404}:
        raise NotFoundError(
            f"The hub has no {subject}, or it needs an access token ({status}).",
            "Check the name; for a gated model set HF_TOKEN.",
        )
    if status != 200:
        raise ModelError(f"The hub answered {status} for {subject}.", "Try again later.")
