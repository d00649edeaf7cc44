"""Bounds from above on GPUs, which the spec has no fields for: "on one GPU", "at most 4 GPUs", "a 16 GB card", "under
24 GB of VRAM".

The spec has the figure, as a least; the words around it tell that it is the most, or all there is.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from services.orchestrator.domain.spec import WorkloadSpec

_NEAR: Final = 28
"""Characters before and behind a figure in which words bound it."""
_AT_MOST: Final = re.compile(
    r"(?<!\w)(?:at (?:the )?most|(?:no|not|never|nothing) (?:more|larger|bigger|higher) than|max(?:imum|imal\w*|\.)?"
    r"(?: of)?|up to|under|below|(?<!no )(?<!not )(?:less|fewer|smaller) than|within|limit\w*(?: to| of)?"
    r"|fits?(?: in(?:to)?| on)|capped at|only|just|<=?|≤|höchstens|bis zu|unter|weniger als|au plus|moins de|máximo"
    r"|menos de|hasta|al massimo|meno di|fino a|no máximo|até|hoogstens|minder dan|не более|до|最多|不超过|最大)"
    r"\s*:?\s*$",
    re.IGNORECASE,
)
_REFUSED: Final = re.compile(r"\b(?:no|not|never|nothing|don't|do not|without|kein\w*|nicht|aucune?|ningun\w*)\b", re.I)
"""What denies less is a floor: "no card under 40 GB"."""
_OR_LESS: Final = re.compile(
    r"^[\s\w]{0,12}?[\s,(]*(?:at (?:the )?most|max(?:imum|\.)?\b|or (?:less|fewer|smaller|under|below)|tops\b"
    r"|and no more|is all\b|only\b|oder weniger|maximal|au maximum|como máximo|以内|以下)",
    re.IGNORECASE,
)
_AT_LEAST: Final = re.compile(
    r"(?<!\w)(?:at (?:the )?least|min(?:imum|destens|\.)?(?: of)?|from|more than|over|above|>=?|≥"
    r"|(?:no|not) (?:less|fewer) than|ab|au moins|al menos|almeno|pelo menos|minstens|не менее|至少)\s*:?\s*"
    r"(?:an?\s+|one\s+)?$",
    re.IGNORECASE,
)
_OR_MORE: Final = re.compile(
    r"^\s*(?:\+|[\s\w-]{0,16}?[\s,(]*(?:or (?:more|larger|bigger|better|above|so|two)|and (?:up|above)"
    r"|at (?:the )?least|minimum\b|oder mehr|ou plus|o más|o più|ou mais|以上))",
    re.IGNORECASE,
)
_OF_EACH: Final = re.compile(
    r"^[\s\w-]{0,16}?\b(?:per|each|for each|for every|pro|je|par|por)\b|\b(?:per|each)\s+\w*\s*$", re.IGNORECASE
)
_THE_CARD: Final = re.compile(
    r"(?:^|\s)(?:an?|one|single|1|my|our|this|that|the|eine[rnm]?|meine[rnm]?|unsere[rnm]?|une?|mon|ma|notre|una|uma|um|mi"
    r"|een|mijn)\s+(?:single\s+|old\s+|own\s+|consumer\s+|small\s+)?$",
    re.IGNORECASE,
)
_CARD: Final = re.compile(
    r"\b(?:gpu|card|graphics card|accelerator|grafikkarte|karte|carte(?: graphique)?|tarjeta|scheda|placa)\b(?!s)", re.I
)
_CARDS: Final = re.compile(r"\b(?:each|per|gpus|cards|accelerators|karten|cartes|tarjetas|schede|placas)\b", re.I)
"""Words by which memory is that of every card and not of all that one copy takes."""
_UNREAD: Final = re.compile(
    r"\bfits? (?:in(?:to)?|on|within) (?P<copy>\d{1,3}) ?gi?b\b(?! (?:of )?(?:ram|disk|storage|main)\b)"
    r"|\b(?:gpus?|cards?) (?:with|of) (?:at most|no more than|up to|max(?:imum)?(?: of)?) (?P<card>\d{1,3}) ?gi?b"
    r"\b",
    re.IGNORECASE,
)
"""A most that the spec does not have: it has the least of cards only."""


class Ceilings(NamedTuple):
    """The most of what may be used; None where that was not said."""

    gpus: int | None = None
    """GPUs over all machines."""
    card_gb: float | None = None
    """Memory of each GPU; cards are named after it, in round figures."""
    copy_gb: float | None = None
    """Memory of the GPUs that one copy of a service takes, or a run all together."""
    total_gb: float | None = None
    """Memory of all GPUs."""
    bare: tuple[str, ...] = ()
    """Fields of the spec whose figure is a most and no least."""

    @property
    def on_all(self) -> bool:
        """Tell whether all GPUs together are bounded, so that none is added under load."""
        return self.gpus is not None or self.total_gb is not None

    def floor(self, spec: WorkloadSpec, field: str) -> Any:
        """Return the least that a field of the spec asks for; None where it is none or a most alone."""
        return None if field in self.bare else getattr(spec, field)

    def exceeded(self, *, gpus: int, card_gib: float, of_copy: int) -> frozenset[str]:
        """Return the fields of the spec whose most so many GPUs exceed. of_copy: GPUs that one copy takes, of a run
        all."""
        told = (
            ("gpu_count_min", self.gpus, gpus),
            ("vram_gb_min_per_gpu", self.card_gb, card_gib),
            ("vram_gb_min_per_gpu", self.copy_gb, of_copy * card_gib),
            ("vram_gb_min_total", self.total_gb, gpus * card_gib),
        )
        return frozenset(field for field, most, used in told if most is not None and used > most)


NONE: Final = Ceilings()


def ceilings_of(spec: WorkloadSpec, words: str) -> Ceilings:
    """Return what is said to be the most of the figures that the spec has. words: the user's messages, one a line."""
    bare: list[str] = []
    gpus = card = copy = total = None
    if spec.gpu_count_min and (around := _around("gpu_count_min", spec, words)):
        most = _is_most(*around)
        one = spec.gpu_count_min == 1 and not _is_least(*around) and not _OF_EACH.search(around[2])
        if most or one:
            gpus = spec.gpu_count_min
            bare += ["gpu_count_min"] if most else []
    if (size := spec.vram_gb_min_per_gpu) and (around := _around("vram_gb_min_per_gpu", spec, words)):
        most = _is_most(*around)
        card = size if most or _is_card(*around) else None
        copy = size if most and not _CARDS.search(" ".join(around)) else None
        bare += ["vram_gb_min_per_gpu"] if most else []
    if (size := spec.vram_gb_min_total) and (around := _around("vram_gb_min_total", spec, words)) and _is_most(*around):
        total = size
        bare.append("vram_gb_min_total")
    if not (spec.vram_gb_min_per_gpu or spec.vram_gb_min_total) and (said := list(_UNREAD.finditer(words))):
        card = float(said[-1]["card"] or said[-1]["copy"])
        copy = card if said[-1]["copy"] else None
    return Ceilings(gpus, card, copy, total, tuple(bare))


