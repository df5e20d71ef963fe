"""Words of verdicts: the hedged verbs that the gate accepts, and the sentences that answers print.

Names, ids and numbers are arguments; which sentence applies is decided by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kedrec.common.counted_nouns import counted

__all__ = [
    "ANALOGY_HEDGES",
    "BASES",
    "CANDIDATE_NOUNS",
    "HELPED_BY",
    "HELPED_VERBS",
    "HELPING_VERBS",
    "HELPS",
    "KNOWN",
    "LIKE",
    "MECHANISM_HEDGES",
    "NEW",
    "STRONG",
    "STRONG_NOUNS",
    "STUDIED",
    "THROUGH",
    "UNHEDGED_NOUNS",
    "UNTRIED",
    "VERDICTS",
    "WEAK_HEDGES",
    "adverse_trials",
    "calls_untried",
    "cancer_drug",
    "comparison_verdict",
    "curated_mechanism",
    "equal_scores",
    "excess",
    "known_treatment",
    "label_warning",
    "means_studied",
    "other_protein",
    "pair_verdict",
    "palliation",
    "related_treatment",
]

HELPS = "may help in"
"""The verdict: hedged, so it needs no edge, but a supporting path from the drug to the disease."""
HELPED_BY = "may be helped by"
"""The same, of the disease."""
STUDIED = "might be worth studying in"
"""A weaker verdict."""
STRONG = "is a strong candidate for"
"""A stronger one."""
KNOWN = "is a known treatment of"
"""The verdict on a known treatment, whose own edge is never among its evidence."""
VERDICTS = frozenset({STUDIED, HELPS, HELPED_BY, STRONG, KNOWN})
"""All of them."""
THROUGH = "through"
"""The verdict names a node on the way."""
LIKE = "by analogy with"
"""The verdict names a drug or disease that it reasons from."""

_UNTRIED_GERUNDS = ("considering", "studying", "testing", "investigating", "exploring", "trying")
HELPING_VERBS = (
    *("help in", "help with", "help", "help treat", "help to treat", "help against"),
    *("help people with", "help patients with", "benefit", "benefit people with", "benefit patients with"),
    *("treat", "work in", "work against", "work for", "have a use in", "find use in"),
    *(
        f"be {adjective} {preposition}"
        for adjective in ("useful", "of use", "helpful", "of help", "beneficial", "of benefit")
        for preposition in (
            *("in", "for", "against"),
            *("for people with", "for patients with", "in people with"),
        )
    ),
    *("be considered for", "be repurposed for", "be used in", "be used for", "be tried in"),
    *(f"be worth {gerund} {preposition}" for gerund in _UNTRIED_GERUNDS for preposition in ("in", "for")),
)
"""Verbs of a verdict on a drug, in the base form, for after "may"."""
CANDIDATE_NOUNS = tuple(
    f"{adjective}{noun} {preposition}"
    for adjective in ("", "plausible ", "possible ", "potential ")
    for noun in (
        *("candidate", "treatment", "candidate treatment", "option", "treatment option"),
        *("candidate drug", "drug candidate", "repurposing candidate", "candidate for repurposing"),
    )
    for preposition in ("for", "in", "against")
)
"""Nouns of a verdict on a drug: "is a plausible candidate for"."""
STRONG_NOUNS = tuple(f"strong candidate {preposition}" for preposition in ("for", "in"))
"""Nouns of the stronger verdict: "is a strong candidate for"."""
UNTRIED = (
    *(f"worth {gerund}" for gerund in _UNTRIED_GERUNDS),
    *("be considered for", "be repurposed for", "be tried in", "candidate", "a possible", "a potential"),
)
"""Parts of verdicts that call a drug untried in the disease, which contradicts a known treatment."""
UNHEDGED_NOUNS = ("treatment", "treatment option", "option")
"""Nouns among them that claim a fact unless a hedge stands before them."""
MECHANISM_HEDGES = (
    *("may help in", "may help in", "may help with", "may help people with", "may help against"),
    *("could help treat", "may benefit people with", "could be useful in", "may be of use in", "could treat"),
    *("may treat", "may work against", "is a plausible candidate for", "is a plausible treatment for"),
    *("is a potential treatment for", "may be a treatment option for"),
)
"""Verdicts that a mechanism allows, as models are taught them; a pair's grade words them anew."""
ANALOGY_HEDGES = (
    *("might help in", "could help in", "might be useful in", "could be considered for"),
    *(
        "could be repurposed for",
        "is a possible candidate for",
        "could be an option for",
        "might be of use in",
    ),
)
"""Those that an analogy allows."""
WEAK_HEDGES = (
    *("might be worth studying in", "might be worth testing in", "could be worth studying in"),
    "is a possible candidate for",
)
"""Those that weaker evidence allows."""
HELPED_VERBS = (
    "be helped by",
    "respond to",
    "benefit from",
    "be treated with",
    "be treatable with",
    "be eased by",
)
"""Verbs of a verdict on a disease, in the base form, for after "may"."""

