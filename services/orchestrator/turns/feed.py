"""Events of turns that this process works on, for whoever watches them here; the store has them all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.orchestrator.domain.events import StoredEvent


class Topic:
    """The events of one turn, all of them, and a way to wait for more."""

    def __init__(self) -> None:
        self._events: list[StoredEvent] = []
        self._changed = asyncio.Event()

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Add events that are stored, in order, and wake who waits."""
        self._events.extend(events)
        self._changed.set()
        self._changed = asyncio.Event()

    def after(self, sequence: int) -> list[StoredEvent]:
        """Return the events with a greater sequence number."""
        return self._events[sequence:]

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next publish; take it before reading, so that nothing is missed."""
        return self._changed


class Feed:
    """Topics by turn."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic] = {}

    def open(self, turn_id: str, events: Sequence[StoredEvent]) -> Topic:
        """Begin a topic with the events stored so far, from the first."""
        topic = self._topics[turn_id] = Topic()
        topic.publish(events)
        return topic

    def find(self, turn_id: str) -> Topic | None:
        """Return a topic; None when this process does not work on the turn."""
        return self._topics.get(turn_id)

    def close(self, turn_id: str) -> None:
        """Forget a topic; who still waits for it is woken and reads the store."""
        if topic := self._topics.pop(turn_id, None):
            topic.publish(())
