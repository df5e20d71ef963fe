"""Names that the model libraries must have: one that is gone is one message when a model is opened."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kedrec.errors import ModelError
from kedrec.llm import llamacpp, llamacpp_server
from kedrec.llm.requirements import TESTED, missing_names, require_names


def test_names_are_looked_for_through_attributes() -> None:
    owner = SimpleNamespace(a=SimpleNamespace(b=1), c=0)
    assert missing_names(owner, ("a.b", "c")) == []
    assert missing_names(owner, ("a.x", "c.y.z", "d")) == ["a.x", "c.y.z", "d"]


@pytest.mark.parametrize("library", TESTED)
def test_a_library_without_a_name_is_named_with_both_releases(library: str) -> None:
    with pytest.raises(ModelError) as caught:
        require_names(library, SimpleNamespace(), ("some.name",), of="Thing")
    message = str(caught.value)
    for part in (library, "Thing.some.name", TESTED[library], f"pip install '{library}=={TESTED[library]}'"):
        assert part in message


def test_a_package_that_is_not_installed_has_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TESTED, "no-such-package", "1")
    with pytest.raises(ModelError, match="of an unknown release"):
        require_names("no-such-package", object(), ("x",))


@pytest.mark.parametrize("gone", ["cpuparams", "flash_attn_type", "api_keys", "hostnames"])
def test_a_parameter_that_llama_cpp_no_longer_has(
    gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xllamacpp

    class Fewer:
        def __init__(self) -> None:
            self._parameters = xllamacpp.CommonParams()

        def __getattr__(self, name: str) -> Any:
            if name == gone:
                raise AttributeError(name)
            return getattr(self._parameters, name)

    monkeypatch.setattr(llamacpp, "_check_magic", lambda _path: None)
    require = llamacpp_server.require_names

    def without(library: str, owner: object, names: Any, **more: Any) -> None:
        require(library, Fewer() if more.get("of") == "CommonParams" else owner, names, **more)

    monkeypatch.setattr(llamacpp_server, "require_names", without)
    with pytest.raises(ModelError, match=rf"has no CommonParams\.{gone}.*tested with xllamacpp"):
        llamacpp.LlamaCppModel(tmp_path / "x.gguf", name="x", threads=1)


def test_a_name_of_the_library_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import xllamacpp

    monkeypatch.setattr(llamacpp, "_check_magic", lambda _path: None)
    monkeypatch.delattr(xllamacpp, "Server")
    with pytest.raises(ModelError, match=r"has no Server\.listening_address"):
        llamacpp.LlamaCppModel(tmp_path / "x.gguf", name="x", threads=1)
