"""How much data, how many items of it, how long a context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.data_bytes import gigabytes, measure_data
from services.orchestrator.domain.understanding.data_kinds import rows_of_text
from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc
from services.orchestrator.domain.understanding.granted import is_context, is_granted
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.lineage import made_of
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.model_facts import domains_named
from services.orchestrator.domain.understanding.number_order import NOUN_FIRST
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated

_ADJECTIVES = 3
_ROWS: Final = words("sizes.rows")
_NOT_ITEMS: Final = words("sizes.not_items")
_SLOT_WORDS: Final = words("sizes.slot_words")

_MEMORY: Final = words("sizes.memory")
_SCORING = ("scor", "rank", "classif", "segment", "rate", "rating", "predict")
_FEWEST = 10
"""Fewer items are no dataset but part of the task: answers in three sentences."""
_FEWEST_OF_PART = 1_000
"""From here on a broken number is a part of a round one: a third of a million."""
_SHORTEST_WINDOW = 2_000
_CONTEXT_BEFORE = 5
_CONTEXT_AFTER = 3
_MANY = 10_000
_ADJUSTING: Final = words("tasks.adjusting")
_SOLD: Final = words("sizes.sold")
_FEWEST_DRAWN: Final = 100
"""From here on things of any name are data where a model is tuned on them or answers from them."""
_DRAWN: Final = words("sizes.drawn_from")
_SHORTEST_NOUN = 5
_OF_SOUND: Final = frozenset({"audio-classification", "automatic-speech-recognition", "text-to-speech"})
_OF: Final = ("of", "with", "von", "mit", "de", "avec", "con", "di", "met", "z")
_LISTS: Final = words("sizes.lists")
_CLIPS: Final = frozenset({"clips", "clip", "klipp", "klips"})
_SOUNDS: Final = words("sizes.sounds")
"""What is heard: clips of it are no film."""
_MEASURES = ("people", "time", "bytes", "currency", "per")
_COUNTED_KINDS = ("people", "requests", "time", "bytes", "currency", "per", "cue", "gpu", "component", "scale")


def read_context(doc: Doc, *, known: WorkloadSpec) -> Iterator[Mention]:
    """Read the length of the context: "32k context", "context of 128k tokens". known: the spec before the message."""
    for number in list(doc.free_numbers()) if known.context_tokens else ():
        if is_granted(doc, number.i, number.j) and is_context(doc, number, known):
            doc.claim(number)
            yield Mention("context_tokens", round(number.value), number.i, number.j)
    if not doc.speaks_of("cue", "window") and doc.spoken.isdisjoint(_MEMORY):
        return
    for number in list(doc.free_numbers()):
        if not 128 <= number.value <= 20_000_000 or number.billions:
            continue
        j = number.j
        if not _may_be_context(doc, number):
            continue
        tokens_cue = doc.at(j, "cue", "tokens") or (
            doc.at(j + 1, "cue", "tokens") if doc.text(j) in ("-", "input", "max") else None
        )
        if (
            doc.at(tokens_cue.j if tokens_cue else j, "per", "second")
            or doc.at(j, "currency")
            or doc.ending(number.i, "currency")
        ):
            continue
        cue = doc.near(
            number.i, tokens_cue.j if tokens_cue else j, "cue", "context", before=_CONTEXT_BEFORE, after=_CONTEXT_AFTER
        )
        if cue is None and number.value >= _SHORTEST_WINDOW:
            cue = doc.near(number.i, j, "window", before=1, after=0) or _memory_of_chat(doc, number)
        if cue is None or (not tokens_cue and _counted(doc, j)) or negated(doc, number.i, number.j):
            continue
        if any(doc.tokens[k].is_number for k in range(min(cue.j, j), max(cue.i, number.i))):
            continue
        doc.claim(number)
        yield Mention("context_tokens", round(number.value), number.i, max(j, cue.j))


def _may_be_context(doc: Doc, number: Number) -> bool:
    """Say whether any word for a context is near enough to a number to be asked about."""
    i, j = number.i - _CONTEXT_BEFORE - LONGEST_CUE, number.j + _CONTEXT_AFTER + LONGEST_CUE + 2
    spoken_of = doc.any_between("cue", i, j, "context") or doc.any_between("window", i, number.j + 1)
    return spoken_of or doc.text(number.j) in _MEMORY


def _memory_of_chat(doc: Doc, number: Number) -> Match | None:
    """Return the word after "16k" in "16k memory": what a language model remembers, as no unit of bytes is said."""
    if doc.text(number.j) not in _MEMORY or doc.text(number.j - 1) != "k" or not doc.tokens[number.j - 1].glued:
        return None
    model = doc.billions or doc.all_names("family") or doc.all("task", "text-generation")
    return Match("cue", "context", number.j, number.j + 1, {}) if model else None


def _counted(doc: Doc, j: int) -> bool:
    return doc.any_at(j, ("items", "requests", "people", "bytes", "time", "per"))


def read_dataset(doc: Doc) -> Iterator[Mention]:
    """Read the size of the data in bytes and in items."""
    for made in made_of(doc):
        for number in doc.numbers_near(made.start, made.stop, reach=0):
            doc.claim(number)
    for number in list(doc.free_numbers()) if doc.speaks_of("bytes") else ():
        k = number.j
        while doc.text(k) in ("-", "of"):
            k += 1
        unit = doc.at(k, "bytes")
        if unit is None or number.value <= 0 or (doc.text(unit.j) == "/" and doc.tokens[unit.j].glued):
            continue
        doc.claim(number)
        if negated(doc, number.i, unit.j) or _of_the_past(doc, number.i):
            continue
        if measure_data(doc, number, unit):
            yield Mention("dataset_size_gb", gigabytes(number, unit), number.i, unit.j)
    yield from _items(doc)


def _of_the_past(doc: Doc, i: int) -> bool:
    """Say whether data are told of, rather than gathered in the past to be used: "the 2 TB we collected last year"."""
    sentence = doc.sentence_span(i)
    return rejected_as_past(doc, i) and not doc.between("told_gathered", sentence.start, sentence.stop)


def _items(doc: Doc) -> Iterator[Mention]:
    for number in list(doc.free_numbers()):
        value = number.value * 1e9 if number.billions else number.value
        if value < _FEWEST or (value != int(value) and value < _FEWEST_OF_PART):
            continue
        item = _item_after(doc, number.j) or _item_before(doc, number) or _unnamed(doc, number) or _scored(doc, number)
        if item is None:
            continue
        kind_end, modality = item
        if (
            doc.text(number.i - 1) in _SOLD
            or _is_rate(doc, number, kind_end)
            or negated(doc, number.i, number.j)
            or _at_once(doc, number, kind_end)
        ):
            continue
        doc.claim(number)
        if _of_the_past(doc, number.i):
            continue
        yield Mention("dataset_items", int(value), number.i, kind_end)
        if modality == "tabular" and rows_of_text(doc, kind_end):
            modality = "text"
        if doc.text(kind_end - 1) in _CLIPS and (_of_speech(doc) or not doc.spoken.isdisjoint(_SOUNDS)):
            modality = "audio"
        if doc.text(kind_end - 1) == "utterances" and not _of_speech(doc):
            modality = "text"
        if modality:
            yield Mention("dataset_modality", modality, number.i, kind_end, implied=True)


_COUNTERS = frozenset("장枚张張件건条개本幅份篇")
_PARTICLES = words("sizes.particles")


def _item_before(doc: Doc, number: Number) -> tuple[int, str] | None:
    """Read the noun before a number with a counter after it: 图片10万张, 이미지 20만 장."""
    if doc.language in NOUN_FIRST:
        scaled = number.i - 1 if doc.at(number.i - 1, "scale") else number.i
        match = doc.ending(scaled, "items")
        return (number.j, str(match.facts.get("modality") or "")) if match else None
    if doc.text(number.j)[:1] not in _COUNTERS:
        return None
    i = number.i - 1 if doc.text(number.i - 1) in _PARTICLES else number.i
    match = doc.ending(i, "items")
    return (number.j + 1, str(match.facts.get("modality") or "")) if match else None


def _unnamed(doc: Doc, number: Number) -> tuple[int, str] | None:
    """Read items that no list names: "600k of them" after images, "12 million loans" to train on."""
    if doc.language != "en":
        return None
    if (doc.text(number.j), doc.text(number.j + 1)) == ("of", "them"):
        kind = next((m for m in doc.all("modality")[:1] if m.j <= number.i), None)  # the first one, or none is before
        return (number.j + 2, kind.id) if kind else None
    drawn = doc.text(number.i - 1) in _DRAWN and _is_fed(doc)
    few = number.value < (_FEWEST_DRAWN if drawn else _MANY)
    if doc.all_names("gpu") or few or doc.text(number.j) in _NOT_ITEMS:
        return None
    k = next((k for k in range(number.j, number.j + 3) if _is_plural(doc.text(k))), number.j) if drawn else number.j
    word = doc.text(k)
    taken = any(doc.any_at(n, _COUNTED_KINDS) or n in doc.names for n in range(number.j, k + 1))
    works = doc.text(number.j) in _ROWS or bool(doc.all("action", "training") or doc.all_names("family"))
    works = works or any(doc.all(kind) for kind in ("verb", "task"))
    return (k + 1, "") if works and not taken and _is_plural(word) else None


def _is_plural(word: str) -> bool:
    return len(word) >= _SHORTEST_NOUN and word.endswith("s") and not word.endswith("ss")


def _is_fed(doc: Doc) -> bool:
    """Say whether a model is tuned on something or answers from it, so that what is counted is data of any name."""
    done = any(doc.all("action", a) for a in ("fine_tuning", "rag"))
    return done or (not doc.spoken.isdisjoint(_ADJUSTING) and bool(doc.all_names("family")))


def _scored(doc: Doc, number: Number) -> tuple[int, str] | None:
    """Read people who are what is worked through: "scoring of 25M customers"."""
    k = number.i - 2 if doc.text(number.i - 1) in ("of", "all", "our") else number.i - 1
    head = doc.at(number.j, "people")
    if head is not None and doc.text(number.i - 1) in _OF and doc.text(number.i - 2) in _LISTS:
        return head.j, "tabular"  # "a spreadsheet of 6,000 students"
    return (head.j, "") if head is not None and doc.text(k).startswith(_SCORING) else None


def _at_once(doc: Doc, number: Number, end: int) -> bool:
    cue = doc.near(number.i, end, "cue", "concurrency", before=2, after=3)
    if cue is None or doc.clause[cue.i] != doc.clause[number.i]:
        return False
    return not any(k in doc.number_from for k in range(end, cue.i))  # "40k PDFs for 15 lawyers at once"


_STOP: Final = words("sizes.stop")
_AND: Final = ("and", "or", "und", "oder", "et", "ou", "y", "e", "o", "en", "i")


def _item_after(doc: Doc, j: int) -> tuple[int, str] | None:
    """Return the end and the modality of what the number just before token j counts in the data."""
    j = _past_length(doc, j)
    hyphens = [doc.text(k) for k in range(j, j + _ADJECTIVES + 1)].count("-")  # "whole-slide" is one word
    joined = 2 * any(_joins(doc, k, j) for k in range(j + 1, j + _ADJECTIVES))
    for k in range(j, min(j + _ADJECTIVES + hyphens + joined + 1, len(doc.tokens))):
        match = doc.at(k, "items")
        if match is not None:
            later = doc.at(match.j, "items")  # "mail recordings", "image files": the last noun is what is counted
            modality = match.facts.get("modality") or (later.facts.get("modality") if later else None)
            return (later.j if later else match.j), str(modality or "")
        if (
            (doc.text(k) in _STOP and doc.text(k) != "的" and not _joins(doc, k, j))
            or doc.tokens[k].is_number
            or doc.text(k) in _SLOT_WORDS
        ):
            return None
        elided = doc.text(k + 1) == "'"  # the d of "un million d'images" is no day
        if k in doc.names or (not elided and doc.any_at(k, _MEASURES)):
            return None
        if doc.any_at(k, ("cue",), ("tokens", "node", "concurrency", "gpu")):
            return None
    return None


def _joins(doc: Doc, k: int, j: int) -> bool:
    """Say whether token k joins two words that describe what is counted from token j on: "German and English texts"."""
    before, after = doc.text(k - 1), doc.text(k + 1)
    return doc.text(k) in _AND and k > j and before.isalpha() and after.isalpha() and not before.endswith("s")


def _past_length(doc: Doc, j: int) -> int:
    """Return the token after what tells how long each item is, if it stands at token j: "60k five-second clips"."""
    number = doc.number_from.get(j)
    hyphen = number.j if number is not None else -1
    return hyphen + 2 if doc.text(hyphen) == "-" and doc.tokens[hyphen].glued and doc.text(hyphen + 1).isalpha() else j


def _is_rate(doc: Doc, number: Number, j: int) -> bool:
    """Say whether the items come per time, at once or in one request, and are no dataset."""
    for k in range(j, min(j + 4, len(doc.tokens))):
        if doc.sentence[k] != doc.sentence[number.i]:
            break
        match = doc.at(k, "per")
        if match is not None and match.id != "total":
            return True
        if doc.text(k) == "per" or doc.text(k) in (".", ",", ";"):
            break
    before = doc.ending(number.i, "per")
    return before is not None and before.id != "total"


def _of_speech(doc: Doc) -> bool:
    """Say whether the message is about speech, so that utterances are heard rather than read."""
    heard = any(task.id in _OF_SOUND or task.facts.get("domain") == "speech" for task in doc.all("task"))
    return heard or "speech" in domains_named(doc) or bool(doc.all("modality", "audio"))
