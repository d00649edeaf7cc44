"""ArchitectService on the wire: translates, calls, translates back."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

from libs.errors import Violations
from libs.paging import encode_page_token
from libs.rpc.convert import timestamp_to_proto
from services.orchestrator.convert import (
    FORMATS,
    conversation_to_proto,
    event_to_proto,
    message_to_proto,
    plan_to_proto,
)
from services.orchestrator.domain.events import PlanMade, StoredEvent
from services.orchestrator.domain.render import render
from services.orchestrator.domain.understanding.secrets import mask
from services.orchestrator.requests import (
    MAX_REQUEST_ID_CHARS,
    check_id,
    check_name,
    check_text,
    position_key,
    read_page,
    require_id,
    time_key,
)
from services.orchestrator.store import ConversationStore, PlanStore
from services.orchestrator.turns import Turns
from stack8s.orchestrator.v1 import architect_service_pb2 as pb
from stack8s.orchestrator.v1 import architect_service_pb2_grpc, conversation_pb2


class ArchitectServicer(architect_service_pb2_grpc.ArchitectServiceServicer):
    """The four stores and the turns, as rpcs."""

    def __init__(self, conversations: ConversationStore, plans: PlanStore, turns: Turns) -> None:
        self._conversations, self._plans, self._turns = conversations, plans, turns

    async def CreateConversation(
        self, request: pb.CreateConversationRequest, context: Any
    ) -> pb.CreateConversationResponse:
        """Begin a conversation."""
        bad = Violations()
        for field in ("title", "owner"):
            check_name(bad, field, getattr(request, field))
        bad.raise_if_any()
        conversation_id = uuid.uuid4().hex
        created = await self._conversations.create(
            conversation_id=conversation_id, owner=request.owner, title=mask(request.title)[0]
        )
        return pb.CreateConversationResponse(conversation_id=conversation_id, create_time=timestamp_to_proto(created))

    async def GetConversation(self, request: pb.GetConversationRequest, context: Any) -> pb.GetConversationResponse:
        """Return a conversation."""
        require_id("conversation_id", request.conversation_id)
        conversation = await self._conversations.get(request.conversation_id)
        return pb.GetConversationResponse(conversation=conversation_to_proto(conversation))

    async def ListConversations(
        self, request: pb.ListConversationsRequest, context: Any
    ) -> pb.ListConversationsResponse:
        """List conversations, last changed first."""
        bad, query = Violations(), f"conversations {request.owner}".encode()
        check_name(bad, "owner", request.owner)
        limit, after = read_page(bad, request, query=query, key=time_key)
        found = await self._conversations.list_page(owner=request.owner, after=after, limit=limit + 1)
        response = pb.ListConversationsResponse(
            conversations=[conversation_to_proto(c) for c in found[:limit]],
            total_size=await self._conversations.count(owner=request.owner),
        )
        if len(found) > limit:
            last = found[limit - 1]
            response.next_page_token = encode_page_token(
                [last.update_time.isoformat(), last.conversation_id], query=query
            )
        return response

    async def DeleteConversation(
        self, request: pb.DeleteConversationRequest, context: Any
    ) -> pb.DeleteConversationResponse:
        """Delete a conversation for good."""
        require_id("conversation_id", request.conversation_id)
        await self._conversations.delete(request.conversation_id)
        return pb.DeleteConversationResponse()

    async def ListMessages(self, request: pb.ListMessagesRequest, context: Any) -> pb.ListMessagesResponse:
        """List messages, oldest first."""
        bad, query = Violations(), f"messages {request.conversation_id}".encode()
        check_id(bad, "conversation_id", request.conversation_id)
        limit, after = read_page(bad, request, query=query, key=position_key)
        found, total = await self._conversations.messages(request.conversation_id, after=after or 0, limit=limit + 1)
        response = pb.ListMessagesResponse(messages=[message_to_proto(m) for m in found[:limit]], total_size=total)
        if len(found) > limit:
            response.next_page_token = encode_page_token([found[limit - 1].position], query=query)
        return response

    async def SendMessage(
        self, request: pb.SendMessageRequest, context: Any
    ) -> AsyncIterator[conversation_pb2.TurnEvent]:
        """Send a message and stream the events of its turn."""
        bad = Violations()
        check_id(bad, "conversation_id", request.conversation_id)
        check_name(bad, "request_id", request.request_id, most=MAX_REQUEST_ID_CHARS)
        check_text(bad, "text", request.text)
        bad.raise_if_any()
        turn_id = await self._turns.send(
            conversation_id=request.conversation_id, text=mask(request.text)[0], request_id=request.request_id
        )
        async for stored in self._turns.watch(turn_id):
            yield await self._event(stored)

    async def WatchTurn(self, request: pb.WatchTurnRequest, context: Any) -> AsyncIterator[conversation_pb2.TurnEvent]:
        """Stream the events of a turn from a sequence number on."""
        bad = Violations()
        check_id(bad, "turn_id", request.turn_id)
        if request.after_sequence < 0:
            bad.add("after_sequence", f"is {request.after_sequence}; must be 0 (all events) or more")
        bad.raise_if_any()
        async for stored in self._turns.watch(request.turn_id, after=request.after_sequence):
            yield await self._event(stored)

    async def CancelTurn(self, request: pb.CancelTurnRequest, context: Any) -> pb.CancelTurnResponse:
        """Stop a turn."""
        require_id("turn_id", request.turn_id)
        await self._turns.cancel(request.turn_id)
        return pb.CancelTurnResponse()

    async def GetPlan(self, request: pb.GetPlanRequest, context: Any) -> pb.GetPlanResponse:
        """Return a plan."""
        require_id("plan_id", request.plan_id)
        return pb.GetPlanResponse(plan=plan_to_proto(await self._plans.get(request.plan_id)))

    async def ListPlans(self, request: pb.ListPlansRequest, context: Any) -> pb.ListPlansResponse:
        """List the plans of a conversation, newest first."""
        bad, query = Violations(), f"plans {request.conversation_id}".encode()
        check_id(bad, "conversation_id", request.conversation_id)
        limit, before = read_page(bad, request, query=query, key=position_key)
        total = await self._plans.count(request.conversation_id)
        found = await self._plans.list_page(request.conversation_id, before=before, limit=limit + 1)
        response = pb.ListPlansResponse(plans=[plan_to_proto(p) for p in found[:limit]], total_size=total)
        if len(found) > limit:
            response.next_page_token = encode_page_token([found[limit - 1].version], query=query)
        return response

    async def RenderPlan(self, request: pb.RenderPlanRequest, context: Any) -> pb.RenderPlanResponse:
        """Render a plan as files."""
        bad = Violations()
        check_id(bad, "plan_id", request.plan_id)
        if request.format not in FORMATS:
            bad.add("format", f"is {request.format}; must be one of RenderFormat")
        bad.raise_if_any()
        rendered = render(await self._plans.get(request.plan_id), FORMATS[request.format])
        return pb.RenderPlanResponse(
            content=rendered.content, media_type=rendered.media_type, file_name=rendered.file_name
        )

    async def _event(self, stored: StoredEvent) -> conversation_pb2.TurnEvent:
        plan = None
        if isinstance(stored.event, PlanMade):
            plan = stored.event.plan or await self._plans.get(stored.event.plan_id)
        return event_to_proto(stored, plan=plan)
