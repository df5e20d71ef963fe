"""Scores the paths of a pair by their likeness to curated mechanisms, and selects a diverse few.

The weights are in `path-weights.yaml` beside this module, with a record of how they were fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from kedrec.common.yaml_text import load_yaml
from kedrec.errors import AssetError
from kedrec.evidence.chains import CHAIN
from kedrec.evidence.path_features import FEATURES
from kedrec.pathlogic.roles import LEADING, SUPPORTING, content_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from kedrec.evidence.path_pool import Pool

__all__ = ["PathWeights", "by_role", "diverse_paths", "load_weights", "path_scores", "weights_yaml"]

_FILE = Path(__file__).with_name("path-weights.yaml")
_SHORTLIST = 200  # best paths, among which diverse ones are selected
_SAME_NODES = 1.0  # log-odds that a path loses beside another through the same nodes; half of it for half
_SAME_KINDS = 0.3  # that it loses beside each other through the same kinds of nodes
_ASSOCIATION_PENALTY = 2.0  # log-odds that a path loses which only says that things occur together
_NEVER = 80.0  # that a path loses whose role is no argument: more than any score
_MARGIN = 0.01  # between the best path that may lead an answer and the best association
_CURATED_BONUS = 10.0  # log-odds that a path gains which a curator drew for the very pair
_DECIMALS = 6  # scores that differ by less are equal, on every machine


@dataclass(frozen=True, slots=True)
class PathWeights:
    """Weights of features and templates in a path's score, in log-odds among the pair's paths.

    Attributes:
        features: by the names of `path_features.FEATURES`.
        templates: by name; a template that isn't there adds nothing. Chains of curated mechanisms have the
            name `chains.CHAIN`.
    """

    features: Mapping[str, float]
    templates: Mapping[str, float]


@cache
def load_weights() -> PathWeights:
    """The weights shipped with KEDRec.

    Raises:
        AssetError: the file is missing or damaged.
    """
    try:
        document = load_yaml(_FILE.read_text(encoding="utf-8"))
        features = {name: float(document["features"][name]) for name in FEATURES}
        templates = {str(name): float(weight) for name, weight in document["templates"].items()}
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise AssetError(f"{_FILE.name} is damaged: {error!r}.", "Install the package again.") from error
    return PathWeights(features, templates)


def weights_yaml(weights: PathWeights, provenance: Mapping[str, Any]) -> str:
    """The text of a weights file.

    Args:
        weights: the fitted weights.
        provenance: a record of the fit, for readers of the file.
    """
    return yaml.safe_dump(
        {
            "fitted": dict(provenance),
            "features": {name: round(weights.features[name], 3) for name in FEATURES},
            "templates": {name: round(weight, 3) for name, weight in sorted(weights.templates.items())},
        },
        sort_keys=False,
    )


def path_scores(pool: Pool, weights: PathWeights) -> NDArray[np.float64]:
    """Each path's score, rounded so that every machine ranks alike."""
    numeric = np.array([weights.features[name] for name in FEATURES])
    scores = pool.scores(numeric, template_weights(pool, weights))
    scores[pool.own] += _CURATED_BONUS
    return np.round(by_role(pool, scores), _DECIMALS)


def by_role(pool: Pool, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores of a pool's paths, adjusted to the roles that their steps and first genes give them.

    Paths that may lead an answer keep their score. Associations lose some of theirs, and come after the best
    that may lead; paths whose role is no argument come last.
    """
    by_template = np.array(
        [*(_role_penalty([(hop.relation, hop.kind) for hop in path.hops]) for path in pool.templates), 0.0]
    )
    penalties = np.full(len(pool), np.inf)
    np.minimum.at(penalties, pool.member_path, by_template[pool.member_template])
    is_chain = np.zeros(len(pool), bool)
    is_chain[list(pool.chains)] = True
    passive = (pool.values[:, FEATURES.index("passive")] < 0) & ~is_chain
    penalties[passive] = _NEVER
    judged: NDArray[np.float64] = scores - penalties
    if (penalties == 0).any():
        associations = penalties == _ASSOCIATION_PENALTY
        judged[associations] = np.minimum(judged[associations], judged[penalties == 0].max() - _MARGIN)
    return judged


def _role_penalty(steps: list[tuple[str, str]]) -> float:
    role = content_role(steps)
    return 0.0 if role in LEADING else _ASSOCIATION_PENALTY if role in SUPPORTING else _NEVER


def template_weights(pool: Pool, weights: PathWeights) -> NDArray[np.float64]:
    """The weights of a pool's templates by their numbers; the weight of chains is last."""
    names = [*(template.name for template in pool.templates), CHAIN]
    return np.array([weights.templates.get(name, 0.0) for name in names])


def diverse_paths(pool: Pool, scores: NDArray[np.float64]) -> Iterator[int]:
    """Selects the best paths one by one, each penalised for its likeness to the ones before it.

    After Carbonell & Goldstein's maximal marginal relevance (SIGIR 1998). Ties go by the paths' nodes.

    Yields:
        Positions in the pool, in the order of selection; each costs a pass over the shortlist.
    """
    shortlist = np.lexsort((*pool.nodes.T[::-1], pool.shape, -scores))[:_SHORTLIST]
    worth, shape = scores[shortlist].copy(), pool.shape[shortlist]
    codes = _node_codes(pool)[shortlist]
    lengths = np.maximum((codes >= 0).sum(axis=1), 1)
    for _ in range(len(shortlist)):
        best = int(np.argmax(np.round(worth, _DECIMALS)))
        yield int(shortlist[best])
        shared = np.isin(codes, codes[best][codes[best] >= 0]).sum(axis=1) / lengths
        worth -= _SAME_NODES * shared + _SAME_KINDS * (shape == shape[best])
        worth[best] = -np.inf


def _node_codes(pool: Pool) -> NDArray[np.int64]:
    """The inner nodes, each as one number for kind and node; -1 where a path is shorter."""
    kinds = sorted({kind for shape in pool.shapes for kind in shape})
    width = pool.nodes.shape[1]
    table = np.zeros((max(len(pool.shapes), 1), width), np.int64)
    for number, shape in enumerate(pool.shapes):
        table[number, : len(shape)] = [kinds.index(kind) for kind in shape]
    return np.where(pool.nodes >= 0, pool.nodes * max(len(kinds), 1) + table[pool.shape], -1)
