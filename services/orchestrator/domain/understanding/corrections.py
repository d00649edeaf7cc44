"""What a few words put right of what was said before: the currency of the budget, the variant of the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import money
from services.orchestrator.domain.understanding.currencies import code_of
from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.prices import Amount

_VARIANTS: Final = words("models.takes_variant_bare")
_BUDGETS: Final = ("budget_usd_month", "budget_usd_hour", "budget_usd_total", "budget_amount")
_WHOLE_OF: Final = frozenset(
    {
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
    }
)
_THINGS: Final = ("gpu", "family", "provider", "component", "spot")
"""What a half of the money may be for, while the rest is for other things: "half of it on H100s"."""
_SHORT: Final = 8
_RETOLD: Final = 8
"""How soon after a correction it has to be said what is to be done instead."""
_SOFT_CORRECTIONS: Final = words("tasks.soft_corrections")
_THEN: Final = words("answers.then") | {"version", "variant", "model"}
_USE: Final = words("answers.use") | words("answers.then")


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


def _budget(spec: WorkloadSpec) -> tuple[float, str, str] | None:
    """Return amount, period and currency of the budget known."""
    if spec.budget_amount is not None and spec.budget_period is not None:
        return spec.budget_amount, spec.budget_period.value, spec.budget_currency or ""
    amounts = ((getattr(spec, f"budget_usd_{period}"), period) for period in ("month", "total", "hour"))
    return next(((value, period, "USD") for value, period in amounts if value is not None), None)


def read_variant(doc: Doc, spec: WorkloadSpec) -> Iterator[Mention]:
    """Read "then schnell instead" after FLUX.1 dev as another variant of the model known."""
    if len(spec.models) != 1 or doc.all_names("family"):
        return
    *family, variant = spec.models[0].split()
    if not family or variant not in _VARIANTS:
        return
    for k, token in enumerate(doc.tokens):
        other = token.text in _VARIANTS and token.text != variant and k not in doc.names
        if other and len(doc.clause_span(k)) <= _SHORT and _takes(doc, k) and not negated(doc, k, k + 1):
            yield Mention("models", " ".join([*family, token.text]), k, k + 1)
            return


def _takes(doc: Doc, k: int) -> bool:
    """Say whether the word stands alone as what is taken instead, rather than describing something."""
    corrected = any(doc.clause[m.i] == doc.clause[k] for m in doc.all("correction")) or doc.text(k + 1) in _THEN
    stands = doc.text(k + 1) in _THEN or not doc.text(k + 1).isalpha() or doc.at(k + 1, "correction") is not None
    return stands and (corrected or doc.text(k - 1) in _USE)


@once
def corrected_until(doc: Doc) -> int:
    """Return the token up to which what is to be done was taken back: "fine-tune... no wait, we only do inference"."""
    for cue in reversed(doc.all("correction")):
        spoken = doc.words(cue.i, cue.j).lower()
        after = range(cue.j, min(cue.j + _RETOLD, doc.sentence_span(cue.i).stop))
        if spoken not in _SOFT_CORRECTIONS and any(doc.at(k, "action") for k in after):
            return int(cue.i)
    return 0
