"""The memory that a wish says models must fit in, and the precision of their weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.models.domain.conditions.words import AT_MOST, Said, number, pattern

_GB: Final = r"(?P<gib>\d+(?:[.,]\d+)?) ?(?:gib|gb|go|гб)\b"
_GIB: Final = pattern(_GB)
_OF_MEMORY: Final = r"(?! of (?!v?ram|memory|gpu|video|graphics))"
_WORD: Final = r"(?:v?ram|memory|cards?|gpus?|graphics|video|speicher|karte|grafikkarte|carte|tarjeta|placa)"
_FIT: Final = r"\b(?:fit\w*|runs?|running|works?|passt|läuft|tient|cabe|entra|mieści\w*|помеща\w+)"
_WITHIN: Final = tuple(
    pattern(text)
    for text in (
        rf"{_FIT}(?: [\w']+){{0,5}}? ?{_GB}{_OF_MEMORY}",
        rf"{_GB}{_OF_MEMORY}(?: (?:of )?(?:gpu |video |graphics )?|-)?{_WORD}\b",
        rf"\b{_WORD} (?:with|of|has|holds|mit|de|von|avec) (?:\w+ )?{_GB}{_OF_MEMORY}",
        rf"\b(?:{AT_MOST}) {_GB}{_OF_MEMORY}",
        rf"[,;] {_GB}{_OF_MEMORY}(?=\s*(?:[,.;]|$|at|with|in|und|et))",
    )
)
"""What says that models must fit in so much memory."""
_AMOUNT: Final = pattern(
    rf"\b(?:(?:fit(?:s|ting)?|run(?:s|ning)?|works?) )?(?:(?:in|into|on|within|with|{AT_MOST}) )?"
    rf"(?:(?:an?|the|one|single|our|own) )*{_GB}(?: of\b)?(?: (?:gpu|video|graphics))?(?: {_WORD}\b)?"
)
"""Any amount of memory, with the words that belong to it."""
_SEVERAL: Final = pattern(
    r"\b(?:\d+ ?x|x ?\d+|two|three|four|eight|zwei|vier|deux|quatre|dos|each|cluster|nodes?|cards|gpus)\b"
)
"""Of several cards a model may take more than one."""
_PRECISIONS: Final = tuple(
    (pattern(rf"(?:\b(?:in|at|with) )?(?:{text})(?: precision\b)?"), precision)
    for text, precision in (
        (r"\bint ?4\b|\b(?:4|four)[- ]?bits?\b|\bnf4\b", "int4"),
        (r"\bint ?8\b|\b(?:8|eight)[- ]?bits?\b", "int8"),
        (r"\bfp ?8\b", "fp8"),
        (r"\bbf ?16\b", "bf16"),
        (r"\b(?:fp|f) ?16\b|\bhalf precision\b|\b16[- ]?bits?\b|\bhalber genauigkeit\b", "fp16"),
        (r"\bfp ?32\b|\b(?:full|single) precision\b|\b32[- ]?bits?\b", "fp32"),
    )
)


def memory(text: str) -> Iterator[Said]:
    """Yield what a text says of memory and precision. Of a precision without memory to fit in nothing is asked."""
    amounts = tuple(_AMOUNT.finditer(text)) if _GIB.search(text) else ()
    within = next(filter(None, (words.search(text) for words in _WITHIN if amounts)), None)
    if asked := within is not None and not _SEVERAL.search(text):
        yield Said(*within.span(), {"memory_gib_max": number(within["gib"])})
    yield from (Said(*amount.span()) for amount in amounts)
    for words, precision in _PRECISIONS:
        for at in words.finditer(text):
            yield Said(*at.span(), {"precision": precision} if asked else {})
