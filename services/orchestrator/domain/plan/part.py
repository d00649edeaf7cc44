"""What every part of a plan is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class PlanPart(BaseModel):
    """Base of every part: frozen, and no field that the contract does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
