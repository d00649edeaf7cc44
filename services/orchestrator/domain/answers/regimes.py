"""Answers to questions about a compliance regime: who attests it, and whether the plan keeps to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.answers.parts import paragraphs
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.places import ATTESTED
from services.orchestrator.domain.planning.words import provider
from services.orchestrator.domain.render.text import md

_CALLED: Final = {"soc2": "SOC 2", "iso27001": "ISO 27001", "pci_dss": "PCI DSS"}


def regimes_answer(plan: DeploymentPlan, regimes: Sequence[str]) -> str:
    """Return what is known of the regimes that were asked about. Source of who attests them: ATTESTED."""
    return paragraphs(*(_of(plan, regime) for regime in regimes))


def _of(plan: DeploymentPlan, regime: str) -> str:
    name = _CALLED.get(regime, regime.replace("_", " ").upper())
    said = (
        f"**{md(name)}.** Whether you need it follows from your contracts and your data, which I do not know. "
        "Name it as a wish and I plan for it."
    )
    attests = ATTESTED.get(regime)
    if attests is None or not plan.gpu_recommendations:
        return said
    planned = plan.gpu_recommendations[0].provider
    if planned in attests:
        return f"{said} {provider(planned)}, where the plan runs, attests it."
    others = ", ".join(provider(p) for p in sorted(attests))
    return f"{said} {provider(planned)}, where the plan runs, is not among those that attest it: {others}."
