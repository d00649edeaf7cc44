"""Conversations and their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from libs.database import Pool
from libs.errors import NotFoundError
from services.orchestrator.domain.conversation import Conversation, Message
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec

QUESTIONS: Final = TypeAdapter(tuple[Question, ...])

_CREATE: Final = """
INSERT INTO conversations (conversation_id, owner, title) VALUES ($1, $2, $3) RETURNING create_time
"""
_SELECT: Final = """
SELECT c.*, coalesce(
    (SELECT turn_id FROM turns t WHERE t.conversation_id = c.conversation_id AND t.state = 'running'), ''
) AS active_turn_id, used.*
FROM conversations c CROSS JOIN LATERAL (
    SELECT coalesce(sum(input_tokens), 0)::bigint AS llm_input_tokens,
        coalesce(sum(output_tokens), 0)::bigint AS llm_output_tokens
    FROM turns t WHERE t.conversation_id = c.conversation_id
) AS used
"""
_GET: Final = f"{_SELECT} WHERE c.conversation_id = $1"
_LIST: Final = f"""{_SELECT}
WHERE ($1 = '' OR c.owner = $1) AND ($2::timestamptz IS NULL OR (c.update_time, c.conversation_id) < ($2, $3))
ORDER BY c.update_time DESC, c.conversation_id DESC LIMIT $4
"""
_COUNT: Final = "SELECT count(*) FROM conversations WHERE $1 = '' OR owner = $1"
_DELETE: Final = "DELETE FROM conversations WHERE conversation_id = $1"
_MESSAGES: Final = """
SELECT message_id, turn_id, position, role, text, plan_id, create_time FROM messages
WHERE conversation_id = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_COUNT_MESSAGES: Final = "SELECT count(*) FROM messages WHERE conversation_id = $1"
_EXISTS: Final = "SELECT EXISTS (SELECT FROM conversations WHERE conversation_id = $1)"


class ConversationNotFoundError(NotFoundError):
    """No conversation of this id."""

    reason = "CONVERSATION_NOT_FOUND"

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"no conversation {conversation_id!r}", conversation_id=conversation_id)


class ConversationStore:
    """Reads and writes conversations."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, *, conversation_id: str, owner: str, title: str) -> datetime:
        """Store a new conversation and return when it began."""
        created: datetime = await self._pool.fetchval(_CREATE, conversation_id, owner, title)
        return created

    async def get(self, conversation_id: str) -> Conversation:
        """Return a conversation. Raises ConversationNotFoundError."""
        row = await self._pool.fetchrow(_GET, conversation_id)
        if row is None:
            raise ConversationNotFoundError(conversation_id)
        return conversation_from_row(row)

    async def list_page(self, *, owner: str, after: tuple[datetime, str] | None, limit: int) -> list[Conversation]:
        """Return conversations, last changed first, from the one after the given time and id."""
        moment, conversation_id = after or (None, "")
        return [
            conversation_from_row(row) for row in await self._pool.fetch(_LIST, owner, moment, conversation_id, limit)
        ]

    async def count(self, *, owner: str) -> int:
        """Return how many conversations an owner has; of all owners when it is empty."""
        return int(await self._pool.fetchval(_COUNT, owner))

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation with everything in it. Raises ConversationNotFoundError."""
        if await self._pool.execute(_DELETE, conversation_id) == "DELETE 0":
            raise ConversationNotFoundError(conversation_id)

    async def messages(self, conversation_id: str, *, after: int, limit: int) -> tuple[list[Message], int]:
        """Return messages from the position after the given one, oldest first, and how many there are in all.

        Raises ConversationNotFoundError.
        """
        async with self._pool.acquire() as connection:
            if not await connection.fetchval(_EXISTS, conversation_id):
                raise ConversationNotFoundError(conversation_id)
            rows = await connection.fetch(_MESSAGES, conversation_id, after, limit)
            total = await connection.fetchval(_COUNT_MESSAGES, conversation_id)
        return [Message(**row) for row in rows], int(total)


def conversation_from_row(row: Any) -> Conversation:
    """Return a row of conversations, with active_turn_id, as a Conversation."""
    fields = dict(row)
    spec = WorkloadSpec.model_validate(fields.pop("spec"))
    return Conversation(**fields | {"spec": spec, "asked": QUESTIONS.validate_python(fields["asked"])})
