"""The models a user can name: where their files are, and fetching them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kedrec.common.checked_files import disk_errors, known_sha256, replacing, sha256_of
from kedrec.errors import ModelError, NotFoundError
from kedrec.llm.default import BASE_SHA256, base_path, fetch_base, require_base
from kedrec.llm.hub import fetch_from_hub, hub_folder
from kedrec.llm.merging import merge, merged_hash

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.settings import Settings

__all__ = [
    "ADAPTER",
    "ModelFiles",
    "StoredModel",
    "default_adapter",
    "has_files",
    "list_models",
    "merged_path",
    "pull",
    "resolve",
]

ADAPTER = "smollm2-135m-rationale"
"""Name of the adapter that `default` carries."""

_ADAPTERS = Path(__file__).resolve().parent / "adapters"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What a name stands for on this machine.

    Attributes:
        path: a GGUF file, or a folder in Hugging Face's layout.
        backend: which of KEDRec's backends runs it.
        sha256: of the weights as they are used, adapter merged in.
        adapter: its name, "" for none.
        known: whether the file was checked against the hash that it should have.
    """

    path: Path
    backend: Literal["llama.cpp", "transformers"]
    sha256: str
    adapter: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A line of `kedrec model list`: name, state (`ready`, `damaged`, `not fetched`), file, bytes."""

    name: str
    state: Literal["ready", "damaged", "not fetched"]
    path: Path
    size: int = 0
    adapter: str = ""


def default_adapter() -> Path | None:
    """The adapter that ships with KEDRec; None where this copy ships without one."""
    folder = _ADAPTERS / ADAPTER
    return folder if (folder / "adapter_model.safetensors").is_file() else None


def has_files(name: str) -> bool:
    """Whether a model of that name has its files on this machine, or should have them."""
    return name.partition(":")[0] not in {"openai", "langchain"}


def merged_path(models: Path, base: Path, adapter: Path) -> Path:
    """Where the merged model of `base` and `adapter` is kept."""
    return models / "merged" / f"{adapter.name}-{merged_hash(base, adapter)[:16]}.gguf"


def pull(name: str, settings: Settings, progress: Progress) -> Path:
    """Fetches a model and makes it ready; again only checks.

    Args:
        name: `default`, `base` (the same without adapter) or `hf:OWNER/NAME`.

    Returns:
        The GGUF file, or the folder in Hugging Face's layout.

    Raises:
        NotFoundError: no model of that name can be fetched.
        ModelError: fetching or merging failed.
    """
    models = settings.models_dir
    if name.startswith("hf:"):
        fetch_from_hub(
            name[3:],
            models,
            progress,
            url=settings.hub_url,
            token=settings.hub_token.get_secret_value(),
        )
        return resolve(name, settings, progress).path
    if name not in {"default", "base"}:
        raise NotFoundError(
            f"No model '{name}' can be fetched.", "Fetch 'default', 'base' or 'hf:OWNER/NAME'."
        )
    fetch_base(models, progress)
    return resolve(name, settings, progress).path


def resolve(name: str, settings: Settings, progress: Progress | None = None) -> ModelFiles:
    """The files of a local model, which it merges first where that hasn't been done yet.

    Args:
        name: `default`, `base`, `hf:OWNER/NAME`, a .gguf file, a folder in Hugging Face's layout, or
            a folder with a peft adapter for the default model.

    Raises:
        NotFoundError: there is no such model.
        ModelError: it isn't fetched yet, or damaged.
    """
    models = settings.models_dir
    if name in {"default", "base"}:
        base = require_base(models)
        adapter = default_adapter() if name == "default" else None
        if adapter is None:
            return ModelFiles(base, "llama.cpp", BASE_SHA256, known=True)
        return _merged(models, base, adapter, progress)
    if name.startswith("hf:"):
        return _from_hub(name[3:], models)
    path = Path(name).expanduser()
    if path.is_dir() and (path / "adapter_config.json").is_file():
        return _merged(models, require_base(models), path, progress)
    if path.is_dir() and (path / "config.json").is_file():
        return ModelFiles(path, "transformers", _folder_hash(path))
    if path.is_file():
        return ModelFiles(path, "llama.cpp", known_sha256(path))
    raise NotFoundError(
        f"There is no model '{name}'.",
        "Name 'default', 'base', a .gguf file, a model's or adapter's folder, 'hf:OWNER/NAME', "
        "'openai:MODEL' or 'langchain:MODULE:FACTORY'.",
    )


def list_models(settings: Settings, progress: Progress) -> list[StoredModel]:
    """The models of this machine's models folder, `default` and `base` first, each checked."""
    models = settings.models_dir
    base = base_path(models)
    adapter = default_adapter()
    state: Literal["ready", "damaged", "not fetched"] = "not fetched"
    if base.is_file():
        try:
            require_base(models, read=True)
            state = "ready"
        except ModelError:
            state = "damaged"
    size = base.stat().st_size if base.is_file() else 0
    found = [StoredModel("base", state, base, size)]
    if adapter and state == "ready":
        merged = merged_path(models, base, adapter)
        whole = _is_whole(merged, read=True)  # else it is merged at its next use
        default = StoredModel(
            "default",
            "ready",
            merged if whole else base,
            merged.stat().st_size if whole else size,
            adapter.name,
        )
    else:
        default = StoredModel("default", state, base, size, adapter.name if adapter else "")
    found.insert(0, default)
    for folder in sorted((models / "hub").glob("*--*")):
        name = "hf:" + folder.name.replace("--", "/", 1)
        progress(f"Looking at {name}", 0, None)
        size = sum(file.stat().st_size for file in folder.iterdir())
        found.append(StoredModel(name, _hub_state(name, folder), folder, size))
    return found


