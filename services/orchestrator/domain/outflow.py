"""Data that leave the cloud each month, as the user's words state it: no dataset, and the spec has no field for it.

An amount of bytes, how often it leaves, and that it leaves, within one clause. What is called egress and has no period
leaves each month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_GB: Final = {"m": 1e-3, "g": 1.0, "t": 1e3, "p": 1e6}
_BINARY: Final = {"m": 2**20 / 1e9, "g": 2**30 / 1e9, "t": 2**40 / 1e9, "p": 2**50 / 1e9}
_A_DAY, _A_WEEK = 365 / 12, 365 / 84
_TIMES: Final = {
    "mo": 1.0, "me": 1.0, "mê": 1.0, "ma": 1.0, "d": _A_DAY, "t": _A_DAY, "j": _A_DAY, "g": _A_DAY, "w": _A_WEEK,
    "s": _A_WEEK,
}  # fmt: skip
"""Times in the mean month by how the word for the period begins."""
_BYTES: Final = (
    r"(?<![\w.,])(?P<number>\d[\d,]{0,8}(?:\.\d{1,6})?)\s{0,3}-?\s{0,3}"
    r"(?P<unit>[mgtp](?P<binary>i)?[bo]|(?:mega|giga|tera|peta)(?:bytes?|octets?))(?![a-z])"
)
_PERIOD: Final = (
    r"(?:(?:per|an?|each|every)\s{1,3}|/\s{0,3})(?:months?|mo|day|d|week|wk|w)\b|\b(?:monthly|daily|weekly)\b"
    r"|(?:\b(?:pro|im|jeden|par|por|al|a|cada|per|ogni|chaque)\s{1,3}|/\s{0,3})"
    r"(?:monat|tag|woche|mois|jour|semaine|mes|día|dia|semana|mês|mese|giorno|settimana|maand|dag|week)\b"
    r"|\b(?:monatlich|täglich|wöchentlich|mensuel\w*|mensual\w*|mensil\w*|mensais|mensal|maandelijks)\b"
)
_CLOUD: Final = (
    r"(?:(?:the|our|its|that|aws|gcp|azure)\s+)?(?:cloud|provider|region|cluster|datacent(?:er|re)|network|aws)"
)
_USERS: Final = r"(?:users?|customers?|clients?|people|visitors?)"
_RESULTS: Final = r"(?:results?|outputs?|answers?|predictions?|renders?|generated)"
_LEAVES: Final = (
    r"\begress\b(?!\s*-?\s*(?:fees?|costs?|charges?|prices?|pricing|free|bills?|limits?|quotas?))"
    r"|\boutbound\b|\boutgoing\b|\btraffic to the internet\b"
    rf"|\b(?:leav(?:es?|ing)|out of)\s+{_CLOUD}\b"
    rf"|\bdownload(?:s|ed)?\b(?=.{{0,80}}\b{_RESULTS}\b)|\bdownloaded by\b|(?<=\bour )\bdownloads\b"
    rf"|\b{_USERS}\s+(?:will\s+)?(?:download|fetch)\b"
    r"|\bausgehend\w*|\bverlassen\b.{0,20}\bcloud\b|\b(?:datenverkehr|traffic)\s+(?:nach\s+außen|ins\s+internet)\b"
    r"|\bsortant\w*|\bsalient\w*|\b(?:de|en|in|di|de la)\s+(?:salida|uscita|saída)\b|\buitgaand\w*"
)
_NAMED: Final = re.compile(
    r"\begress\b|\boutbound\b|\boutgoing\b|\bausgehende\w* (?:daten|traffic)\w*|\btrafic sortant\b"
    r"|\btr[aá]fico (?:de salida|saliente)\b|\btraffico (?:in|di) uscita\b|\btráfego de saída\b|\buitgaand verkeer\b",
    re.IGNORECASE,
)
"""What by its name leaves as long as the service runs, so that no period has to be said."""
_AMOUNT, _OFTEN, _OUT = (re.compile(p, re.IGNORECASE) for p in (_BYTES, _PERIOD, _LEAVES))
_CLAUSE: Final = re.compile(
    r"[;!?\n()]|\.(?=\s)|,(?=\s)(?!\s(?:about|around|roughly|some)\b)|\s(?:and|but|while|with|plus)\s", re.IGNORECASE
)


def spans(words: str) -> Iterator[tuple[int, int, float]]:
    """Yield where in the words an amount begins and ends that leaves each month, and the amount in GB a month."""
    for start, end in _clauses(words):
        clause = words[start:end]
        amounts, often = list(_AMOUNT.finditer(clause)), _OFTEN.search(clause)
        if len(amounts) == 1 and (often or _NAMED.search(clause)) and _OUT.search(clause):
            amount, times = amounts[0], _times(often[0]) if often else 1.0
            yield start + amount.start(), start + amount.end(), round(_gigabytes(amount) * times, 3)


def _clauses(words: str) -> Iterator[tuple[int, int]]:
    """Yield where each clause begins and ends."""
    start = 0
    for end in (*(m.start() for m in _CLAUSE.finditer(words)), len(words)):
        yield start, end
        start = end


def gb_a_month(words: str) -> float | None:
    """Return the decimal GB that leave in a month as stated last; None where no words state it."""
    found = [gigabytes for *_, gigabytes in spans(words)]
    return (found[-1] or None) if found else None


def without_period(words: str) -> bool:
    """Tell whether the amount that holds was stated without saying how often it leaves."""
    found = [(begin, end) for begin, end, _ in spans(words)]
    if not found:
        return False
    clause = next(c for c in _clauses(words) if c[0] <= found[-1][0] < c[1])
    return not _OFTEN.search(words[clause[0] : clause[1]])


def without(words: str) -> str:
    """Return the words without these amounts: of several plans of a conversation one is charged for them."""
    for begin, end, _ in reversed(list(spans(words))):
        words = words[:begin] + words[end:]
    return words


def _gigabytes(amount: re.Match[str]) -> float:
    scale = (_BINARY if amount["binary"] else _GB)[amount["unit"][0].lower()]
    return float(amount["number"].replace(",", "")) * scale


def _times(often: str) -> float:
    period = re.sub(r"^(?:per|an?|each|every|pro|im|jeden|par|por|al|cada|ogni|chaque)\s+|^/\s*", "", often.lower())
    return next(times for begin, times in _TIMES.items() if period.startswith(begin))
