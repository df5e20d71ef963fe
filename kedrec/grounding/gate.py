"""The gate: what a model wrote becomes claims that hold or are struck, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kedrec.common.plain_text import one_line
from kedrec.grounding.claim_statements import Reading, as_reasons
from kedrec.grounding.claims import LONGEST_TEXT, RawClaim, split_claims
from kedrec.grounding.english import clause_tokens, known_words
from kedrec.grounding.names import Mention, Names, named, normal
from kedrec.grounding.parse import UnreadableError, parse
from kedrec.grounding.reasons import no_reason, warning
from kedrec.grounding.support import named_in, supporters, why_unsupported
from kedrec.grounding.text_support import unsaid
from kedrec.types import Citation, Claim, Entity, Evidence, Rationale

__all__ = ["check", "from_evidence"]

_MOST_SENTENCES = 4  # of a rationale made from the evidence itself

_NEGATIONS = {
    "not",
    "no",
    "never",
    "cannot",
    "neither",
    "nor",
    "without",
    "lacks",
    "fails",
    "unable",
    "hardly",
}
_ABSOLUTES = {
    "cure", "cures", "cured", "effective", "efficacy", "efficacious", "proven", "proves", "approved",
    "guaranteed", "safe", "best", "definitely", "certainly", "always", "successfully", "recommended",
}  # fmt: skip


def check(
    text: str,
    drug: Entity,
    disease: Entity,
    evidence: Sequence[Evidence],
    adverse: Sequence[Evidence] = (),
    *,
    texts: Sequence[Evidence] = (),
    model: str = "",
    synonyms: Mapping[str, Sequence[str]] | None = None,
) -> Rationale:
    """Checks each sentence of `text` against what it cites.

    A claim holds when it is the cited item's own sentence, or when every word of it is understood and
    every statement in it (entities, relation, direction, sign) is a step of a cited path; a hedged
    verdict on `drug` and `disease` needs a cited supporting path from one to the other, no contraindication
    beside it, and, where it gives a reason, one that is a mechanism (see `reasons`). A claim that cites
    texts cites texts alone, and holds when each of them says it (see `texts.unsaid`). Every item it cites
    must bear on it. Anything else is struck: better a true sentence struck than a false one
    kept. Where nothing holds, the evidence's own sentences follow as claims and `origin` says so.

    Args:
        text: what the model wrote.
        evidence, adverse: paths that it could cite.
        texts: trials and articles that it could cite; they don't count in the coverage, which is of paths.
        model: the model's name.
        synonyms: further names of entities, by id.
    """
    gate = _Gate(drug, disease, [*evidence, *adverse, *texts], synonyms)
    claims = [gate.judge(raw) for raw in split_claims(text, gate.names.originals)]
    if (more := len(text) - LONGEST_TEXT) > 0:
        why = f"Only the first {LONGEST_TEXT:,} characters are read; {more:,} more aren't."
        claims.append(Claim(text="", citations=(), status="struck", reason=why))
    holding = [claim for claim in claims if claim.status == "holds"]
    if not holding:
        return _fallback(claims, evidence, model)
    return Rationale(
        origin="llm",
        claims=tuple(claims),
        precision=len(holding) / len(claims),
        coverage=_coverage(holding, evidence),
        model=model,
    )


def from_evidence(evidence: Sequence[Evidence], note: str) -> Rationale:
    """A rationale without a model: the best items' own sentences, at most four.

    Args:
        evidence: supporting items, best first.
        note: why no model's words are used.
    """
    claims = tuple(
        Claim(
            text=_stopped(one_line(item.sentence)),
            citations=(Citation(id=item.id, private=item.private),),
            status="holds",
        )
        for item in evidence[:_MOST_SENTENCES]
    )
    return Rationale(origin="evidence", claims=claims, coverage=_coverage(claims, evidence), note=note)


def _fallback(struck: Sequence[Claim], evidence: Sequence[Evidence], model: str) -> Rationale:
    whose = model or "the model"
    if struck:
        many = f"None of the {len(struck)} sentences" if len(struck) > 1 else "The only sentence"
        held = "is supported" if len(struck) > 1 else "is not supported"
        note = (
            f"{many} that {whose} wrote {held} by the evidence; what follows is the evidence's own wording."
        )
    else:
        note = f"{whose[0].upper()}{whose[1:]} wrote nothing; what follows is the evidence's own wording."
    rest = from_evidence(evidence, note)
    return rest.model_copy(update={"claims": (*struck, *rest.claims), "precision": 0.0 if struck else None})


def _coverage(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> float:
    cited = {citation.id for claim in claims for citation in claim.citations}
    total = sum(item.score for item in evidence)
    if total <= 0:
        return sum(item.id in cited for item in evidence) / len(evidence) if evidence else 0.0
    return min(1.0, sum(item.score for item in evidence if item.id in cited) / total)


def _stopped(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else sentence + "."


class _StruckError(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Gate:
    """One rationale's evidence, and what earlier sentences said."""

    def __init__(
        self,
        drug: Entity,
        disease: Entity,
        items: Sequence[Evidence],
        synonyms: Mapping[str, Sequence[str]] | None,
    ) -> None:
        self.drug = drug
        self.disease = disease
        self.pair = (drug, disease)
        self.items = {item.id: item for item in items}
        nodes = [node for item in items if item.path for node in item.path.nodes]
        self.names = Names([drug, disease, *nodes], synonyms)
        self._seen: set[str] = set()
        self._it: Mention | None = None
        self._reasoned = False  # whether what the last sentence says is a reason
        self._drug: Mention | None = _mention(drug)
        self._disease: Mention | None = _mention(disease)

    def judge(self, raw: RawClaim) -> Claim:
        reason = ""
        try:
            self._hold(raw)
        except _StruckError as struck:
            reason = struck.reason
            self._it = None
            self._reasoned = False
        self._remember(raw.text)
        return Claim(
            text=_stopped(raw.text) if raw.text else "",
            citations=tuple(
                Citation(
                    id=id_, known=id_ in self.items, private=id_ in self.items and self.items[id_].private
                )
                for id_ in raw.citations
            ),
            status="struck" if reason else "holds",
            reason=reason,
        )

    def _remember(self, text: str) -> None:
        """Forgets what "the drug" or "the disease" means after a sentence that named another one."""
        named = [part for part in self.names.split(text) if isinstance(part, Mention)]
        for kind, entity in (("Drug", self.drug), ("Disease", self.disease)):
            others = any(kind in one.kinds and entity.id not in one.ids for one in named)
            if kind == "Drug":
                self._drug = None if others and not self._it else _mention(entity)
            else:
                self._disease = None if others else _mention(entity)

    def _hold(self, raw: RawClaim) -> None:
        if not raw.text:
            raise _StruckError("It says nothing.")
        if not raw.citations:
            raise _StruckError("It cites no evidence.")
        unknown = [id_ for id_ in raw.citations if id_ not in self.items]
        if unknown:
            raise _StruckError(f"It cites [{unknown[0]}], and there is no such evidence.")
        same = normal(raw.text).casefold()
        if same in self._seen:
            raise _StruckError("It repeats an earlier sentence.")
        self._seen.add(same)
        cited = [self.items[id_] for id_ in raw.citations]
        if texts := [item for item in cited if item.text is not None]:
            if len(texts) < len(cited):
                raise _StruckError("It cites texts and paths in one sentence: no one of them says all of it.")
            if problem := unsaid(raw.text, texts, self.drug, self.disease, self.names):
                raise _StruckError(problem)
            return
        bearing = {item.id for item in cited if _sentence_key(item.sentence) == _sentence_key(raw.text)}
        if not bearing:
            bearing = self._supported(raw.text, cited)
        idle = [item.id for item in cited if item.id not in bearing]
        if idle:
            raise _StruckError(f"It also cites [{idle[0]}], which doesn't say this.")

    def _supported(self, text: str, cited: Sequence[Evidence]) -> set[str]:
        """Ids of the items that bear on the claim; raises where it doesn't hold."""
        parts = [
            _narrowed(part, cited) if isinstance(part, Mention) else part for part in self.names.split(text)
        ]
        for part in parts:
            if isinstance(part, Mention) and not named_in(part, cited):
                raise _StruckError(f"It names {part.text}, which {_ids(cited)} doesn't contain.")
            if isinstance(part, Mention) and part.bare:
                raise _StruckError("It writes a name that reads like a sentence without quotation marks.")
        items = clause_tokens(parts)
        try:
            readings = parse(items, drug=self._drug, disease=self._disease, it=self._it)
        except UnreadableError as problem:
            raise _StruckError(_why_unreadable(problem.word, parts, items)) from None
        reason = ""
        for reading in readings:
            bearing, first_reason = self._bearing(reading, cited)
            first_reason = first_reason or self._unreasoned(reading, cited)
            if not first_reason:
                subject = reading.statements[0].subject
                self._it = _mention(self.drug) if self.drug.id in subject.ids else None
                self._reasoned = not any(
                    no_reason(replace(reading, statements=as_reasons(reading.statements)), [item], *self.pair)
                    for item in cited
                    if item.id in bearing
                )
                return bearing
            reason = reason or first_reason
        raise _StruckError(reason)

    def _unreasoned(self, reading: Reading, cited: Sequence[Evidence]) -> str:
        """Why a sentence whose every statement is in the evidence argues badly; "" where it doesn't."""
        if reading.concludes and not self._reasoned:
            return "It draws a conclusion from the sentence before, which is no reason for it."
        ids = {self.drug.id, self.disease.id}
        if any(one.verdict and ids <= one.subject.ids | one.object.ids for one in reading.statements):
            against = warning(tuple(self.items.values()), *self.pair)
            if against is not None:
                pair = f"{named(self.drug)} in {named(self.disease)}"
                return f"It speaks for {pair}, and [{against.id}] says that {one_line(against.sentence)}."
        return no_reason(reading, cited, *self.pair)

    def _bearing(self, reading: Reading, cited: Sequence[Evidence]) -> tuple[set[str], str]:
        bearing: set[str] = set()
        for statement in reading.statements:
            found = supporters(statement, cited, self.drug, self.disease)
            if not found:
                return set(), why_unsupported(statement, cited, self.drug, self.disease)
            bearing |= found
        return bearing, ""