NEW = "New: no source of the graph links the two by a treatment."
"""The note of a badge on a pair that no source links."""


BASES = {
    "stated mechanism": " What it does to the body is stated, and goes against {disease} (P1).",
    "stated relief of a symptom": " What it does to the body is stated, and goes against a symptom of "
    "{disease} (P1).",
    "mechanism": " It acts on what bears on {disease}; whether for better or worse isn't stated (P1).",
    "analogy": " No mechanism is known: a similar drug or disease speaks for it (P1).",
    "association": " No mechanism is known: it is ranked by similar diseases and drugs.",
}
"""Evidence for a pair, as sentences after a space, by the role of the best path."""


_MAX_NAMED = 3  # diseases named in a sentence
_STUDIED = re.compile(r"worth|be (?:considered|tried|repurposed)|possible (?:\w+ )?candidate")


def means_studied(phrase: str) -> bool:
    """True for a verdict's words, in lower case, that say no more than that the drug could be studied."""
    return _STUDIED.search(phrase) is not None


def calls_untried(sentence: str) -> bool:
    """True for a sentence, in lower case, that calls a drug untried in a disease."""
    return any(phrase in sentence for phrase in UNTRIED)


def known_treatment(sources: Sequence[str]) -> str:
    """The note of a badge on a known treatment."""
    return f"Known: the graph has it as a treatment ({', '.join(sources)})."


def _first_names(names: Sequence[str]) -> str:
    """The first three names, and how many more there are: "A, B, C and 2 others"."""
    items = list(names[:_MAX_NAMED])
    if more := len(names) - len(items):
        items.append(counted(more, "other"))
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def related_treatment(
    drug: str, disease: str, related: Sequence[str], sources: Sequence[str], *, is_narrower: bool
) -> str:
    """A sentence on the narrower or broader diseases that a drug is known to treat.

    Args:
        drug, disease: names.
        related: names of those diseases, one or more; the first three are named.
        sources: keys of the sources that state the treatments.
        is_narrower: whether they are kinds of the disease, or it is a kind of each of them.
    """
    names = _first_names(related)
    kinds = f"{'a kind' if len(related) == 1 else 'kinds'} of {disease}"
    relation = kinds if is_narrower else f"which {disease} is a kind of"
    return f"{drug} treats {names}, {relation} ({', '.join(sources)})."


def cancer_drug(drug: str, disease: str, neoplasms: Sequence[str], treated: int) -> str:
    """A sentence on a drug that is known for neoplasms, in a disease that is none.

    Args:
        drug, disease: names.
        neoplasms: names of those that it is known to treat, one or more; the first three are named.
        treated: number of all diseases that it is known to treat.
    """
    names = _first_names(neoplasms)
    what = "a neoplasm" if len(neoplasms) == 1 else "neoplasms"
    known = f"Of the {treated:,} diseases that the graph knows {drug} to treat {len(neoplasms):,} are {what}"
    if treated == len(neoplasms):
        known = f"The graph knows {drug} as a treatment of {what} alone"
    return f"{known} ({names}), where more harm is accepted than in {disease}."


def label_warning(drug: str, disease: str, words: str) -> str:
    """A sentence on a warning that a drug worsens a disease.

    Args:
        drug, disease: names.
        words: the warning's words and its source; "" for none.
    """
    return f"{drug} can worsen {disease}{f': {words}' if words else ''}."


def other_protein(drug: str, disease: str, treated: Sequence[str]) -> str:
    """A sentence on a drug that supplies what other diseases lack.

    Args:
        drug, disease: names.
        treated: names of the diseases that it is known to treat; the first three are named.
    """
    where = f" for {_first_names(treated)}" if treated else ""
    return f"{drug} supplies a protein{where}; no source states that {disease} lacks it."


def excess(drug: str, disease: str, sources: Sequence[str]) -> str:
    """A sentence on a drug that is the very substance of which a disease has more."""
    return f"{disease} has more {drug}, as a source states ({', '.join(sources)})."


def palliation(sources: Sequence[str]) -> str:
    """The note of a badge on a drug that eases the disease's symptoms."""
    return f"Not new: the graph has it as easing the disease's symptoms ({', '.join(sources)})."


def curated_mechanism(path: str, sources: Sequence[str]) -> str:
    """The note of a badge on a pair one of whose paths, by its id, lies on a curated mechanism."""
    return f"Not new: a curated mechanism has the whole of {path} ({', '.join(sources)})."


