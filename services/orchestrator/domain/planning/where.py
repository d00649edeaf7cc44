"""Where machines may stand and who may rent them out, as the spec and the user's words say."""

from __future__ import annotations

from services.orchestrator.domain.planning import places
from services.orchestrator.domain.planning.barred import Barred, barred_in
from services.orchestrator.domain.spec import WorkloadSpec


def told_of_places(spec: WorkloadSpec, words: str, said: list[str]) -> tuple[Barred, frozenset[str] | None]:
    """Return the places that are ruled out and the providers that attest every regime named; None where none is. What
    follows from either is put among what was said."""
    if spec.compliance and not spec.geos and not spec.regions and "gdpr" in spec.compliance:
        said.append("GDPR was named without a place, so data stays in the EU or the EEA.")
    barred = barred_in(words)
    if barred.names:
        names = " or ".join(places.shown(name) for name in barred.names)
        said.append(f"No machine in {names} is planned, as you said, nor any whose country is not known.")
    attested = places.allowed_providers(spec.compliance)
    if attested is not None:
        said.append(
            f"Only providers that attest {', '.join(_upper(spec.compliance))} are considered; "
            "check that the service you book is in scope."
        )
    return barred, attested


def left_out(spec: WorkloadSpec, said: list[str], *, personal: bool) -> tuple[str, ...]:
    """Return the providers left out: those the user named, and marketplaces for data that must not go to strangers."""
    market = tuple(sorted(places.MARKETPLACES - set(spec.providers) - set(spec.providers_excluded)))
    if not market or not (personal or spec.compliance or spec.high_availability):
        return spec.providers_excluded
    if not (personal or spec.compliance):
        said.append(f"Private hosts promise no availability, so {', '.join(market)} are left out.")
        return (*spec.providers_excluded, *market)
    said.append(f"Patient and regulated data stay off machines of private hosts, so {', '.join(market)} are left out.")
    return (*spec.providers_excluded, *market)


def _upper(names: tuple[str, ...]) -> list[str]:
    return [name.replace("_", " ").upper() for name in names if name in places.ATTESTED]
