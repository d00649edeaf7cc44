"""Numbers in digits: 2,500 and 2.500, 1.5, 10 000, 12'500; what the marks mean goes by the language."""

from __future__ import annotations

import re
from typing import Final

from services.orchestrator.domain.understanding.lexicon import words

_COMMA_DECIMAL: Final = words("numbers.comma_decimal")


def parse_digits(text: str, *, language: str = "en") -> float | None:
    """Return the value of a number in digits; None for what is no single number, such as 10.0.0.1 or 1.2.3."""
    if text.isdecimal():
        return float(text)
    text = text.replace(" ", "").replace("'", "")
    commas, dots = text.count(","), text.count(".")
    if commas and dots:
        decimal = "," if text.rfind(",") > text.rfind(".") else "."
        text = text.replace("." if decimal == "," else ",", "")
        if text.count(decimal) > 1:
            return None
        return float(text.replace(",", "."))
    if commas > 1:
        return float(text.replace(",", "")) if re.fullmatch(r"\d{1,3}(,\d{2,3})+", text) else None
    if dots > 1:
        return float(text.replace(".", "")) if re.fullmatch(r"\d{1,3}(\.\d{3})+", text) else None
    if commas:
        thousands = len(text.partition(",")[2]) == 3 and not text.startswith("0")
        return float(text.replace(",", "" if thousands else "."))
    if dots:
        thousands = len(text.partition(".")[2]) == 3 and not text.startswith("0") and language in _COMMA_DECIMAL
        return float(text.replace(".", "")) if thousands else float(text)
    return float(text)
