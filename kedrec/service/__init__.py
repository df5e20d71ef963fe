"""Answers many askers at once from one process."""

from kedrec.service.engine import Engine

__all__ = ["Engine"]
