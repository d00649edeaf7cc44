"""Where a provider's regions lie: country, continent and data-residency zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

CONTINENTS: Final = ("africa", "asia", "europe", "north-america", "oceania", "south-america")
_MARKET: Final = re.compile(r"^(?:(.*), )?([A-Z]{2}), [A-Z]{2}$")
"""Marketplaces write "Texas, US, NA": place, country, continent."""
_BROKER: Final = re.compile(r"^([a-z]+)-([a-z]+)-\d+$")
"""Brokers write "paris-france-1": city, country, number."""
_DATA_CENTRE: Final = re.compile(r"^(?:AP|EUR?|OC|SEA)-([A-Z]{2})-\d+$")
"""Data centres written as part of the world, country, number: EU-RO-1."""
_COUNTRY_FIRST: Final = re.compile(r"^([a-z]{2})(?:-|$)")
_MARKETPLACES: Final = frozenset(("lium", "vast"))
"""Providers whose regions are a country, and perhaps a part of it: kr-seoul."""
_WORDS: Final = re.compile(r"[a-z]+")
_PREFIXES: Final = frozenset(
    ("us", "ca", "gb", "uk", "de", "fr", "nl", "se", "no", "fi", "jp", "in", "au", "kr", "sg"),
)
"""What regions of many providers begin with; codes that also stand for a part of the world (sa, me) are left out."""
_SHORT_NAMES: Final = {"usa": "US", "uk": "GB"}


@dataclass(frozen=True, slots=True)
class Country:
    """A country; residency names the law that data stored there is under, such as EU, UK or US."""

    code: str
    name: str
    continent: str
    residency: str


@dataclass(frozen=True, slots=True)
class Region:
    """A provider's region. Country, continent and residency are empty where the provider does not say."""

    provider: str
    region: str
    country: str = ""
    continent: str = ""
    residency: str = ""
    place: str = ""


class RegionMap:
    """Finds where a region lies: from the table, or from a name that tells its country."""

    def __init__(self, countries: Iterable[Country], regions: Mapping[tuple[str, str], tuple[str, str]]) -> None:
        self.countries: Final = {c.code: c for c in countries}
        self.table: Final = dict(regions)
        """(provider, region) -> (country code, place)."""
        self.codes: Final = {c.name.lower().replace(" ", ""): c.code for c in self.countries.values()} | _SHORT_NAMES

    def locate(self, provider: str, region: str) -> Region:
        """Return where a region lies, with empty fields where that is not known."""
        code, place = self.table.get((provider, region)) or self._by_name(provider, region)
        country = self.countries.get(code)
        if country is None:
            return Region(provider=provider, region=region, place=place)
        return Region(provider, region, country.code, country.continent, country.residency, place)

    def residencies(self) -> frozenset[str]:
        """Return every residency zone."""
        return frozenset(c.residency for c in self.countries.values())

    def _by_name(self, provider: str, region: str) -> tuple[str, str]:
        if region in self.countries:
            return region, ""
        if market := _MARKET.match(region):
            return market[2], (market[1] or "").strip()
        if data_centre := _DATA_CENTRE.match(region):
            return data_centre[1], ""
        if provider in _MARKETPLACES and (country := _COUNTRY_FIRST.match(region)):
            return country[1].upper(), region[3:].replace("-", " ").title()
        words = _WORDS.findall(region.lower())
        if words and words[0] in _PREFIXES:
            return _SHORT_NAMES.get(words[0], words[0].upper()), ""
        if (broker := _BROKER.match(region)) and broker[2] in self.codes:
            return self.codes[broker[2]], broker[1].capitalize()
        return next((self.codes[word] for word in words if word in self.codes), ""), ""


def in_residency(residency: str, wanted: str) -> bool:
    """Tell whether data in one residency zone satisfies another: the EU lies within the EEA."""
    return residency == wanted or (wanted == "EEA" and residency == "EU")
