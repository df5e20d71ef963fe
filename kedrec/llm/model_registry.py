"""Registry of the models that a user can name: resolves names to files, fetches and lists them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kedrec.common.checked_files import cached_sha256, disk_errors, replacement_file, sha256_of
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
    "list_models",
    "merged_path",
    "pull_model",
    "resolve_model",
]

ADAPTER = "smollm2-135m-rationale"
"""Name of `default`'s adapter."""

_ADAPTERS = Path(__file__).resolve().parent / "adapters"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Files of a local model.

    Attributes:
        path: a GGUF file, or a folder in Hugging Face's layout.
        backend: the backend that runs it.
        sha256: hash of the weights, the adapter merged in.
        adapter: the adapter's name, "" for none.
        verified: True where the file was compared with its expected hash.
    """

    path: Path
    backend: Literal["llama.cpp", "transformers"]
    sha256: str
    adapter: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A line of `kedrec model list`: name, state, file or folder, its bytes, and the adapter's name."""

    name: str
    state: Literal["ready", "damaged", "not fetched"]
    path: Path
    size: int = 0
    adapter: str = ""


def default_adapter() -> Path | None:
    """Returns the adapter that ships with KEDRec; None where this copy ships without one."""
    folder = _ADAPTERS / ADAPTER
    return folder if (folder / "adapter_model.safetensors").is_file() else None


def merged_path(models: Path, base: Path, adapter: Path) -> Path:
    """Returns the path of the merged model of `base` and `adapter`."""
    return models / "merged" / f"{adapter.name}-{merged_hash(base, adapter)[:16]}.gguf"


