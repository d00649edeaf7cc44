"""The seam where language is understood and written."""

from services.orchestrator.reasoner.protocol import Meter, Reasoner
from services.orchestrator.reasoner.rules import RuleReasoner

__all__ = ["Meter", "Reasoner", "RuleReasoner"]
