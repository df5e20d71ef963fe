"""Groups of paths: what is told in one sentence, and what says little new."""

from __future__ import annotations

from kedrec.pathlogic.path_groups import path_groups
from kedrec.types import Entity, Evidence, Path, PathStep


def path(
    id_: str, *genes: str, score: float = 0.1, relation: str = "BINDS", role: str = "mechanism"
) -> Evidence:
    names = ("drug", *genes, "disease")
    nodes = tuple(Entity(id=f"X:{name}", kind="Gene", name=name) for name in names)
    steps = tuple(PathStep(relation=relation, forward=True, edges=()) for _ in names[1:])
    whole = Path(template="t", metapath="m", nodes=nodes, steps=steps)
    return Evidence(id=id_, sentence=id_, score=score, path=whole, role=role)  # type: ignore[arg-type]


def groups_of(*items: Evidence) -> list[tuple[tuple[str, ...], int]]:
    return [(tuple(item.id for item in group.items), group.differing) for group in path_groups(items)]


def test_up_to_three_paths_that_differ_in_one_node_are_one_group_the_heaviest_first() -> None:
    items = [path(f"P{number}", f"T{number}", "B", score=number / 10) for number in range(1, 5)]
    assert groups_of(*items) == [(("P4", "P3", "P2"), 1)]  # a fourth one says nothing new
    assert [round(group.weight, 6) for group in path_groups(items)] == [0.9]
    other = path("P0", "T0", "C", score=0.05)
    assert groups_of(*items, other) == [(("P4", "P3", "P2"), 1), (("P0",), 0)]


def test_the_node_is_chosen_by_which_the_heaviest_paths_differ() -> None:
    first = path("P1", "A", "B", score=0.5)
    by_second = path("P2", "A", "C", score=0.2), path("P3", "A", "D", score=0.1)
    by_first = path("P4", "E", "B", score=0.25)
    assert groups_of(first, *by_second, by_first)[0] == (("P1", "P2", "P3"), 2)
    assert groups_of(first, by_second[1], by_first)[0] == (("P1", "P4"), 1)


def test_paths_along_other_steps_or_of_another_role_are_not_one_group() -> None:
    first = path("P1", "A", "B")
    for other in (
        path("P2", "C", "B", relation="AFFECTS"),
        path("P2", "C", "B", role="analogy"),
        path("P2", "C", "B", "D"),
        path("P2", "C", "D"),
    ):
        assert sorted(groups_of(first, other)) == [(("P1",), 0), (("P2",), 0)]


def test_a_path_most_of_whose_nodes_are_told_says_little_new() -> None:
    first = path("P1", "A", "B", "C", score=0.5)
    assert groups_of(first, path("P2", "A", "C", "D", "B")) == [(("P1",), 0)]
    assert groups_of(first, path("P2", "A")) == [(("P1",), 0)]
    assert groups_of(first, path("P2", "A", "D")) == [(("P1",), 0), (("P2",), 0)]
    again = path("P3", "A", "E", score=0.3), path("P4", "A", "B", score=0.2)
    assert groups_of(first, *again) == [(("P1",), 0), (("P3",), 0)]  # P4 isn't told beside P3 either
    # The group's own paths tell them too.
    alike = path("P3", "A", "B", "D", score=0.2)
    assert groups_of(first, alike, path("P2", "C", "D", "E")) == [(("P1", "P3"), 3)]


def named_anew(item: Evidence, id_: str, node: int, name: str) -> Evidence:
    """A path through another node of a name."""
    assert item.path
    nodes = list(item.path.nodes)
    nodes[node] = nodes[node].model_copy(update={"id": f"X:another-{id_}", "name": name})
    return item.model_copy(update={"id": id_, "path": item.path.model_copy(update={"nodes": tuple(nodes)})})


def test_two_nodes_of_one_name_are_told_once() -> None:
    first, second = path("P1", "A", "B", score=0.5), path("P2", "C", "B", score=0.4)
    twin, other_twin = named_anew(first, "P3", 1, "a"), named_anew(second, "P4", 1, "C")
    assert groups_of(first, twin) == [(("P1",), 0)]
    assert groups_of(first, second, twin, other_twin) == [(("P1", "P2"), 1)]


