"""Whether bytes measure data, rather than memory, disks, networks, a model, a file."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain import outflow
from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.numbers import Number

_NO_DATA_NOUNS: Final = words("sizes.no_data_nouns")
_FILES: Final = words("sizes.files")
_AFTER_FILE: Final = words("sizes.after_file")
_EACH: Final = frozenset({"each", "every", "per"})
_EACH_BEFORE: Final = words("sizes.each_before")
_IMAGES_TO_RUN: Final = frozenset({"docker", "container", "oci"})
_ENOUGH: Final = words("gpus.enough")
_EACH_REACH: Final = 3
_ATTACHING: Final = words("sizes.attaching")
_LARGEST_MAIL_GB: Final = 0.1
_MEMORY: Final = words("sizes.memory") | words("sizes.of_memory")
_DATA_REACH: Final = 3
_FILLED: Final = frozenset({"used", "free", "allocated", "full", "taken"})
_FILE_REACH: Final = 8
_LARGEST_FILE_GB: Final = 1.0
"""Up to this size, "documents up to 25 MB" is what one of them may have."""


def gigabytes(number: Number, unit: Match) -> float:
    """Return so many of a unit of bytes in decimal GB."""
    return round(number.value * float(unit.facts["gb"]), 9)


def measure_data(doc: Doc, number: Number, unit: Match) -> bool:
    """Say whether a number with its unit of bytes is the size of the data."""
    if doc.tokens[number.i].start in _leaving(doc):
        return False
    if gigabytes(number, unit) < _LARGEST_MAIL_GB and not doc.spoken.isdisjoint(_ATTACHING):
        return False  # "mail attached, 7 MB"
    if _other_bytes(doc, number, unit.j) or _of_a_file(doc, number) or _of_each_item(doc, number, unit):
        return False
    return _speaks_of_data(doc, number, unit.j) and not _of_each_source(doc, number, unit.j)


@once
def _leaving(doc: Doc) -> frozenset[int]:
    """Return where amounts stand that leave the cloud each month: "3 TB a month leave the cloud"."""
    return frozenset(begin for begin, *_ in outflow.spans(doc.raw))


def _of_a_file(doc: Doc, number: Number) -> bool:
    """Say whether the bytes are the size of a model, a container, a program: "the model must be small (<100MB)"."""
    first = max(doc.sentence_span(number.i).start, number.i - _FILE_REACH)
    for k in range(number.i - 1, first - 1, -1):
        word, before = doc.text(k), doc.text(k - 1)
        if word in _FILES or (word == "image" and before in _IMAGES_TO_RUN):
            return True
        if word in _AFTER_FILE or (word == ":" and before in _FILES) or doc.tokens[k].is_number:
            return False
        if doc.at(k, "cue", "data") or doc.at(k, "items"):
            return False
    return False


def _of_each_item(doc: Doc, number: Number, unit: Match) -> bool:
    """Say whether it reads "files of max 100 MB", "documents up to 25 MB", "64 scans, each about 5 GB"."""
    first = max(doc.clause_span(number.i).start, number.i - _EACH_REACH)
    if doc.any_word(_EACH_BEFORE, first, number.i) and doc.all("items"):
        return True
    bound = doc.ending(number.i, "bound", "upper")
    if bound is None or gigabytes(number, unit) > _LARGEST_FILE_GB:
        return False
    j = bound.i - (doc.text(bound.i - 1) in ("of", "(", "with", ","))
    item = doc.ending(j, "items")
    return item is not None and item.i not in doc.number_to


def _speaks_of_data(doc: Doc, number: Number, j: int) -> bool:
    """Say whether bytes that nothing else explains are data: by the words around, or in a message without GPUs."""
    if doc.near(number.i, j, "cue", "data", before=7, after=7) or doc.near(number.i, j, "modality", before=7, after=7):
        return True
    if doc.all("per", "hour") and not doc.all("task") and not doc.all("modality"):
        return False  # "under $1.10/hr with 24 gigs": that is a machine
    busy = any(doc.all("action", a) for a in ("training", "fine_tuning", "batch_inference", "rag")) or doc.all("task")
    return bool(busy) or not (doc.all_names("gpu") or doc.all("cue", "gpu"))


def _of_each_source(doc: Doc, number: Number, j: int) -> bool:
    """Say whether the bytes flow in per time from each of many: "each camera sends 12 GB a day"."""
    per = doc.at(j, "per")
    if per is None:
        return False
    clause = doc.clause_span(number.i)
    before, after = (clause.start, min(per.i, clause.stop)), (max(per.j, clause.start), clause.stop)
    return doc.any_word(_EACH, *before) or doc.any_word(_EACH, *after)


def _other_bytes(doc: Doc, number: Number, j: int) -> bool:
    """Say whether the bytes measure memory, disks, networks or a model rather than data."""
    ram = doc.near(number.i, j, "cue", "ram", before=3, after=3)
    on_disk = ram is not None and ram.i > j and doc.text(ram.i - 1) == "on"  # where data lie
    if ram is not None and not on_disk and not doc.near(number.i, j, "cue", "data", before=0, after=3):
        return True
    if doc.near(number.i, j, "per", "second", before=0, after=1) or doc.near(
        number.i, j, "cue", "vram", before=4, after=4
    ):
        return True
    if _of_capacity(doc, number, j) or _of_memory(doc, number, j):
        return True
    if doc.text(j) in _ENOUGH:
        return True  # "is 24 GB enough for Gemma 3 27B?"
    after = {doc.text(k) for k in range(j, min(j + 3, len(doc.tokens))) if doc.clause[k] == doc.clause[number.i]}
    return bool(after & _NO_DATA_NOUNS) and not doc.near(number.i, j, "cue", "data", before=0, after=3)


def _of_memory(doc: Doc, number: Number, j: int) -> bool:
    """Say whether the sentence speaks of memory, and nothing beside the bytes of data: "avail mem=78.58 GB"."""
    sentence = doc.sentence_span(number.i)
    if not doc.any_word(_MEMORY, sentence.start, sentence.stop):
        return False
    kinds = (("cue", "data"), ("modality", None), ("items", None))
    return not any(doc.near(number.i, j, kind, id_, before=_DATA_REACH, after=_DATA_REACH) for kind, id_ in kinds)


def _of_capacity(doc: Doc, number: Number, j: int) -> bool:
    """Say whether bytes are how full a memory or a disk is: "79 GiB used of 80 GiB"."""
    sentence = doc.sentence_span(number.i)
    if not doc.any_word(_FILLED, sentence.start, sentence.stop):
        return False
    of = j + (doc.text(j) in _FILLED)
    before = number.i - 1 - (doc.text(number.i - 2) in _FILLED)
    first = doc.text(of) == "of" and of + 1 in doc.number_from
    return first or (doc.text(number.i - 1) == "of" and doc.ending(before, "bytes") is not None)
