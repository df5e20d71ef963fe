"""The gate: turns a model's text into claims that hold or are struck, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kedrec.common.plain_text import one_line
from kedrec.grounding.claim_statements import Reading, as_reasons
from kedrec.grounding.claims import LONGEST_TEXT, RawClaim, split_claims
from kedrec.grounding.english import clause_tokens, grammar_words
from kedrec.grounding.names import Mention, Names, display_name, normalize_text
from kedrec.grounding.parse import UnreadableError, parse
from kedrec.grounding.reasons import contraindication_item, reasoning_problem
from kedrec.grounding.repetition import SaidLinks
from kedrec.grounding.support import is_in_evidence, supporting_ids, why_unsupported
from kedrec.grounding.text_support import why_unsupported_by_text
from kedrec.grounding.verdict_table import Grade, grade_of, verdict_phrase
from kedrec.grounding.verdict_words import calls_untried
from kedrec.types import Citation, Claim, Entity, Evidence, Rationale

__all__ = ["check", "from_evidence", "quality"]

_MOST_SENTENCES = 4  # of a rationale of the evidence's own sentences

_REPEATED = "It repeats an earlier sentence."

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
    known: bool = False,
    grade: Grade | None = None,
) -> Rationale:
    """Checks each sentence of `text` against the evidence it cites.

    A claim holds when it is the cited item's own sentence, or when every word of it is understood and
    every statement in it (entities, relation, direction, sign) is a step of a cited path; a hedged
    verdict on `drug` and `disease` needs a cited supporting path from one to the other, no contraindication
    beside it, and, where it gives a reason, one that is a mechanism (see `reasons`). One whose every link a
    held claim has stated is struck as a repetition, unless it has a verdict. A claim that cites texts cites
    texts alone, and holds when each of them says it (see `text_support`). Every item it cites must support
    it. Anything else is struck: better a true sentence struck than a false one that holds. Where nothing
    holds, the evidence's own sentences follow as claims and `origin` says so.

    Args:
        text: the model's text.
        drug, disease: the pair.
        evidence, adverse: paths that it could cite.
        texts: trials and articles that it could cite; they don't count in the coverage, which is of paths.
        model: the model's name.
        synonyms: further names of entities, by id.
        known: whether the drug is a known treatment of the disease, which no verdict may call untried.
        grade: the strongest verdict allowed; None for a hedged one, or for a known treatment any.
    """
    allowed = (Grade.KNOWN if known else Grade.HOPEFUL) if grade is None else grade
    gate = _Gate(drug, disease, [*evidence, *adverse, *texts], synonyms, known=known, allowed=allowed)
    claims = gate.without_orphans(
        [gate.judge(raw_claim) for raw_claim in split_claims(text, gate.names.originals)]
    )
    if (unread := len(text) - LONGEST_TEXT) > 0:
        reason = f"Only the first {LONGEST_TEXT:,} characters are read; {unread:,} more aren't."
        claims.append(Claim(text="", citations=(), status="struck", reason=reason))
    holding = [claim for claim in claims if claim.status == "holds"]
    if not holding:
        return _fallback_rationale(claims, evidence, model)
    return Rationale(
        origin="llm",
        claims=tuple(claims),
        precision=len(holding) / len(claims),
        coverage=_coverage(holding, evidence),
        model=model,
        repeats=sum(claim.reason == _REPEATED for claim in claims),
    )


def quality(rationale: Rationale) -> tuple[float, float]:
    """The shares of a model's sentences that hold, and of the evidence's weight that they cite.

    Both are 0 where none holds: the better of two texts has the larger pair.
    """
    return (rationale.precision or 0.0, rationale.coverage) if rationale.origin == "llm" else (0.0, 0.0)


def from_evidence(evidence: Sequence[Evidence], note: str) -> Rationale:
    """A rationale without a model: the best items' own sentences, at most four.

    Args:
        evidence: supporting items, best first.
        note: why no model's words are used.
    """
    claims = tuple(
        Claim(
            text=_with_full_stop(one_line(item.sentence)),
            citations=(Citation(id=item.id, private=item.private),),
            status="holds",
        )
        for item in evidence[:_MOST_SENTENCES]
    )
    return Rationale(origin="evidence", claims=claims, coverage=_coverage(claims, evidence), note=note)


def _fallback_rationale(struck: Sequence[Claim], evidence: Sequence[Evidence], model: str) -> Rationale:
    author = model or "the model"
    if struck:
        sentences = f"None of the {len(struck)} sentences" if len(struck) > 1 else "The only sentence"
        verb = "is supported" if len(struck) > 1 else "is not supported"
        note = (
            f"{sentences} that {author} wrote {verb} by the evidence; "
            "what follows is the evidence's own wording."
        )
    else:
        note = f"{author[0].upper()}{author[1:]} wrote nothing; what follows is the evidence's own wording."
    own_wording = from_evidence(evidence, note)
    return own_wording.model_copy(
        update={"claims": (*struck, *own_wording.claims), "precision": 0.0 if struck else None}
    )


def _coverage(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> float:
    cited = {citation.id for claim in claims for citation in claim.citations}
    total = sum(item.score for item in evidence)
    if total <= 0:
        return sum(item.id in cited for item in evidence) / len(evidence) if evidence else 0.0
    return min(1.0, sum(item.score for item in evidence if item.id in cited) / total)


def _with_full_stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else sentence + "."


class _StrikeError(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Gate:
    """Judges the sentences of one rationale in order; remembers earlier sentences and references."""

    def __init__(
        self,
        drug: Entity,
        disease: Entity,
        items: Sequence[Evidence],
        synonyms: Mapping[str, Sequence[str]] | None,
        *,
        known: bool,
        allowed: Grade,
    ) -> None:
        self._known = known
        self._allowed = allowed
        self.drug = drug
        self.disease = disease
        self.pair = (drug, disease)
        self.items = {item.id: item for item in items}
        nodes = [node for item in items if item.path for node in item.path.nodes]
        self.names = Names([drug, disease, *nodes], synonyms)
        self._previous_sentences: set[str] = set()
        self._pronoun: Mention | None = None
        self._is_reason = False  # whether the last sentence is a reason
        self._said = SaidLinks()
        self._drug: Mention | None = _mention(drug)
        self._disease: Mention | None = _mention(disease)

    def judge(self, raw: RawClaim) -> Claim:
        reason = ""
        try:
            self._check_claim(raw)
        except _StrikeError as strike:
            reason = strike.reason
            self._pronoun = None
            self._is_reason = False
        self._update_references(raw.text)
        return Claim(
            text=_with_full_stop(raw.text) if raw.text else "",
            citations=tuple(
                Citation(
                    id=id_, known=id_ in self.items, private=id_ in self.items and self.items[id_].private
                )
                for id_ in raw.citations
            ),
            status="struck" if reason else "holds",
            reason=reason,
        )

    def without_orphans(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims, without those that go on from a struck one before any that holds names the drug."""
        judged: list[Claim] = []
        drug_named, struck_before = False, False
        for claim in claims:
            is_struck = claim.status == "struck"
            drug_named |= not is_struck and self._names_drug(claim.text)
            if struck_before and not is_struck and not drug_named:
                reason = "It goes on from a sentence that was struck."
                judged.append(claim.model_copy(update={"status": "struck", "reason": reason}))
            else:
                judged.append(claim)
            struck_before |= is_struck
        return judged

    def _names_drug(self, text: str) -> bool:
        if re.search(r"\b(?:the|this) drug\b", text, re.IGNORECASE):
            return True
        return any(isinstance(part, Mention) and self.drug.id in part.ids for part in self.names.split(text))

    def _update_references(self, text: str) -> None:
        """Clears the meaning of "the drug" or "the disease" after a sentence that named another one."""
        mentions = [part for part in self.names.split(text) if isinstance(part, Mention)]
        for kind, entity in (("Drug", self.drug), ("Disease", self.disease)):
            other_named = any(kind in mention.kinds and entity.id not in mention.ids for mention in mentions)
            if kind == "Drug":
                self._drug = None if other_named and not self._pronoun else _mention(entity)
            else:
                self._disease = None if other_named else _mention(entity)

    def _check_claim(self, raw: RawClaim) -> None:
        if not raw.text:
            raise _StrikeError("It says nothing.")
        if not raw.citations:
            raise _StrikeError("It cites no evidence.")
        unknown = [id_ for id_ in raw.citations if id_ not in self.items]
        if unknown:
            raise _StrikeError(f"It cites [{unknown[0]}], and there is no such evidence.")
        key = normalize_text(raw.text).casefold()
        if key in self._previous_sentences:
            raise _StrikeError(_REPEATED)
        self._previous_sentences.add(key)
        cited = [self.items[id_] for id_ in raw.citations]
        if self._known and all(item.text is None for item in cited) and calls_untried(key):
            raise _StrikeError("It calls the drug untried, and it is a known treatment of the disease.")
        if texts := [item for item in cited if item.text is not None]:
            if len(texts) < len(cited):
                raise _StrikeError("It cites texts and paths in one sentence: no one of them says all of it.")
            if problem := why_unsupported_by_text(raw.text, texts, self.drug, self.disease, self.names):
                raise _StrikeError(problem)
            return
        own_words = [item for item in cited if _sentence_key(item.sentence) == _sentence_key(raw.text)]
        supporting, reading = {item.id for item in own_words}, None
        if not own_words:
            supporting, reading = self._supporting_items(raw.text, cited)
        unsupporting = [item.id for item in cited if item.id not in supporting]
        if unsupporting:
            raise _StrikeError(f"It also cites [{unsupporting[0]}], which doesn't say this.")
        if not self._said.add(reading, cited):
            raise _StrikeError(_REPEATED)

    def _supporting_items(self, text: str, cited: Sequence[Evidence]) -> tuple[set[str], Reading]:
        """Ids of the items that support the claim, and the reading of it that they support.

        Raises:
            _StrikeError: the claim doesn't hold.
        """
        parts = [
            _narrow_to_cited(part, cited) if isinstance(part, Mention) else part
            for part in self.names.split(text)
        ]
        for part in parts:
            if isinstance(part, Mention) and not is_in_evidence(part, cited):
                raise _StrikeError(f"It names {part.text}, which {_bracketed_ids(cited)} doesn't contain.")
            if isinstance(part, Mention) and part.bare:
                raise _StrikeError("It writes a name that reads like a sentence without quotation marks.")
        items = clause_tokens(parts)
        try:
            readings = parse(items, drug=self._drug, disease=self._disease, it=self._pronoun)
        except UnreadableError as error:
            raise _StrikeError(_why_unreadable(error.word, parts, items)) from None
        reason = ""
        for reading in readings:
            supporting, problem = self._supporting_ids(reading, cited)
            problem = problem or self._argument_problem(reading, cited)
            if not problem:
                subject = reading.statements[0].subject
                self._pronoun = _mention(self.drug) if self.drug.id in subject.ids else None
                self._is_reason = not any(
                    reasoning_problem(
                        replace(reading, statements=as_reasons(reading.statements)), [item], *self.pair
                    )
                    for item in cited
                    if item.id in supporting
                )
                return supporting, reading
            reason = reason or problem
        raise _StrikeError(reason)

    def _argument_problem(self, reading: Reading, cited: Sequence[Evidence]) -> str:
        """The flaw in the argument of a sentence whose every statement is supported; "" without one."""
        if reading.concludes and not self._is_reason:
            return "It draws a conclusion from the sentence before, which is no reason for it."
        ids = {self.drug.id, self.disease.id}
        if any(
            statement.verdict and ids <= statement.subject.ids | statement.object.ids
            for statement in reading.statements
        ):
            contraindication = contraindication_item(tuple(self.items.values()), *self.pair)
            if contraindication is not None:
                pair = f"{display_name(self.drug)} in {display_name(self.disease)}"
                sentence = one_line(contraindication.sentence)
                return f"It speaks for {pair}, and [{contraindication.id}] says that {sentence}."
        written = max(grade_of(statement.meanings) for statement in reading.statements)
        if written > self._allowed:
            most = f": at most '{verdict_phrase(self._allowed)}'" if self._allowed else ""
            return (
                f"It says '{verdict_phrase(written)}', or as much: more than the pair's probability and "
                f"evidence allow{most}."
            )
        return reasoning_problem(reading, cited, *self.pair)

    def _supporting_ids(self, reading: Reading, cited: Sequence[Evidence]) -> tuple[set[str], str]:
        ids: set[str] = set()
        for statement in reading.statements:
            statement_ids = supporting_ids(statement, cited, self.drug, self.disease)
            if not statement_ids:
                return set(), why_unsupported(statement, cited, self.drug, self.disease)
            ids |= statement_ids
        return ids, ""


