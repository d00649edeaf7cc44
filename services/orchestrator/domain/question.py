"""A question the product asks, with the answers it suggests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One clarifying question about one field of the spec."""

    id: str
    """Stable name, such as budget; a question is asked once per conversation."""
    text: str
    suggestions: tuple[str, ...]
    """Two to four answers, each of which is understood when sent back as it stands or by its number from 1."""
    default: str
    """What planning assumes when the user leaves the choice to us, in words."""
    field: str
    """Name of the WorkloadSpec field that the answer sets."""
    turn: int = 0
    """Number of the turn that asked it; 0 before it is asked."""
