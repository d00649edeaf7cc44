"""The statements of the turn store."""

from __future__ import annotations

from typing import Final

_TURN: Final = "turn_id, conversation_id, number, state, attempts, create_time"

# One statement each, as every trip to the database is time that the user waits. Those that begin and end a turn lock
# the conversation first, as its deletion does.
BEGIN: Final = f"""
WITH conversation AS (
    SELECT turn_count + 1 AS number FROM conversations WHERE conversation_id = $2 FOR UPDATE
), turn AS (
    INSERT INTO turns (turn_id, conversation_id, number, request_id, text_sha256, lease_owner, lease_until)
    SELECT $1, $2, number, $3, $4, $5, now() + make_interval(secs => $6) FROM conversation
    ON CONFLICT DO NOTHING RETURNING {_TURN}
), message AS (
    INSERT INTO messages (message_id, conversation_id, turn_id, position, role, text)
    SELECT $7, $2, $1, 2 * number - 1, 'user', $8 FROM turn
), counted AS (
    UPDATE conversations SET turn_count = number, title = CASE title WHEN '' THEN $9 ELSE title END, update_time = now()
    FROM turn WHERE conversations.conversation_id = $2
), accepted AS (
    INSERT INTO events (turn_id, sequence, event) SELECT $1, 1, $10::jsonb FROM turn
    RETURNING sequence, event_time AS time
)
SELECT * FROM turn, accepted
"""  # noqa: S608
# Why no turn began: no row where there is no conversation, one of nulls where the turn in the way has just ended.
IN_THE_WAY: Final = f"""
SELECT t.text_sha256, t.request_id, {", ".join(f"t.{column}" for column in _TURN.split(", "))}
FROM conversations c LEFT JOIN turns t
    ON t.conversation_id = c.conversation_id AND (t.request_id = $2 OR t.state = 'running')
WHERE c.conversation_id = $1 ORDER BY t.request_id = $2 DESC NULLS LAST LIMIT 1
"""  # noqa: S608
GET: Final = f"SELECT {_TURN} FROM turns WHERE turn_id = $1"  # noqa: S608
CLAIM: Final = f"""
UPDATE turns SET lease_owner = $2, lease_until = now() + make_interval(secs => $3), attempts = attempts + 1
WHERE turn_id = $1 AND state = 'running' AND lease_until < now() RETURNING {_TURN}
"""  # noqa: S608
EXPIRED: Final = (
    "SELECT turn_id FROM turns WHERE state = 'running' AND lease_until < now() ORDER BY lease_until LIMIT $1"
)
RENEW: Final = """
UPDATE turns SET lease_until = now() + make_interval(secs => $2)
WHERE lease_owner = $1 AND state = 'running' RETURNING turn_id, cancel_requested
"""
CANCEL: Final = "UPDATE turns SET cancel_requested = true WHERE turn_id = $1 AND state = 'running' RETURNING turn_id"
# Events are appended only by the holder of the lease; the row lock keeps the sequence without gaps.
_ADD: Final = """
INSERT INTO events (turn_id, sequence, event)
SELECT $1, last + place, event
FROM held, (SELECT coalesce(max(sequence), 0) AS last FROM events WHERE turn_id = $1) AS before,
     unnest($3::jsonb[]) WITH ORDINALITY AS added (event, place)
RETURNING sequence, event_time AS time
"""
APPEND: Final = f"""
WITH held AS (
    SELECT FROM turns WHERE turn_id = $1 AND lease_owner = $2 AND state = 'running' FOR UPDATE
) {_ADD}
"""
END: Final = f"""
WITH conversation AS (
    SELECT conversation_id FROM conversations JOIN turns USING (conversation_id) WHERE turn_id = $1
    FOR UPDATE OF conversations
), held AS (
    UPDATE turns SET state = $4, action = $5, reasoner = $6, prompt_version = $7, input_tokens = $8, output_tokens = $9,
        llm_cost_usd = $10, end_time = now()
    FROM conversation WHERE turn_id = $1 AND lease_owner = $2 AND state = 'running'
    RETURNING turns.conversation_id, number
), message AS (
    INSERT INTO messages (message_id, conversation_id, turn_id, position, role, text, plan_id)
    SELECT $1 || '-assistant', conversation_id, $1, 2 * number, 'assistant', $11, $14 FROM held WHERE $11 <> ''
), learned AS (
    UPDATE conversations c SET spec = coalesce($12::jsonb, spec), asked = asked || $13::jsonb,
        llm_cost_usd = c.llm_cost_usd + coalesce($10::numeric, 0),
        latest_plan_id = CASE $14 WHEN '' THEN latest_plan_id ELSE $14 END, update_time = now()
    FROM held WHERE c.conversation_id = held.conversation_id
), plan AS (
    INSERT INTO plans (plan_id, conversation_id, turn_id, version, plan)
    SELECT $14, conversation_id, $1, $15::int, $16::jsonb FROM held WHERE $14 <> ''
) {_ADD}
"""  # noqa: S608
EVENTS: Final = """
SELECT turn_id, sequence, event_time AS time, event FROM events WHERE turn_id = $1 AND sequence > $2 ORDER BY sequence
"""
CONTEXT: Final = """
SELECT c.spec, c.asked, c.llm_cost_usd,
    (SELECT coalesce(sum(u.input_tokens + u.output_tokens), 0) FROM turns u
        WHERE u.conversation_id = c.conversation_id) AS llm_tokens,
    (SELECT text FROM messages WHERE turn_id = $1 AND role = 'user') AS text,
    ARRAY(
        SELECT plan FROM (
            SELECT plan, version, max(version) OVER () AS newest FROM plans p
            WHERE p.conversation_id = c.conversation_id
        ) AS made
        WHERE version = 1 OR version >= newest - 1 ORDER BY version DESC
    ) AS plans
FROM conversations c JOIN turns t USING (conversation_id) WHERE t.turn_id = $1
"""
HISTORY: Final = """
SELECT message_id, turn_id, position, role, text, plan_id, create_time FROM messages
WHERE conversation_id = $1 AND position < $2 ORDER BY position
"""
