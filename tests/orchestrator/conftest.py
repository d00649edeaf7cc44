"""A conversation with the real product, and one that has a plan."""

from __future__ import annotations

import pytest

from tests.support.conversation import Conversation, Product, Reply

PLANNED = "Serve Llama 3.1 8B for 20 concurrent users, at most $2000 a month. Just do it."


@pytest.fixture
async def conversation(product: Product) -> Conversation:
    return await Conversation.begin(product.architect)


@pytest.fixture
async def planned(conversation: Conversation) -> Reply:
    reply = await conversation.say(PLANNED)
    assert reply.plan is not None, reply.text
    return reply
