"""Whose machines, money and software a clause speaks of: what others have is no wish, unless the user takes it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.past import with_user

_REACH: Final = 5
"""How many words may stand between the others and what they do: "my cousin Tom in Perth has"."""
_MARK_REACH: Final = 3
"""How many words may stand between a house and what makes it another one: "another, much bigger bank"."""
_SUBJECT_REACH: Final = 3
_MACHINE_REACH: Final = 9
_LONGEST: Final = 80
"""Tokens in which the user comes to speak of himself: what is longer is no speech, and must not take its square."""
_GIVING_REACH: Final = 8
_SUBJECTS: Final = words("whose.subjects")
"""Words for the user as one who does something, and for what is his."""
_THEY: Final = words("whose.they")
_THEIR: Final = words("whose.their")
_GIVING: Final = words("whose.giving")
"""What others do that makes theirs the user's, where it is done to him: "lent us", "prescribes for us"."""
_SOUGHT: Final = words("whose.sought")
_US: Final = words("whose.us")
_OFFERS: Final = words("whose.offers")
_HAVING: Final = words("whose.having")
_INANIMATE: Final = words("whose.inanimate")
"""What has machines for the user: servers, projects, jobs."""
_SHORTEST_SUBJECT: Final = 2
_LONGEST_SUBJECT: Final = 12
_RELATIVE: Final = words("whose.relative")
_OF: Final = words("whose.of")
_TURNING: Final = words("whose.turning")
_USING: Final = words("whose.using")
_NOT: Final = words("polarity.plain_not") | {"don't", "doesn't", "won't", "n't", "never"}
_ENDS: Final = frozenset(("", ".", ",", ";", "!", "?", ":", ")", "-", "–", "—")) | words("whose.turning")
_MACHINES: Final = ("gpu", "currency", "provider", "component")


def of_others(doc: Doc) -> Iterator[range]:
    """Yield the tokens in which others are told of."""
    told = 0
    for who in _others(doc):
        does = _deed(doc, who) if not told > who.i else None  # what is told already need not be looked through again
        if does is None or with_user(doc, who.j) or _taken_up(doc, who, does):
            continue
        span = _told_by(doc, who, does)
        if span and _speaks_of_machines(doc, who, span):
            told = span.stop
            yield span
    yield from _contrasted(doc)
    yield from _set_apart(doc)
    yield from _of_theirs(doc)


def _others(doc: Doc) -> Iterator[Match]:
    """Yield who is another than the user: by name or noun, or a house with a word beside that says so."""
    yield from doc.all_names("told_who")
    for noun in doc.all_names("outsider"):
        if doc.text(noun.i - 1) in _SOUGHT:
            continue  # "which vendor has H100s?"
        if noun.id != "house" or _is_outside(doc, noun):
            yield noun
    for mark in doc.all("outside", "after"):
        k = mark.i - 1
        if k >= 0 and doc.text(k).isalpha() and doc.clause[k] == doc.clause[mark.i] and doc.at(k, "cue") is None:
            yield Match("outsider", "person", k, mark.j, {})  # "the hedge fund upstairs"
    for k in doc.where(_THEY):
        if doc.clause_span(k).start == k or doc.text(k - 1) in _ENDS:
            yield Match("outsider", "they", k, k + 1, {})


def _is_outside(doc: Doc, house: Match) -> bool:
    """Say whether a house is another than the user's: "another lab", "the bank across the street", "Samsung's lab"."""
    before = doc.near(house.i, house.j, "outside", "before", before=_MARK_REACH, after=0)
    if before is not None and before.j <= house.i and doc.clause[before.i] == doc.clause[house.i]:
        return True
    after = doc.near(house.i, house.j, "outside", "after", before=0, after=_MARK_REACH)
    if after is not None and after.i >= house.j and doc.clause[after.i] == doc.clause[house.i]:
        return True
    return doc.ending(house.i, "told_who") is not None