def _merged(models: Path, base: Path, adapter: Path, progress: Progress | None) -> ModelFiles:
    """The merged model, made where there is none or where it isn't what was written any more."""
    report = progress or (lambda _stage, _done, _total: None)
    path = merged_path(models, base, adapter)
    if not _is_whole(path):
        if path.is_file():
            report(f"{path.name} was changed since it was written", 0, None)
        merge(base, adapter, path, report)
        with disk_errors(f"Writing beside {path.name}"), replacing(_record(path)) as part:
            part.write_text(json.dumps({"sha256": known_sha256(path)}), encoding="utf-8")
    return ModelFiles(path, "llama.cpp", known_sha256(path), adapter.name, known=True)


def _is_whole(merged: Path, *, read: bool = False) -> bool:
    """Whether a merged model is there as it was written; `read`: by its bytes, written to since or not."""
    if not merged.is_file():
        return False
    try:
        recorded = json.loads(_record(merged).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(recorded == (sha256_of if read else known_sha256)(merged))


def _record(merged: Path) -> Path:
    """Where a merged model's hash is kept, as it was when it was written."""
    return merged.with_suffix(".json")


def _from_hub(name: str, models: Path) -> ModelFiles:
    folder = hub_folder(models, name)
    state = _hub_state(f"hf:{name}", folder, read=False)
    if state != "ready":
        what = "isn't on this machine yet" if state == "not fetched" else "is damaged: a file was changed"
        raise ModelError(f"The model hf:{name} {what}.", f"Run 'kedrec model pull hf:{name}'.")
    gguf = next(iter(sorted(folder.glob("*.gguf"))), None)
    if gguf:
        return ModelFiles(gguf, "llama.cpp", known_sha256(gguf), known=True)
    return ModelFiles(folder, "transformers", _folder_hash(folder), known=True)


def _hub_state(name: str, folder: Path, *, read: bool = True) -> Literal["ready", "damaged", "not fetched"]:
    """The state of a fetched model's files, by the hashes that they came with."""
    try:
        listing = json.loads((folder / "kedrec.json").read_text(encoding="utf-8"))
        hashes = dict(listing.get("sha256", {}))
    except (OSError, ValueError, TypeError, AttributeError):
        return "not fetched"
    with disk_errors(f"Reading {name}"):
        for file, recorded in hashes.items():
            path = folder / Path(file).name
            if not path.is_file() or (sha256_of if read else known_sha256)(path) != recorded:
                return "damaged"
    return "ready"


def _folder_hash(folder: Path) -> str:
    """Hash of a folder's weights: the one file's, or that of the files' hashes together."""
    import hashlib

    hashes = [known_sha256(file) for file in sorted(folder.glob("*.safetensors"))]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
