"""What is told rather than wished for: what others have and do, news and hearsay, what was; nothing is read in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

from services.orchestrator.domain.understanding.abandoned import abandoned
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.namesakes import namesakes
from services.orchestrator.domain.understanding.outdated import outdated
from services.orchestrator.domain.understanding.whose import of_others

_REACH: Final = 4
"""How many words may stand between the others and what they do: "my cousin Tom in Perth has"."""
_CROWD: Final = words("told.crowd")
_SIDING: Final = words("told.siding")
_OURSELVES: Final = words("told.ourselves")
_PRONOUNS: Final = words("told.pronouns")
_REGRETTED: Final = 2
"""How many sentences back the thing regretted may be named."""
_START: Final = itemgetter(Match._fields.index("i"))
_FACTS: Final = Match._fields.index("facts")
_FIRST_WORDS: Final = 3
"""How far into a sentence a word of the past may stand that the sentence begins with."""


def without_told(doc: Doc) -> str:
    """Return the message with what tells of others, of the news or of the past blanked: sentences, outdated figures."""
    voices = [] if doc.spoken.isdisjoint(_SIDING) else _voices(doc)
    sided = _sided_with(doc, voices)
    advice = set(_advice(doc)) - {doc.sentence[voice.i] for voice in sided}
    void = advice | {doc.sentence[m.i] for m in doc.all("told_void")}
    turned = {doc.sentence[m.i] for kind in ("told_turned", "told_gathered") for m in doc.all(kind)}
    told = {*_told(doc), *advice}
    spans = [doc.sentence_numbered(sentence) for sentence in told if sentence in void or sentence not in turned]
    spans += _overruled(doc, voices, sided) if sided else ()
    spans += [*of_others(doc), *namesakes(doc), *outdated(doc), *abandoned(doc)]
    letters = list(doc.raw) if spans else []
    for span in filter(None, spans):
        start, end = doc.tokens[span[0]].start, doc.tokens[span[-1]].end
        letters[start:end] = " " * (end - start)
    return "".join(letters) or doc.raw


def _voices(doc: Doc) -> list[Match]:
    """Return those who say something, in order: "everyone says", "my professor thinks"."""
    crowd = (Match("told_adviser", "any", k, k + 1, {}) for k, t in enumerate(doc.tokens) if t.text in _CROWD)
    who = (*doc.all_names("told_adviser"), *doc.all_names("told_superior"), *crowd)
    spoke = (w for w in who if any(doc.at(k, "told_says") for k in range(w.j, w.j + _REACH + 1)))
    return sorted(spoke, key=lambda voice: voice.i)


def _sided_with(doc: Doc, voices: Sequence[Match]) -> list[Match]:
    """Return the voices that the user sides with: the professor of "I believe the professor"."""
    firsts: dict[str, int] = {}  # who speaks, by their last word, and where first
    for voice in reversed(voices):
        firsts[doc.text(voice.j - 1)] = voice.i
    until: dict[str, int] = {}  # up to where those who are called so are sided with
    sided: set[int] = set()
    for k, token in enumerate(doc.tokens) if voices else ():
        if token.text not in _SIDING or not (doc.text(k - 1) in _OURSELVES or k == doc.sentence_span(k)[0]):
            continue
        named = {doc.text(n) for n in range(k + 1, k + 1 + _REACH)}
        called = [word for word, first in firsts.items() if first < k and any(n.startswith(word) for n in named)]
        until.update(dict.fromkeys(called, k))
        before = bisect_left(voices, k, key=_START)
        if not called and named & _PRONOUNS and before:
            sided.add(before - 1)
    return [v for n, v in enumerate(voices) if n in sided or v.i < until.get(doc.text(v.j - 1), 0)]


def _overruled(doc: Doc, voices: Sequence[Match], sided: Sequence[Match]) -> Iterator[range]:
    """Yield the tokens in which the voices speak that the user does not side with, where there is one he does."""
    ours = {voice[:_FACTS] for voice in sided}
    for n, voice in enumerate(voices):
        if voice[:_FACTS] not in ours:
            end = doc.sentence_span(voice.i).stop
            following = voices[n + 1].i if n + 1 < len(voices) else end
            yield range(voice.i, min(end, following))


def _told(doc: Doc) -> Iterator[int]:
    """Yield the sentences that news and hearsay mark, and that begin with what was."""
    for regret in doc.all("told_regret"):
        yield from _regretted(doc, regret)
    for mark in (*doc.all("told_mark"), *doc.all("told_void")):
        yield doc.sentence[mark.i]
    for bygone in doc.all("told_bygone"):
        begins = bygone.i - doc.sentence_span(bygone.i)[0] < _FIRST_WORDS
        if begins and not doc.words(bygone.i, bygone.j).endswith(("'s", "’s")):  # not "yesterday's meeting: ..."
            yield doc.sentence[bygone.i]


def _regretted(doc: Doc, regret: Match) -> Iterator[int]:
    """Yield the sentences before "never again", back to one that names anything; none where that sentence does."""
    span = doc.sentence_span(regret.i)
    for _ in range(_REGRETTED + 1):
        if any(k in doc.name_ends for k in span) and doc.sentence[regret.i] == doc.sentence[span[0]]:
            return
        yield doc.sentence[span[0]]
        if span[0] == 0 or any(k in doc.name_ends for k in span):
            return
        span = doc.sentence_span(span[0] - 1)


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
