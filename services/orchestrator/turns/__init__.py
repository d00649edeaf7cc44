"""The life of a turn: stored, worked on under a lease, watched, taken over after a crash, cancelled."""

from services.orchestrator.turns.journal import Journal
from services.orchestrator.turns.turns import Turns

__all__ = ["Journal", "Turns"]
