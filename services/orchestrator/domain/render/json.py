"""The plan as JSON by its published schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from services.orchestrator.domain.plan import SCHEMA_VERSION, DeploymentPlan


def to_json(plan: DeploymentPlan) -> str:
    """Return the plan as JSON. Amounts of money are decimal strings, so that no reader rounds them."""
    return plan.model_dump_json(indent=2) + "\n"


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of a plan, with its version in the id."""
    described = DeploymentPlan.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:stack8s:deployment-plan:{SCHEMA_VERSION}",
        **described,
    }


@cache
def schema_text() -> str:
    """Return the JSON schema as text."""
    return json.dumps(schema(), indent=2) + "\n"
