"""Calls to the catalogues: run in parallel, reported as they begin and end, and survived when one does not answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from libs.errors import DeadlineError, UnavailableError
from services.orchestrator.catalogs.protocol import Catalogs
from services.orchestrator.domain.candidates import FoundModels, Offer
from services.orchestrator.domain.planning import asks

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """A call to a catalogue that began, or ended when elapsed_ms is set."""

    call_id: str
    name: str
    """Service and rpc, such as compute.SearchOffers."""
    summary: str
    elapsed_ms: float | None = None
    failed: bool = False


OnCall = Callable[[CallReport], None]


class Calls:
    """Runs calls, reports them, and remembers which catalogues did not answer."""

    def __init__(self, on_call: OnCall | None) -> None:
        self._on_call = on_call
        self._count = 0
        self._failed: set[str] = set()
        self._answered: set[str] = set()
        self._last: Exception | None = None

    async def ask(self, name: str, summary: str, pending: Awaitable[T], otherwise: T) -> T:
        """Return the answer, or otherwise when the catalogue does not answer."""
        self._count += 1
        call_id = f"call-{self._count}"
        self._report(CallReport(call_id=call_id, name=name, summary=summary))
        started = time.monotonic()
        catalog = name.partition(".")[0]
        answer, failed = otherwise, True
        try:
            answer, failed = await pending, False
            self._answered.add(catalog)
        except (UnavailableError, DeadlineError) as error:
            self._failed.add(catalog)
            self._last = error
        finally:
            elapsed = (time.monotonic() - started) * 1000
            self._report(CallReport(call_id=call_id, name=name, summary=summary, elapsed_ms=elapsed, failed=failed))
        return answer

    async def search(self, catalogs: Catalogs, ask: asks.ModelAsk) -> FoundModels:
        """Return what one search for models found."""
        pending = catalogs.search_models(ask)
        return await self.ask("models.SearchModels", ask.name or ask.query, pending, FoundModels())

    async def offers(self, catalogs: Catalogs, searches: Iterable[asks.OfferAsk], summary: str) -> tuple[Offer, ...]:
        """Return the offers of all searches."""
        empty: tuple[Offer, ...] = ()
        pending = [self.ask("compute.SearchOffers", summary, catalogs.search_offers(s), empty) for s in searches]
        return tuple(offer for answer in await asyncio.gather(*pending) for offer in answer)

    def missing(self) -> tuple[str, ...]:
        """Return the catalogues of which a call failed."""
        return tuple(sorted(self._failed))

    def raise_if_all_failed(self) -> None:
        """Raise what the last call failed with when no catalogue answered."""
        if self._last is not None and not self._answered:
            raise UnavailableError("none of the catalogues answers", retry_after_s=2.0) from self._last

    def _report(self, report: CallReport) -> None:
        if self._on_call is not None:
            self._on_call(report)
