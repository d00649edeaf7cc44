"""What a language model is asked to return about a message, and how that is read."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from services.orchestrator.domain.spec import FIELD_NAMES
from services.orchestrator.domain.understanding import Intent
from services.orchestrator.reasoner.llm.client import LlmError


class ProposedChange(BaseModel):
    """One field that the message changes, with the words that say so."""

    model_config = ConfigDict(extra="ignore")

    field: str
    value: Any = None
    words: str = ""


class Proposal(BaseModel):
    """What the model read in a message."""

    model_config = ConfigDict(extra="ignore")

    changes: tuple[ProposedChange, ...] = ()
    intent: str = ""
    wants_plan_now: bool = False


_VALUE: Final = {
    "anyOf": [
        {"type": "string"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "null"},
    ]
}
PROPOSAL_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["changes", "intent", "wants_plan_now"],
    "properties": {
        "changes": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["field", "value", "words"],
                "properties": {
                    "field": {"type": "string", "enum": list(FIELD_NAMES)},
                    "value": _VALUE,
                    "words": {"type": "string"},
                },
            },
        },
        "intent": {"type": "string", "enum": [intent.value for intent in Intent]},
        "wants_plan_now": {"type": "boolean"},
    },
}
PROSE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["understanding", "tradeoffs"],
    "properties": {
        "understanding": {"type": "string"},
        "tradeoffs": {"type": "array", "items": {"type": "string"}},
    },
}


class Prose(BaseModel):
    """The prose of a plan as the model would write it."""

    model_config = ConfigDict(extra="ignore")

    understanding: str = ""
    tradeoffs: tuple[str, ...] = ()


def read_proposal(answer: dict[str, Any]) -> Proposal:
    """Return what the model read; changes of unknown fields are left out. Raises LlmError for another schema."""
    try:
        proposal = Proposal.model_validate(answer)
    except ValidationError as error:
        raise LlmError("the answer has another schema") from error
    known = tuple(change for change in proposal.changes if change.field in FIELD_NAMES)
    return proposal.model_copy(update={"changes": known})


def read_prose(answer: dict[str, Any]) -> Prose:
    """Return the prose. Raises LlmError for another schema."""
    try:
        return Prose.model_validate(answer)
    except ValidationError as error:
        raise LlmError("the answer has another schema") from error
