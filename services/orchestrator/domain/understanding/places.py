"""Where it may run: providers, regions, countries; wanted and excluded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import word_sets, words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.names import region_ids
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated, replaced

_WHERE_WORDS: Final = words("places.where_words")

_NOT_A_CLOUD: Final = word_sets("places.not_a_cloud")
_VAGUE_CLOUDS = {"google": "gcp", "microsoft": "azure", "oracle": "oci", "amazon": "aws", "vast": "vast",
                 "salad": "salad", "lambda": "lambda", "microsoftu": "azure", "amazona": "aws", "googla": "gcp",
                 "googlea": "gcp"}  # fmt: skip
_ARTICLES: Final = words("places.articles")
_ASKING: Final = words("places.asking")
_LEAVING: Final = words("places.leaving")
_PEOPLE: Final = words("places.people")
_LEAVING_REACH: Final = 12
_PEOPLE_REACH: Final = 3
_DENIED_REACH: Final = 6
_DENIALS: Final = words("places.denials")
_WE_ARE: Final = ("we're", "i'm")
_BEYOND: Final = words("places.beyond")
_JOINING: Final = words("polarity.joining") | {",", "/"}
_CLOUD_WORDS: Final = words("places.cloud_words")
_LANGUAGE_OR_PEOPLE: Final = words("places.language_or_people")
_ADVERSARIAL: Final = words("places.adversarial")
_CITY_CONTEXT: Final = words("places.city_context")

_GROUND: Final = words("places.ground")
_GROUND_BEFORE: Final = words("places.ground_before")
_WORDS_OF_A_REGION: Final = 4
_DOMESTIC = {"zh": "china", "ja": "JP", "ko": "south korea"}
"""The country that "at home" means, by the language it is said in."""


def read_places(doc: Doc, *, wanted: Sequence[str] = ()) -> Iterator[Mention]:
    """Read providers, regions and countries.

    wanted: the providers wanted before the message, which "never mind Azure" takes back rather than rules out.
    """
    yield from _providers(doc, wanted)
    yield from _regions(doc)
    yield from _countries(doc)


def _providers(doc: Doc, wanted: Sequence[str]) -> Iterator[Mention]:
    matches = doc.all("provider")
    taken = {m.i for m in matches}
    for match in matches:
        after = {doc.text(match.j), doc.text(match.j + 1)} if match.j < len(doc.tokens) else set()
        if doc.text(match.i - 1) == "@":
            continue  # "billing@aws.example": whose address it is
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
        against = _against(doc, match) != is_beyond(doc, match.i)
        quoted = doc.text(match.i - 1) in ("from", "by", "von", "de", "di") and doc.ending(
            match.i - 1, "money", "other"
        )
        if not against and (rejected_as_past(doc, match.i) or doc.at(match.j, "money", "other") or quoted):
            continue  # "CoreWeave quoted ...": a price told, no wish
        yield _provider(doc, match, against=against, wanted=wanted)
    for k, token in enumerate(doc.tokens) if not doc.spoken.isdisjoint(_VAGUE_CLOUDS) else ():
        if token.text in _VAGUE_CLOUDS and k not in taken and k not in doc.names:
            match = Match("provider", _VAGUE_CLOUDS[token.text], k, k + 1, {})
            if {doc.text(k + 1), doc.text(k + 2)} & _NOT_A_CLOUD.get(match.id, frozenset()):
                continue
            if not _cloud_context(doc, match) or (token.text == "lambda" and not _is_listed(doc, k)):
                continue
            yield _provider(doc, match, against=negated(doc, k, k + 1), wanted=wanted)


def mark_clouds(doc: Doc) -> None:
    """Mark the words that name a cloud only beside others as names where they stand in a list of clouds.

    So the "no" of "no AWS, Azure or Google" reaches all of them.
    """
    for k, token in enumerate(doc.tokens) if not doc.spoken.isdisjoint(_VAGUE_CLOUDS) else ():
        if token.text in _VAGUE_CLOUDS and k not in doc.names and _beside_cloud(doc, k):
            doc.name_ends.setdefault(k, k + 1)


def _beside_cloud(doc: Doc, k: int) -> bool:
    before, after = k, k + 1
    while doc.text(before - 1) in _JOINING:
        before -= 1
    while doc.text(after) in _JOINING:
        after += 1
    return (before < k and _cloud_ends(doc, before)) or (after > k + 1 and _cloud_starts(doc, after))


def _cloud_ends(doc: Doc, j: int) -> bool:
    return doc.ending(j, "provider") is not None or doc.text(j - 1) in _VAGUE_CLOUDS


def _cloud_starts(doc: Doc, i: int) -> bool:
    return doc.at(i, "provider") is not None or doc.text(i) in _VAGUE_CLOUDS


def is_beyond(doc: Doc, i: int) -> bool:
    """Say whether it reads "outside (of) AWS", which refuses it; "never outside AWS" then asks for it."""
    return doc.text(_before_articles(doc, i)) in _BEYOND


def _before_articles(doc: Doc, i: int) -> int:
    while doc.text(i - 1) in _ARTICLES or doc.text(i - 1) == "of":
        i -= 1
    return i - 1


def _against(doc: Doc, match: Match) -> bool:
    """Say whether a name is denied; "hors de" itself, which is_beyond reads, is no denial beside that."""
    beyond = _before_articles(doc, match.i)
    if is_beyond(doc, match.i) and doc.at(beyond, "negation", "before") is not None:
        return negated(doc, beyond, beyond + 1)
    return negated(doc, match.i, match.j)


def _is_listed(doc: Doc, k: int) -> bool:
    """Say whether it reads "cloud: lambda", since lambda alone is a function."""
    return doc.text(k - 1) in (":", "=") and doc.text(k - 2) in ("cloud", "provider", "vendor", "host", "hoster")


def _provider(doc: Doc, match: Match, *, against: bool, wanted: Sequence[str]) -> Mention:
    taken_back = against and match.id in wanted and doc.ending(match.i, "removal") is not None
    if against and (taken_back or replaced(doc, match.i, match.j)):
        return Mention("providers", match.id, match.i, match.j, negated=True)
    return Mention("providers_excluded" if against else "providers", match.id, match.i, match.j)


def _cloud_context(doc: Doc, match: Match) -> bool:
    around = {doc.text(k) for k in range(max(0, match.i - 6), match.j + 7)}
    around_it = doc.between("provider", match.i - 5, match.i + 6)
    beside = any(m.i != match.i for m in around_it if m.id != "vast") or any(
        doc.text(k) in _VAGUE_CLOUDS and doc.text((k + match.i) // 2) in _JOINING for k in (match.i - 2, match.i + 2)
    )
    located = bool(doc.all_names("region"))  # "europe-west4 on Google"
    return bool(around & _CLOUD_WORDS) or beside or located or negated(doc, match.i, match.j)


def mark_regions(doc: Doc, folded: str) -> None:
    """Find region ids and mark their tokens as names."""
    found: list[Match] = []
    for start, end, region in region_ids(folded):
        i = bisect_left(doc.starts, start)
        if i < len(doc.starts) and doc.starts[i] == start:
            found.append(Match("region", region, i, bisect_left(doc.starts, end), {}))
    found += _azure_regions(doc)
    for match in found:
        doc.names.update(range(match.i, match.j))
    doc.replace("region", sorted(found, key=lambda m: m.i))


def _azure_regions(doc: Doc) -> Iterator[Match]:
    """Find Azure's regions: swedencentral, and "Sweden Central" where Azure is spoken of."""
    names, beginnings = _azure_names()
    most = _WORDS_OF_A_REGION if any(m.id == "azure" for m in doc.all_names("provider")) else 1
    for n in doc.where(beginnings & doc.spoken):
        begun, found = "", None
        for j in range(n + 1, min(n + most, len(doc.tokens)) + 1):
            begun += doc.text(j - 1)
            if begun not in beginnings:
                break
            numbered = j < len(doc.tokens) and doc.tokens[j].is_number and doc.tokens[j].glued
            if (name := begun + doc.text(j) if numbered else begun) in names:
                found = Match("region", name, n, j + numbered, {})
        if found is not None:
            yield found


