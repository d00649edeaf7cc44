"""Wishes relative to what is on the table: cheaper, half of that, one more GPU, on another provider, what about AMD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.nodes import is_of_nodes
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.types import Revision, RevisionKind

_BUDGET_FIELDS: Final = ("budget_usd_month", "budget_usd_hour", "budget_usd_total", "budget_amount")
_SCALABLE: Final = (
    ("money", "budget", _BUDGET_FIELDS),
    ("people", None, ("concurrency",)),
    ("cue", "concurrency", ("concurrency",)),
    ("requests", None, ("requests_per_second", "concurrency")),
    ("load", None, ("requests_per_second", "tokens_per_second", "concurrency")),
    ("cue", "gpu", ("gpu_count_min",)),
    ("items", None, ("dataset_items",)),
    ("cue", "data", ("dataset_size_gb", "dataset_items")),
    ("cue", "context", ("context_tokens",)),
    ("clock", None, ("deadline_hours",)),
)
_LATEST: Final = (
    *_BUDGET_FIELDS,
    "concurrency",
    "gpu_count_min",
    "requests_per_second",
    "dataset_size_gb",
    "deadline_hours",
)
_ELLIPTIC: Final = 6
_WHOLE: Final = frozenset({"concurrency", "gpu_count_min", "dataset_items", "context_tokens"})
_VENDORS: Final = frozenset({"amd", "nvidia", "intel", "tpu", "tpus", "gaudi", "trainium"})
_WHETHER: Final = frozenset({"does", "would", "will", "do", "is"})
_ENDS: Final = words("answers.ends")
_PERCENT: Final = words("revision.percent")
_LESS: Final = words("revision.less")
_MORE: Final = words("revision.more")
_ORDER: Final = (
    "start_over",
    "other_provider",
    "other_gpu",
    "other_model",
    "other_region",
    "cheaper",
    "faster",
    "bigger",
    "smaller",
)


def find_revision(
    doc: Doc, spec: WorkloadSpec, mentions: Sequence[Mention], *, has_plan: bool
) -> tuple[Revision | None, list[tuple[str, Any]]]:
    """Return the revision that the message asks for, and the fields that follow from it with their new values."""
    if not has_plan and not spec.stated():
        return None, []
    more = _more_gpus(doc, spec)
    if more is not None:
        delta = more
        changes = [("gpu_count_min", max(1, spec.gpu_count_min + delta))] if spec.gpu_count_min else []
        return Revision(RevisionKind.GPU_COUNT, delta=delta, target="gpu_count_min"), changes
    factor = _factor(doc)
    if factor is not None:
        target = _scaled_field(doc, spec)
        if target:
            value = getattr(spec, target) * factor
            return Revision(RevisionKind.SCALE, factor=factor, target=target), [
                (target, round(value) if target in _WHOLE else value)
            ]
        kind = _kind(doc) or (RevisionKind.CHEAPER if factor < 1 else RevisionKind.BIGGER)
        return (Revision(kind, factor=factor), []) if has_plan else (None, [])
    wish = _kind(doc)
    if wish is not None and (has_plan or wish is RevisionKind.START_OVER):
        return Revision(wish, target=_target(mentions)), []
    if has_plan and _vendor(doc) and "instead" in doc.spoken:
        return Revision(RevisionKind.OTHER_GPU, target=_target(mentions) or _vendor(doc)), []
    if has_plan and doc.all("revise", "what_about"):
        return Revision(_what_about(mentions, doc), target=_target(mentions) or _vendor(doc)), []
    if has_plan and any(not m.negated or m.value for m in mentions):
        return Revision(RevisionKind.CHANGE, target=_target(mentions) or _refused_part(mentions)), []
    if has_plan and _confirms_budget(doc, spec):
        return Revision(RevisionKind.CHANGE, target="budget"), []
    return None, []


def _confirms_budget(doc: Doc, spec: WorkloadSpec) -> bool:
    """Say whether it reads "per month of course": a few words on the period of the budget that is known."""
    period = (
        spec.budget_period.value
        if spec.budget_period
        else next((p for p in ("month", "total", "hour") if getattr(spec, f"budget_usd_{p}") is not None), "")
    )
    short = 1 < len(doc.tokens) <= _ELLIPTIC and "?" not in doc.spoken and not doc.numbers
    return short and bool(period) and any(m.id == period for m in doc.all("per"))


def _kind(doc: Doc) -> RevisionKind | None:
    found = {
        m.id
        for m in doc.all("revise")
        if m.id != "what_about" and not (negated(doc, m.i, m.j) and m.id not in ("cheaper", "other_provider"))
    }
    return next((RevisionKind(k) for k in _ORDER if k in found), None)


def _more_gpus(doc: Doc, spec: WorkloadSpec) -> int | None:
    """Return by how many GPUs the count is to change, or None."""
    for match in doc.all("more"):
        gpu = doc.near(match.i, match.j, "cue", "gpu", before=1, after=2) or doc.near(
            match.i, match.j, "gpu", before=1, after=2
        )
        if gpu is None and not (match.id == "one" and len(doc.tokens) <= _ELLIPTIC and _counted_last(spec)):
            continue
        if match.id == "one":
            return 1
        number = doc.number_to.get(match.i)
        if number is not None and number.value == int(number.value) and number.value < 1000:
            return int(number.value)
    for match in doc.all("fewer"):
        if is_of_nodes(doc, match.i, match.j):
            continue
        alone = len(doc.tokens) <= _ELLIPTIC and _counted_last(spec)
        if alone or doc.near(match.i, match.j, "cue", "gpu", before=1, after=2) is not None:
            number = doc.number_to.get(match.i)
            return -int(number.value) if number else -1
    return None


def _counted_last(spec: WorkloadSpec) -> bool:
    """Say whether GPUs are what the turn before counted."""
    turns = {field: origin.turn for field, origin in spec.origins.items()}
    return bool(turns) and turns.get("gpu_count_min") == max(turns.values())


def drops_count(mentions: Sequence[Mention], revision: Revision | None) -> list[Mention]:
    """Return the mentions without the GPU count that a "one more" was misread as."""
    if revision is None or revision.kind is not RevisionKind.GPU_COUNT:
        return list(mentions)
    return [m for m in mentions if m.field != "gpu_count_min"]


def _percent(doc: Doc) -> tuple[float, int] | None:
    """Return the factor and the place of "20% less", "10 percent more"."""
    for number in doc.numbers:
        if doc.text(number.j) not in _PERCENT or not 0 < number.value < 100:
            continue
        around = [doc.text(k) for k in range(max(0, number.i - 4), min(number.j + 4, len(doc.tokens)))]
        if any(w in _LESS for w in around):
            return 1 - number.value / 100, number.i
        if any(w in _MORE for w in around):
            return 1 + number.value / 100, number.i
    return None


def _factor(doc: Doc) -> float | None:
    percent = _percent(doc)
    if percent is not None:
        return percent[0]
    for match in doc.all("factor"):
        following = doc.text(match.j)
        sentence = doc.sentence_span(match.i)
        if doc.text(sentence[-1]) == "?" and doc.text(sentence[0]) in _WHETHER:
            continue  # "does that double the price?"
        if (
            doc.at(match.j, "bytes")
            or doc.at(match.j, "time")
            or following in ("a", "an", "million", "precision", "hour")
            or doc.at(match.j, "scale")
        ):
            continue
        return float(match.facts["factor"])
    return None


def _scaled_field(doc: Doc, spec: WorkloadSpec) -> str | None:
    """Return the set field that the factor multiplies: the one named, else the one said last."""
    percent, factors = _percent(doc), doc.all("factor")
    i, j = (percent[1], percent[1] + 1) if percent else (factors[0].i, factors[0].j)
    for kind, id_, fields in _SCALABLE:
        if doc.near(i, j, kind, id_, before=5, after=6) is not None:
            return next((f for f in fields if getattr(spec, f) is not None), None)
    # "raise by 20%", "make it half": the factor is the last that is said, of what was said before.
    alone = len(doc.tokens) <= _ELLIPTIC and (percent is not None or doc.text(factors[0].j) in _ENDS)
    if not alone and not any(
        doc.text(k) in ("that", "it", "davon", "moitie", "eso", "quello", "disso", "этого")
        for k in range(i, min(j + 4, len(doc.tokens)))
    ):
        return None
    latest = [(spec.origins[f].turn, f) for f in _LATEST if f in spec.origins]
    if not latest:
        return None
    newest = max(turn for turn, _ in latest)
    fields_said = [f for turn, f in latest if turn == newest]
    money = [f for f in fields_said if f in _BUDGET_FIELDS]
    return money[0] if money else fields_said[0] if len(fields_said) == 1 else None


def _what_about(mentions: Sequence[Mention], doc: Doc) -> RevisionKind:
    fields = {m.field for m in mentions}
    if "providers" in fields:
        return RevisionKind.OTHER_PROVIDER
    if "gpu_models" in fields or _vendor(doc):
        return RevisionKind.OTHER_GPU
    if "models" in fields:
        return RevisionKind.OTHER_MODEL
    if fields & {"regions", "geos"}:
        return RevisionKind.OTHER_REGION
    return RevisionKind.CHANGE


def _vendor(doc: Doc) -> str | None:
    return next((t.text.removesuffix("s") for t in doc.tokens if t.text in _VENDORS), None)


def _target(mentions: Sequence[Mention]) -> str | None:
    wanted = [
        m for m in mentions if m.field in ("providers", "gpu_models", "models", "regions", "geos") and not m.negated
    ]
    return str(wanted[-1].value) if wanted else None


def _refused_part(mentions: Sequence[Mention]) -> str | None:
    """Return the software or role that is spoken against, which may stand in the plan without being in the spec."""
    refused = [m for m in mentions if m.field in ("components", "component_roles") and m.negated]
    return str(refused[-1].value) if refused else None


def starts_over(doc: Doc) -> Match | None:
    """Return the phrase that asks to begin anew."""
    return next(iter(doc.all("revise", "start_over")), None)