def _deed(doc: Doc, who: Match) -> Match | None:
    """Return what the others do or have: a verb in their clause, or the colon of "Samsung's lab: 512 H100"."""
    for k in range(who.j, min(who.j + _REACH + 1, len(doc.tokens))):
        if doc.sentence[k] != doc.sentence[who.i]:
            break
        does = doc.at(k, "told_do")
        if does is not None and doc.clause[k] == doc.clause[who.i] and _fits(doc, who, does):
            return does
        if doc.text(k) == ":" and who.kind == "outsider":
            return Match("told_do", "one", k, k + 1, {})
    return _with_machines(doc, who) if who.kind == "outsider" and who.id != "they" else None


def _with_machines(doc: Doc, who: Match) -> Match | None:
    """Return what others do with machines, whatever it is: "neighbours of ours mine with eight 3080s"."""
    for k in range(who.j, min(who.j + _MACHINE_REACH, doc.clause_span(who.i).stop)):
        if _is_user(doc, k) or doc.any_at(k, ("told_says", "told_turned")):
            return None
        if doc.at(k, "gpu") is not None:
            return Match("told_do", "one", k, k + 1, {})
    return None


def _is_user(doc: Doc, k: int) -> bool:
    """Say whether token k is the user, or his; not that of "a friend of mine"."""
    return doc.text(k) in _SUBJECTS and doc.text(k - 1) not in _OF


def _fits(doc: Doc, who: Match, does: Match) -> bool:
    """Say whether a verb agrees with who is listed; of others, what they say may be advice that the user takes."""
    if who.kind == "told_who":
        return who.id == "many" or does.id == "one"
    return doc.at(does.i, "told_says") is None and doc.text(does.i - 1) not in _SUBJECTS  # "like other labs we use"


def _told_by(doc: Doc, who: Match, does: Match) -> range:
    """Return the tokens from the others, or where their sentence begins, up to where the user speaks of himself."""
    sentence = doc.sentence_span(who.i)
    start = sentence.start if who.kind == "told_who" else doc.clause_span(who.i).start
    wishes = doc.between("told_turned", start, who.i)
    if wishes or doc.any_word(_SUBJECTS, start, who.i):
        named = any(doc.any_between(kind, start, who.i) for kind in _MACHINES)
        if wishes and not named:
            return range(0)  # "we want what Meta has"
        start = who.i if named else start
    return _up_to_user(doc, start, does.j)


def _up_to_user(doc: Doc, start: int, j: int) -> range:
    """Return the tokens from start up to where the user speaks of himself behind token j, or the sentence ends."""
    stop = doc.sentence_span(start).stop
    return range(start, next((k for k in range(j, min(stop, j + _LONGEST)) if _turns(doc, k)), stop))


def _turns(doc: Doc, k: int) -> bool:
    """Say whether the user begins to speak of himself at token k."""
    begins = doc.clause[k] != doc.clause[k - 1] or doc.text(k) in _TURNING
    if begins and _of_user(doc, k + (doc.text(k) in _TURNING)):
        return True
    turned = doc.at(k, "told_turned")
    return turned is not None and (doc.any_word(_SUBJECTS | _US, turned.i, turned.j) or begins)


def _of_user(doc: Doc, k: int) -> bool:
    """Say whether token k begins what the user says of himself: "we", "our lab", "for us", "うちは"."""
    if k >= len(doc.tokens):
        return False
    return doc.any_word(_SUBJECTS, k, min(k + _SUBJECT_REACH, doc.clause_span(k).stop)) or doc.at(k, "user") is not None


def _taken_up(doc: Doc, who: Match, does: Match) -> bool:
    """Say whether the user takes up what the others have: "and we want the same", "they lent us"."""
    sentence = doc.sentence_span(who.i)
    end = sentence.stop
    stop = doc.sentence_span(end).stop if end < len(doc.tokens) else end
    if any(not _denied(doc, same) for same in doc.between("told_same", who.i + 1, min(stop, who.i + _LONGEST))):
        return True
    for k in range(does.i, min(sentence.stop, does.i + _GIVING_REACH)):
        if doc.text(k) in _GIVING and doc.any_word(_US, k + 1, min(k + 1 + _GIVING_REACH, sentence.stop)):
            return not doc.any_word(_OFFERS, k + 1, sentence.stop)
    return False


