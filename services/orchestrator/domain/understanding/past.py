"""What the user speaks of as past, as others', or as found wanting, and so does not wish for."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from services.orchestrator.domain.understanding.denial import still_so
from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc, once
from services.orchestrator.domain.understanding.excepting import excepted
from services.orchestrator.domain.understanding.fate import is_gone, is_kept
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.polarity import goes_on_to

_DETERMINED = 2
"""Words such as "than the old T4" that may stand between a comparison and its thing."""
_PRAISED: Final = 14
_PAST_REACH: Final = 8
_CURRENT_REACH: Final = 12
_SOUGHT_REACH: Final = 8
_SOUGHT_SENTENCES: Final = 2
_AND: Final = words("numbers.range_and")
_MYSELF: Final = words("polarity.myself")
_MORE: Final = words("polarity.more")
_IF: Final = words("polarity.conditional")
"""Before what others have, it makes a condition of it: "B200 if they have it"."""


def rejected_as_past(doc: Doc, i: int) -> bool:
    """Say whether token i speaks of hardware or software of the past, of others, or found wanting."""
    if is_kept(doc, i) or excepted(doc, i) is False:
        return False
    if is_gone(doc, i):
        return True
    if not _tells_of_what_was(doc):
        return False
    if _left_behind(doc, i):
        return True
    if not doc.any_between("past", i - _PAST_REACH - LONGEST_CUE, i + _PAST_REACH):
        return False
    if outdone(doc, i):
        return True
    around = (
        doc.near(i, i + 1, "past", "any", before=_PAST_REACH, after=5),
        doc.near(i, i + 1, "past", "behind", before=0, after=5),
        doc.near(i, i + 1, "past", "on", before=5, after=0),
    )
    return any(
        cue is not None and doc.text(cue.i - 1) not in _IF and not turned(doc, i, cue) and not with_user(doc, cue.j)
        for cue in around
    )


@once
def _tells_of_what_was(doc: Doc) -> bool:
    """Say whether any words of the message may tell of what was, or of what is to be left for something else."""
    return doc.speaks_of("past", "seek")


def with_user(doc: Doc, j: int) -> bool:
    """Say whether the user is one of those named before token j: "a friend and I have two 4090s"."""
    return doc.text(j) in _AND and doc.text(j + 1) in _MYSELF


def _left_behind(doc: Doc, i: int) -> bool:
    """Say whether token i is what is used now while another is sought: "now 2 A100, we are looking for 4 H100"."""
    now = None if not doc.all("seek") else doc.near(i, i + 1, "current", before=_CURRENT_REACH, after=_CURRENT_REACH)
    if now is None:
        return False
    sought = _sought(doc)["provider" if doc.at(i, "provider") else "gpu"]
    n = bisect_right(sought, max(i, now.i))
    return n < len(sought) and doc.sentence[sought[n]] - doc.sentence[i] <= _SOUGHT_SENTENCES


@once
def _sought(doc: Doc) -> dict[str, list[int]]:
    """Return where providers and GPUs are sought, rather than more of those there are."""
    reach = {seek.i: range(seek.j, seek.j + _SOUGHT_REACH) for seek in doc.all("seek")}
    found = [i for i, near in reach.items() if not any(doc.at(k, "additive") or doc.text(k) in _MORE for k in near)]
    kinds = ("provider", "gpu")
    return {kind: [i for i in found if doc.any_between(kind, reach[i].start, reach[i].stop)] for kind in kinds}


def turned(doc: Doc, i: int, cue: Match) -> bool:
    """Say whether the talk turns to what is wanted between a cue of the past and token i."""
    between = range(cue.j, i) if cue.j <= i else range(i + 1, cue.i)
    if cue.i > i and any(doc.at(i, kind) is None and doc.any_between(kind, i + 1, cue.i) for kind in ("family", "gpu")):
        return True  # "one B200, Kimi K2 won't fit": that is said of the thing between
    if goes_on_to(doc, cue, between.stop):
        return True
    if (cue.j <= i and doc.text(cue.j) == "by") or still_so(doc, cue.j):
        return True  # "this is maxed out by our SDXL service": that is what fills it
    praised = cue.id == "any" and cue.j <= i and doc.near(i, i + 1, "praise", before=0, after=_PRAISED) is not None
    return praised or any(doc.at(k, "contrast") is not None or doc.text(k) == "now" for k in between)


def outdone(doc: Doc, i: int) -> bool:
    """Say whether something more than the thing at token i is wanted: "bigger than that T4"."""
    return doc.near(i, i + 1, "past", "outdone", before=_DETERMINED, after=0) is not None


def on_the_desk(doc: Doc, i: int, j: int) -> bool:
    """Say whether tokens [i, j) sit in the user's own computer while something is to be rented."""
    return bool(doc.all("rent")) and doc.near(i, j, "desk", before=6, after=5) is not None
