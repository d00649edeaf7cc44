"""Watches one cluster: lists nodes and pods, follows their changes, and tells whether the cluster answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from services.compute.cluster.client import Client, Kind, Refused
from services.compute.cluster.facts import (
    has_ended,
    kueue_reservations,
    node_facts,
    pod_facts,
    volcano_reservations,
)
from services.compute.domain.capacity import Capacity, NodeFacts, PodFacts, Reservation, measure
from services.compute.domain.names import GpuNames

if TYPE_CHECKING:
    from services.compute.cluster.metrics import Utilisation

log = logging.getLogger(__name__)

EMPTY: Final = Capacity()
_FIRST_RETRY_S: Final = 0.5
_LAST_RETRY_S: Final = 30.0


class State(StrEnum):
    """Whether the cluster answers."""

    NOT_CONFIGURED = "not_configured"
    UNREACHABLE = "unreachable"
    CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class View:
    """The cluster as last seen."""

    state: State
    reason: str
    """Why it does not answer; empty when connected."""
    since: datetime
    as_of: datetime | None = None
    """When the figures were read; None when they never were."""
    capacity: Capacity = EMPTY


class Cluster:
    """Follows a cluster. Without a client it answers that none is configured, or why the one that is cannot be used."""

    def __init__(
        self,
        client: Client | None,
        names: GpuNames,
        *,
        by_instance: Callable[[], Mapping[str, str]],
        utilisation: Utilisation | None = None,
        resync_s: float = 300.0,
        broken: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client, self._names, self._by_instance = client, names, by_instance
        self._utilisation, self._resync_s, self._now = utilisation, resync_s, now
        self._nodes: dict[str, NodeFacts] = {}
        self._pods: dict[tuple[str, str], PodFacts] = {}
        self._reservations: list[Reservation] = []
        self._use: Mapping[str, float] = {}
        self._listed: dict[Kind, datetime] = {}
        self._failing: dict[Kind, str] = {}
        self._measuring = asyncio.Lock()
        self._measured: tuple[int, Capacity] = (-1, Capacity())
        self._measure_from = 0.0
        self._version = 0
        reason = broken or ("no cluster is configured" if client is None else "not read yet")
        state = State.NOT_CONFIGURED if client is None and not broken else State.UNREACHABLE
        self._state = View(state, reason, now())

    async def view(self) -> View:
        """Return the cluster as last seen."""
        state = self._state
        if state.state is State.NOT_CONFIGURED or len(self._listed) < len(Kind):
            return state
        async with self._measuring:
            if self._measured[0] != self._version and time.monotonic() >= self._measure_from:
                await self._measure()
        return View(state.state, state.reason, state.since, min(self._listed.values()), self._measured[1])

    async def _measure(self) -> None:
        """Measure anew; a large cluster that never rests keeps no core busy for more than a fifth of the time."""
        version, begin = self._version, time.monotonic()
        nodes, pods = list(self._nodes.values()), list(self._pods.values())
        capacity = await asyncio.to_thread(
            lambda: measure(
                nodes, pods, self._names, self._by_instance(), reservations=self._reservations, utilisation=self._use
            )
        )
        self._measured = (version, capacity)
        end = time.monotonic()
        self._measure_from = end + 4 * (end - begin)

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the cluster until left."""
        tasks = []
        if self._client is not None:
            tasks = [asyncio.create_task(self._follow(self._client, kind)) for kind in Kind]
            tasks.append(asyncio.create_task(self._follow_extras(self._client)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._client is not None:
                await self._client.close()

    async def _follow(self, client: Client, kind: Kind) -> None:
        """List, then watch, for ever; a watch that drops is taken up where it ended, or listed anew."""
        retry_s = _FIRST_RETRY_S
        while True:
            try:
                version = await self._list(client, kind)
                retry_s = _FIRST_RETRY_S
                async with asyncio.timeout(self._resync_s):
                    async for change, item in client.watch(kind, version):
                        self._apply(kind, change, item)
                        self._seen(kind)
            except TimeoutError:
                continue
            except Refused as error:
                if error.is_gone:
                    log.info("watch expired", extra={"kind": kind.value})
                else:
                    self._lost(kind, error.reason)
            except Exception as error:
                log.exception("cluster not understood", extra={"kind": kind.value})
                self._lost(kind, f"the API server's answer is not understood: {type(error).__name__}")
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, _LAST_RETRY_S)

    async def _list(self, client: Client, kind: Kind) -> str:
        items, version = await client.list(kind)
        if kind is Kind.NODES:
            self._nodes = {i.metadata.name: node_facts(i) for i in items}
        else:
            pods = [pod_facts(i) for i in items if not has_ended(i)]
            self._pods = {(p.namespace, p.name): p for p in pods}
        self._version += 1
        self._seen(kind)
        return version

    def _apply(self, kind: Kind, change: str, item: Any) -> None:
        if kind is Kind.NODES:
            if change == "DELETED":
                self._nodes.pop(item.metadata.name, None)
            elif change in ("ADDED", "MODIFIED"):
                self._nodes[item.metadata.name] = node_facts(item)
        elif change in ("ADDED", "MODIFIED", "DELETED"):
            pod = pod_facts(item)
            if change == "DELETED" or has_ended(item):
                self._pods.pop((pod.namespace, pod.name), None)
            else:
                self._pods[pod.namespace, pod.name] = pod
        self._version += 1

    def _seen(self, kind: Kind) -> None:
        now = self._now()
        self._listed[kind] = now
        self._failing.pop(kind, None)
        if self._state.state is not State.CONNECTED and len(self._listed) == len(Kind) and not self._failing:
            self._state = View(State.CONNECTED, "", now)
            log.info("cluster connected")

    def _lost(self, kind: Kind, reason: str) -> None:
        self._failing[kind] = reason
        if self._state.state is not State.UNREACHABLE or self._state.reason != reason:
            since = self._state.since if self._state.state is State.UNREACHABLE else self._now()
            self._state = View(State.UNREACHABLE, reason, since)
            log.warning("cluster unreachable", extra={"reason": reason})

    async def _follow_extras(self, client: Client) -> None:
        """Read queues and utilisation now and then; a cluster without them is as good."""
        while True:
            kueue = kueue_reservations(await client.list_queues("kueue"))
            self._reservations = kueue + volcano_reservations(await client.list_queues("volcano"))
            if self._utilisation is not None:
                self._use = await self._utilisation.by_type(self._names)
            self._version += 1
            await asyncio.sleep(min(self._resync_s, 30.0))
