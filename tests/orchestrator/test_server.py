"""ArchitectService over a real server: what it refuses, how it pages, what it keeps and what it forgets."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Awaitable
from typing import Any

import asyncpg
import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.errors import FailedPreconditionError, InvalidInputError, NotFoundError
from libs.paging import encode_page_token
from libs.rpc.client import call
from libs.rpc.status import from_rpc_error
from stack8s.orchestrator.v1 import architect_service_pb2 as pb
from stack8s.orchestrator.v1.conversation_pb2 import Role
from tests.orchestrator.conftest import PLANNED
from tests.support.conversation import Conversation, Product, Reply
from tests.support.services import Services

HELLO = "hello"


async def listed(pending: Any) -> list[Message]:
    """Return what a stream yields. Raises the domain error that a failure stands for."""
    try:
        return [message async for message in pending]
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None


async def refused(pending: Any) -> dict[str, str]:
    """Return what is said about each bad field of a request."""
    with pytest.raises(InvalidInputError) as caught:
        await (call(pending) if isinstance(pending, Awaitable) else listed(pending))
    assert all(v.description for v in caught.value.violations)
    return {v.field: v.description for v in caught.value.violations}


def _message(conversation: Conversation, text: str) -> pb.SendMessageRequest:
    return pb.SendMessageRequest(conversation_id=conversation.id, text=text)


# --- refusals


@pytest.mark.parametrize("text", ["", "   \n\t ", "\u3000"])
async def test_an_empty_message_is_refused(conversation: Conversation, text: str):
    bad = await refused(conversation.architect.SendMessage(_message(conversation, text)))
    assert bad == {"text": "is empty; say what you want to run, in your own words"}


async def test_a_message_of_100_kilobytes_is_refused_and_one_of_64_is_read(conversation: Conversation):
    bad = await refused(conversation.architect.SendMessage(_message(conversation, "x" * 100_000)))
    assert bad["text"].startswith("has 100000 bytes; at most 65536")
    assert "65538" in (await refused(conversation.architect.SendMessage(_message(conversation, "é" * 32_769))))["text"]
    reply = await conversation.say("é" * 32_768)
    assert reply.last == "completed"


async def test_a_nul_character_is_refused_in_every_text_field(product: Product, conversation: Conversation):
    nul = "a\0b"
    architect = product.architect
    for pending, fields in (
        (architect.SendMessage(pb.SendMessageRequest(conversation_id=nul, text=nul, request_id=nul)), 3),
        (architect.CreateConversation(pb.CreateConversationRequest(title=nul, owner=nul)), 2),
        (architect.ListConversations(pb.ListConversationsRequest(owner=nul)), 1),
        (architect.GetConversation(pb.GetConversationRequest(conversation_id=nul)), 1),
        (architect.DeleteConversation(pb.DeleteConversationRequest(conversation_id=nul)), 1),
        (architect.ListMessages(pb.ListMessagesRequest(conversation_id=nul)), 1),
        (architect.ListPlans(pb.ListPlansRequest(conversation_id=nul)), 1),
        (architect.WatchTurn(pb.WatchTurnRequest(turn_id=nul)), 1),
        (architect.CancelTurn(pb.CancelTurnRequest(turn_id=nul)), 1),
        (architect.GetPlan(pb.GetPlanRequest(plan_id=nul)), 1),
        (architect.RenderPlan(pb.RenderPlanRequest(plan_id=nul)), 1),
    ):
        bad = await refused(pending)
        assert len(bad) == fields
        assert all("NUL" in said for said in bad.values())


async def test_text_that_is_not_utf8_is_refused_with_the_field(services: Services, conversation: Conversation):
    request = _message(conversation, "PLACE").SerializeToString().replace(b"PLACE", b"\xff\xfe\xfd\xfc\xfb")
    async with grpc.aio.insecure_channel(services.orchestrator.target) as channel:
        send = channel.unary_stream("/stack8s.orchestrator.v1.ArchitectService/SendMessage")
        bad = await refused(send(request))
    assert list(bad) == ["text"]
    assert "UTF-8" in bad["text"]


async def test_bytes_that_are_no_message_are_refused(services: Services):
    async with grpc.aio.insecure_channel(services.orchestrator.target) as channel:
        get = channel.unary_unary("/stack8s.orchestrator.v1.ArchitectService/GetConversation")
        assert list(await refused(get(b"\xff\xff\xff\xff"))) == ["request"]


async def test_unknown_ids_are_not_found_and_named(product: Product):
    architect, unknown = product.architect, "no-such-id"
    for pending in (
        architect.GetConversation(pb.GetConversationRequest(conversation_id=unknown)),
        architect.DeleteConversation(pb.DeleteConversationRequest(conversation_id=unknown)),
        architect.ListMessages(pb.ListMessagesRequest(conversation_id=unknown)),
        architect.ListPlans(pb.ListPlansRequest(conversation_id=unknown)),
        architect.CancelTurn(pb.CancelTurnRequest(turn_id=unknown)),
        architect.GetPlan(pb.GetPlanRequest(plan_id=unknown)),
        architect.RenderPlan(pb.RenderPlanRequest(plan_id=unknown)),
    ):
        with pytest.raises(NotFoundError, match=unknown):
            await call(pending)
    for stream in (
        architect.SendMessage(pb.SendMessageRequest(conversation_id=unknown, text=HELLO)),
        architect.WatchTurn(pb.WatchTurnRequest(turn_id=unknown)),
    ):
        with pytest.raises(NotFoundError, match=unknown):
            await listed(stream)


async def test_empty_ids_are_refused_by_every_rpc(product: Product):
    architect = product.architect
    for pending, field in (
        (architect.GetConversation(pb.GetConversationRequest()), "conversation_id"),
        (architect.DeleteConversation(pb.DeleteConversationRequest()), "conversation_id"),
        (architect.ListMessages(pb.ListMessagesRequest()), "conversation_id"),
        (architect.ListPlans(pb.ListPlansRequest()), "conversation_id"),
        (architect.SendMessage(pb.SendMessageRequest(text=HELLO)), "conversation_id"),
        (architect.WatchTurn(pb.WatchTurnRequest()), "turn_id"),
        (architect.CancelTurn(pb.CancelTurnRequest()), "turn_id"),
        (architect.GetPlan(pb.GetPlanRequest()), "plan_id"),
        (architect.RenderPlan(pb.RenderPlanRequest()), "plan_id"),
    ):
        assert list(await refused(pending)) == [field]


async def test_every_bad_field_is_named_at_once(product: Product):
    architect = product.architect
    sent = pb.SendMessageRequest(text=" ", request_id="r" * 129)
    assert set(await refused(architect.SendMessage(sent))) == {"conversation_id", "text", "request_id"}
    created = pb.CreateConversationRequest(title="t" * 201, owner="o" * 201)
    assert set(await refused(architect.CreateConversation(created))) == {"title", "owner"}
    page = pb.ListMessagesRequest(page_size=-1, page_token="nonsense")
    assert set(await refused(architect.ListMessages(page))) == {"conversation_id", "page_size", "page_token"}
    page = pb.ListPlansRequest(page_size=-1, page_token="nonsense")
    assert set(await refused(architect.ListPlans(page))) == {"conversation_id", "page_size", "page_token"}
    conversations = pb.ListConversationsRequest(owner="o" * 201, page_size=-5, page_token="?")
    assert set(await refused(architect.ListConversations(conversations))) == {"owner", "page_size", "page_token"}
    assert set(await refused(architect.WatchTurn(pb.WatchTurnRequest(after_sequence=-1)))) == {
        "turn_id",
        "after_sequence",
    }
    rendered = pb.RenderPlanRequest(format=99)  # type: ignore[arg-type]
    assert set(await refused(architect.RenderPlan(rendered))) == {"plan_id", "format"}


def _forged(key: Any, query: str) -> str:
    return encode_page_token(key, query=query.encode())


async def test_malformed_and_foreign_page_tokens_are_refused(product: Product, conversation: Conversation):
    architect, id_ = product.architect, conversation.id
    other = await Conversation.begin(architect)
    for token in (
        "nonsense",
        "%%%",
        base64.urlsafe_b64encode(b"[1,2").decode(),
        base64.urlsafe_b64encode(json.dumps([9, "x", []]).encode()).decode(),
        _forged([1], f"messages {other.id}"),
        _forged([1], f"plans {id_}"),
        _forged(["1; DROP TABLE messages"], f"messages {id_}"),
        _forged([10**30], f"messages {id_}"),
        _forged([1, 2, 3], f"messages {id_}"),
    ):
        request = pb.ListMessagesRequest(conversation_id=id_, page_token=token)
        assert list(await refused(architect.ListMessages(request))) == ["page_token"]
    for key in (["yesterday", id_], [5], ["2026-01-01T00:00:00", id_], ["2026-01-01T00:00:00+00:00", "a\0"]):
        listing = pb.ListConversationsRequest(owner="me", page_token=_forged(key, "conversations me"))
        assert list(await refused(architect.ListConversations(listing))) == ["page_token"]


async def test_an_unknown_format_is_refused(planned: Reply, product: Product):
    assert planned.plan is not None
    request = pb.RenderPlanRequest(plan_id=planned.plan.plan_id, format=42)  # type: ignore[arg-type]
    bad = await refused(product.architect.RenderPlan(request))
    assert list(bad) == ["format"]


NAMES = st.text(max_size=300) | st.sampled_from(["", "a\0b", "x" * 201, "'; DROP TABLE turns; --", "﷽", "‮"])
NUMBERS = st.integers(-(2**31), 2**31 - 1)
REQUESTS = st.one_of(
    st.builds(pb.GetConversationRequest, conversation_id=NAMES),
    st.builds(pb.DeleteConversationRequest, conversation_id=NAMES),
    st.builds(pb.ListMessagesRequest, conversation_id=NAMES, page_size=NUMBERS, page_token=NAMES),
    st.builds(pb.ListPlansRequest, conversation_id=NAMES, page_size=NUMBERS, page_token=NAMES),
    st.builds(pb.ListConversationsRequest, owner=NAMES, page_size=NUMBERS, page_token=NAMES),
    st.builds(pb.CreateConversationRequest, title=NAMES, owner=NAMES),
    st.builds(pb.SendMessageRequest, conversation_id=NAMES, text=NAMES, request_id=NAMES),
    st.builds(pb.WatchTurnRequest, turn_id=NAMES, after_sequence=st.integers(-(2**63), 2**63 - 1)),
    st.builds(pb.CancelTurnRequest, turn_id=NAMES),
    st.builds(pb.GetPlanRequest, plan_id=NAMES),
    st.builds(pb.RenderPlanRequest, plan_id=NAMES, format=NUMBERS),
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(request_=REQUESTS)
async def test_no_request_makes_the_server_fail(product: Product, request_: Message):
    method = getattr(product.architect, type(request_).__name__.removesuffix("Request"))
    pending = method(request_)
    try:
        await (call(pending) if isinstance(pending, Awaitable) else listed(pending))
    except (InvalidInputError, NotFoundError):
        return
    assert isinstance(request_, pb.CreateConversationRequest | pb.ListConversationsRequest)


# --- lists


async def pages(method: Any, request: Any, field: str) -> list[list[Any]]:
    """Return all pages of a list."""
    found = []
    while True:
        answer = await call(method(request))
        found.append(list(getattr(answer, field)))
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token


async def test_messages_come_in_pages_oldest_first(conversation: Conversation):
    for number in range(3):
        await conversation.say(f"hello {number}")
    request = pb.ListMessagesRequest(conversation_id=conversation.id, page_size=4)
    first, second = await pages(conversation.architect.ListMessages, request, "messages")
    roles = [m.role for m in (*first, *second)]
    assert roles == [Role.ROLE_USER, Role.ROLE_ASSISTANT] * 3
    assert [m.text for m in (*first, *second) if m.role == Role.ROLE_USER] == ["hello 0", "hello 1", "hello 2"]
    assert len(first) == 4
    whole = await conversation.architect.ListMessages(pb.ListMessagesRequest(conversation_id=conversation.id))
    assert (whole.total_size, list(whole.messages)) == (6, [*first, *second])


async def test_conversations_are_listed_by_owner_last_changed_first(product: Product):
    owner = uuid.uuid4().hex
    made = [await Conversation.begin(product.architect, owner=owner) for _ in range(5)]
    await made[0].say(HELLO)
    request = pb.ListConversationsRequest(owner=owner, page_size=2)
    found = await pages(product.architect.ListConversations, request, "conversations")
    assert [len(page) for page in found] == [2, 2, 1]
    ids = [c.conversation_id for page in found for c in page]
    assert ids == [made[0].id, *(c.id for c in reversed(made[1:]))]
    assert {c.owner for page in found for c in page} == {owner}
    whole = await product.architect.ListConversations(pb.ListConversationsRequest(owner=owner, page_size=5))
    assert (whole.total_size, whole.next_page_token) == (5, "")


async def test_plans_are_listed_newest_first_and_each_is_kept_as_it_was_made(conversation: Conversation):
    made = [(await conversation.say(words)).plan for words in (PLANNED, "Only on AWS please", "Use two GPUs")]
    assert all(made)
    request = pb.ListPlansRequest(conversation_id=conversation.id, page_size=2)
    found = await pages(conversation.architect.ListPlans, request, "plans")
    assert [plan for page in found for plan in page] == made[::-1]
    assert [plan.version for page in found for plan in page] == [3, 2, 1]
    for plan in made:
        assert plan is not None
        assert (await conversation.architect.GetPlan(pb.GetPlanRequest(plan_id=plan.plan_id))).plan == plan


# --- turns


async def test_a_conversation_shows_what_was_learned(conversation: Conversation, planned: Reply):
    assert planned.plan is not None
    found = await conversation.architect.GetConversation(pb.GetConversationRequest(conversation_id=conversation.id))
    kept = found.conversation
    assert kept.spec == planned.spec
    assert (kept.latest_plan_id, kept.turn_count, kept.active_turn_id) == (planned.plan.plan_id, 1, "")
    assert kept.title == PLANNED[:80]
    assert kept.spec.origins["budget_usd_month"].turn == 1
    assert kept.spec.origins["budget_usd_month"].words in PLANNED


async def test_watching_gives_the_rest_from_any_number(conversation: Conversation, planned: Reply):
    for after in (0, 1, len(planned.events) - 1, len(planned.events), len(planned.events) + 5, 2**62):
        request = pb.WatchTurnRequest(turn_id=planned.turn_id, after_sequence=after)
        assert await listed(conversation.architect.WatchTurn(request)) == planned.events[after:]


async def test_a_retry_by_request_id_gets_the_same_turn_and_another_text_is_refused(conversation: Conversation):
    first = await conversation.say(HELLO, request_id="r1")
    assert (await conversation.say(HELLO, request_id="r1")).events == first.events
    request = pb.SendMessageRequest(conversation_id=conversation.id, text="other", request_id="r1")
    assert list(await refused(conversation.architect.SendMessage(request))) == ["request_id"]
    other = await Conversation.begin(conversation.architect)
    assert (await other.say(HELLO, request_id="r1")).turn_id != first.turn_id


async def test_a_turn_that_has_ended_cannot_be_cancelled(conversation: Conversation):
    reply = await conversation.say(HELLO)
    with pytest.raises(FailedPreconditionError, match="has ended"):
        await call(conversation.architect.CancelTurn(pb.CancelTurnRequest(turn_id=reply.turn_id)))


async def test_a_client_that_leaves_stops_nothing(conversation: Conversation):
    stream = conversation.architect.SendMessage(_message(conversation, PLANNED))
    first = await stream.read()
    stream.cancel()
    rest = await listed(conversation.architect.WatchTurn(pb.WatchTurnRequest(turn_id=first.turn_id)))
    Reply(rest).require_sound()
    assert Reply(rest).plan is not None


async def test_deleting_is_for_good(
    product: Product, services: Services, conversation: Conversation, planned: Reply
) -> None:
    assert planned.plan is not None
    architect = product.architect
    await call(architect.DeleteConversation(pb.DeleteConversationRequest(conversation_id=conversation.id)))
    for pending in (
        architect.GetConversation(pb.GetConversationRequest(conversation_id=conversation.id)),
        architect.ListMessages(pb.ListMessagesRequest(conversation_id=conversation.id)),
        architect.GetPlan(pb.GetPlanRequest(plan_id=planned.plan.plan_id)),
        architect.DeleteConversation(pb.DeleteConversationRequest(conversation_id=conversation.id)),
    ):
        with pytest.raises(NotFoundError):
            await call(pending)
    with pytest.raises(NotFoundError):
        await listed(architect.WatchTurn(pb.WatchTurnRequest(turn_id=planned.turn_id)))
    stored = await everything_stored(services)
    assert conversation.id not in stored
    assert planned.turn_id not in stored


# --- secrets

SECRETS = {
    "an AWS key": "AKIAZ7QH2M5K9PXT4WLB",
    "an AWS secret": "q8Zr3Lw0vT6nJx1KdYb4Hs7Gp2Fm9Cu5EaRiOtWv",
    "a Hub token": "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",
    "an OpenAI key": "sk-proj-Zx81kQpLm20vNbTr56YhGwEu",
    "a password": "Tr0ub4dor&3xyz",
}
PASTED = (
    "Serve Llama 3.1 8B for 20 users at most $2000 a month, just do it. My AWS key is {an AWS key} with secret "
    "{an AWS secret}, HF_TOKEN={a Hub token}, OPENAI_API_KEY={an OpenAI key} and password: {a password}"
).format(**SECRETS)


async def everything_stored(services: Services) -> str:
    """Return every row of the orchestrator's tables as text."""
    connection = await asyncpg.connect(services.database_url)
    try:
        named = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'orchestrator'"
        tables = [row["table_name"] for row in await connection.fetch(named)]
        assert {"conversations", "turns", "messages", "events", "plans"} <= set(tables)
        queries = (f"SELECT string_agg(t::text, E'\\n') FROM orchestrator.{table} t" for table in tables)  # noqa: S608
        return "\n".join([await connection.fetchval(query) or "" for query in queries])
    finally:
        await connection.close()


async def test_secrets_are_neither_kept_nor_told_nor_logged(services: Services, product: Product):
    created = await product.architect.CreateConversation(
        pb.CreateConversationRequest(title=f"with {SECRETS['a Hub token']}")
    )
    conversation = Conversation(product.architect, created.conversation_id)
    reply = await conversation.say(PASTED)
    assert reply.plan is not None
    assert "rotate" in reply.text.lower() or "revoke" in reply.text.lower(), reply.text
    files = [
        (await product.architect.RenderPlan(pb.RenderPlanRequest(plan_id=reply.plan.plan_id, format=form))).content
        for form in (pb.RENDER_FORMAT_JSON, pb.RENDER_FORMAT_KUBERNETES)
    ]
    told = "\n".join([*map(str, reply.events), *(content.decode() for content in files)])
    stored, logged = await everything_stored(services), services.logs()
    for kind, secret in SECRETS.items():
        assert secret not in told, kind
        assert secret not in stored, kind
        assert secret not in logged, kind
