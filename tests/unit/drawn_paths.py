"""Paths drawn by hand, from a drug to a disease, for tests of what they argue."""

from __future__ import annotations

from grounding_evidence import entity, step

from kedrec.types import Edge, Entity, Path, PathStep

DRUG = entity("DRUGBANK:1", "Drug", "newdrug")
OTHER = entity("DRUGBANK:2", "Drug", "olddrug")
DISEASE = entity("MONDO:1", "Disease", "some disease")
LUNG = entity("UBERON:1", "Anatomy", "lung")
RASH = entity("UMLS:1", "SideEffect", "rash")
COUGH = entity("MESH:1", "Symptom", "cough")
PROCESS = entity("GO:1", "BiologicalProcess", "vasodilation")


def gene(name: str = "GENE1") -> Entity:
    return entity(f"NCBIGene:{name}", "Gene", name)


def bound(
    target: Entity, action: str = "inhibitor", evidence: str = "", mechanisms: tuple[str, ...] = ()
) -> PathStep:
    link = Edge(
        start=DRUG.id,
        relation="BINDS",
        end=target.id,
        source="s",
        licence="CC0-1.0",
        action=action,
        evidence=evidence,
        mechanisms=mechanisms,
    )
    return PathStep(relation="BINDS", action=action, forward=True, edges=(link,))


def path(*nodes_and_steps: Entity | PathStep) -> Path:
    nodes = tuple(one for one in nodes_and_steps if isinstance(one, Entity))
    steps = tuple(one for one in nodes_and_steps if isinstance(one, PathStep))
    return Path(template="by-hand", metapath="", nodes=nodes, steps=steps)


def direct(target: Entity, *, action: str = "inhibitor", evidence: str = "", linked: str = "") -> Path:
    return path(
        DRUG,
        bound(target, action, evidence),
        target,
        step(target, "ASSOCIATED_WITH", DISEASE, linked, forward=False),
        DISEASE,
    )


def like(other_name: str, name: str = "some disease") -> Path:
    """An analogy with a disease that the drug treats."""
    treated, asked = entity("MONDO:9", "Disease", other_name), entity("MONDO:1", "Disease", name)
    return path(DRUG, step(DRUG, "TREATS", treated), treated, step(treated, "RESEMBLES", asked), asked)
