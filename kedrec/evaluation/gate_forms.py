"""Sentence forms to evaluate the grounding gate: true ones, and false ones by error.

A form is a pattern over one step of a path or two: `{A} {does} {B}` is the step as the evidence says it
("imatinib inhibits ABL1"), `{do}` its verb after "to", `{doing}` its gerund, `{done}` and `{be_done}` the
same step said of B, `{noun}` the verb's noun ("inhibition"), `{agent}` A's role ("an inhibitor of"),
`{does2}` and `{C}` the next step. `{drug}` and `{disease}` are the pair's, `{X}` an intermediate node that
is no mechanism, `{chain}` a step that is a coincidence, `{harm}` a step that speaks against the drug. A form
applies where each of its fields has a value.

The forms are independent of the gate's grammar. The held-out ones were written before the grammar and were
not consulted while it was built.
"""

from __future__ import annotations

__all__ = ["FALSE", "FALSE_HELD_OUT", "STRONGER", "TRUE", "TRUE_HELD_OUT"]

TRUE: dict[str, tuple[str, ...]] = {
    "hedges": (
        "{A} is thought to {do} {B}",
        "{A} appears to {do} {B}",
        "{A} may {do} {B}",
        "{A} can {do} {B}",
        "{A} has been shown to {do} {B}",
        "{A} is reported to {do} {B}",
        "{A} probably {does} {B}",
    ),
    "frames": (
        "Evidence suggests that {A} {does} {B}",
        "According to the graph, {A} {does} {B}",
        "Notably, {A} {does} {B}",
        "It is thought that {A} {does} {B}",
        "The evidence shows that {A} {does} {B}",
        "{A} {does} {B}, according to the graph",
    ),
    "passive": (
        "{B} {done} {A}",
        "{B} is thought to {be_done} {A}",
        "Evidence suggests that {B} {done} {A}",
    ),
    "nominal": (
        "{Noun} of {B} by {A} has been reported",
        "The graph records the {noun} of {B} by {A}",
        "{A} acts as {agent} {B}",
        "{A} is known as {agent} {B}",
        "{A}, {agent} {B}, may help in {disease}",
    ),
    "chains": (
        "{A} {does} {B}, which {does2} {C}",
        "{A} {does} {B}, and {B} {does2} {C}",
        "{A} {does} {B}; {B}, in turn, {does2} {C}",
        "{B}, which {does2} {C}, {done} {A}",
        "Evidence suggests that {A} {does} {B}, which is thought to {do2} {C}",
    ),
    "reasons": (
        "{drug} may help in {disease} because it {does} {B}",
        "Since {drug} {does} {B}, it might help in {disease}",
        "One reason is that {drug} {does} {B}, which {does2} {C}",
        "{drug} could help in {disease} by {doing} {B}",
        "{drug} could be useful in {disease} through {noun} of {B}",
        "As {drug} is thought to {do} {B}, it may be of use in {disease}",
    ),
}
"""True where the evidence says the step; `reasons` where the path is a mechanism."""

TRUE_HELD_OUT: dict[str, tuple[str, ...]] = {
    "hedges": (
        "{A} seems to {do} {B}",
        "{A} is believed to {do} {B}",
        "{A} is likely to {do} {B}",
        "{A} has been reported to {do} {B}",
        "{A} might possibly {do} {B}",
    ),
    "frames": (
        "It is known that {A} {does} {B}",
        "The graph records that {A} {does} {B}",
        "There is evidence that {A} {does} {B}",
        "In this graph, {A} {does} {B}",
        "Interestingly, {A} reportedly {does} {B}",
        "{A} {does} {B}, as the evidence shows",
    ),
    "passive": (
        "It appears that {B} {done} {A}",
        "{B} is said to {be_done} {A}",
    ),
    "nominal": (
        "There is evidence for {noun} of {B} by {A}",
        "{A} functions as {agent} {B}",
        "{Noun} of {B} by {A} could help in {disease}",
    ),
    "chains": (
        "{B}, which {A} {does}, {does2} {C}",
        "The path shows that {A} {does} {B}; this gene {does2} {C}",
        "{A} is known to {do} {B}, and {B} is thought to {do2} {C}",
        "{A} {does} {B} and {B} in turn {does2} {C}",
    ),
    "reasons": (
        "Given that {drug} {does} {B}, which {does2} {C}, it may help in {disease}",
        "{drug} might be of use in {disease}, as it {does} {B}",
        "{drug} could be helpful in {disease} through its {noun} of {B}",
        "By virtue of {doing} {B}, {drug} may help in {disease}",
        "A possible explanation is that {drug} {does} {B}",
    ),
}

