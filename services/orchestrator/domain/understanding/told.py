"""What is told rather than wished for: what others have and do, news and hearsay, what was; nothing is read in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_REACH: Final = 4
"""How many words may stand between the others and what they do: "my cousin Tom in Perth has"."""
_FIRST_PERSON: Final = words("told.first_person")
_FIRST_WORDS: Final = 3
"""How far into a sentence a word of the past may stand that the sentence begins with."""


def without_told(doc: Doc) -> str:
    """Return the message with the sentences blanked that tell of others, of the news or of the past."""
    text = doc.raw
    advice = set(_advice(doc))
    for sentence in sorted({*_told(doc), *advice}):
        span = [k for k, s in enumerate(doc.sentence) if s == sentence]
        start, end = doc.tokens[span[0]].start, doc.tokens[span[-1]].end
        void = sentence in advice or any(doc.sentence[m.i] == sentence for m in doc.all("told_void"))
        turns = (*doc.all("told_turned"), *doc.all("told_gathered"))
        if void or not any(doc.sentence[m.i] == sentence for m in turns):
            text = text[:start] + " " * (end - start) + text[end:]
    return text


def _told(doc: Doc) -> Iterator[int]:
    """Yield the sentences in which others act, that news and hearsay mark, and that begin with what was."""
    for who in doc.all_names("told_who"):
        does = [m for k in range(who.j, who.j + _REACH + 1) if (m := doc.at(k, "told_do"))]
        if any(_act(doc, who, m) for m in does):
            yield doc.sentence[who.i]
    for mark in (*doc.all("told_mark"), *doc.all("told_void")):
        yield doc.sentence[mark.i]
    for bygone in doc.all("told_bygone"):
        begins = bygone.i - doc.sentence_span(bygone.i)[0] < _FIRST_WORDS
        if begins and not doc.words(bygone.i, bygone.j).endswith(("'s", "’s")):  # not "yesterday's meeting: ..."
            yield doc.sentence[bygone.i]


def _act(doc: Doc, who: Match, does: Match) -> bool:
    """Say whether the others act: in one clause, in a form that fits their number, and nobody speaks of himself."""
    agrees = does.id == "one" or who.id == "many"
    after = range(does.j, doc.sentence_span(who.i).stop)
    own = any(doc.text(k) in _FIRST_PERSON for k in after)
    return agrees and doc.clause[who.i] == doc.clause[does.i] and not own


def _advice(doc: Doc) -> Iterator[int]:
    """Yield the sentences in which others say what one should take: advice heard, which the user has not taken up.

    Of a machine, a page or a vendor any advice; of people who may decide only such as the user doubts.
    """
    if doc.all("told_adopted"):
        return
    doubted = bool(doc.all("told_doubt"))
    for who in (*doc.all_names("told_adviser"), *(doc.all_names("told_superior") if doubted else ())):
        says = (m for k in range(who.j, who.j + _REACH + 1) if (m := doc.at(k, "told_says")))
        if any(doc.sentence[m.i] == doc.sentence[who.i] for m in says):
            yield doc.sentence[who.i]
