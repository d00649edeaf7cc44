"""What a few words put right of what was said before: the currency of the budget, the variant of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from services.orchestrator.domain.spec import LIST_FIELDS, WorkloadSpec
from services.orchestrator.domain.understanding import money
from services.orchestrator.domain.understanding.currencies import code_of
from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.predicate import ANSWERS_NO
from services.orchestrator.domain.understanding.prices import Amount

_VARIANTS: Final = words("models.takes_variant_bare")
_PARTS: Final = words("models.variants")
_VERSION: Final = re.compile(r"v?\d(?:\.\d)?")
_SIZE: Final = re.compile(r"(?:\d+x)?\d+(?:\.\d+)?[bm]")
_BUDGETS: Final = ("budget_usd_month", "budget_usd_hour", "budget_usd_total", "budget_amount")
_WHOLE_OF: Final = frozenset(
    [
        "it",
        "that",
        "davon",
        "dessen",
        "cela",
        "ca",
        "eso",
        "ello",
        "questo",
        "quello",
        "disso",
        "isso",
        "daarvan",
        "tego",
    ]
)
_THINGS: Final = ("gpu", "family", "provider", "component", "spot")
"""What a half of the money may be for, while the rest is for other things: "half of it on H100s"."""
_LOCAL: Final = "prefers_local_cluster"
_INSTEAD: Final = 2
"""How soon after the name of what replaces it "instead" may stand."""
_YES_OR_NO: Final = frozenset({"high_availability", "spot_ok", "prefers_local_cluster"})
_CLOSED: Final = frozenset({",", ".", "!", ";", ":", "-", ""})
_SHORT: Final = 8
_RETOLD: Final = 8
"""How soon after a correction it has to be said what is to be done instead."""
_SOFT_CORRECTIONS: Final = words("tasks.soft_corrections")
_THEN: Final = words("answers.then") | {"version", "variant", "model", "one", "variante", "modell"}
_USE: Final = words("answers.use") | words("answers.then") | words("answers.swap")


def read_currency(doc: Doc, spec: WorkloadSpec) -> Iterator[Mention]:
    """Read "sorry, US dollars" as the currency of the budget known; its amount and period hold on."""
    if doc.numbers or len(doc.tokens) > _SHORT:
        return
    named = [m for m in doc.all("currency") if not negated(doc, m.i, m.j)]
    known = _budget(spec)
    if not named or known is None:
        return
    value, period, currency = known
    code = code_of(doc, named[-1])
    if code and code != currency:
        yield from money.budgets([Amount(value, code, period, named[-1].i, named[-1].j)])


def read_share(doc: Doc, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Read "we get $8000 a month, half of it is ours" as half of the budget told before."""
    for match in doc.all("factor"):
        factor = float(match.facts["factor"])
        told = (doc.text(match.j - 1), doc.text(match.j))
        if factor >= 1 or not any(word in _WHOLE_OF for word in (*told, doc.text(match.j + 1))):
            continue
        near = (doc.sentence[match.i], doc.sentence[match.i] - 1)
        before = [m for m in mentions if m.field in _BUDGETS and m.j <= match.i and doc.sentence[m.i] in near]
        clause = doc.clause_span(match.i)
        if before and not any(doc.at(k, kind) for k in clause for kind in _THINGS):
            yield before[-1]._replace(value=before[-1].value * factor, i=match.i, j=match.j)


def moved(doc: Doc, spec: WorkloadSpec, mentions: Sequence[Mention]) -> list[Mention]:
    """Return the mentions with own machines or a provider taken back for the other: "our own servers. No, Runpod"."""
    cues = doc.all("correction")
    local = [m for m in mentions if m.field == _LOCAL and m.value and not m.negated]
    hired = [m.i for m in mentions if m.field == "providers" and not m.negated] if cues else []
    hired += [m.i for kind in ("cloud", "rent") for m in doc.all(kind) if not negated(doc, m.i, m.j)] if cues else []
    ours, theirs = max((m.i for m in local), default=-1), max(hired, default=-1)
    turns = any(min(ours, theirs) <= c.i <= max(ours, theirs) + _INSTEAD for c in cues)
    if not turns or ours == theirs:
        return list(mentions)
    if theirs > ours and (local or spec.prefers_local_cluster):
        left = [m for m in mentions if m not in local]
        return [*left, Mention(_LOCAL, None, theirs, theirs + 1)] if spec.prefers_local_cluster else left
    if ours > theirs:
        left = [m for m in mentions if m.field != "providers" or m.negated]
        return [*left, *(Mention("providers", name, ours, ours + 1, negated=True) for name in spec.providers)]
    return list(mentions)


def without_taken_back(doc: Doc, mentions: Sequence[Mention]) -> list[Mention]:
    """Return the mentions without a wish that is taken back right behind it: "needs to be HA. Actually, no"."""
    taken: list[Mention] = []
    for k in _denials(doc):
        sentences = (doc.sentence[k] - 1, doc.sentence[k])
        before = [m for m in mentions if m.j <= k and m.j > m.i and doc.sentence[m.i] in sentences]
        last = max(before, key=lambda m: (m.i, m.j), default=None)
        said = {m.field for m in mentions if m.i > k and doc.sentence[m.i] == doc.sentence[k]}
        if last is not None and last.field in _YES_OR_NO and not said & {m.field for m in before}:
            taken.append(last)
    return [m for m in mentions if m not in taken] if taken else list(mentions)