FALSE: dict[str, tuple[str, ...]] = {
    "negated": (
        "{A} does not {do} {B}",
        "{A} fails to {do} {B}",
        "{A} is not thought to {do} {B}",
        "{A} never {does} {B}",
        "There is no evidence that {A} {does} {B}",
    ),
    "doubted": (
        "It is unlikely that {A} {does} {B}",
        "{A} is no longer thought to {do} {B}",
        "{A} rarely {does} {B}",
        "It was disproved that {A} {does} {B}",
    ),
    "numbered": (
        "{A} {does} {B} in 45% of patients",
        "{A} {does} {B} at 0.5 mg",
        "In 3 of 4 studies, {A} {does} {B}",
        "{A} {does} more than twice as much {B}",
    ),
    "words of its own": (
        "{A} selectively {does} {B}",
        "{A} {does} {B} in the liver of rats",
        "{A} strongly {does} {B}",
        "{A} {does} {B}, which shortens the illness",
    ),
    "absolute": (
        "{A} always {does} {B}",
        "{A} has been proven to {do} {B}",
        "Clinical trials prove that {A} {does} {B}",
        "It is certain that {A} {does} {B}",
        "{A} only {does} {B}",
    ),
    "compared": (
        "{A} {does} {B} more than any other drug",
        "{A} {does} {B} better than aspirin",
        "Of all drugs, {A} most {does} {B}",
    ),
    "verdict too sure": (
        "{drug} will help in {disease}",
        "{drug} cures {disease}",
        "{drug} is effective in {disease} because it {does} {B}",
        "{drug} helps in {disease} by {doing} {B}",
        "{drug} has been shown to help in {disease}",
        "{drug} is a safe treatment for {disease}",
    ),
    "treatment without an edge": (
        "{drug} treats {disease}",
        "{drug} is used to treat {disease}",
        "It is thought that {drug} treats {disease} because it {does} {B}",
        "{disease} is treated with {drug}",
    ),
    "pseudo-mechanism": (
        "{drug} may help in {disease} through {X}",
        "{drug} may help in {disease} via {X}",
        "{drug} could be useful in {disease} by way of {X}",
        "By acting through {X}, {drug} may help in {disease}",
        "{disease} may be helped by {drug} through {X}",
    ),
    "coincidence as the reason": (
        "{drug} may help in {disease} because {chain}",
        "Since {chain}, {drug} might help in {disease}",
        "{Chain}, so {drug} may help in {disease}",
        "One reason is that {chain}",
    ),
    "harm as the reason": (
        "{drug} may help in {disease}, because {harm}",
        "{Harm}, and therefore it could treat {disease}",
        "Since {harm}, {drug} may help in {disease}",
        "One reason is that {harm}",
        "{drug} may be useful in {disease} because it {does} {B} and {harm}",
    ),
    "hopeful beside a contraindication": (
        "{drug} may help in {disease}",
        "{drug} is a plausible candidate for {disease}",
        "{drug} may help in {disease} because it {does} {B}",
        "{disease} may respond to {drug}",
    ),
}
"""False of the step; `gate_alterations` has the classes that change entities or edges."""

