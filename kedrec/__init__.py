"""KEDRec: explained drug repurposing over drug-disease-gene graphs.

    import kedrec

    with kedrec.open() as kr:
        answer = kr.recommend("multiple sclerosis", top=5)
        answer[0].rationale.claims[0].citations

The public names are those in `__all__`; each is imported at its first use, so that `import kedrec` is fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from kedrec._version import __version__

if TYPE_CHECKING:
    from kedrec.answers.subgraph import Subgraph
    from kedrec.api import Kedrec, open  # noqa: A004  # read as kedrec.open
    from kedrec.async_api import AsyncKedrec
    from kedrec.errors import KedrecError
    from kedrec.settings import Settings
    from kedrec.types import Answer, Claim, Comparison, DiseaseAnswer, Evidence, Rationale, Recommendation

_MODULES = {
    "Answer": "kedrec.types",
    "AsyncKedrec": "kedrec.async_api",
    "Claim": "kedrec.types",
    "Comparison": "kedrec.types",
    "DiseaseAnswer": "kedrec.types",
    "Evidence": "kedrec.types",
    "Kedrec": "kedrec.api",
    "KedrecError": "kedrec.errors",
    "Rationale": "kedrec.types",
    "Recommendation": "kedrec.types",
    "Settings": "kedrec.settings",
    "Subgraph": "kedrec.answers.subgraph",
    "open": "kedrec.api",
}

__all__ = [
    "Answer",
    "AsyncKedrec",
    "Claim",
    "Comparison",
    "DiseaseAnswer",
    "Evidence",
    "Kedrec",
    "KedrecError",
    "Rationale",
    "Recommendation",
    "Settings",
    "Subgraph",
    "__version__",
    "open",
]


def __getattr__(name: str) -> Any:  # PEP 562
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'kedrec' has no attribute {name!r}")