def without_nth(doc: Doc, mentions: Sequence[Mention]) -> list[Mention]:
    """Return the mentions without the one that an ordinal takes back: "Grafana, Loki, Tempo. The last one can go"."""
    taken: list[Mention] = []
    for nth in doc.all("ordinal"):
        if not negated(doc, nth.i, nth.j):
            continue
        near = (doc.sentence[nth.i] - 1, doc.sentence[nth.i])
        before = [m for m in mentions if m.j <= nth.i and not m.negated and doc.sentence[m.i] in near]
        field = next((m.field for m in reversed(before) if m.field in LIST_FIELDS), None)
        listed = [m for m in before if m.field == field]
        index = len(listed) - 1 if nth.id == "last" else int(nth.id) - 1
        taken += listed[index : index + 1] if len(listed) > 1 else ()
    return [m for m in mentions if m not in taken] if taken else list(mentions)


def _denials(doc: Doc) -> Iterator[int]:
    """Yield where a no stands by itself behind words that correct: "Actually, no, one will do", "hm no"."""
    for k in range(1, len(doc.tokens)) if not doc.spoken.isdisjoint(ANSWERS_NO) else ():
        if doc.text(k) in ANSWERS_NO and doc.text(k + 1) in _CLOSED:
            begins = k - (doc.text(k - 1) in _CLOSED)
            if any(doc.ending(n, kind) for n in (begins, k) for kind in ("correction", "recount")):
                yield k


def _budget(spec: WorkloadSpec) -> tuple[float, str, str] | None:
    """Return amount, period and currency of the budget known."""
    if spec.budget_amount is not None and spec.budget_period is not None:
        return spec.budget_amount, spec.budget_period.value, spec.budget_currency or ""
    amounts = ((getattr(spec, f"budget_usd_{period}"), period) for period in ("month", "total", "hour"))
    return next(((value, period, "USD") for value, period in amounts if value is not None), None)


def read_variant(doc: Doc, spec: WorkloadSpec) -> Iterator[Mention]:
    """Read "then schnell" after FLUX.1 dev, "swap it for large-v3-turbo" after Whisper large v3 as another variant of
    the model known; its size holds on."""
    if len(spec.models) != 1 or doc.all_names("family"):
        return
    name = spec.models[0].split()
    first = next((n for n, part in enumerate(name) if n and part in _PARTS), len(name))
    sizes = [part for part in name[1:] if _SIZE.fullmatch(part)]
    family, variant = [part for part in name[:first] if part not in sizes], name[first:]
    for k, token in enumerate(doc.tokens):
        if token.text not in _VARIANTS or k in doc.names or negated(doc, k, k + 1):
            continue
        said, end = _variant_from(doc, k)
        if said != [part for part in variant if part not in sizes] and _takes(doc, k, end):
            yield Mention("models", " ".join([*family, *said, *sizes]), k, end)
            if sizes and spec.model_params_b:
                yield Mention("model_params_b", spec.model_params_b, k, end)
            return


def _variant_from(doc: Doc, k: int) -> tuple[list[str], int]:
    """Return the parts of a variant that begins at token k, as in large-v3-turbo, and the token after it."""
    said, end = [doc.text(k)], k + 1
    while (joined := doc.text(end) in ("-", "_")) or doc.text(end) in _PARTS or _VERSION.fullmatch(doc.text(end)):
        part = _joined(doc, end + joined)
        if part not in _PARTS and not _VERSION.fullmatch(part):
            break
        said.append(part)
        end += joined + 1 + (part != doc.text(end + joined))
    return said, end


def _joined(doc: Doc, k: int) -> str:
    """Return token k with the digits written together with it: "v3"."""
    glued = k + 1 < len(doc.tokens) and doc.tokens[k + 1].glued and doc.tokens[k + 1].is_number
    return doc.text(k) + (doc.text(k + 1) if glued and doc.text(k) == "v" else "")


def _takes(doc: Doc, k: int, end: int) -> bool:
    """Say whether tokens [k, end) stand alone as what is taken instead, rather than describing something."""
    follows = doc.text(end)
    corrected = any(doc.clause[m.i] == doc.clause[k] for m in doc.all("correction")) or follows in _THEN
    put_right = doc.at(end, "correction")
    stands = follows in _THEN or not follows.isalpha() or (put_right is not None and doc.text(put_right.j - 1) != ":")
    short = len(doc.clause_span(k)) <= _SHORT + end - k
    return short and stands and (corrected or not {doc.text(k - 1), doc.text(k - 2)}.isdisjoint(_USE))


@once
def corrected_until(doc: Doc) -> int:
    """Return the token up to which what is to be done was taken back: "fine-tune... no wait, we only do inference"."""
    for cue in reversed(doc.all("correction")):
        spoken = doc.words(cue.i, cue.j).lower()
        after = range(cue.j, min(cue.j + _RETOLD, doc.sentence_span(cue.i).stop))
        if spoken not in _SOFT_CORRECTIONS and any(doc.at(k, "action") for k in after):
            return int(cue.i)
    return 0
