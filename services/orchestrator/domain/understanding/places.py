"""Where it may run: providers, regions, countries; wanted and excluded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import word_sets, words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.names import region_ids
from services.orchestrator.domain.understanding.polarity import negated, rejected_as_past, replaced

_WHERE_WORDS: Final = words("places.where_words")

_NOT_A_CLOUD: Final = word_sets("places.not_a_cloud")
_VAGUE_CLOUDS = {"google": "gcp", "microsoft": "azure", "oracle": "oci", "amazon": "aws", "vast": "vast"}
_CLOUD_WORDS: Final = words("places.cloud_words")
_LANGUAGE_OR_PEOPLE: Final = words("places.language_or_people")
_ADVERSARIAL: Final = words("places.adversarial")
_CITY_CONTEXT: Final = words("places.city_context")

_DOMESTIC = {"zh": "china", "ja": "JP", "ko": "south korea"}
"""The country that "at home" means, by the language it is said in."""


def read_places(doc: Doc) -> Iterator[Mention]:
    """Read providers, regions and countries."""
    yield from _providers(doc)
    yield from _regions(doc)
    yield from _countries(doc)


def _providers(doc: Doc) -> Iterator[Mention]:
    matches = doc.all("provider")
    taken = {m.i for m in matches}
    for match in matches:
        after = {doc.text(match.j), doc.text(match.j + 1)} if match.j < len(doc.tokens) else set()
        if after & _NOT_A_CLOUD.get(match.id, frozenset()) and match.j - match.i == 1:
            continue
        if (
            match.id == "vast"
            and doc.text(match.i) == "vast"
            and doc.text(match.j) not in (".", "")
            and match.j - match.i == 1
            and not _cloud_context(doc, match)
        ):
            continue
        if match.id == "lambda" and match.j - match.i == 1 and doc.text(match.i - 1) in ("aws", "amazon"):
            continue
        against = negated(doc, match.i, match.j)
        if not against and rejected_as_past(doc, match.i):
            continue
        yield _provider(doc, match, against=against)
    for k, token in enumerate(doc.tokens):
        if token.text in _VAGUE_CLOUDS and k not in taken and k not in doc.names:
            match = Match("provider", _VAGUE_CLOUDS[token.text], k, k + 1, {})
            if {doc.text(k + 1), doc.text(k + 2)} & _NOT_A_CLOUD.get(match.id, frozenset()):
                continue
            if not _cloud_context(doc, match):
                continue
            yield _provider(doc, match, against=negated(doc, k, k + 1))


def _provider(doc: Doc, match: Match, *, against: bool) -> Mention:
    if against and replaced(doc, match.i, match.j):
        return Mention("providers", match.id, match.i, match.j, negated=True)
    return Mention("providers_excluded" if against else "providers", match.id, match.i, match.j)


def _cloud_context(doc: Doc, match: Match) -> bool:
    around = {doc.text(k) for k in range(max(0, match.i - 6), match.j + 7)}
    others = doc.near(match.i, match.j, "provider", before=4, after=4)
    return bool(around & _CLOUD_WORDS) or (others is not None and others.i != match.i) or negated(doc, match.i, match.j)


def mark_regions(doc: Doc, folded: str) -> None:
    """Find region ids and mark their tokens as names."""
    found: list[Match] = []
    ids = region_ids(folded)
    starts = {t.start: n for n, t in enumerate(doc.tokens)} if ids else {}
    for start, end, region in ids:
        if start in starts:
            i = starts[start]
            j = next((n for n in range(i, len(doc.tokens)) if doc.tokens[n].start >= end), len(doc.tokens))
            found.append(Match("region", region, i, j, {}))
    names = _azure_names()
    for n, token in enumerate(doc.tokens):
        if token.text in names:
            following = doc.tokens[n + 1] if n + 1 < len(doc.tokens) else None
            digit = following is not None and following.glued and token.text + following.text in names
            found.append(
                Match("region", token.text + (following.text if digit and following else ""), n, n + 1 + digit, {})
            )
    for match in found:
        doc.names.update(range(match.i, match.j))
    doc.replace("region", sorted(found, key=lambda m: m.i))


@cache
def _azure_names() -> frozenset[str]:
    return frozenset(lexicon.table("regions")["azure"]) | frozenset({"eastus", "westus"})


def _regions(doc: Doc) -> Iterator[Mention]:
    for match in doc.all_names("region"):
        yield Mention("regions", match.id, match.i, match.j, negated=negated(doc, match.i, match.j))


def _countries(doc: Doc) -> Iterator[Mention]:
    for match in doc.all("place"):
        words = doc.words(match.i, match.j)
        if words.isascii() and words.islower() and doc.text(match.i) in _CITY_CONTEXT and not _hosting_near(doc, match):
            continue
        following = doc.text(match.j)
        if following in _LANGUAGE_OR_PEOPLE or doc.at(match.j, "currency") or _near_adversarial(doc, match):
            continue
        if match.id == "US" and following == "$":
            continue
        if negated(doc, match.i, match.j) or rejected_as_past(doc, match.i):
            continue
        if doc.text(match.i - 1) in ("outside", "beyond") and not _leaves(doc, match.i):
            continue
        place = _DOMESTIC.get(doc.language, "") if match.id == "domestic" else match.id
        if place:
            yield Mention("geos", place, match.i, match.j)


def _leaves(doc: Doc, i: int) -> bool:
    """Say whether it reads "must not leave" or "never outside" before token i."""
    return any(doc.text(k) in ("not", "never", "no", "leave", "can't") for k in range(max(0, i - 6), i))


def _near_adversarial(doc: Doc, match: Match) -> bool:
    return any(doc.text(k) in _ADVERSARIAL for k in range(max(0, match.i - 3), min(match.j + 3, len(doc.tokens))))


def _hosting_near(doc: Doc, match: Match) -> bool:
    return any(doc.text(k) in _WHERE_WORDS for k in range(max(0, match.i - 2), min(match.j + 2, len(doc.tokens))))
