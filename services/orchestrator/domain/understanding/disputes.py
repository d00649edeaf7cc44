"""Values in dispute: said twice, differently, by people who have not agreed; they stay out and are asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.types import OpenPoint

_DISPUTABLE: Final = words("disputes.fields")
_MUST: Final = frozenset({"must", "has", "required", "mandatory"})
_EXACTLY: Final = words("disputes.exactly")
_EXACT_REACH: Final = 2
_INSISTING: Final = _EXACTLY | {"also", "too"}
_WIDEST_OPTION: Final = 80
_AREAS: Final = ("US", "EU", "CA", "APAC")
_REGION_AREAS: Final = (
    ("us-", "US"), ("eu-", "EU"), ("europe-", "EU"), ("ca-", "CA"), ("northamerica-", "CA"), ("ap-", "APAC"),
    ("asia-", "APAC"),
)  # fmt: skip
"""The area of a region, by how its id begins."""


def settle(doc: Doc, mentions: Sequence[Mention]) -> tuple[list[Mention], list[OpenPoint]]:
    """Return the mentions without the fields in dispute, and what is to be asked about these."""
    apart = _far_apart(doc, mentions)
    if apart:
        return [m for m in mentions if m not in apart], [_place_point(doc, apart)]
    disagree = bool(doc.all("dispute", "open")) or len(doc.all("dispute", "source")) > 1
    if not (disagree or not doc.spoken.isdisjoint(_INSISTING)):
        return list(mentions), []
    # "must be 7B" and "must also be 70B" cannot both be had
    demanding = {doc.clause[k] for k, token in enumerate(doc.tokens) if token.text in _MUST}
    values: dict[str, dict[object, Mention]] = defaultdict(dict)
    for mention in mentions:
        if mention.field in _DISPUTABLE and not mention.negated and mention.j > mention.i:
            values[mention.field][mention.value] = mention
    disputed = {
        field: sorted(found.values(), key=lambda m: m.i) for field, found in values.items()
        if len(found) > 1
        and (disagree or all(doc.clause[m.i] in demanding or _is_exact(doc, m) for m in found.values()))
    }  # fmt: skip
    points = [
        OpenPoint(
            field, "contradiction", tuple(_clause(doc, m) for m in found), " / ".join(_said(doc, m) for m in found)
        )
        for field, found in disputed.items()
    ]
    return [m for m in mentions if m.field not in disputed], points


def _is_exact(doc: Doc, mention: Mention) -> bool:
    """Say whether it reads "exactly 2 GPUs": beside another figure said so, and no correction, one of them is wrong."""
    exact = doc.any_word(_EXACTLY, mention.i - _EXACT_REACH, mention.i)
    return exact and not doc.all("correction")


def _far_apart(doc: Doc, mentions: Sequence[Mention]) -> list[Mention]:
    """Return an area and a region outside of it that are both to hold alone: "all in the EU and only in us-east-1"."""
    only = {doc.sentence[m.i] for m in doc.all("exclusive")}
    if not only or doc.all("correction"):
        return []
    areas: dict[tuple[str, bool], Mention] = {}  # the first place in each area, to hold alone or not
    regions: dict[tuple[str, bool], Mention] = {}
    for mention in mentions:
        if mention.field == "geos" and mention.value in _AREAS and not mention.negated:
            areas.setdefault((mention.value, doc.sentence[mention.i] in only), mention)
        elif mention.field == "regions" and not mention.negated and mention.j > mention.i:
            area = next((area for start, area in _REGION_AREAS if mention.value.startswith(start)), "")
            regions.setdefault((area, doc.sentence[mention.i] in only), mention)
    apart = (
        [place, region]
        for (wanted, alone), place in areas.items()
        for (area, also), region in regions.items()
        if area and area != wanted and (alone or also)
    )
    return next(apart, [])


def _place_point(doc: Doc, apart: Sequence[Mention]) -> OpenPoint:
    said = tuple(_said(doc, m) for m in apart)
    return OpenPoint("geos", "contradiction", said, " / ".join(said))


def _said(doc: Doc, mention: Mention) -> str:
    return doc.words(mention.i, mention.j)


def _clause(doc: Doc, mention: Mention) -> str:
    """Return the value with the words around it, by which the user may choose it: "finance says $400 a month"."""
    clause = doc.clause_span(mention.i)
    first = next((k for k in clause if doc.text(k).isalnum()), mention.i)
    last = next((k for k in reversed(clause) if doc.text(k).isalnum()), mention.i)
    whole = doc.words(min(first, mention.i), max(last + 1, mention.j))
    return whole if len(whole) <= _WIDEST_OPTION else _said(doc, mention)