@cache
def _azure_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names, and what they begin with."""
    names = frozenset(lexicon.table("regions")["azure"])
    return names, frozenset(name[:n] for name in names for n in range(2, len(name) + 1))


def _regions(doc: Doc) -> Iterator[Mention]:
    for match in doc.all_names("region"):
        gone = negated(doc, match.i, match.j) or rejected_as_past(doc, match.i)
        yield Mention("regions", match.id, match.i, match.j, negated=gone)


def located(doc: Doc) -> Iterator[Match]:
    """Yield the places that are named as places: no coin, language, team or holiday."""
    coins = {k for m in doc.all("currency") for k in range(m.i, m.j)}
    for match in doc.all("place"):
        words = doc.words(match.i, match.j)
        if words.isascii() and words.islower() and doc.text(match.i) in _CITY_CONTEXT and not _hosting_near(doc, match):
            continue
        following = doc.text(match.j)
        if match.i in coins:
            continue
        if (following, doc.text(match.j + 1)) == ("语", "音"):
            following = ""  # speech from there
        if following in _LANGUAGE_OR_PEOPLE or doc.at(match.j, "currency") or _near_adversarial(doc, match):
            continue
        if match.id == "US" and following == "$":
            continue
        yield match


def bars(doc: Doc, match: Match) -> bool:
    """Say whether nothing may run in a place: "not in the US", "anywhere but China", "outside the UK"."""
    sentence = doc.sentence_span(match.i)
    if doc.text(sentence[-1]) == "?" and doc.text(sentence[0]) in _ASKING:
        return False
    if doc.any_word(_LEAVING, max(sentence[0], match.i - _LEAVING_REACH), match.i):
        return False  # "it may leave the campus but not the EU"
    if doc.any_word(_PEOPLE, match.i - _PEOPLE_REACH, match.i) or doc.text(match.j) in _PEOPLE:
        return False  # "no customers in the US"
    clause = doc.clause_span(match.i)
    if doc.any_between("optional", clause.start, clause.stop):
        return False
    return refused(doc, match) and not _we_are_not_there(doc, match.i)


def refused(doc: Doc, match: Match) -> bool:
    """Say whether a place is spoken against: "not in the EU", "outside the EU", but not "never outside the EU"."""
    against = _against(doc, match)
    if not is_beyond(doc, match.i):
        return against
    first = max(doc.sentence_span(match.i).start, _before_articles(doc, match.i) - _DENIED_REACH)
    return not (against or doc.any_word(_DENIALS, first, match.i))  # "what we don't want: data outside the EU"


def _we_are_not_there(doc: Doc, i: int) -> bool:
    """Say whether it reads "we're not in the US", which says nothing of the machines."""
    while doc.text(i - 1) in _ARTICLES or doc.text(i - 1) == "in":
        i -= 1
    return doc.text(i - 1) == "not" and (doc.text(i - 2) in _WE_ARE or doc.text(i - 3) in ("we", "i"))


def _countries(doc: Doc) -> Iterator[Mention]:
    for match in located(doc):
        if bars(doc, match):
            yield Mention("geos", match.id, match.i, match.j, negated=True)
            continue
        if refused(doc, match) or rejected_as_past(doc, match.i):
            continue
        if doc.near(match.i, match.j, "seat", before=4, after=0) is not None:
            continue  # "we were founded in Toronto"
        place = _DOMESTIC.get(doc.language, "") if match.id == "domestic" else match.id
        if place:
            yield Mention("geos", place, match.i, match.j)
    for match in doc.all("nation"):
        if _is_ground(doc, match) and not negated(doc, match.i, match.j):
            yield Mention("geos", match.id, match.i, match.j)


def _is_ground(doc: Doc, match: Match) -> bool:
    """Say whether ground or machines are what the adjective describes: "Canadian soil", "sol français"."""
    j = match.j + (doc.text(match.j) == "data" and doc.text(match.j + 1)[:5] in ("cente", "centr"))
    return any(doc.text(k) in _GROUND for k in (j, j + 1)) or doc.text(match.i - 1) in _GROUND_BEFORE


def _near_adversarial(doc: Doc, match: Match) -> bool:
    return doc.any_word(_ADVERSARIAL, match.i - 3, match.j + 3)


def _hosting_near(doc: Doc, match: Match) -> bool:
    return doc.any_word(_WHERE_WORDS, match.i - 2, match.j + 2)
