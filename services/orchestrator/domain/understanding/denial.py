"""Refusals across punctuation: a list that explains what is refused, and what is asked and answered with no."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc, once
from services.orchestrator.domain.understanding.lexicon import words

_KINDS: Final = words("denial.kinds")
"""Nouns for whole kinds of things, whose members a list may name: hyperscalers, clouds, cards."""
_OF_MODELS: Final = frozenset({"models", "modelle", "modeles", "modelos", "modelli"})
"""Of a refused kind other than these no model is one: "without GPUs: Llama 3.2 1B"."""
_NO_KIND: Final = words("denial.no_kind")
"""Words that make of a kind one among others: "no particular cloud (AWS or GCP)"."""
_SUCH_AS: Final = words("denial.such_as")
_BETWEEN: Final = words("polarity.joining") | {",", "/", "the", "etc"}
NOES: Final = words("denial.noes")
_ONLY_NOES: Final = frozenset({"nah", "nope"})
"""Words that answer and cannot begin anything else, as "no idea" does: "8 bit? nah 4 bit"."""
_AFTER_NO: Final = frozenset({":", ",", ".", ";", "-", "–", "—", "!"})
_WITHOUT: Final = words("denial.without")
_HOPELESS: Final = words("denial.hopeless")
_HOPELESS_REACH: Final = 5
_ADJECTIVES: Final = 2
_SAYING: Final = frozenset({"said", "says", "say", "sagt", "sagte", "sagen", "dit", "dijo", "dice", "disse", "zei"})
_UNSAID: Final = words("denial.unsaid")
_KIND_REACH: Final = 6
_LONGEST_ASKED: Final = 8
_QUESTIONS: Final = 4


def explains_refused(doc: Doc, i: int) -> bool:
    """Say whether token i stands in a list of what a refused kind holds: "no hyperscalers (AWS, Azure)"."""
    if not doc.any_between("negation", doc.sentence_span(i).start - LONGEST_CUE, i):
        return False
    opened = _list_start(doc, i)
    if opened is None:
        return False
    for k in range(opened - 1, max(-1, opened - 1 - _KIND_REACH), -1):
        if doc.sentence[k] != doc.sentence[i] or doc.text(k) in _NO_KIND or doc.at(k, "contrast") is not None:
            return False
        if doc.ending(k + 1, "negation", "before") is not None:
            kinds = {doc.text(n) for n in range(k + 1, opened)} & _KINDS
            return bool(kinds if doc.at(i, "family") is None else kinds & _OF_MODELS)
    return False


def _list_start(doc: Doc, i: int) -> int | None:
    """Return where what opens the list of token i begins: a bracket, a colon, "such as"; None outside of lists.

    Each place is passed once for all the tokens of a list, however long that is.
    """
    known, passed = _lists(doc), list[tuple[int, int]]()
    found: int | None = None
    k, strangers = i - 1, 0
    while k >= 0 and doc.sentence[k] == doc.sentence[i]:
        if (k, strangers) in known:
            found = known[k, strangers]
            break
        passed.append((k, strangers))
        if doc.text(k) in ("(", ":") or doc.text(k) in _SUCH_AS:
            while doc.text(k - 1) in _SUCH_AS or doc.text(k - 1) in (",", "("):
                k -= 1
            found = k
            break
        named = next((n for n in range(max(0, k - 3), k + 1) if doc.name_ends.get(n) == k + 1), None)
        if named is not None:
            k, strangers = named - 1, 0
        elif doc.text(k) in _BETWEEN:
            k, strangers = k - 1, 0
        elif doc.text(k).isalpha() and not strangers and doc.at(k, "contrast") is None:
            k, strangers = k - 1, 1  # a name that no list knows
        else:
            break
    known.update(dict.fromkeys(passed, found))
    return found


@once
def _lists(doc: Doc) -> dict[tuple[int, int], int | None]:
    """Return where the lists begin that have been looked for, by place and strangers passed on the way."""
    return {}


@once
def _may_answer_no(doc: Doc) -> bool:
    return "?" in doc.spoken and not doc.spoken.isdisjoint(NOES)


def answered_no(doc: Doc, i: int) -> bool:
    """Say whether token i is asked about in a few words and the answer is no: "Whisper? Voxtral? No: Canary".

    What the answer names again is not what it denies: "Ollama on a laptop? No, Ollama in the cluster".
    """
    if not _may_answer_no(doc):
        return False
    word = doc.text(i)
    for _ in range(_QUESTIONS):
        asked = doc.sentence_span(i)
        if doc.text(asked[-1]) != "?" or len(asked) > _LONGEST_ASKED:
            return False
        i = asked[-1] + 1
        if i >= len(doc.tokens):
            return False
        answer = doc.sentence_span(i)
        if _says_no(doc, answer):
            return all(doc.text(k) != word for k in answer)
        if doc.text(i) in NOES:
            again = any(doc.text(k) == word for k in answer)
            return (doc.text(i + 1) in _AFTER_NO or doc.text(i) in _ONLY_NOES) and not again
    return False


def _says_no(doc: Doc, answer: range) -> bool:
    """Say whether a short answer tells who said no, and nothing more: "procurement said no."."""
    for k in answer[1 : _LONGEST_ASKED - 1]:
        if doc.text(k) in _UNSAID or doc.text(k - 1) in _UNSAID:
            return False  # "they didn't say no", "if they say no"
        if doc.text(k) in _SAYING and doc.text(k + 1) in NOES:
            return k + 2 not in answer or doc.text(k + 2) in _AFTER_NO
    return False


def likened(doc: Doc, i: int) -> int | None:
    """Return the name of which the same is said as of token i, "AWS is out, and so is GCP", or None."""
    if doc.text(i - 2) != "so" or doc.text(i - 1) not in ("is", "are"):
        return None
    named = [k for k in range(doc.sentence_span(i).start, i - 2) if k in doc.name_ends]
    return named[-1] if named else None


def still_so(doc: Doc, j: int) -> bool:
    """Say whether a plan told up to token j holds on: "on-prem was the plan and still is"."""
    told = doc.text(j - 1) in ("plan", "planned", "wanted")
    after = range(j, min(j + _LONGEST_ASKED, doc.sentence_span(j - 1).stop)) if told else ()
    return any(doc.text(k) == "still" for k in after)


def hopeless(doc: Doc, i: int, j: int) -> bool:
    """Say whether nothing goes without tokens [i, j): "without a GPU there is no way", "can't live without Kafka"."""
    clause = doc.clause_span(i)
    beside = range(i, max(clause.start - 1, i - _ADJECTIVES - 1), -1)
    without = next((k for k in beside if doc.text(k) in _WITHOUT), None)
    if without is None:
        return False
    before = range(without - 1, max(clause.start, without - _HOPELESS_REACH) - 1, -1)
    after = range(j, min(clause.stop, j + _HOPELESS_REACH))
    return any(_denies(doc, reach) for reach in (before, after))


def _denies(doc: Doc, reach: range) -> bool:
    """Say whether the tokens, one after the other, deny something before another thing is joined."""
    for k in reach:
        if doc.text(k) in _BETWEEN:
            return False  # "without Kafka and not on AWS"
        if doc.text(k) in _HOPELESS or doc.at(k, "negation") is not None:
            return True
    return False
