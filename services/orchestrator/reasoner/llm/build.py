"""Puts the OpenAI reasoner together from settings."""

from __future__ import annotations

from services.orchestrator.reasoner.llm.breaker import Breaker
from services.orchestrator.reasoner.llm.client import LlmClient
from services.orchestrator.reasoner.llm.reasoner import Budget, OpenAIReasoner
from services.orchestrator.settings import OrchestratorSettings


def build_openai_reasoner(settings: OrchestratorSettings) -> OpenAIReasoner:
    """Return the reasoner. Raises ValueError without an API key."""
    if settings.openai_api_key is None:
        raise ValueError("OPENAI_API_KEY is not set")
    client = LlmClient(
        api_key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url,
        model=settings.openai_model,
        temperature=settings.openai_temperature,
        timeout_s=settings.llm_answer_s,
        attempts=settings.llm_attempts,
    )
    return OpenAIReasoner(
        client,
        budget=Budget(
            answer_s=settings.llm_answer_s,
            turn_s=settings.llm_turn_s,
            turn_tokens=settings.llm_turn_tokens,
            conversation_tokens=settings.llm_conversation_tokens,
            conversation_usd=settings.llm_conversation_usd,
        ),
        breaker=Breaker(failures=settings.llm_breaker_failures, pause_s=settings.llm_breaker_pause_s),
    )