FALSE_HELD_OUT: dict[str, tuple[str, ...]] = {
    "negated": ("{A} cannot {do} {B}", "{A} neither {does} nor changes {B}", "{A} hardly {does} {B}"),
    "doubted": ("It is doubtful that {A} {does} {B}", "{A} was once thought to {do} {B}"),
    "numbered": ("{A} {does} {B} 10-fold", "{A} {does} at least 80% of {B}"),
    "words of its own": ("{A} directly and potently {does} {B}", "{A} {does} {B} in children"),
    "absolute": ("All studies agree that {A} {does} {B}", "{A} definitely {does} {B}"),
    "compared": ("{A} {does} {B} less than other drugs do", "{A} is the best drug that {does} {B}"),
    "verdict too sure": ("{drug} should be given in {disease}", "{drug} is known to help in {disease}"),
    "treatment without an edge": ("{drug} is thought to treat patients, who have {disease}, well",),
    "pseudo-mechanism": (
        "Through {X}, {drug} may help in {disease}",
        "{drug} may help in {disease} by means of {X}",
    ),
    "coincidence as the reason": ("Given that {chain}, {drug} may help in {disease}",),
    "harm as the reason": (
        "Given that {harm}, {drug} may help in {disease}",
        "{drug} might help in {disease}: {harm}",
    ),
    "hopeful beside a contraindication": (
        "{drug} is thought to help in {disease}",
        "Evidence suggests that {drug} could benefit people with {disease}",
    ),
}

STRONGER: dict[str, tuple[tuple[str, str], ...]] = {
    "TREATS": (("is approved for", ""), ("is indicated for", ""), ("cures", "is cured by")),
    "PALLIATES": (("treats", "is treated by"), ("is approved for", "")),
    "BINDS": (("is a selective ligand of", ""), ("works by inhibiting", ""), ("acts through", "")),
    "ASSOCIATED_WITH": (
        ("is caused by", "causes"),
        ("involves", "plays a part in"),
        ("depends on", "drives"),
    ),
    "INTERACTS_WITH": (
        ("binds", ""),
        ("physically interacts with", ""),
        ("regulates", ""),
        ("activates", ""),
    ),
    "REGULATES": (("activates", "is activated by"), ("binds", "is bound by")),
    "COVARIES_WITH": (("interacts with", ""), ("regulates", "")),
    "PARTICIPATES_IN": (("contributes to", "requires"), ("controls", "depends on"), ("drives", "")),
    "RESEMBLES": (("is structurally similar to", ""), ("is the same as", ""), ("can replace", "")),
    "PRESENTS": (("leads to", "is caused by"), ("can cause", "results from"), ("causes", "")),
    "LOCALIZES_TO": (("begins in", "is the site of"), ("damages", "causes")),
    "EXPRESSED_IN": (("is found in", ""), ("acts in", "needs"), ("is overexpressed in", "")),
    "CAUSES": (("causes", "is caused by"), ("leads to", "results from")),
    "MEMBER_OF": (("is the best of", ""),),
    "IS_A": (("is the same as", ""), ("causes", "")),
    "CORRELATED_WITH": (
        ("contributes to", "is furthered by"),
        ("protects against", ""),
        ("counteracts", ""),
        ("causes", "is caused by"),
        ("is raised in", "is lowered in"),
    ),
    "CONTRIBUTES_TO": (("causes", "is caused by"), ("promotes", "")),
    "LOCATED_IN": (("takes place only in", ""), ("is part of", "")),
    "AFFECTS": (("binds", "is bound by"), ("drives", "is driven by"), ("damages", "")),
    "UPREGULATES": (("binds", ""), ("activates", "is activated by")),
    "DOWNREGULATES": (("binds", ""), ("inhibits", "is inhibited by")),
    "CONTRAINDICATED_FOR": (("worsens", "is worsened by"), ("causes", "is caused by")),
}
"""By relation, wordings stronger than its edges support, each with its inverse ("" for none)."""
