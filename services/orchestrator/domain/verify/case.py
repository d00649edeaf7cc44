"""A plan beside what was asked for and the records, and how two of them are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from libs.money import to_cents
from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.evidence import Evidence
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import WorkloadSpec


class Case(Evidence):
    """A plan, what was asked for, and the records."""

    def __init__(self, plan: DeploymentPlan, spec: WorkloadSpec, records: Candidates, said: str) -> None:
        super().__init__(records, needs_of(spec, words=said))
        self.plan, self.spec, self.machines = plan, spec, plan.gpu_recommendations
        lead = self.lead = next(iter(plan.gpu_recommendations), None)
        offer = self.offer = self.offers.get(lead.offer_id) if lead else None
        self.deployed = (lead, offer, plan.workload) if lead and offer and plan.workload else None


def differences(part: object, due: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of a part of a plan is not as it is due."""
    for field, value in due.items():
        if getattr(part, field) != value:
            yield f"{field} is {value!r}, not {getattr(part, field)!r}"


def times(price: Decimal | None, quantity: Decimal | None) -> Decimal | None:
    """Return price x quantity to the cent, in USD; None where either is unknown."""
    return None if price is None or quantity is None else to_cents(price * quantity)