def pull_model(name: str, settings: Settings, progress: Progress) -> Path:
    """Fetches a model and prepares it for use; a repeated call only checks it.

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
        return resolve_model(name, settings, progress).path
    if name not in {"default", "base"}:
        raise NotFoundError(
            f"No model '{name}' can be fetched.", "Fetch 'default', 'base' or 'hf:OWNER/NAME'."
        )
    fetch_base(models, progress)
    return resolve_model(name, settings, progress).path


def resolve_model(name: str, settings: Settings, progress: Progress | None = None) -> ModelFiles:
    """Returns the files of a local model, merging base and adapter first where needed.

    Args:
        name: `default`, `base`, `hf:OWNER/NAME`, a .gguf file, a folder in Hugging Face's layout, or
            a folder with a peft adapter for the default model.

    Raises:
        NotFoundError: there is no such model.
        ModelError: it isn't fetched yet, or is damaged.
    """
    models = settings.models_dir
    if name in {"default", "base"}:
        base = require_base(models)
        adapter = default_adapter() if name == "default" else None
        if adapter is None:
            return ModelFiles(base, "llama.cpp", BASE_SHA256, verified=True)
        return _merged_files(models, base, adapter, progress)
    if name.startswith("hf:"):
        return _from_hub(name[3:], models)
    path = Path(name).expanduser()
    if path.is_dir() and (path / "adapter_config.json").is_file():
        return _merged_files(models, require_base(models), path, progress)
    if path.is_dir() and (path / "config.json").is_file():
        return ModelFiles(path, "transformers", _folder_hash(path))
    if path.is_file():
        return ModelFiles(path, "llama.cpp", cached_sha256(path))
    raise NotFoundError(
        f"There is no model '{name}'.",
        "Name 'default', 'base', a .gguf file, a model's or adapter's folder, 'hf:OWNER/NAME', "
        "'openai:MODEL' or 'langchain:MODULE:FACTORY'.",
    )


def list_models(settings: Settings, progress: Progress) -> list[StoredModel]:
    """Lists and checks the models in the models folder, `default` and `base` first."""
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
    stored = [StoredModel("base", state, base, size)]
    if adapter and state == "ready":
        merged = merged_path(models, base, adapter)
        intact = _is_intact(merged, read=True)  # else it is merged at its next use
        default = StoredModel(
            "default",
            "ready",
            merged if intact else base,
            merged.stat().st_size if intact else size,
            adapter.name,
        )
    else:
        default = StoredModel("default", state, base, size, adapter.name if adapter else "")
    stored.insert(0, default)
    for folder in sorted((models / "hub").glob("*--*")):
        name = "hf:" + folder.name.replace("--", "/", 1)
        progress(f"Looking at {name}", 0, None)
        size = sum(file.stat().st_size for file in folder.iterdir())
        stored.append(StoredModel(name, _hub_state(name, folder), folder, size))
    return stored


def _merged_files(models: Path, base: Path, adapter: Path, progress: Progress | None) -> ModelFiles:
    """Returns the merged model, merging where there is none or where it was changed since it was written."""
    report = progress or (lambda _stage, _done, _total: None)
    _check_base(adapter, base)
    path = merged_path(models, base, adapter)
    if not _is_intact(path):
        if path.is_file():
            report(f"{path.name} was changed since it was written", 0, None)
        merge(base, adapter, path, report)
        with disk_errors(f"Writing beside {path.name}"), replacement_file(_hash_file(path)) as part:
            part.write_text(json.dumps({"sha256": cached_sha256(path)}), encoding="utf-8")
    return ModelFiles(path, "llama.cpp", cached_sha256(path), adapter.name, verified=True)


def _check_base(adapter: Path, base: Path) -> None:
    """Refuses an adapter whose own record says that it was trained on another base.

    Raises:
        ModelError: it was.
    """
    try:
        trained_on = json.loads((adapter / "kedrec.json").read_text(encoding="utf-8"))["base_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # peft's own layout names no hash
    if trained_on != cached_sha256(base):
        raise ModelError(
            f"The adapter {adapter} was trained on another model than {base.name}: SHA-256 {trained_on}.",
            "Use it with its own base in transformers and peft, or train one on this model.",
        )


def _is_intact(merged: Path, *, read: bool = False) -> bool:
    """True for a merged model with its recorded hash; `read`: hashes all its bytes again."""
    if not merged.is_file():
        return False
    try:
        recorded = json.loads(_hash_file(merged).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(recorded == (sha256_of if read else cached_sha256)(merged))


def _hash_file(merged: Path) -> Path:
    """Returns the file with the hash that a merged model had when it was written."""
    return merged.with_suffix(".json")


def _from_hub(name: str, models: Path) -> ModelFiles:
    folder = hub_folder(models, name)
    state = _hub_state(f"hf:{name}", folder, read=False)
    if state != "ready":
        problem = "isn't on this machine yet" if state == "not fetched" else "is damaged: a file was changed"
        raise ModelError(f"The model hf:{name} {problem}.", f"Run 'kedrec model pull hf:{name}'.")
    gguf = next(iter(sorted(folder.glob("*.gguf"))), None)
    if gguf:
        return ModelFiles(gguf, "llama.cpp", cached_sha256(gguf), verified=True)
    return ModelFiles(folder, "transformers", _folder_hash(folder), verified=True)


def _hub_state(name: str, folder: Path, *, read: bool = True) -> Literal["ready", "damaged", "not fetched"]:
    """Compares a fetched model's files with their recorded hashes."""
    try:
        listing = json.loads((folder / "kedrec.json").read_text(encoding="utf-8"))
        hashes = dict(listing.get("sha256", {}))
    except (OSError, ValueError, TypeError, AttributeError):
        return "not fetched"
    with disk_errors(f"Reading {name}"):
        for file, recorded in hashes.items():
            path = folder / Path(file).name
            if not path.is_file() or (sha256_of if read else cached_sha256)(path) != recorded:
                return "damaged"
    return "ready"


def _folder_hash(folder: Path) -> str:
    """Hashes a folder's weights: the only file's hash, or the hash over the hashes of several."""
    import hashlib

    hashes = [cached_sha256(file) for file in sorted(folder.glob("*.safetensors"))]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
