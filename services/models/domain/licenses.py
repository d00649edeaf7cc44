"""What a licence permits: by its id where the table knows it under any spelling, by its family where the name tells,
else unknown."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from services.models.domain.model import License, LicenseClass

UNKNOWN: Final = License(note="No licence is stated: ask the owner before any use.")
_NOT_STATED: Final = frozenset({"", "unknown", "none", "notspecified", "na", "nan", "null"})
"""Keys of what stands where no licence is stated."""

_FAMILIES: Final = (
    (
        re.compile(
            r"(^|[-_ ])(nc|non-?commercial(-only)?|research(-only)?|noncommercial)([-_ ]|$)|researchrail|^mrl$|amlr"
        ),
        LicenseClass.RESEARCH_ONLY,
        "Its name says research or non-commercial use only: read the text before any other use.",
    ),
    (
        re.compile(r"^cc-by(-sa|-nd)?(-\d\.\d)?$|openrail|^llama-?\d(\.\d)?$|^(l|a)?gpl(-|$)|^odc-by|^bigscience-"),
        LicenseClass.ATTRIBUTION,
        "Of a family that allows commercial use under conditions such as attribution or use limits: read the text.",
    ),
)
_STRICTEST: Final = (
    LicenseClass.RESEARCH_ONLY, LicenseClass.UNKNOWN, LicenseClass.ATTRIBUTION, LicenseClass.COMMERCIAL,
)  # fmt: skip
"""Of several licences at once the first of these binds."""

_SEPARATED_VERSION: Final = re.compile(r"(?<=\d)[-_](?=\d)")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)*|\++")
_BESIDE: Final = frozenset({
    "the", "a", "license", "licence", "licensed", "licenses", "licences", "agreement", "version", "v", "ver",
    "international", "unported", "generic", "universal", "only", "or", "later",
})  # fmt: skip
"""Words with and without which a licence is the same."""
_VERSION: Final = re.compile(r"[\d.]+$")


@lru_cache(maxsize=4096)
def license_key(text: str) -> str:
    """Return what all spellings of a licence's name share: letters, numbers without a last .0, and plus signs.

    >>> license_key("Apache License, Version 2.0") == license_key("apache 2") == license_key("apache-2.0")
    True
    """
    joined = _SEPARATED_VERSION.sub(".", re.sub(r"v(?=\d)", " ", text.lower()))
    words = [word for word in _WORD.findall(joined) if word not in _BESIDE]
    return "".join(re.sub(r"(\.0)+$", "", word) if word[0].isdigit() else word for word in words)


class LicenseTable:
    """The licences that the catalogue knows."""

    def __init__(self, licenses: Mapping[str, License], aliases: Mapping[str, Iterable[str]] | None = None) -> None:
        """licenses: by Hub id. aliases: further names of an id, beside its title."""
        self._by_id = dict(licenses)
        spelled: defaultdict[str, list[str]] = defaultdict(list)
        families: defaultdict[str, list[str]] = defaultdict(list)
        for own, known in self._by_id.items():
            for key in dict.fromkeys(license_key(name) for name in (own, known.title, *(aliases or {}).get(own, ()))):
                spelled[key].append(own)
                if versionless := _VERSION.sub("", key):
                    families[versionless].append(own)
        self._spelled, self._families = dict(spelled), dict(families)

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of the table, in its order."""
        return tuple(self._by_id)

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Pairs of title and id, in the order of the table."""
        return tuple((known.title, own) for own, known in self._by_id.items())

    def ids_of(self, name: str) -> tuple[str, ...]:
        """Return the ids that a name means: itself where it is one, those of that spelling, or all versions where none
        is named; empty where it means none.

        >>> LicenseTable({"apache-2.0": License(license_id="apache-2.0")}).ids_of("Apache License")
        ('apache-2.0',)
        """
        lower = name.strip().lower()
        if lower in self._by_id:
            return (lower,)
        key = license_key(name)
        return tuple(self._spelled.get(key, ())) or tuple(self._families.get(key, ())) if key else ()

    def find(self, license_id: str) -> License:
        """Return the licence of a Hub id, name, or list of them with commas. One that is not in the table is judged by
        its family, else it is unknown. All of a list must be kept, so the strictest gives the class.
        """
        key = license_id.strip().lower()
        if license_key(key) in _NOT_STATED:
            return UNKNOWN
        if known := self._exactly(key):
            return known
        parts = [part for part in re.split(r"\s*,\s*", key) if part]
        if len(parts) > 1:
            return self._together([self.find(part) for part in parts])
        joined = [self._exactly(part) for part in re.split(r"[-_ ]+and[-_ ]+", key)]
        if len(joined) > 1 and all(joined):
            return self._together([part for part in joined if part])
        for pattern, license_class, note in _FAMILIES:
            if pattern.search(key):
                return License(license_id=key, title=license_id.strip(), license_class=license_class, note=note)
        note = f"The licence {key} is not in our table: read its text before use."
        return License(license_id=key, title=license_id.strip(), note=note)

    def _exactly(self, key: str) -> License | None:
        """Return the licence that is spelled so, whatever the case and separators; of two ids of one text the first."""
        if key in self._by_id:
            return self._by_id[key]
        return next((self._by_id[own] for own in self._spelled.get(license_key(key), ())), None)

    def _together(self, parts: list[License]) -> License:
        """Return several licences as one: all are to be kept."""
        distinct = list({part.license_id: part for part in parts}.values())
        if len(distinct) == 1:
            return distinct[0]
        return License(
            license_id=",".join(part.license_id for part in distinct),
            title=", ".join(part.title or "not stated" for part in distinct),
            license_class=min((part.license_class for part in distinct), key=_STRICTEST.index),
            note=" ".join(f"{part.title or 'One that is not stated'}: {part.note}" for part in distinct),
            open_source=all(part.open_source for part in distinct),
        )
