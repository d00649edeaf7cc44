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
    if not (disagree or "also" in doc.spoken or "too" in doc.spoken):
        return list(mentions), []
    values: dict[str, dict[object, Mention]] = defaultdict(dict)
    for mention in mentions:
        if mention.field in _DISPUTABLE and not mention.negated and mention.j > mention.i:
            values[mention.field][mention.value] = mention
    disputed = {
        field: sorted(found.values(), key=lambda m: m.i) for field, found in values.items()
        if len(found) > 1 and (disagree or all(_is_must(doc, m) for m in found.values()))
    }  # fmt: skip
    points = [
        OpenPoint(
            field, "contradiction", tuple(_clause(doc, m) for m in found), " / ".join(_said(doc, m) for m in found)
        )
        for field, found in disputed.items()
    ]
    return [m for m in mentions if m.field not in disputed], points


def _far_apart(doc: Doc, mentions: Sequence[Mention]) -> list[Mention]:
    """Return an area and a region outside of it that are both to hold alone: "all in the EU and only in us-east-1"."""
    places = [m for m in mentions if m.field == "geos" and m.value in _AREAS and not m.negated]
    regions = [m for m in mentions if m.field == "regions" and not m.negated and m.j > m.i]
    for place in places:
        for region in regions:
            where = next((area for start, area in _REGION_AREAS if region.value.startswith(start)), place.value)
            alone = (m for k in (place, region) for m in doc.all("exclusive") if doc.sentence[m.i] == doc.sentence[k.i])
            if where != place.value and any(alone) and not any(doc.all("correction")):
                return [place, region]
    return []


def _place_point(doc: Doc, apart: Sequence[Mention]) -> OpenPoint:
    said = tuple(_said(doc, m) for m in apart)
    return OpenPoint("geos", "contradiction", said, " / ".join(said))


def _is_must(doc: Doc, mention: Mention) -> bool:
    """Say whether the value is demanded: "must be 7B" and "must also be 70B" cannot both be had."""
    return any(doc.text(k) in _MUST for k in doc.clause_span(mention.i))


def _said(doc: Doc, mention: Mention) -> str:
    return doc.words(mention.i, mention.j)


def _clause(doc: Doc, mention: Mention) -> str:
    """Return the value with the words around it, by which the user may choose it: "finance says $400 a month"."""
    clause = doc.clause[mention.i]
    inside = [
        k for k, c in enumerate(doc.clause) if (c == clause and doc.text(k).isalnum()) or mention.i <= k < mention.j
    ]
    whole = doc.words(inside[0], inside[-1] + 1)
    return whole if len(whole) <= _WIDEST_OPTION else _said(doc, mention)
