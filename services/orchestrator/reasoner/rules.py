"""Understanding by rules alone: no network, the same answer every time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from services.orchestrator.domain.conversation import TurnInput
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.understanding import CatalogueNames, Understanding, understand
from services.orchestrator.drafts import Draft
from services.orchestrator.reasoner.protocol import Early, Meter

LONG_CHARS: Final = 5_000
"""From this length on, reading a message may take longer than the event loop should be held up."""


class RuleReasoner:
    """The embedded default, and the fallback when a language model is down."""

    async def close(self) -> None:
        """Nothing to close."""

    async def understand(
        self, turn: TurnInput, *, names: CatalogueNames | None, meter: Meter, early: Early | None = None
    ) -> Understanding:
        """Return what the rules read in the message."""
        read = partial(
            understand,
            turn.text,
            spec=turn.spec,
            turn=turn.turn.number,
            asked=turn.pending,
            names=names,
            has_plan=bool(turn.plans),
            now=turn.turn.create_time,
        )
        # A long message is read beside the event loop, which others wait for.
        return read() if len(turn.text) < LONG_CHARS else await asyncio.to_thread(read)

    async def design(self, turn: TurnInput, draft: Draft, *, meter: Meter) -> DeploymentPlan:
        """Return the plan as the planner chose it and the templates wrote it."""
        return draft.plan

    async def tell(self, turn: TurnInput, draft: str, *, meter: Meter) -> AsyncIterator[str]:
        """Yield the draft as it is."""
        yield draft
