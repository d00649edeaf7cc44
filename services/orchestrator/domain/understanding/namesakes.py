"""What is called like a GPU, a model or a provider and is none: roads, buses, rooms, parts, people, pets, streets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_BEFORE: Final = words("namesakes.before")
_AFTER: Final = words("namesakes.after")
_JOINING: Final = words("numbers.range_and") | words("sizes.or") | {",", "/", "the", "&"}
_TRAFFIC: Final = words("namesakes.traffic")
_THE: Final = words("namesakes.the")
_ALONG: Final = words("namesakes.along")
_ON: Final = words("namesakes.on")
_ANATOMY: Final = words("namesakes.anatomy")
_ANATOMICAL: Final = words("namesakes.anatomical")
_INTRODUCING: Final = frozenset({":", "find", "free", "grade", "the", "at", "of", "low", "high", "("})
_CALLED: Final = words("namesakes.called")
_BEARERS: Final = words("namesakes.bearers")
"""Who or what is given a name: bands, pets, companies, people."""
_FROM: Final = words("namesakes.from")
_DEPARTMENTS: Final = words("namesakes.departments")
_IS: Final = frozenset({"is", "was", "ist", "est", "es", "e"})
_POSSESSIVES: Final = words("namesakes.possessives")
_STREETS: Final = words("namesakes.streets")
_ALL_OTHERS: Final = 2
"""So many names of other things in a sentence, and what looks like a GPU there is such a thing too."""
_LIST_REACH: Final = 2
_NAMES: Final = ("family", "component", "provider", "gpu")
_CALLED_REACH: Final = 6


def other_things(doc: Doc) -> set[int]:
    """Return where names of GPUs stand that name a room, a road, a part: "room L40", "the A10, L4 and T4 buses"."""
    named = doc.all("gpu")
    found = {m.i for m in named if _is_labelled(doc, m.i, m.j) or _is_road(doc, m) or _is_anatomical(doc, m)}
    _spread(doc, named, found)
    _spread(doc, named[::-1], found)
    sentences = Counter(doc.sentence[i] for i in found)
    return {m.i for m in named if m.i in found or sentences[doc.sentence[m.i]] >= _ALL_OTHERS}


def _is_labelled(doc: Doc, i: int, j: int) -> bool:
    before, after = doc.text(i - 1), doc.text(j)
    return before in _BEFORE or after in _AFTER or (after == "-" and doc.text(j + 1) in _AFTER)


def _is_road(doc: Doc, gpu: Match) -> bool:
    """Say whether it is spoken of like a road in talk of traffic: "cameras along the A100", "Die A40 ist zu"."""
    sentence = doc.sentence_span(gpu.i)
    if not doc.any_word(_TRAFFIC, sentence.start, sentence.stop):
        return False
    k = gpu.i - 1 - (doc.text(gpu.i - 1) in _THE)
    if doc.text(k) in _ON:
        return k < gpu.i - 1 and doc.text(k - 1) in _TRAFFIC
    return doc.text(k) in _ALONG or (k < gpu.i - 1 and (k < sentence.start or not doc.text(k).isalnum()))


def _is_anatomical(doc: Doc, gpu: Match) -> bool:
    """Say whether it names a vertebra or a hormone: "blood test: T4 high"; not "lumbar scans on an L4"."""
    if gpu.id not in _ANATOMICAL or doc.all("rent"):
        return False
    begins = doc.text(gpu.i - 1) in _INTRODUCING or doc.text(gpu.i - 1) in _ANATOMY
    sentence = doc.sentence_span(gpu.i)
    return begins and doc.any_word(_ANATOMY, sentence.start, sentence.stop)


def _spread(doc: Doc, named: Sequence[Match], found: set[int]) -> None:
    """Take the neighbours of such a thing in a list for such things."""
    for one, other in pairwise(named):
        between = range(min(one.j, other.j), max(one.i, other.i))
        if one.i in found and len(between) <= _LIST_REACH and all(doc.text(k) in _JOINING for k in between):
            found.add(other.i)


def namesakes(doc: Doc) -> Iterator[range]:
    """Yield the names of people, pets, bands and streets that are those of models, software or providers too."""
    for kind in _NAMES:
        for match in doc.all_names(kind):
            if any(test(doc, match) for test in (_is_called, _is_person, _is_street)):
                yield range(match.i, match.j)


def _is_called(doc: Doc, name: Match) -> bool:
    """Say whether it reads "our band is called Vultr", "my cat Redis"; "a tool called Prefect" is the tool itself."""
    if doc.text(name.i - 1) in _BEARERS and doc.text(name.i - 2) in _POSSESSIVES:
        return name.kind in ("family", "component")
    clause = doc.clause_span(name.i)
    called = doc.text(name.i - 1) in _CALLED
    return called and doc.any_word(_BEARERS, max(clause.start, name.i - _CALLED_REACH), name.i)


def _is_person(doc: Doc, name: Match) -> bool:
    """Say whether it reads "Claude from accounting", "Redis is my cat"."""
    if doc.text(name.j) in _FROM:
        return any(doc.text(k) in _DEPARTMENTS for k in (name.j + 1, name.j + 2))
    of = doc.text(name.j) in _IS and doc.text(name.j + 1) in _POSSESSIVES
    return of and doc.text(name.j + 2) in _BEARERS


def _is_street(doc: Doc, name: Match) -> bool:
    k = name.j + (doc.text(name.j) == "-")
    return doc.text(k) in _STREETS
