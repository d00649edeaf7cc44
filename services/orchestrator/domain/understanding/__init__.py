"""Understanding what people say, without a language model: small grammars over a lexicon in many languages."""

from services.orchestrator.domain.understanding.pipeline import understand
from services.orchestrator.domain.understanding.policy import Policy, asking_policy
from services.orchestrator.domain.understanding.types import (
    CatalogueNames,
    Intent,
    OpenPoint,
    Revision,
    RevisionKind,
    Understanding,
)

__all__ = [
    "CatalogueNames",
    "Intent",
    "OpenPoint",
    "Policy",
    "Revision",
    "RevisionKind",
    "Understanding",
    "asking_policy",
    "understand",
]
