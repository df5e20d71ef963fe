"""Schemathesis, started as a program, asks no language model: each text would take seconds."""

from __future__ import annotations

import schemathesis


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: object) -> None:
    body = case.body
    if case.path.endswith("/recommend") and isinstance(body, dict) and body.get("llm", True) is True:
        body["llm"] = False