def _denied(doc: Doc, match: Match) -> bool:
    return any(doc.text(k) in _NOT for k in range(max(0, match.i - _SUBJECT_REACH), match.i))


def _speaks_of_machines(doc: Doc, who: Match, span: range) -> bool:
    """Say whether any machine, money or software is named that may be theirs; whom the list names is told of anyway."""
    if who.kind == "told_who":
        return True
    paid = any(doc.any_between("per", span.start, span.stop, period) for period in ("month", "hour"))
    return paid or _names_machines(doc, span)


def _contrasted(doc: Doc) -> Iterator[range]:
    """Yield what anybody has where the user has other things: "a chap from the club owns four 3090s, I rent one L4"."""
    for does in doc.all("told_do"):
        clause = doc.clause_span(does.i)
        subject = range(clause.start, does.i)
        if not _SHORTEST_SUBJECT <= len(subject) <= _LONGEST_SUBJECT:
            continue
        known = doc.any_word(_SUBJECTS, *_ends(subject)) or doc.any_word(_INANIMATE, *_ends(subject))
        if known or doc.text(does.i) not in _HAVING:
            continue
        who = Match("outsider", "person", subject.start, does.i, {})
        span = _up_to_user(doc, subject.start, does.j)
        if not _names_machines(doc, span) or any(doc.any_between(kind, *_ends(subject)) for kind in _MACHINES):
            continue
        own = _owns(doc, span.stop)
        if own and not _taken_up(doc, who, does):
            yield span


def _owns(doc: Doc, k: int) -> bool:
    """Say whether the user speaks of other machines, or money, from token k on, and not of more than those told."""
    if k >= len(doc.tokens) or not _of_user(doc, k + (doc.text(k) in _TURNING)):
        return False
    own = (k, doc.sentence_span(k).stop)
    return any(doc.any_between(kind, *own) for kind in ("gpu", "currency")) and not doc.any_between("additive", *own)


def _ends(span: range) -> tuple[int, int]:
    return span.start, span.stop


def _set_apart(doc: Doc) -> Iterator[range]:
    """Yield what the user sets himself apart from: "the institute has eight B200s, we don't", "That one's theirs"."""
    for mark in doc.all("told_not_us"):
        if mark.id == "unlike":
            yield _unlike(doc, mark)
            continue
        if mark.id == "open" and doc.text(mark.j) not in _ENDS:
            continue
        start = doc.sentence_span(mark.i).start
        if not _names_machines(doc, range(start, mark.j)) and start:
            start = doc.sentence_span(start - 1).start
        before = range(mark.i - 1, max(start, mark.i - _LONGEST) - 1, -1)
        own = next((k for k in before if _is_user(doc, k)), None)
        told = range(start if own is None else doc.clause_span(own).stop, mark.j)
        if _names_machines(doc, told):
            yield told


def _unlike(doc: Doc, mark: Match) -> range:
    """Return what the user is unlike, up to where he or a new clause goes on: "unlike X, who pays 4k, the school"."""
    span = _up_to_user(doc, mark.i, mark.j)
    begun = (k for k in span if k > mark.j and doc.text(k - 1) == "," and doc.text(k) not in _RELATIVE)
    return range(span.start, next(begun, span.stop))


def _names_machines(doc: Doc, span: range) -> bool:
    named = any(doc.any_between(kind, span.start, span.stop) for kind in _MACHINES)
    return named or any(doc.any_between("cue", span.start, span.stop, id_) for id_ in ("gpu", "node", "vram"))


def _of_theirs(doc: Doc) -> Iterator[range]:
    """Yield the GPUs of "everyone tells me about their H100s", which nobody is to use."""
    for k in doc.where(_THEIR):
        gpu = next((m for n in range(k + 1, k + 1 + _MARK_REACH) if (m := doc.at(n, "gpu"))), None)
        sentence = doc.sentence_span(k)
        if gpu is None or gpu.i not in sentence or doc.any_between("provider", sentence.start, sentence.stop):
            continue
        if doc.any_word(_USING, sentence.start, sentence.stop) or _taken_up(doc, gpu, gpu):
            continue
        yield range(k, gpu.j)
