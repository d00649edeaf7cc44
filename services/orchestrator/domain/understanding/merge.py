"""From mentions to changes of the spec: the last statement wins, corrections replace, contradictions stay out."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final

from pydantic import ValidationError

from services.orchestrator.domain.spec import LIST_FIELDS, Origin, WorkloadSpec
from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.ticked import verdict
from services.orchestrator.domain.understanding.types import OpenPoint

_START: Final = itemgetter(Match._fields.index("i"))
_PLACE: Final = itemgetter(Mention._fields.index("i"), Mention._fields.index("j"))
_GROWING: Final = words("merge.growing")
"""Lists to which a later turn adds; a later turn replaces the others, unless it says "also"."""
_GOES_ON: Final = frozenset(
    {"or", "and", "plus", "oder", "und", "ou", "et", "o", "y", "e", "of", "en", "lub", "и", "или", "また", "그리고"}
)
"""A message that begins so goes on with the list of the turn before."""
_OPPOSITE: Final = {"providers": "providers_excluded", "providers_excluded": "providers",
                    "gpu_models": "gpu_models_excluded", "gpu_models_excluded": "gpu_models"}  # fmt: skip
_SETTLED_BY: Final = {
    "spot_ok": ("yes, spot is fine", "no, on-demand only"),
    "high_availability": ("high availability", "no high availability"),
}
"""Answers that settle a wish that was both said and denied."""
_AFTER_ALL: Final = 2
_USD: Final = ("budget_usd_hour", "budget_usd_month", "budget_usd_total")
_OTHER_CURRENCY: Final = ("budget_currency", "budget_amount", "budget_period")


@cache
def _roles() -> dict[str, str]:
    return {row["name"]: row["role"] or "" for row in lexicon.rows("components")}


def _is_ticked(doc: Doc, i: int) -> bool:
    """Say whether the no at token i is one of a list: "Redis yes, RabbitMQ no, Postgres maybe"."""
    named = any(doc.ending(i, kind) for kind in ("component", "provider", "gpu", "family"))
    return named and bool(doc.all("verdict", "yes") or doc.all("verdict", "maybe"))


def _role(component: str) -> str:
    """Return the role that a component plays, or an empty string."""
    return _roles().get(component, "")


@once
def _corrections(doc: Doc) -> list[Match]:
    """Return the words that correct what was said before them, rather than name what it is instead of."""
    return [
        c for c in doc.all("correction")
        if doc.text(c.i) != "instead" and not verdict(doc, c.i - 1) and not _is_ticked(doc, c.i)
    ]  # fmt: skip


class Merger:
    """Collects the changes of one message."""

    def __init__(self, doc: Doc, spec: WorkloadSpec, *, turn: int) -> None:
        self._doc = doc
        self._spec = spec
        self._turn = turn
        self.changes: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}
        self.open_points: list[OpenPoint] = []

    def put(self, field: str, value: Any, *, words: str, implied: bool = False) -> None:
        """Set or remove one field."""
        self.changes[field] = value
        if value in (None, ()):
            self.origins.pop(field, None)
        else:
            self.origins[field] = Origin(kind="implied" if implied else "explicit", turn=self._turn, words=words)

    def merge(self, mentions: Sequence[Mention]) -> None:
        """Take in the mentions of the message."""
        by_field: dict[str, list[Mention]] = defaultdict(list)
        for mention in sorted(mentions, key=_PLACE):
            by_field[mention.field].append(mention)
        for field, found in by_field.items():
            if self._known_better(field, found, by_field):
                continue
            if field in LIST_FIELDS:
                self._list(field, found)
            else:
                self._scalar(field, found)
        self._contradictions(by_field)
        self._budgets()
        if self.changes.get("geos") and self._spec.regions and "regions" not in self.changes:
            self.put("regions", None, words="")

    def _known_better(self, field: str, found: Sequence[Mention], by_field: Mapping[str, Sequence[Mention]]) -> bool:
        """Say whether what is merely implied here was settled in an earlier turn."""
        known = getattr(self._spec, field)
        if known is None or not all(m.implied or m.negated for m in found):
            return False
        if any(m.negated and m.value == known for m in found):
            return False
        if field in ("domain", "model_task"):
            named = any(not m.negated for m in by_field.get("models", ()))
            return not named and all(m.implied for m in by_field.get("model_task", ()))
        return field in ("task_type", "dataset_modality")

    def _scalar(self, field: str, found: Sequence[Mention]) -> None:
        against = [m for m in found if m.negated]
        positive = [m for m in found if not m.negated]
        if self._opposed(field, positive):
            return
        explicit = [m for m in positive if not m.implied] or positive
        if explicit:
            last = explicit[-1]
            self.put(field, last.value, words=self._words(last), implied=last.implied)
        elif against and getattr(self._spec, field) == against[-1].value:
            self.put(field, None, words=self._words(against[-1]))

    def _opposed(self, field: str, positive: Sequence[Mention]) -> bool:
        """Say whether yes and no are said to the same wish; then it stays out and is asked about."""
        said = [m for m in positive if isinstance(m.value, bool) and not m.implied]
        if field not in _SETTLED_BY or len({m.value for m in said}) < 2:
            return False
        first, last = said[0], said[-1]
        if self._corrected_between(first.i, last.i) or first.value == last.value or self._is_settled(last):
            return False
        words = f"{self._words(first)} / {self._words(last)}"
        self.open_points.append(OpenPoint(field, "contradiction", _SETTLED_BY[field], words))
        return True

    def _list(self, field: str, found: Sequence[Mention]) -> None:
        positive = self._after_corrections([m for m in found if not m.negated])
        removed = {m.value for m in found if m.negated}
        current: tuple[Any, ...] = getattr(self._spec, field)
        wanted = tuple(dict.fromkeys(m.value for m in positive if m.value not in removed))
        if wanted:
            adds = field in _GROWING or (self._says_also(positive) and not set(wanted) < set(current))
            kept = current if adds else ()
            if field == "components" and self._doc.all("correction") and not self._says_also(positive):
                roles = {_role(name) for name in wanted} - {""}
                kept = tuple(name for name in kept if _role(name) not in roles)  # "make that milvus"
            value = tuple(dict.fromkeys([*(v for v in kept if v not in removed), *wanted]))
            implied = all(m.implied for m in positive)
            self.put(field, value, words=", ".join(dict.fromkeys(self._words(m) for m in positive)), implied=implied)
        elif removed & set(current):
            value = tuple(v for v in current if v not in removed)
            self.put(field, value or None, words=self._words(found[-1]))
        self._leave_opposite(field, set(self.changes.get(field) or ()))

    def _leave_opposite(self, field: str, values: set[Any]) -> None:
        """Take what is now wanted out of what was excluded before, and the other way round."""
        opposite = _OPPOSITE.get(field)
        if not opposite or opposite in self.changes:
            return
        before: tuple[Any, ...] = getattr(self._spec, opposite)
        left = tuple(v for v in before if v not in values)
        if left != before:
            self.put(opposite, left or None, words="")

    def _after_corrections(self, found: list[Mention]) -> list[Mention]:
        """Return the mentions after the last correction that stands between two of them."""
        cues = _corrections(self._doc)
        for n in range(len(found) - 1, 0, -1) if cues or self._doc.all("after_all") else ():
            if self._is_settled(found[n]):
                return found[n:]
            following = bisect_left(cues, found[n - 1].j, key=_START)
            if following < len(cues) and cues[following].j <= found[n].i:
                return found[n:]
        return found

    def _is_settled(self, mention: Mention) -> bool:
        """Say whether it reads "NATS after all", which takes back what was said before."""
        return self._doc.near(mention.i, mention.j, "after_all", before=0, after=_AFTER_ALL) is not None

    def _says_also(self, found: Sequence[Mention]) -> bool:
        first = found[0]
        if self._doc.text(0) in _GOES_ON:
            return True
        cue = self._doc.near(first.i, first.j, "additive", before=6, after=4)
        return cue is not None and self._doc.text(cue.i) != "or"

    def _contradictions(self, by_field: Mapping[str, Sequence[Mention]]) -> None:
        for wanted_field, excluded_field in (
            ("providers", "providers_excluded"),
            ("gpu_models", "gpu_models_excluded"),
        ):
            wanted = self.changes.get(wanted_field) or ()
            excluded = self.changes.get(excluded_field) or ()
            for value in [v for v in wanted if v in excluded]:
                last = {
                    f: max((m.i for m in by_field.get(f, ()) if m.value == value and not m.negated), default=-1)
                    for f in (wanted_field, excluded_field)
                }
                said = {f: [m for m in by_field.get(f, ()) if m.value == value] for f in last}
                if self._corrected_between(min(last.values()), max(last.values())):
                    loser = min(last, key=lambda f: last[f])
                    self._drop(loser, value)
                    continue
                for field in (wanted_field, excluded_field):
                    self._drop(field, value)
                words = " / ".join(self._words(m[-1]) for m in said.values() if m)
                self.open_points.append(
                    OpenPoint(wanted_field, "contradiction", (f"use {value}", f"no {value}"), words)
                )
        needed = by_field.get("gpu_needed", ())
        if {m.value for m in needed} == {True, False}:
            if self._corrected_between(needed[0].i, needed[-1].i):
                self.put("gpu_needed", needed[-1].value, words=self._words(needed[-1]), implied=needed[-1].implied)
                return
            self.changes.pop("gpu_needed", None)
            self.origins.pop("gpu_needed", None)
            heard = " / ".join(dict.fromkeys(self._words(m) for m in (needed[0], needed[-1])))
            self.open_points.append(OpenPoint("gpu_needed", "contradiction", ("we need GPUs", "CPU only"), heard))

    def _drop(self, field: str, value: Any) -> None:
        left = tuple(v for v in self.changes[field] if v != value)
        if left:
            self.changes[field] = left
        elif getattr(self._spec, field):
            self.put(field, None, words="")
        else:
            self.changes.pop(field, None)
            self.origins.pop(field, None)

    def _corrected_between(self, i: int, j: int) -> bool:
        return bool(self._doc.between("correction", i + 1, j))

    def _budgets(self) -> None:
        """Keep budgets in USD and in another currency apart: the one said last holds."""
        set_now = {f for f in (*_USD, *_OTHER_CURRENCY) if self.changes.get(f) is not None}
        if len(set_now & set(_USD)) == 1 and self._doc.all("correction"):
            for field in set(_USD) - set_now:  # "sorry, I meant a month": the one of another period is taken back
                self._unset(field)
        if set_now & set(_USD) and not set_now & set(_OTHER_CURRENCY):
            for field in _OTHER_CURRENCY:
                self._unset(field)
        elif set_now & set(_OTHER_CURRENCY):
            for field in _USD:
                self._unset(field)

    def _unset(self, field: str) -> None:
        self.origins.pop(field, None)
        if getattr(self._spec, field) is not None:
            self.changes[field] = None
        else:
            self.changes.pop(field, None)

    def _words(self, mention: Mention) -> str:
        return self._doc.words(mention.i, mention.j) if mention.j > mention.i else ""

    def result(self) -> WorkloadSpec:
        """Return the spec with the changes that it accepts; a value that it refuses is left out."""
        for field in list(self.changes):
            try:
                self._spec.with_fields({field: self.changes[field]})
            except ValidationError:
                self.changes.pop(field)
                self.origins.pop(field, None)
        self.changes = {
            f: v for f, v in self.changes.items() if (v or None) != (getattr(self._spec, f) or None) or v is False
        }
        self.changes = {f: v for f, v in self.changes.items() if v != getattr(self._spec, f)}
        self.origins = {f: o for f, o in self.origins.items() if f in self.changes}
        return self._spec.with_fields(self.changes, origins=self.origins)