def pair_verdict(
    drug: str,
    disease: str,
    *,
    rank: int,
    of: int,
    ranked: str,
    known: Sequence[str],
    untreated: bool,
    contraindication: str,
    paths: Sequence[str],
    opposed: Sequence[tuple[str, int, str]] = (),
    basis: str = "",
    listed: bool = False,
    strength: str = "",
    related: str = "",
    warning: str = "",
    limits: Sequence[str] = (),
) -> str:
    """The verdict on a pair: known or not, its rank, any contraindication, and any opposed mechanism.

    Args:
        drug, disease: names.
        rank: from 1.
        of: among how many.
        ranked: what they are: `drugs` or `diseases`.
        known: sources that have the pair as a treatment.
        untreated: whether to say that the graph knows no treatment of the disease.
        contraindication: as `Safety.contraindication`.
        paths: ids of the paths of the contraindication.
        opposed: name of each target on which the drug acts oppositely to treatments, their number, and the id
            of a path.
        basis: what speaks for the pair, a key of `BASES` or "".
        listed: whether the disease is a user's own gene list, of which nobody can know a treatment.
        strength: the sentence of its strength (`verdict_table`), "" for none; a contraindication takes its
            place.
        related: the sentence of its `related_treatment`, "" for none.
        warning: the sentence of a `label_warning`, which comes first and takes the place of the strength; ""
            for none.
        limits: the sentences of its other `LimitOfUse`s.
    """
    itself = " itself" if related else ""
    if listed:
        sentence = f"{drug} ranks {rank:,} of {of:,} {ranked} for {disease}."
        sentence += BASES.get(basis, "").format(disease=disease)
        sentence += " The probability is that of a disease with these genes and known treatments."
    elif known:
        sentence = f"{drug} is a known treatment of {disease} ({', '.join(known)}). Without knowing this, "
        sentence += f"the graph would have ranked it {rank:,} of {of:,} {ranked}."
    else:
        sentence = f"{related} " if related else ""
        sentence += f"The graph does not know {drug} as a treatment of {disease}{itself}; "
        sentence += f"it ranks {rank:,} of {of:,} {ranked}."
        sentence += BASES.get(basis, "").format(disease=disease)
    is_contraindicated = contraindication in {"direct", "inherited"}
    if strength and not known and not is_contraindicated and not warning:
        sentence = f"{strength} {sentence}"
    if untreated and not listed:
        sentence += f" It knows no treatment of {disease}{itself}: the probability is that if {disease} "
        sentence += "had a known one."
    where = ", ".join(paths)
    if is_contraindicated and known:
        sentence += f" Yet it is listed as contraindicated, perhaps in some patients alone: see {where}."
    elif is_contraindicated:
        sentence = f"{drug} is contraindicated in {disease}: see {where}. {sentence}"
    elif contraindication == "subtype":
        sentence += f" It is contraindicated in a kind of {disease}: see {where}."
    elif contraindication == "look-alike":
        sentence += (
            f" It is contraindicated in a disease with much the same symptoms (a weak sign): see {where}."
        )
    elif contraindication == "broad":
        sentence += f" It is contraindicated in a broader disease: see {where}."
    elif contraindication == "class":
        sentence += f" Other members of its class are contraindicated (a weaker sign): see {where}."
    for target, count, path in opposed:
        opening = "Yet" if known else f"It may worsen {disease}:"
        sentence += f" {opening} on {target}, it does the opposite of {count:,} treatments (see {path})."
    return " ".join([*filter(None, [warning]), sentence, *limits])


def adverse_trials(ids: Sequence[str], count: int) -> str:
    """The addition to a verdict about `count` adverse trials, of which `ids` are shown, after a space."""
    shown = ", ".join(ids)
    if count == 1:
        return f" A trial of it was stopped or missed what it was for: see {shown}."
    more = f" and {count - len(ids):,} more" if count > len(ids) else ""
    return f" {count:,} trials of it were stopped or missed what they were for: see {shown}{more}."


def equal_scores(first: str, second: str) -> str:
    """The verdict on two drugs with one score."""
    return f"{first} and {second} score the same."


def comparison_verdict(
    ahead: str,
    behind: str,
    gap: float,
    *,
    log_odds: bool,
    advantages: Sequence[tuple[str, float]],
    disadvantage: tuple[str, float] | None,
) -> str:
    """The verdict on two drugs that differ in score.

    Args:
        ahead, behind: names.
        gap: by how much, above 0.
        log_odds: whether the scores are log-odds.
        advantages: labels of the parts that put the one ahead, each with its difference.
        disadvantage: the part in which the other one has most more, with the size of the difference.
    """
    unit = " in log-odds" if log_odds else ""
    sentence = f"{ahead} is ahead of {behind} by {gap:.2f}{unit}"
    most = ", ".join(f"{label} ({difference:+.2f})" for label, difference in advantages)
    sentence += f", most by {most}" if most else ""
    if disadvantage is not None:
        label, difference = disadvantage
        sentence += f"; {behind} has more of {label} ({difference:+.2f})"
    return sentence + "."
