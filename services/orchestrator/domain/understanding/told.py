"""What is told rather than wished for: what others have and do, news and hearsay, what was; nothing is read in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.polarity import with_user

_REACH: Final = 4
"""How many words may stand between the others and what they do: "my cousin Tom in Perth has"."""
_FIRST_PERSON: Final = words("told.first_person")
_CROWD: Final = words("told.crowd")
_SIDING: Final = words("told.siding")
_OURSELVES: Final = words("told.ourselves")
_PRONOUNS: Final = words("told.pronouns")
_FIRST_WORDS: Final = 3
"""How far into a sentence a word of the past may stand that the sentence begins with."""


def without_told(doc: Doc) -> str:
    """Return the message with the sentences blanked that tell of others, of the news or of the past."""
    text = doc.raw
    sided = list(_sided_with(doc))
    advice = set(_advice(doc)) - {doc.sentence[voice.i] for voice in sided}
    for sentence in sorted({*_told(doc), *advice}):
        span = [k for k, s in enumerate(doc.sentence) if s == sentence]
        start, end = doc.tokens[span[0]].start, doc.tokens[span[-1]].end
        void = sentence in advice or any(doc.sentence[m.i] == sentence for m in doc.all("told_void"))
        turns = (*doc.all("told_turned"), *doc.all("told_gathered"))
        if void or not any(doc.sentence[m.i] == sentence for m in turns):
            text = _blanked(text, start, end)
    for first, last in _overruled(doc, sided):
        text = _blanked(text, doc.tokens[first].start, doc.tokens[last - 1].end)
    return text


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _voices(doc: Doc) -> list[Match]:
    """Return those who say something, in order: "everyone says", "my professor thinks"."""
    crowd = (Match("told_adviser", "any", k, k + 1, {}) for k, t in enumerate(doc.tokens) if t.text in _CROWD)
    who = (*doc.all_names("told_adviser"), *doc.all_names("told_superior"), *crowd)
    spoke = (w for w in who if any(doc.at(k, "told_says") for k in range(w.j, w.j + _REACH + 1)))
    return sorted(spoke, key=lambda voice: voice.i)


def _sided_with(doc: Doc) -> Iterator[Match]:
    """Yield the voices that the user sides with: the professor of "I believe the professor"."""
    if doc.spoken.isdisjoint(_SIDING):
        return
    voices = _voices(doc)
    for k, token in enumerate(doc.tokens):
        first = doc.text(k - 1) in _OURSELVES or k == doc.sentence_span(k)[0]
        if token.text not in _SIDING or not first:
            continue
        named = {doc.text(n) for n in range(k + 1, k + 1 + _REACH)}
        before = [voice for voice in voices if voice.i < k]
        by_name = [v for v in before if any(word.startswith(doc.text(v.j - 1)) for word in named)]
        yield from by_name or (before[-1:] if named & _PRONOUNS else ())


def _overruled(doc: Doc, sided: list[Match]) -> Iterator[tuple[int, int]]:
    """Yield the tokens in which the voices speak that the user does not side with, where there is one he does."""
    voices = _voices(doc) if sided else []
    for n, voice in enumerate(voices):
        if voice not in sided:
            end = doc.sentence_span(voice.i).stop
            following = voices[n + 1].i if n + 1 < len(voices) else end
            yield voice.i, min(end, following)


def _told(doc: Doc) -> Iterator[int]:
    """Yield the sentences in which others act, that news and hearsay mark, and that begin with what was."""
    for who in doc.all_names("told_who"):
        if with_user(doc, who.j):
            continue
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