def through(id_: str, *inner: tuple[str, str], score: float = 0.1, first: str = "AFFECTS") -> Evidence:
    """A path through nodes of some kinds and names."""
    nodes = (("Drug", "drug"), *inner, ("Disease", "disease"))
    entities = tuple(Entity(id=f"X:{name}", kind=kind, name=name) for kind, name in nodes)  # type: ignore[arg-type]
    relations = (first, *("AFFECTS" for _ in inner))
    steps = tuple(PathStep(relation=relation, forward=True, edges=()) for relation in relations)
    whole = Path(template="t", metapath="m", nodes=entities, steps=steps)
    return Evidence(id=id_, sentence=id_, score=score, path=whole, role="mechanism")


RECEPTOR, RELAXATION = ("Gene", "ADRB2"), ("BiologicalProcess", "relaxation of smooth muscle")


def test_the_same_mechanism_in_longer_names_says_little_new() -> None:
    first = through(
        "P1",
        RECEPTOR,
        ("BiologicalProcess", "activation of adenylate cyclase activity"),
        ("BiologicalProcess", "cyclic AMP biosynthetic process"),
        RELAXATION,
        score=0.5,
    )
    again = through("P2", RECEPTOR, ("Chemical", "3',5'-cyclic AMP"), RELAXATION, ("Anatomy", "bronchus"))
    assert groups_of(first, again) == [(("P1",), 0)]
    other = through("P2", RECEPTOR, ("Chemical", "cyclic GMP"), RELAXATION, ("Anatomy", "bronchus"))
    assert groups_of(first, other) == [(("P1",), 0), (("P2",), 0)]
    # A gene's or a disease's name describes nothing: "cancer" isn't told by "breast cancer".
    cancer = through("P3", ("Disease", "breast cancer"), score=0.5), through("P4", ("Disease", "cancer"))
    assert len(groups_of(*cancer)) == 1  # alike but for one node
    longer = through("P4", ("Disease", "cancer"), ("Gene", "TP53"))
    assert groups_of(cancer[0], longer) == [(("P3",), 0), (("P4",), 0)]


def test_another_way_from_told_nodes_is_new_by_what_acts() -> None:
    loading, catabolism = ("BiologicalProcess", "vesicle loading"), ("BiologicalProcess", "catabolism")
    transporter = ("Gene", "SLC18A2")
    first = through("P1", transporter, loading, ("Pathway", "Release Cycle"), score=0.5)
    assert groups_of(first, through("P2", transporter, loading, catabolism, ("Anatomy", "brain"))) == [
        (("P1",), 0)
    ]
    acting = through("P2", transporter, loading, ("Chemical", "dopamine"), ("Anatomy", "brain"))
    assert groups_of(first, acting) == [(("P1",), 0), (("P2",), 0)]
    # Beside a direct link, the way from it is new.
    direct = through("P1", transporter, score=0.5)
    assert groups_of(direct, through("P2", transporter, loading)) == [(("P1",), 0), (("P2",), 0)]


def test_a_treated_disease_is_told_once_but_where_a_gene_links_it() -> None:
    def treats(id_: str, *inner: tuple[str, str], score: float = 0.1) -> Evidence:
        return through(id_, ("Disease", "arthritis"), *inner, score=score, first="TREATS")

    first = treats("P1", score=0.5)
    assert groups_of(first, treats("P2", ("Disease", "joint disease"))) == [(("P1",), 0)]
    assert groups_of(first, treats("P2", ("Gene", "URAT1"))) == [(("P1",), 0), (("P2",), 0)]
    acting = through("P2", ("Disease", "arthritis"), ("Disease", "joint disease"))
    assert groups_of(first, acting) == [(("P1",), 0), (("P2",), 0)]


def test_a_path_that_weighs_next_to_nothing_is_not_told() -> None:
    first, light = path("P1", "A", "B", score=0.9), path("P2", "C", "D", score=0.02)
    assert groups_of(first, light) == [(("P1",), 0)]
    assert groups_of(first, light.model_copy(update={"score": 0.03})) == [(("P1",), 0), (("P2",), 0)]
    assert groups_of(first, path("P2", "C", "B", score=0.02)) == [(("P1",), 0)]
    text = Evidence(id="T1", sentence="A trial.")
    assert groups_of(first, text) == [(("P1",), 0), (("T1",), 0)]


def test_what_is_no_path_is_a_group_of_its_own() -> None:
    texts = [Evidence(id=id_, sentence="A trial.") for id_ in ("T1", "T2")]
    assert groups_of(*texts, path("P1", "A")) == [(("P1",), 0), (("T1",), 0), (("T2",), 0)]
    assert groups_of() == []