def _narrowed(mention: Mention, cited: Sequence[Evidence]) -> Mention:
    """The mention with only the entities that the cited paths hold, where they hold any."""
    nodes = {node.id: node.kind for item in cited if item.path for node in item.path.nodes}
    ids = frozenset(mention.ids & nodes.keys())
    if not ids:
        return mention
    return replace(mention, ids=ids, kinds=frozenset(nodes[id_] for id_ in ids))


def _mention(entity: Entity) -> Mention:
    return Mention(named(entity), frozenset({entity.id}), frozenset({entity.kind}))


def _sentence_key(sentence: str) -> str:
    return normal(sentence).casefold().rstrip(" .")


def _why_unreadable(
    word: str | Mention, parts: Sequence[str | Mention], items: Sequence[str | Mention]
) -> str:
    if not any(isinstance(part, Mention) for part in parts):
        return "It names nothing that the evidence it cites contains."
    words = [item for item in items if isinstance(item, str)]
    denied = next((one for one in words if one in _NEGATIONS or one.endswith("n't")), None)
    if denied:
        return f"It denies something ('{denied}'), which the evidence it cites doesn't."
    unknown = [one for one in words if one not in known_words() and re.search(r"\w", one)]
    number = next((one for one in unknown if one[0].isdigit()), None)
    if number:
        return f"It gives '{number}', which isn't in the evidence it cites."
    absolute = next((one for one in words if one in _ABSOLUTES), None)
    if absolute:
        return f"It claims more than the evidence it cites ('{absolute}')."
    if unknown:
        return f"It says '{_as_written(unknown[0], parts)}', which isn't in the evidence it cites."
    shown = word.text if isinstance(word, Mention) else word
    return f"Its wording can't be matched to the evidence it cites (at '{shown}')."


def _as_written(word: str, parts: Sequence[str | Mention]) -> str:
    line = " ".join(part for part in parts if isinstance(part, str))
    match = re.search(rf"(?i)(?<![\w]){re.escape(word)}", line)
    return match[0] if match else word


def _ids(cited: Sequence[Evidence]) -> str:
    return " or ".join(f"[{item.id}]" for item in cited)