def _narrow_to_cited(mention: Mention, cited: Sequence[Evidence]) -> Mention:
    """The mention with only the entities that the cited paths contain; unchanged where they contain none."""
    nodes = {node.id: node.kind for item in cited if item.path for node in item.path.nodes}
    ids = frozenset(mention.ids & nodes.keys())
    if not ids:
        return mention
    return replace(mention, ids=ids, kinds=frozenset(nodes[id_] for id_ in ids))


def _mention(entity: Entity) -> Mention:
    return Mention(display_name(entity), frozenset({entity.id}), frozenset({entity.kind}))


def _sentence_key(sentence: str) -> str:
    return normalize_text(sentence).casefold().rstrip(" .")


def _why_unreadable(
    obstacle: str | Mention, parts: Sequence[str | Mention], items: Sequence[str | Mention]
) -> str:
    if not any(isinstance(part, Mention) for part in parts):
        return "It names nothing that the evidence it cites contains."
    words = [item for item in items if isinstance(item, str)]
    negation = next((word for word in words if word in _NEGATIONS or word.endswith("n't")), None)
    if negation:
        return f"It denies something ('{negation}'), which the evidence it cites doesn't."
    unknown = [word for word in words if word not in grammar_words() and re.search(r"\w", word)]
    number = next((word for word in unknown if word[0].isdigit()), None)
    if number:
        return f"It gives '{number}', which isn't in the evidence it cites."
    absolute = next((word for word in words if word in _ABSOLUTES), None)
    if absolute:
        return f"It claims more than the evidence it cites ('{absolute}')."
    if unknown:
        return f"It says '{_as_written(unknown[0], parts)}', which isn't in the evidence it cites."
    obstacle_text = obstacle.text if isinstance(obstacle, Mention) else obstacle
    return f"Its wording can't be matched to the evidence it cites (at '{obstacle_text}')."


def _as_written(word: str, parts: Sequence[str | Mention]) -> str:
    line = " ".join(part for part in parts if isinstance(part, str))
    match = re.search(rf"(?i)(?<![\w]){re.escape(word)}", line)
    return match[0] if match else word


def _bracketed_ids(cited: Sequence[Evidence]) -> str:
    return " or ".join(f"[{item.id}]" for item in cited)