def _around(field: str, spec: WorkloadSpec, words: str) -> tuple[str, str, str] | None:
    """Return what stands before, in and behind the words that set a field, where they were said last and the figure is
    theirs still."""
    origin = spec.origins.get(field)
    if origin is None or origin.kind != "explicit" or not origin.words:
        return None
    at = words.rfind(origin.words)
    if at < 0:
        return None
    end = at + len(origin.words)
    before = re.split(r"[.;!?\n]\s", words[max(0, at - _NEAR) : at])[-1]
    behind = re.split(r"[.;!?\n](?:\s|$)", words[end : end + _NEAR])[0]
    return before, origin.words, behind


def _is_most(before: str, figure: str, behind: str) -> bool:
    bound = _AT_MOST.search(before) or _AT_MOST.search(re.split(r"\d", figure)[0])
    refused = bound and _REFUSED.search(before[: bound.start()] if bound.string is before else before)
    return bool((bound and not refused) or _OR_LESS.search(behind)) and not _OR_MORE.search(behind)


def _is_least(before: str, figure: str, behind: str) -> bool:
    return bool(_AT_LEAST.search(before) or _AT_LEAST.search(re.split(r"\d", figure)[0]) or _OR_MORE.search(behind))


def _is_card(before: str, figure: str, behind: str) -> bool:
    """Tell whether one card is spoken of by its size: "a 16 GB GPU", "my 24 GB card"."""
    named = _CARD.search(figure) or re.match(rf"[\s-]*(?:\w+[\s-]+){{0,2}}?{_CARD.pattern}", behind, re.IGNORECASE)
    return bool(named and _THE_CARD.search(before)) and not _is_least(before, figure, behind)
