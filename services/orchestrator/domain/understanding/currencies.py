"""Which currency an amount of money is in: by the sign or word beside it, and by the country named with a coin."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.digits import parse_digits
from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.numbers import Number

_DOT_THOUSANDS: Final = words("money.dot_thousands")
_SHARED_SIGNS: Final = {("¥", "zh"): "CNY", ("元", "ja"): "CNY", ("kr", "no"): "NOK", ("kr", "da"): "DKK"}
_BEFORE_COIN: Final = ("-", "'", "de", "of", "di", "d")
_WITH_HOME: Final = frozenset({"dollar", "pound"})
"""Coins that mean one country's where none is named; another country in the message says only where it is to run."""


def currency_before(doc: Doc, i: int) -> Match | None:
    """Return the currency before a number, unless it follows a number of its own ("3 euros 500 GB")."""
    match = doc.ending(i, "currency") or (doc.ending(i - 1, "currency") if doc.text(i - 1) in ("~", ".", ":") else None)
    if match is None:
        return None
    touches = doc.tokens[i].glued
    earlier = doc.text(match.i - 1)
    return None if earlier[:1].isdigit() and not touches else match


def currency_after(doc: Doc, j: int) -> Match | None:
    """Return the currency after a number, over the country that may stand before it: "900 Norwegian crowns"."""
    k = j + 1 if doc.text(j) in _BEFORE_COIN else j
    nation = doc.at(k, "nation")
    match = doc.at(k, "currency") or (doc.at(nation.j, "currency") if nation else None)
    match = match or (doc.at(k + 1, "currency") if doc.text(k) == "'" else None)
    if match is None:
        return None
    if (
        doc.text(k) in ("$", "€", "£")
        and k + 1 < len(doc.tokens)
        and doc.tokens[k + 1].is_number
        and doc.tokens[k + 1].glued
        and not doc.tokens[k].glued
    ):
        return None
    return match


def code_of(doc: Doc, currency: Match | None) -> str:
    """Return the ISO 4217 code; a coin that several countries share goes by the country, a sign by the language."""
    if currency is None:
        return ""
    return _by_country(doc, currency) or _SHARED_SIGNS.get((doc.text(currency.i), doc.language), currency.id)


@cache
def _coins() -> dict[str, tuple[str, dict[str, str]]]:
    """Return a coin's name and its currencies by country, by each of those currencies."""
    table: dict[str, dict[str, str]] = lexicon.table("coins")
    return {code: (coin, codes) for coin, codes in table.items() for code in codes.values()}


def _by_country(doc: Doc, currency: Match) -> str:
    coin, codes = _coins().get(currency.id, ("", {}))
    if not codes or not doc.speaks_of("nation", "place"):
        return ""
    beside = (
        doc.ending(currency.i, "nation"), doc.at(currency.j, "nation"), doc.ending(currency.i, "place")
    )  # fmt: skip
    for match in beside:
        if match is not None and match.id in codes:
            return codes[match.id]
    if coin in _WITH_HOME:
        return ""
    named = _countries(doc) & codes.keys()
    return codes[next(iter(named))] if len(named) == 1 else ""


@once
def _countries(doc: Doc) -> frozenset[str]:
    """Return the countries that the message names."""
    return frozenset(m.id for kind in ("nation", "place") for m in doc.all(kind))


def reparsed(doc: Doc, number: Number, value: float, currency: str) -> float:
    """Read 2.500 as 2,500 beside a currency of a country that writes thousands with a dot."""
    token = doc.tokens[number.i]
    if currency in _DOT_THOUSANDS and token.is_number and number.j == number.i + 1:
        other = parse_digits(token.text, language="de")
        return other if other is not None else value
    return value


def unknown_sign(doc: Doc, number: Number) -> bool:
    """Say whether a currency sign that we do not know stands beside the number; that is never dollars."""
    beside = (doc.text(number.i - 1), doc.text(number.j))
    return any(len(t) == 1 and unicodedata.category(t) == "Sc" for t in beside)
