"""Settings from the environment, frozen after creation. No other module reads the environment."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kedrec.errors import SettingsError

__all__ = ["Settings", "load_settings", "read_secret"]

_LONGEST_SECRET = 65536  # bytes


class Settings(BaseSettings):
    """KEDRec's settings, from the environment or the caller.

    `KEDREC_HOME`, `KEDREC_GRAPH`, `KEDREC_OVERLAY`, `KEDREC_AS_OF`, `KEDREC_MODEL`, `KEDREC_SEED`,
    `KEDREC_THREADS`, `KEDREC_CACHE_TEXTS`, `KEDREC_DEBUG`, and Neo4j's own `NEO4J_URI`,
    `NEO4J_USERNAME`, `NEO4J_PASSWORD`, `NEO4J_PASSWORD_FILE`, `NEO4J_DATABASE`;
    `KEDREC_LLM_URL` and `KEDREC_LLM_KEY` for an OpenAI-compatible endpoint; the Hugging Face hub's own
    `HF_ENDPOINT` and `HF_TOKEN`; NCBI's own `NCBI_API_KEY`.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("kedrec", appauthor=False)),
        validation_alias="KEDREC_HOME",
    )
    """Folder of the embedded graph, the models and the caches."""
    graph: str = Field(default="", repr=False, validation_alias="KEDREC_GRAPH")
    """URL of the graph: a folder (embedded) or neo4j://, bolt://; empty: `NEO4J_URI`, else `home`."""
    overlay: str = Field(default="", validation_alias="KEDREC_OVERLAY")
    """Names of the visible private overlays, separated by commas; `none` or empty: none."""
    as_of: int | None = Field(default=None, ge=1, le=9999, validation_alias="KEDREC_AS_OF")
    """The last visible year: later edges are hidden; those without a year are not."""
    model: str = Field(default="default", validation_alias="KEDREC_MODEL")
    """Name of the language model; `default` is SmolLM2-135M-Instruct with KEDRec's adapter."""
    seed: int = Field(default=20250220, ge=0, lt=2**32, validation_alias="KEDREC_SEED")
    """Seed of all random draws."""
    threads: int = Field(default=0, ge=0, le=1024, validation_alias="KEDREC_THREADS")
    """Number of threads; 0: as many as this process may use."""
    cache_texts: bool = Field(default=True, validation_alias="KEDREC_CACHE_TEXTS")
    """True if texts that the language model wrote are stored, and not written again."""
    debug: bool = Field(default=False, validation_alias="KEDREC_DEBUG")
    """True if a defect prints its traceback."""

    # A URL may hold a password, so it is not part of the printed settings.
    neo4j_uri: str = Field(default="", repr=False, validation_alias="NEO4J_URI")
    neo4j_username: str = Field(default="neo4j", validation_alias="NEO4J_USERNAME")
    neo4j_password: SecretStr = Field(default=SecretStr(""), validation_alias="NEO4J_PASSWORD")
    neo4j_password_file: Path | None = Field(default=None, validation_alias="NEO4J_PASSWORD_FILE")
    neo4j_database: str = Field(default="neo4j", validation_alias="NEO4J_DATABASE")

    llm_url: str = Field(default="", repr=False, validation_alias="KEDREC_LLM_URL")
    llm_key: SecretStr = Field(default=SecretStr(""), validation_alias="KEDREC_LLM_KEY")
    ncbi_key: SecretStr = Field(default=SecretStr(""), validation_alias="NCBI_API_KEY")
    hub_url: str = Field(default="https://huggingface.co", repr=False, validation_alias="HF_ENDPOINT")
    hub_token: SecretStr = Field(default=SecretStr(""), validation_alias="HF_TOKEN")

    @property
    def graph_url(self) -> str:
        """The graph's URL after defaults: `graph`, else `NEO4J_URI`, else the folder under `home`."""
        return self.graph or self.neo4j_uri or str(self.home / "graph")

    @property
    def models_dir(self) -> Path:
        """Folder of downloaded and merged models."""
        return self.home / "models"

    @property
    def cache_dir(self) -> Path:
        """Folder of recomputable data: fitted rankings, matrices."""
        return self.home / "cache"


def read_secret(path: Path, setting: str) -> str:
    """Reads a secret from a file, without the line end.

    Args:
        setting: name of the setting that holds the path, for messages.

    Raises:
        SettingsError: the file is unreadable or no short text; the message has nothing of its content.
    """
    try:
        if not path.is_file():
            raise SettingsError(f"{setting} can't be read: {path} is no file.", "Correct it and try again.")
        with path.open("rb") as file:
            content = file.read(_LONGEST_SECRET + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "no file can have that name"
        raise SettingsError(
            f"{setting} can't be read: {path}: {reason}.", "Correct it and try again."
        ) from error
    try:
        if len(content) <= _LONGEST_SECRET:
            return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        pass
    raise SettingsError(
        f"{setting} names a file that holds no password: {path} isn't a short text in UTF-8.",
        "Write the password alone into it, in UTF-8.",
    )


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment; `overrides` by field name have precedence unless None.

    Raises:
        SettingsError: a value is invalid.
    """
    values = {
        str(Settings.model_fields[name].validation_alias): value
        for name, value in overrides.items()
        if value is not None
    }
    try:
        return Settings.model_validate(values) if values else Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The setting {name} can't be used: {first['msg']}.", "Correct it and try again."
        ) from error
