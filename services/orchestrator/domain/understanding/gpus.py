"""GPUs: types, how many, how much memory; owned, wanted or rejected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.polarity import negated, rejected_as_past, replaced

_MOST = 20_000
_THEM = (("of", "them"), ("of", "those"), ("of", "these"), ("von", "denen"), ("de", "ellas"), ("de", "ellos"))
_ADJECTIVES: Final = words("gpus.adjectives")
_BOXES = {"dgx": 8, "hgx": 8}
_IS_ENOUGH: Final = words("gpus.is_enough")


_NOT_BARE_BEFORE: Final = words("gpus.not_bare_before")
_NOT_BARE_AFTER: Final = words("gpus.not_bare_after")
_CARD: Final = re.compile(r"card|kart|tarjet|sched|plac|cart|видео|卡|بط|カード")
"""Words for cards: "no cards" is no refusal of GPUs as such."""


def read_gpus(doc: Doc) -> Iterator[Mention]:
    """Read GPU types, counts and memory."""
    wanted: list[Match] = []
    for match in doc.all_names("gpu"):
        name, end = _with_memory(doc, match)
        if _unavailable(doc, match.i):
            continue
        if negated(doc, match.i, end):
            if not replaced(doc, match.i, end):
                yield Mention("gpu_models_excluded", name, match.i, end)
            yield Mention("gpu_models", name, match.i, end, negated=True)
            continue
        if rejected_as_past(doc, match.i) or doc.near(match.i, end, "money", "other", before=0, after=0):
            continue
        wanted.append(match._replace(j=end))
        yield Mention("gpu_models", name, match.i, end)
        yield Mention("gpu_needed", True, match.i, end, implied=True)
    yield from _counts(doc, wanted)
    yield from _memory(doc)
    yield from _needed(doc)


def _unavailable(doc: Doc, i: int) -> bool:
    return doc.near(i, i + 1, "negation", "unavailable", before=5, after=2) is not None


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
    for number in doc.numbers:
        unit = doc.at(number.j, "bytes") or (doc.at(number.j + 1, "bytes") if doc.text(number.j) == "-" else None)
        bare_g = doc.text(number.j) == "g" and doc.tokens[number.j].glued
        if not bare_g and (unit is None or unit.id not in ("gb", "gib")):
            continue
        unit_end = unit.j if unit else number.j + 1
        between = doc.tokens[match.j : number.i]
        after = 0 <= number.i - match.j <= 3 and all(
            t.text in ("(", "-", "with", "w", "/", "mit", "avec", "con", "com", "z", "的", ",", "à", "a")
            for t in between
        )
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


def _counts(doc: Doc, wanted: list[Match]) -> Iterator[Mention]:
    starts = {m.i: m for m in wanted}
    for number in list(doc.free_numbers()):
        if number.value != int(number.value) or not 1 <= number.value <= _MOST or number.billions:
            continue
        end = _gpu_after(doc, number.j, starts)
        if end is None or _per_something_else(doc, number, end):
            continue
        if negated(doc, number.i, end) or _unavailable(doc, number.i) or rejected_as_past(doc, number.i):
            doc.claim(number)
            continue
        doc.claim(number)
        count = int(number.low) if number.low and number.low == int(number.low) else int(number.value)
        count = int(number.value) if number.low is None else count
        total = count * _nodes(doc, number, end)
        yield Mention("gpu_count_min", total, number.i, end)
        yield Mention("gpu_needed", True, number.i, end, implied=True)
    yield from _counts_after(doc, wanted)
    yield from _single(doc, wanted)
    yield from _of_them(doc)


def _gpu_after(doc: Doc, j: int, starts: dict[int, Match]) -> int | None:
    """Return the end of the GPU that the number just before token j counts, or None."""
    for k in range(j, min(j + 6, len(doc.tokens))):
        if match := starts.get(k):
            return match.j
        if (cue := doc.at(k, "cue", "gpu")) is not None and k not in doc.names:
            return cue.j
        if doc.at(k, "bytes") is not None:
            if k == j:
                return None
            continue
        number_between = doc.tokens[k].is_number and k > j and doc.at(k + 1, "bytes") is not None
        if doc.text(k) in _BOXES or (doc.text(k) not in _ADJECTIVES and not number_between and doc.text(k) != "x"):
            return None
    return None


def _per_something_else(doc: Doc, number: Number, end: int) -> bool:
    """Say whether the number belongs to something before it, such as the 4 of "Llama 4 GPU" or hours of GPU time."""
    following = doc.text(end)
    return (
        following in ("hours", "hour", "h", "days", "memory", "ram")
        and doc.tokens[end].start - doc.tokens[end - 1].end <= 1
    )


def _nodes(doc: Doc, number: Number, end: int) -> int:
    """Return by how many nodes the GPUs multiply: "2 nodes of 8 GPUs", "4 machines with 8 H100 each"."""
    for other in doc.free_numbers():
        if other.i == number.i or doc.sentence[other.i] != doc.sentence[number.i] or other.value != int(other.value):
            continue
        node = next((m for k in range(other.j, other.j + 3) if (m := doc.at(k, "cue", "node"))), None)
        if node is None or not 1 <= other.value <= 2000:
            continue
        gap = number.i - node.j if node.j <= number.i else other.i - end
        if 0 <= gap <= 4 and not any(
            doc.text(k) in (".", ";", "and", "und", "et", "y") for k in range(min(node.j, end), max(number.i, other.i))
        ):
            if other.i > number.i and doc.near(other.i, node.j, "cue", "each", before=0, after=0):
                continue
            doc.claim(other)
            return int(other.value)
    return 1


def _counts_after(doc: Doc, wanted: list[Match]) -> Iterator[Mention]:
    """Read counts that follow: "H100 x8", "A100s: 4", "GPU数 4", "gpus: 8"."""
    spans = [(m.i, m.j) for m in wanted] + [(m.i, m.j) for m in doc.all("cue", "gpu")]
    for i, j in spans:
        k = j
        sign = doc.text(k)
        if sign in ("x", "*", ":", "=", "を", "が") or (sign in ("sxm",) and doc.text(k + 1) == "x"):
            number = next((n for n in doc.free_numbers() if n.i == k + 1), None)
        else:
            number = next(
                (
                    n
                    for n in doc.free_numbers()
                    if n.i == k
                    and doc.text(n.j)
                    in (
                        "枚",
                        "台",
                        "張",
                        "张",
                        "块",
                        "장",
                        "개",
                        "대",
                        "基",
                        "adet",
                        "tane",
                        "штук*",
                        "шт",
                        "stuck",
                        "stuks",
                        "sztuk",
                        "sztuki",
                    )
                ),
                None,
            )
        if number is None or number.value != int(number.value) or not 1 <= number.value <= _MOST:
            continue
        if doc.at(number.j, "bytes") or negated(doc, i, j):
            continue
        doc.claim(number)
        yield Mention("gpu_count_min", int(number.value) * _nodes(doc, number, number.j), i, number.j)
        yield Mention("gpu_needed", True, i, number.j, implied=True)


def _single(doc: Doc, wanted: list[Match]) -> Iterator[Mention]:
    """Read counts said in another way: "one is enough", "a single card", "a DGX H100", "dual 3090"."""
    words = {
        "single": 1,
        "dual": 2,
        "quad": 4,
        "octo": 8,
        "einzelne": 1,
        "unique": 1,
        "pair": 2,
        "einzige": 1,
        "unico": 1,
        "unica": 1,
    }
    for match in wanted:
        for k in range(max(0, match.i - 3), match.i):
            word = doc.text(k)
            if word in words and not doc.near(match.i, match.j, "negation", "before", before=3, after=0):
                yield Mention("gpu_count_min", words[word], k, match.j)
            elif word in _BOXES:
                yield Mention("gpu_count_min", _BOXES[word] * _boxes_before(doc, k), k, match.j)
    for k, token in enumerate(doc.tokens):
        if token.text in _BOXES and k not in doc.names and not any(abs(m.i - k) <= 3 for m in wanted):
            yield Mention("gpu_count_min", _BOXES[token.text] * _boxes_before(doc, k), k, k + 1)
            yield Mention("gpu_needed", True, k, k + 1, implied=True)
    spoken = wanted or doc.all("cue", "gpu") or doc.all("gpu_need")
    if spoken:
        for number in list(doc.free_numbers()):
            if (
                number.written
                and doc.text(number.j) in _IS_ENOUGH
                and doc.near(number.j, number.j + 1, "positive", before=0, after=2)
            ):
                doc.claim(number)
                yield Mention("gpu_count_min", int(number.value), number.i, number.j)


def _of_them(doc: Doc) -> Iterator[Mention]:
    """Read "two of them" after a GPU was named."""
    if not (doc.all_names("gpu") or doc.all("cue", "gpu")):
        return
    for number in list(doc.free_numbers()):
        following = (doc.text(number.j), doc.text(number.j + 1))
        if following in _THEM and doc.text(number.j + 2) in ("", ".", ",", ";", "please") and number.value <= _MOST:
            doc.claim(number)
            yield Mention("gpu_count_min", int(number.value), number.i, number.j)


def _boxes_before(doc: Doc, k: int) -> int:
    number = next(
        (n for n in doc.free_numbers() if n.j in (k, k - 1) and n.value == int(n.value) and n.value < 500), None
    )
    if number is None:
        return 1
    doc.claim(number)
    return int(number.value)


_TOTAL: Final = words("gpus.total")


def _memory(doc: Doc) -> Iterator[Mention]:
    """Read GPU memory: "24 GB of VRAM each", "a 48gb card", "640 GB of vram in total"."""
    for number in list(doc.free_numbers()):
        end, gb = _bytes_at(doc, number)
        if end is None or gb is None or not 2 <= gb <= 100_000:
            continue
        vram = doc.near(number.i, end, "cue", "vram", before=5, after=4)
        card = _card_at(doc, end)
        each = doc.near(number.i, end, "cue", "each", before=1, after=5)
        gpu = doc.near(number.i, end, "cue", "gpu", before=4, after=4) or doc.near(
            number.i, end, "gpu", before=4, after=4
        )
        if doc.near(number.i, end, "cue", "ram", before=2, after=2) and not (vram and doc.text(vram.j - 1) != "ram"):
            doc.claim(number)
            continue
        if not (vram or card or (each and gpu) or _gpu_with(doc, number) or _enough_memory(doc, end)):
            continue
        doc.claim(number)
        if rejected_as_past(doc, number.i) or negated(doc, number.i, end):
            continue
        total = any(
            doc.text(k) in _TOTAL
            for k in range(max(0, number.i - 8), min(end + 6, len(doc.tokens)))
            if doc.sentence[k] == doc.sentence[number.i]
        )
        total = total and not each
        yield Mention("vram_gb_min_total" if total else "vram_gb_min_per_gpu", gb, number.i, end)
        yield Mention("gpu_needed", True, number.i, end, implied=True)


def _enough_memory(doc: Doc, end: int) -> bool:
    """Say whether it reads "16 gig is enough" in a message about GPUs."""
    enough = doc.at(end, "positive") or doc.at(end + 1, "positive")
    return enough is not None and bool(doc.all_names("gpu") or doc.all("cue", "gpu")) and not doc.all("cue", "data")


def _bytes_at(doc: Doc, number: Number) -> tuple[int | None, float | None]:
    k = number.j + 1 if doc.text(number.j) == "-" else number.j
    unit = doc.at(k, "bytes")
    if unit is not None and unit.id in ("gb", "gib"):
        return unit.j, number.value  # memory of GPUs is named in round binary figures, whatever the unit's spelling
    if unit is not None and unit.id in ("tb", "tib"):
        return (unit.j, number.value * 1000) if doc.near(number.i, unit.j, "cue", "vram", before=6, after=4) else (None, None)
    if doc.text(k) == "g" and doc.tokens[k].glued and doc.text(k + 1) != "/":
        return k + 1, number.value
    return None, None


def _card_at(doc: Doc, k: int) -> bool:
    """Say whether the memory describes the card it stands before: "a 24gb card", "48 GB GPUs"."""
    for step in range(3):
        if doc.at(k + step, "cue", "gpu") is not None:
            return True
        if doc.text(k + step) not in (
            "nvidia",
            "-",
            "consumer",
            "class",
            "or",
            "bigger",
            "larger",
            "的",
            "amd",
            "a",
            "small",
            "单",
        ):
            return False
    return False


def _gpu_with(doc: Doc, number: Number) -> bool:
    """Say whether the number follows "GPU with (at least)"."""
    k = number.i - 1
    for _ in range(7):
        if k < 0 or doc.sentence[k] != doc.sentence[number.i]:
            return False
        if doc.ending(k + 1, "cue", "gpu") is not None or doc.ending(k + 1, "gpu") is not None:
            return True
        if not (
            doc.text(k)
            in (
                "with",
                "having",
                "mit",
                "avec",
                "con",
                "com",
                "met",
                "z",
                "of",
                "at",
                "least",
                "has",
                "have",
                "than",
                "more",
                "least",
                "mindestens",
                "minimum",
                "min",
                "over",
                "a",
                "al",
                "menos",
                "au",
                "moins",
                "almeno",
                "pelo",
                "minstens",
                "co",
                "najmniej",
                "от",
                "не",
                "менее",
                "с",
                "至少",
                "that",
            )
            or doc.text(k) in (">", "=", "+")
        ):
            return False
        k -= 1
    return False


def _needed(doc: Doc) -> Iterator[Mention]:
    for match in doc.all("cpu_only"):
        if not negated(doc, match.i, match.j):
            yield Mention("gpu_needed", False, match.i, match.j)
    for match in doc.all("cue", "gpu"):
        if negated(doc, match.i, match.j) and not _unavailable(doc, match.i) and _bare_gpu(doc, match):
            yield Mention("gpu_needed", False, match.i, match.j)
    for match in doc.all("gpu_need"):
        if not negated(doc, match.i, match.j) and not rejected_as_past(doc, match.i):
            yield Mention("gpu_needed", True, match.i, match.j)


def _bare_gpu(doc: Doc, match: Match) -> bool:
    """Say whether "no GPUs" speaks of GPUs as such, not of a kind of them ("no consumer cards")."""
    kind_named = doc.text(match.i - 1) in _NOT_BARE_BEFORE or doc.text(match.j) in _NOT_BARE_AFTER
    return not kind_named and _CARD.match(doc.text(match.i)) is None
