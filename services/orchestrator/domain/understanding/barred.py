"""Where nothing may run, as messages say it: the spec names only where it may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.naming import naming
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.places import bars, located, refused

_KINDS: Final = frozenset({"place"})


class PlaceSaid(NamedTuple):
    """What is said of one place."""

    name: str
    """Of a geo or country, as the spec would name it; empty where any place will do."""
    barred: bool


def places_said(text: str) -> tuple[PlaceSaid, ...]:
    """Return what messages, one a line, say of places, in their order. Never raises on any text."""
    doc = naming(text, _KINDS)
    return () if doc is None else tuple(said for _, said in sorted(_read(doc), key=lambda found: found[0]))


def _read(doc: Doc) -> Iterator[tuple[int, PlaceSaid]]:
    for match in located(doc):
        if bars(doc, match):
            yield match.i, PlaceSaid(match.id, barred=True)
        elif not refused(doc, match) and not rejected_as_past(doc, match.i):
            yield match.i, PlaceSaid(match.id, barred=False)
    for lifted in doc.all("lifted", "region"):
        yield lifted.i, PlaceSaid("", barred=False)
