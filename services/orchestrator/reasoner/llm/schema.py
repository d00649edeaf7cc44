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
_TEXT: Final = {"type": "string"}
_PICK: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "why", "quote"],
    "properties": {"id": _TEXT, "why": _TEXT, "quote": _TEXT},
}
_COMPONENT: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["role", "why"],
    "properties": {"role": _TEXT, "why": _TEXT},
}
DESIGN_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["understanding", "model", "machine", "components", "tradeoffs"],
    "properties": {
        "understanding": _TEXT,
        "model": _PICK,
        "machine": _PICK,
        "components": {"type": "array", "items": _COMPONENT},
        "tradeoffs": {"type": "array", "items": _TEXT},
    },
}


class ProposedPick(BaseModel):
    """An id, why it is right, and the user's own words for it."""

    model_config = ConfigDict(extra="ignore")

    id: str = ""
    why: str = ""
    quote: str = ""


class ProposedComponent(BaseModel):
    """A component to keep."""

    model_config = ConfigDict(extra="ignore")

    role: str
    why: str = ""


class Design(BaseModel):
    """What the model would pick and write."""

    model_config = ConfigDict(extra="ignore")

    understanding: str = ""
    model: ProposedPick = ProposedPick()
    machine: ProposedPick = ProposedPick()
    components: tuple[ProposedComponent, ...] = ()
    tradeoffs: tuple[str, ...] = ()


def read_proposal(answer: dict[str, Any]) -> Proposal:
    """Return what the model read; changes of unknown fields are left out. Raises LlmError for another schema."""
    try:
        proposal = Proposal.model_validate(answer)
    except ValidationError as error:
        raise LlmError("the answer has another schema") from error
    known = tuple(change for change in proposal.changes if change.field in FIELD_NAMES)
    return proposal.model_copy(update={"changes": known})


def read_design(answer: dict[str, Any]) -> Design:
    """Return the design. Raises LlmError for another schema."""
    try:
        return Design.model_validate(answer)
    except ValidationError as error:
        raise LlmError("the answer has another schema") from error
