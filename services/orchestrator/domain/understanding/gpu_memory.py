"""How much memory the GPUs need: "24 GB of VRAM each", "a 48gb card", "640 GB of vram in total"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.past import on_the_desk, rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated

_THAN: Final = words("polarity.than")
_LESS: Final = words("gpus.less")
_TOTAL: Final = words("gpus.total")
_SMALL_WORDS: Final = words("gpus.memory_small_words")
_CARDS: Final = ("gpu", "card", "accelerator", "kart", "carte", "kaart", "tarjeta", "scheda", "placa", "卡", "карт")
_OF: Final = ("of", "an", "de", "di", "van")
_ENOUGH: Final = words("gpus.enough")
_SOMETHING: Final = words("gpus.something")
_OF_A_CARD: Final = (8, 400)
"""The gigabytes that a card may have."""
_MOST_CARDS: Final = 1024
_BESIDE: Final = 8
_EACH_BEFORE: Final = 4
"""How far "each needs at least" may stand before its number."""
_NEEDS: Final = tuple(tuple(p.split()) for p in ("needs", "must have", "must offer", "has to have", "should have"))
_CLOSED: Final = frozenset(".,;!)")
_BEFORE_CARD: Final = words("gpus.before_card")
_GIGABYTES: Final = ("gb", "gib", "g", "gigs", "gig")


def read_memory(doc: Doc) -> Iterator[Mention]:
    """Read GPU memory: "24 GB of VRAM each", "a 48gb card", "640 GB of vram in total"."""
    if not doc.speaks_of("bytes", "cue") and "g" not in doc.spoken:
        return
    for number in list(doc.free_numbers()):
        end, gb = _bytes_at(doc, number)
        bare = end is None
        if bare:
            end, gb = _bare(doc, number)
        if end is None or gb is None or not 2 <= gb <= 100_000:
            continue
        vram = doc.near(number.i, end, "cue", "vram", before=5, after=4) or _summed(doc, number)
        card = _card_at(doc, end)
        each = doc.near(number.i, end, "cue", "each", before=_EACH_BEFORE, after=5)
        gpu = doc.near(number.i, end, "cue", "gpu", before=_BESIDE, after=4) or doc.near(
            number.i, end, "gpu", before=4, after=4
        )
        if doc.text(end) in _OF and any(
            doc.near(number.i, end, "cue", c, before=0, after=3) for c in ("data", "tokens")
        ):
            continue  # "a network on 600 GB of scans"
        if doc.near(number.i, end, "cue", "ram", before=2, after=2) and not (vram and doc.text(vram.j - 1) != "ram"):
            doc.claim(number)
            continue
        of_each = each is not None and of_each_card(doc, each)
        of_data = doc.near(number.i, end, "cue", "data", before=2, after=0)
        times = _times(doc, number)
        of_those = each is not None and not of_data and (gpu or _of_those_named(doc, number, each))
        told = bare or times or vram or card or of_each or of_those
        floor = gpu is not None and _is_floor(doc, number) and negated(doc, number.i, end)
        if not (told or floor or _gpu_with(doc, number) or _something_with(doc, number) or _enough_memory(doc, end)):
            continue
        doc.claim(number)
        if (
            any(rejected_as_past(doc, k) for k in (number.i, end - 1))
            or on_the_desk(doc, number.i, end)
            or (negated(doc, number.i, end) and not _is_floor(doc, number))
        ):
            continue
        total = any(
            doc.text(k) in _TOTAL
            for k in range(max(0, number.i - 8), min(end + 8, len(doc.tokens)))
            if doc.sentence[k] == doc.sentence[number.i]
        )
        total = total and not each
        if times is not None:
            doc.claim(times)
            yield Mention("gpu_count_min", int(times.value), times.i, end)
        yield Mention("vram_gb_min_total" if total else "vram_gb_min_per_gpu", gb, number.i, end)
        yield Mention("gpu_needed", True, number.i, end, implied=True)


def _summed(doc: Doc, number: Number) -> Match | None:
    """Return the word for memory of "the VRAM of the whole box must add up to 1128 GB"."""
    summed = any(doc.text(k) in _TOTAL or doc.text(k) == "add" for k in range(max(0, number.i - 3), number.i))
    cues = doc.all("cue", "vram") if summed else []
    return next((m for m in cues if doc.clause[m.i] == doc.clause[number.i]), None)


def _is_floor(doc: Doc, number: Number) -> bool:
    """Say whether it reads "no card under 40 GB", "don't go below 24 GB": what is denied is less, and not that much."""
    k = number.i - 1 if doc.text(number.i - 1) in _THAN else number.i
    return any(doc.ending(n, "bound", "upper") is not None or doc.text(n - 1) in _LESS for n in {k, number.i})


def _times(doc: Doc, number: Number) -> Number | None:
    """Return the count of "2x80GB": so many cards of so much memory, in a message about models."""
    count = doc.number_to.get(number.i - 1) if doc.text(number.i - 1) in ("x", "*", "×") else None
    fits = count is not None and _whole(count, 1, _MOST_CARDS + 1) and _whole(number, *_OF_A_CARD)
    about = doc.all_names("family") or doc.all_names("gpu") or doc.all("action") or doc.billions
    return count if fits and about and count is not None and count.i not in doc.claimed else None


def _whole(number: Number, least: int, end: int) -> bool:
    """Say whether a number is a whole one from least to before end; asking a range goes through all of it."""
    return least <= number.value < end and number.value == int(number.value)


def _of_those_named(doc: Doc, number: Number, each: Match) -> bool:
    """Say whether "each needs at least 48 GB" speaks of the cards that the message named before."""
    inside = doc.sentence_span(number.i)
    others = any(doc.any_between(kind, inside[0], inside[-1] + 1) for kind in ("items", "modality", "people"))
    beside = each.j <= number.i or doc.text(each.i - 1) in _GIGABYTES  # "And 80GB each, not 40"
    return beside and not others and bool(doc.all("cue", "gpu") or doc.all("lifted", "card"))


def of_each_card(doc: Doc, each: Match) -> bool:
    """Say whether the words for each name cards: "per GPU", "par carte"."""
    return any(word in doc.words(each.i, each.j).lower() for word in _CARDS)


def _something_with(doc: Doc, number: Number) -> bool:
    """Say whether it reads "something with (at least) 48 gigs" in a message about models or GPUs."""
    k = number.i - 1
    while k > 0 and doc.text(k) in _SMALL_WORDS:
        k -= 1
    about = doc.all_names("family") or doc.all_names("gpu") or doc.all("cue", "gpu") or doc.all("cue", "vram")
    return k < number.i - 1 and doc.text(k) in _SOMETHING and bool(about)


def _enough_memory(doc: Doc, end: int) -> bool:
    """Say whether it reads "16 gig is enough" in a message about GPUs."""
    if doc.text(end) in _ENOUGH and doc.billions and not doc.all("cue", "data"):
        return True  # "is 24 GB enough for a 13B model?"
    enough = doc.at(end, "positive") or doc.at(end + 1, "positive")
    return enough is not None and bool(doc.all_names("gpu") or doc.all("cue", "gpu")) and not doc.all("cue", "data")


def _bare(doc: Doc, number: Number) -> tuple[int | None, float | None]:
    """Read "80 per card, please" where memory was spoken of before it."""
    if _after_memory(doc, number):
        return number.j, number.value
    each = doc.at(number.j, "cue", "each")
    spoken = doc.all("cue", "vram") or doc.all("bytes", "gb")
    if not spoken or not _whole(number, *_OF_A_CARD):
        return None, None
    if each is None:  # "12 GB won't do, we want cards with 24"
        closed = doc.text(number.j) in ("", ".", ",", ";", "!", "please", "instead")
        return (number.j, number.value) if closed and _gpu_with(doc, number) else (None, None)
    of_cards = of_each_card(doc, each) or doc.all("cue", "vram") or _measures_cards(doc)
    return (each.i, number.value) if of_cards else (None, None)


@once
def _measures_cards(doc: Doc) -> bool:
    """Say whether any bytes are those of a card."""
    return any(_card_at(doc, unit.j) for unit in doc.all("bytes"))


def _after_memory(doc: Doc, number: Number) -> bool:
    """Say whether it reads "VRAM total 320 or more": figures of GPU memory go without their unit."""
    if not doc.any_between("cue", 0, number.i, "vram"):
        return False
    k = number.i - 1
    while k > 0 and (doc.text(k) in _TOTAL or doc.text(k) in _SMALL_WORDS or doc.text(k) == ":"):
        k -= 1
    closed = doc.text(number.j) in ("", ".", ",", ";", "or", "and", "please", "minimum", "in", "total")
    whole = number.value >= _OF_A_CARD[0] and number.value == int(number.value)
    return (
        whole and closed and doc.ending(k + 1, "cue", "vram") is not None and doc.sentence[k] == doc.sentence[number.i]
    )


def _bytes_at(doc: Doc, number: Number) -> tuple[int | None, float | None]:
    k = number.j + 1 if doc.text(number.j) == "-" else number.j
    unit = doc.at(k, "bytes")
    if unit is not None and unit.id in ("gb", "gib"):
        return unit.j, round(number.value * float(unit.facts["gb"]), 9)
    if unit is not None and unit.id in ("tb", "tib"):
        spoken_of = doc.near(number.i, unit.j, "cue", "vram", before=6, after=4)
        return (unit.j, number.value * 1000) if spoken_of else (None, None)
    if doc.text(k) == "g" and doc.tokens[k].glued and doc.text(k + 1) != "/":
        return k + 1, number.value
    return None, None


def _card_at(doc: Doc, k: int) -> bool:
    """Say whether the memory describes the card it stands before: "a 24gb card", "48 GB GPUs"."""
    for step in range(3):
        if doc.at(k + step, "cue", "gpu") is not None:
            return True
        if doc.text(k + step) not in _BEFORE_CARD:
            return False
    return False


def _needing(doc: Doc, number: Number) -> bool:
    """Say whether it reads "its card needs 32 gigs", "the GPU must have at least 24 GB"."""
    bound = doc.ending(number.i, "bound", "lower")
    k = bound.i if bound is not None else number.i
    phrase = next((p for p in _NEEDS if all(doc.text(k - len(p) + n) == w for n, w in enumerate(p))), None)
    after = doc.at(number.j, "bytes")
    closed = after is not None and (doc.text(after.j) in _CLOSED or not doc.text(after.j))
    return phrase is not None and closed and doc.ending(k - len(phrase), "cue", "gpu") is not None


def _gpu_with(doc: Doc, number: Number) -> bool:
    """Say whether the number follows "GPU with (at least)"."""
    k = number.i - 1
    for _ in range(7):
        if k < 0 or doc.sentence[k] != doc.sentence[number.i]:
            return False
        if k == number.i - 1 and _needing(doc, number):
            return True
        if doc.ending(k + 1, "cue", "gpu") is not None or doc.ending(k + 1, "gpu") is not None:
            return True
        if doc.text(k) not in _SMALL_WORDS and doc.at(k, "bound", "lower") is None:
            return False
        k -= 1
    return False
