"""High availability said by what may fail: "has to survive a zone going down", "one node may die unnoticed"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated

_THING_REACH: Final = 5
"""Tokens between what fails and its failing: "losing any single machine", "a server in the rack dies"."""


def read_failures(doc: Doc) -> Iterator[Mention]:
    """Read a wish to go on when a machine, a rack, a zone fails."""
    for fails in doc.all("failing"):
        thing = doc.near(fails.i, fails.j, "breakable", before=_THING_REACH, after=_THING_REACH)
        if thing is None or rejected_as_past(doc, fails.i):
            continue
        keeps = _kept_up(doc, fails)
        if keeps is not None:
            against = negated(doc, keeps.i, keeps.j)
            yield Mention("high_availability", not against, min(keeps.i, fails.i), max(keeps.j, fails.j))


def _kept_up(doc: Doc, fails: Match) -> Match | None:
    """Return the words in the same sentence for going on in spite of it."""
    sentence = doc.sentence_span(fails.i)
    return next((m for m in doc.between("keeping", sentence.start, sentence.stop)), None)
