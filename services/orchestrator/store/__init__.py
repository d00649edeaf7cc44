"""All the SQL of the orchestrator: conversations, turns with their events, plans."""

from services.orchestrator.store.conversations import ConversationStore
from services.orchestrator.store.plans import PlanStore
from services.orchestrator.store.turns import BegunTurn, ContestedError, LeaseLostError, TurnStore

__all__ = ["BegunTurn", "ContestedError", "ConversationStore", "LeaseLostError", "PlanStore", "TurnStore"]
