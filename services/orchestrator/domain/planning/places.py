"""Where a machine stands: the geos that users name, as countries, and the providers that attest a compliance regime."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EU: Final = _names("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE")
_EEA_EXTRA: Final = _names("IS LI NO")
GEOS: Final[dict[str, frozenset[str]]] = {
    "US": _names("US"),
    "EU": _EU,
    "UK": _names("GB"),
    "CA": _names("CA"),
    "IN": _names("IN"),
    "JP": _names("JP"),
    "AU": _names("AU"),
    "APAC": _names("AU BD CN HK ID IN JP KH KR LK MM MO MY NP NZ PH PK SG TH TW VN"),
    "ME": _names("AE BH IL IQ JO KW LB OM QA SA TR YE"),
    "LATAM": _names("AR BO BR CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV UY VE"),
    "AF": _names("AO CI CM DZ EG ET GH KE LY MA MU NG RW SN TN TZ UG ZA ZM ZW"),
}
"""Countries of each geo, ISO 3166-1 alpha-2."""

_EVERYWHERE: Final = frozenset().union(
    *GEOS.values(), _EEA_EXTRA, _names("AD AL AM AZ BA BY CH ET GE KG KZ MC MD ME MK MN RS RU UA UZ")
)
"""Countries that a search names where all but some will do: fewer than the 200 that one search may name."""

MAJOR: Final = _names("aws gcp azure oci ibm coreweave nebius lambda digitalocean ovhcloud scaleway")
"""Providers that businesses buy from anyway: one of them is among the options wherever one meets the wishes."""
MARKETPLACES: Final = frozenset({"vast", "lium"})
"""Providers that rent out machines of private hosts; source: their own descriptions, as of 2026."""

NO_KUBERNETES: Final = frozenset({"runpod", "vast", "lium", "jarvislabs", "hyperbolic", "cloudrift"})
"""Providers that rent containers or bare hosts, no nodes of a cluster; source: their own documentation, as of 2026."""

ATTESTED: Final[dict[str, frozenset[str]]] = {
    "hipaa": _names("aws azure gcp oci ibm"),
    "pci_dss": _names("aws azure gcp oci ibm"),
    "iso27001": _names("aws azure gcp oci ibm ovhcloud scaleway nebius coreweave digitalocean"),
    "soc2": _names("aws azure gcp oci ibm coreweave lambda nebius digitalocean runpod"),
}
"""Providers that publish an attestation or sign the agreement that the regime asks for.

Source: the providers' own compliance pages, as of 2025. The user's own cluster ("local") is theirs to attest.
"""


_GEO_NAMES: Final = {
    "US": "the US", "EU": "the EU", "UK": "the UK", "APAC": "Asia-Pacific", "ME": "the Middle East",
    "LATAM": "Latin America", "AF": "Africa",
}  # fmt: skip
_WITH_ARTICLE: Final = _names("AE CF CD DO GB NL PH US")


@cache
def _countries_by_name() -> dict[str, str]:
    territories = Locale("en").territories
    names = {str(name).lower(): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    return names | {
        "usa": "US",
        "united states of america": "US",
        "great britain": "GB",
        "england": "GB",
        "holland": "NL",
    }


def countries_of(geo: str) -> frozenset[str]:
    """Return the ISO codes of a geo or of a country's name; empty when nobody knows the name."""
    if geo.upper() in GEOS:
        return GEOS[geo.upper()]
    code = _countries_by_name().get(geo.strip().lower())
    return frozenset({code}) if code else frozenset()


def shown(geo: str) -> str:
    """Return how a sentence names a geo or country: the US, the EU, China."""
    if geo in _GEO_NAMES:
        return _GEO_NAMES[geo]
    return country(geo) if len(geo) == 2 and geo.isupper() else geo if geo.isupper() else geo.title()


def country(code: str) -> str:
    """Return a country in a sentence, by its ISO code; the code where nobody knows it."""
    return f"{'the ' if code in _WITH_ARTICLE else ''}{Locale('en').territories.get(code, code)}"


def allowed_countries(
    geos: tuple[str, ...],
    compliance: tuple[str, ...],
    *,
    regions: tuple[str, ...],
    barred: frozenset[str] = frozenset(),
) -> frozenset[str] | None:
    """Return the countries that data may be in, or None when nothing limits them to some.

    GDPR without a place keeps data in the EU or the EEA, where no transfer has to be justified. barred: countries that
    are ruled out; where only these are said, every other one is allowed.
    """
    if geos:
        return frozenset().union(*(countries_of(geo) for geo in geos)) - barred
    return (_EU | _EEA_EXTRA) - barred if "gdpr" in compliance and not regions else None


def may_stand_in(code: str, allowed: frozenset[str] | None, barred: frozenset[str]) -> bool:
    """Tell whether data may be in a country; empty is one that is not known, which may be any that is ruled out."""
    if barred and (not code or code in barred):
        return False
    return allowed is None or code in allowed


def searched(allowed: frozenset[str] | None, barred: frozenset[str]) -> frozenset[str]:
    """Return the countries that machines are searched for in; empty means all."""
    if allowed is not None or not barred:
        return allowed or frozenset()
    return _EVERYWHERE - barred


def without_transfer(code: str) -> bool:
    """Tell whether personal data under GDPR may be in a country without a transfer that has to be justified."""
    return code in _EU | _EEA_EXTRA


def allowed_providers(compliance: tuple[str, ...]) -> frozenset[str] | None:
    """Return the providers that attest every regime named, or None when no regime limits them."""
    sets = [ATTESTED[regime] for regime in compliance if regime in ATTESTED]
    return frozenset.intersection(*sets) | {"local"} if sets else None
