"""GPU types wanted and rejected, and whether a GPU is wanted at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.denial import hopeless
from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc, once
from services.orchestrator.domain.understanding.fate import is_gone, is_out_of_reach
from services.orchestrator.domain.understanding.gpu_counts import read_counts
from services.orchestrator.domain.understanding.gpu_memory import read_memory
from services.orchestrator.domain.understanding.lacking import unavailable
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.past import on_the_desk, outdone, rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated, replaced, turned_down

_NOT_BARE_BEFORE: Final = words("gpus.not_bare_before")
_NOT_BARE_AFTER: Final = words("gpus.not_bare_after")
_WHETHER: Final = words("gpus.whether")
_WITH: Final = words("gpus.with_memory")
_BESIDE: Final = 5
_ADJECTIVES: Final = 2
_LESS: Final = words("gpus.less")
_OR: Final = words("sizes.or")
_ARTICLES: Final = words("gpus.articles")
_ASKING_FOR: Final = words("gpus.asking_for")
_SEARCHING: Final = ("looking", "searching", "asking", "shopping", "look", "hunting")
_NO_GPU_CARDS: Final = words("gpus.no_gpu_cards")
_MAKERS: Final = {"amd": "amd", "tpu": "google", "tpus": "google"}
"""Makers by the words that mean every accelerator of theirs."""
_CPUS: Final = frozenset({"epyc", "ryzen", "cpu", "cpus", "processor", "processors", "threadripper"})
_CARD: Final = re.compile(r"card|kart|tarjet|sched|plac|cart|видео|卡|بط|カード")
"""Words for cards: "no cards" is no refusal of GPUs as such."""


def read_gpus(doc: Doc) -> Iterator[Mention]:
    """Read GPU types, counts and memory."""
    wanted: list[Match] = []
    for match in doc.all_names("gpu"):
        name, end = _with_memory(doc, match)
        if unavailable(doc, match.i):
            continue
        if is_out_of_reach(doc, match.i) and not turned_down(doc, match.i):
            yield Mention("gpu_models", name, match.i, end, negated=True)
            continue
        if negated(doc, match.i, end):
            if not replaced(doc, match.i, end):
                yield Mention("gpu_models_excluded", name, match.i, end)
            yield Mention("gpu_models", name, match.i, end, negated=True)
            continue
        if outdone(doc, match.i) or _any_will_do(doc, match):
            yield Mention("gpu_models", name, match.i, end, negated=True)
            continue
        if is_gone(doc, match.i):
            yield Mention("gpu_models", name, match.i, end, negated=True)
            continue
        if rejected_as_past(doc, match.i) or on_the_desk(doc, match.i, match.j) or _is_priced(doc, match.i, end):
            continue
        wanted.append(match if end == match.j else match._replace(j=end))
        yield Mention("gpu_models", name, match.i, end)
        yield Mention("gpu_needed", True, match.i, end, implied=True)
    if not wanted:
        yield from _of_maker(doc)
    yield from read_counts(doc, wanted)
    yield from read_memory(doc)
    yield from _needed(doc)


def _is_priced(doc: Doc, i: int, j: int) -> bool:
    """Say whether the price of a GPU is told: "Lambda lists the H100", "H100s go for $2"; not "we'd go for H100"."""
    told = doc.near(i, j, "money", "other", before=0, after=0)
    if doc.text(doc.sentence_span(i)[-1]) == "?":
        return False  # "what would two A100 cost for serving Yi 34B?"
    return told is not None and not (told.j <= i and doc.text(told.i) == "go")


def _of_maker(doc: Doc) -> Iterator[Mention]:
    """Read "on AMD GPUs" or "on TPUs" as all of that maker, where none is named. What most GPUs are needs no saying."""
    for i in (n for n in range(len(doc.tokens)) if doc.text(n) in _MAKERS):
        alone = doc.text(i - 1) in ("on", "only") or doc.text(i + 1) == "only"
        if doc.text(i + 1) in _CPUS or not (alone or doc.near(i, i + 1, "cue", "gpu", before=0, after=2)):
            continue
        if doc.text(doc.sentence_span(i)[-1]) == "?" or rejected_as_past(doc, i):
            continue
        denied = negated(doc, i, i + 1)
        for name in _names_of(_MAKERS[doc.text(i)]):
            yield Mention("gpu_models_excluded" if denied else "gpu_models", name, i, i + 1)
        if not denied:
            yield Mention("gpu_needed", True, i, i + 1, implied=True)


@cache
def _names_of(maker: str) -> tuple[str, ...]:
    return tuple(row["name"] for row in lexicon.rows("gpus") if row["vendor"] == maker)


def _any_will_do(doc: Doc, match: Match) -> bool:
    """Say whether the sentence leaves the type open: "any card"; "without any GPU" does not."""
    return doc.sentence[match.i] in _left_open(doc)


@once
def _left_open(doc: Doc) -> frozenset[int]:
    """Return the sentences in which any type of GPU will do."""
    denied = partial(doc.any_between, "negation")
    lifted = (m for m in doc.all("lifted", "card") if not negated(doc, m.i, m.j) and not denied(m.i - 1, m.i + 1))
    return frozenset(doc.sentence[m.i] for m in lifted)


@cache
def _memory_variants() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for row in lexicon.rows("gpus"):
        base, dash, memory = row["name"].rpartition("-")
        if dash and memory.endswith("GB"):
            found.setdefault(base, set()).add(int(memory[:-2]))
    return {k: frozenset(v) for k, v in found.items()}


def _with_memory(doc: Doc, match: Match) -> tuple[str, int]:
    """Return the GPU's name with the memory that stands beside it, as in "A100 (80 GB)", and where that ends."""
    name, end = match.id, match.j
    variants = _memory_variants().get(name)
    for number in doc.numbers_around(match.i, match.j, reach=_BESIDE):
        unit = doc.at(number.j, "bytes") or (doc.at(number.j + 1, "bytes") if doc.text(number.j) == "-" else None)
        bare_g = doc.text(number.j) == "g" and doc.tokens[number.j].glued
        if not bare_g and (unit is None or unit.id not in ("gb", "gib")):
            continue
        unit_end = unit.j if unit else number.j + 1
        between = doc.tokens[match.j : number.i]
        after = 0 <= number.i - match.j <= 3 and all(t.text in _WITH for t in between)
        before = 0 <= match.i - unit_end <= 2 and all(
            t.text in ("-", "nvidia", ")", "的", "vram", "tesla") for t in doc.tokens[unit_end : match.i]
        )
        if (after or before) and doc.sentence[number.i] == doc.sentence[match.i]:
            memory = _memory_of(name)
            if variants and number.value in variants:
                doc.claim(number)
                return f"{name}-{int(number.value)}GB", max(end, unit_end) if after else end
            if memory and abs(memory - number.value) < 1:
                doc.claim(number)
                return name, max(end, unit_end) if after else end
    return name, end


