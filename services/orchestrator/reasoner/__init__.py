"""The seam where language is understood and written."""

from services.orchestrator.reasoner.protocol import Meter, Reasoner
from services.orchestrator.reasoner.rules import RuleReasoner
from services.orchestrator.settings import OrchestratorSettings

__all__ = ["Meter", "Reasoner", "RuleReasoner", "build_reasoner"]


def build_reasoner(settings: OrchestratorSettings) -> Reasoner:
    """Return the reasoner that settings ask for: a language model where there is a key for one, else the rules."""
    if settings.openai_api_key is None or not settings.openai_api_key.get_secret_value():
        return RuleReasoner()
    # Imported here because the OpenAI library takes a second that the embedded run does not have.
    from services.orchestrator.reasoner.llm.build import build_openai_reasoner

    return build_openai_reasoner(settings)
