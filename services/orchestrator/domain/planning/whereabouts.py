"""Where machines may stand and who may rent them out, in the words of a sentence."""

from __future__ import annotations

from services.orchestrator.domain.plan import Relaxation, UnmetWish
from services.orchestrator.domain.planning import places
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.words import join, provider


def allowed(needs: Needs) -> str:
    """Return where machines may be had, such as "in Germany, at AWS or Azure"; empty where nothing limits it."""
    said = []
    if needs.regions:
        said.append(f"in {join(needs.regions, 'or')}")
    if needs.geos:
        said.append(f"in {join([places.shown(geo) for geo in needs.geos], 'or')}")
    elif needs.countries is not None:
        said.append("in the EU or the EEA, as GDPR asks for")
    if needs.barred.names:
        said.append(f"outside {join([places.shown(name) for name in needs.barred.names], 'and')}")
    if needs.providers:
        said.append(f"at {join([provider(p) for p in needs.providers], 'or')}")
    elif named := [p for p in needs.providers_excluded if p not in places.MARKETPLACES]:
        said.append(f"at anyone but {join([provider(p) for p in named], 'or')}")
    if needs.attested is not None:
        regimes = [regime for regime in needs.compliance if regime in places.ATTESTED]
        said.append(f"attested for {join([name.replace('_', ' ').upper() for name in regimes])}")
    return ", ".join(said)


def in_country(option: Option) -> str:
    """Return the country of an option's machine after "in"; empty where it is not known."""
    return f" in {places.country(option.offer.country)}" if option.offer.country else ""


def transfers(needs: Needs, option: Option) -> tuple[UnmetWish, ...]:
    """Return that data under GDPR would leave for a country which the user named, where that has to be justified."""
    at = option.offer.country
    if "gdpr" not in needs.compliance or not (needs.regions or needs.geos) or not at or places.without_transfer(at):
        return ()
    named = join([*needs.regions, *(places.shown(geo) for geo in needs.geos)], "or")
    return (
        UnmetWish(
            field="compliance",
            conflict=f"GDPR does not by itself go together with {named}: personal data may go to {places.country(at)} "
            "only on an adequacy decision or standard contractual clauses.",
            relaxations=(
                Relaxation(fields=("regions",), description="Take a place in the EU or the EEA instead."),
                Relaxation(fields=("compliance",), description="Have the transfer checked, and keep the place."),
            ),
        ),
    )
