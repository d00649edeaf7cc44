"""Plans, as they were made."""

from __future__ import annotations

from typing import Any, Final

from libs.database import Pool
from libs.errors import NotFoundError
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.store.conversations import ConversationNotFoundError

_GET: Final = "SELECT plan FROM plans WHERE plan_id = $1"
_LIST: Final = """
SELECT plan FROM plans WHERE conversation_id = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3
"""
_COUNT: Final = """
SELECT (SELECT count(*) FROM plans p WHERE p.conversation_id = c.conversation_id) AS plans
FROM conversations c WHERE c.conversation_id = $1
"""


class PlanStore:
    """Reads plans; a plan is written with the turn that made it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, plan_id: str) -> DeploymentPlan:
        """Return a plan. Raises NotFoundError."""
        plan = await self._pool.fetchval(_GET, plan_id)
        if plan is None:
            raise NotFoundError(f"no plan {plan_id!r}", plan_id=plan_id)
        return DeploymentPlan.model_validate(plan)

    async def list_page(self, conversation_id: str, *, before: int | None, limit: int) -> list[DeploymentPlan]:
        """Return the plans of a conversation, newest first, from the one before the given version."""
        rows: list[Any] = await self._pool.fetch(_LIST, conversation_id, before, limit)
        return [DeploymentPlan.model_validate(row["plan"]) for row in rows]

    async def count(self, conversation_id: str) -> int:
        """Return how many plans a conversation has. Raises ConversationNotFoundError."""
        count = await self._pool.fetchval(_COUNT, conversation_id)
        if count is None:
            raise ConversationNotFoundError(conversation_id)
        return int(count)