@cache
def _memories() -> dict[str, float]:
    return {row["name"]: float(row["memory_gb"]) for row in lexicon.rows("gpus") if row["memory_gb"]}


def _memory_of(name: str) -> float | None:
    return _memories().get(name)


def _needed(doc: Doc) -> Iterator[Mention]:
    for match in doc.all("cpu_only"):
        left_open = doc.text(match.i - 1) in _OR  # "GPU or no GPU, you tell me"
        if not left_open and not negated(doc, match.i, match.j) and not hopeless(doc, match.i, match.j):
            yield Mention("gpu_needed", False, match.i, match.j)
    for match in doc.all("cue", "gpu"):
        counted = doc.tokens[match.i - 1].is_number if match.i else False
        if doc.text(match.i - 2) in _OR and negated(doc, match.i, match.j):
            continue
        if doc.text(match.j) in _LESS or (doc.text(match.j).isalpha() and doc.text(match.j + 1) in _LESS):
            continue  # "no GPU smaller than 32 GB" refuses the small ones
        if negated(doc, match.i, match.j) and not counted and not unavailable(doc, match.i) and _bare_gpu(doc, match):
            if hopeless(doc, match.i, match.j):
                continue
            yield Mention("gpu_needed", False, match.i, match.j)
        elif not counted and _asks_for_one(doc, match) and not _asks_whether(doc, match):
            yield Mention("gpu_needed", True, match.i, match.j)
    for match in doc.all("gpu_need"):
        denials = doc.between("negation", match.i - LONGEST_CUE, match.i, "before")
        denied = any(match.i < m.j for m in denials)  # "don't need a GPU"
        spared = doc.between("cpu_only", match.i - LONGEST_CUE, match.i + 1)
        denied = denied or any(match.i < m.j for m in spared)  # "GPU 필요 없어요"
        against = denied or negated(doc, match.i, match.j) or rejected_as_past(doc, match.i)
        if not against and not _asks_whether(doc, match) and not _asks_what_is_there(doc, match):
            yield Mention("gpu_needed", True, match.i, match.j)


def _asks_for_one(doc: Doc, match: Match) -> bool:
    """Say whether it reads "need a modern card", "looking for some newer GPU"."""
    k = match.i - 1
    while match.i - k <= _ADJECTIVES and doc.text(k).isalpha() and doc.text(k) not in _ARTICLES:
        k -= 1
    sought = doc.text(k - 1) in _ASKING_FOR or (doc.text(k - 1) == "for" and doc.text(k - 2) in _SEARCHING)
    other = any(doc.text(n) in _NO_GPU_CARDS for n in range(k, match.i))
    return doc.text(k) in _ARTICLES and sought and not other and not negated(doc, match.i, match.j)


def _asks_whether(doc: Doc, match: Match) -> bool:
    """Say whether the sentence asks if a GPU is needed at all."""
    sentence = doc.sentence_span(match.i)
    first = doc.text(sentence[0])
    asks = first in _WHETHER or (first in ("is", "are") and doc.text(sentence[0] + 1) != "there")
    return doc.text(sentence[-1]) == "?" and asks


def _asks_what_is_there(doc: Doc, match: Match) -> bool:
    """Say whether it reads "which GPU is in the edge box?"."""
    asked = doc.text(match.i) in ("which", "what") and doc.text(match.j) in ("is", "are", "sits")
    return asked and doc.text(match.j + 1) in ("in", "inside", "installed", "there")


def _bare_gpu(doc: Doc, match: Match) -> bool:
    """Say whether "no GPUs" speaks of GPUs as such, not of a kind of them ("no consumer cards")."""
    kind_named = doc.text(match.i - 1) in _NOT_BARE_BEFORE or doc.text(match.j) in _NOT_BARE_AFTER
    return not kind_named and _CARD.match(doc.text(match.i)) is None
