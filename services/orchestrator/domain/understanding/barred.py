"""Where nothing may run, as messages say it: the spec names only where it may."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding import lexicon, secrets, snippets
from services.orchestrator.domain.understanding.catalogue import with_known_words, without_particles
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.language import detect
from services.orchestrator.domain.understanding.matcher import Matcher
from services.orchestrator.domain.understanding.places import bars, located, refused
from services.orchestrator.domain.understanding.polarity import rejected_as_past
from services.orchestrator.domain.understanding.prepare import prepare
from services.orchestrator.domain.understanding.safety import clean
from services.orchestrator.domain.understanding.tokens import tokenize
from services.orchestrator.domain.understanding.told import without_told

_KIND: Final = "place"


class PlaceSaid(NamedTuple):
    """What is said of one place."""

    name: str
    """Of a geo or country, as the spec would name it; empty where any place will do."""
    barred: bool


def places_said(text: str) -> tuple[PlaceSaid, ...]:
    """Return what messages, one a line, say of places, in their order. Never raises on any text."""
    prose = snippets.split(clean(secrets.mask(text)[0]).text).prose
    folded = fold(prose)
    code = detect(folded)
    if not _names_any(prose, folded, code):
        return ()
    doc = prepare(prose, folded, code, None)
    if (wished := without_told(doc)) != prose:
        doc = prepare(wished, fold(wished), code, None)
    return tuple(said for _, said in sorted(_read(doc), key=lambda found: found[0]))


def _names_any(prose: str, folded: str, code: str) -> bool:
    """Say whether any place is named: most messages are so told without preparing them."""
    tokens = tokenize(folded)
    names, own = _matchers(code)
    return bool(names.find(prose, with_known_words(tokens))) or bool(
        own and own.find(prose, without_particles(tokens, own.words))
    )


@cache
def _matchers(code: str) -> tuple[Matcher, Matcher | None]:
    own = [e for e in lexicon.tongue(code) if e.kind == _KIND]
    return Matcher([e for e in lexicon.entries() if e.kind == _KIND]), Matcher(own) if own else None


def _read(doc: Doc) -> Iterator[tuple[int, PlaceSaid]]:
    for match in located(doc):
        if bars(doc, match):
            yield match.i, PlaceSaid(match.id, barred=True)
        elif not refused(doc, match) and not rejected_as_past(doc, match.i):
            yield match.i, PlaceSaid(match.id, barred=False)
    for lifted in doc.all("lifted", "region"):
        yield lifted.i, PlaceSaid("", barred=False)
