"""The state of the catalogue: read by one task for all who wait, and one at a time."""

from __future__ import annotations

import asyncio
import weakref

import numpy as np
import pytest

from services.models.search import Searcher
from services.models.store import versions
from services.models.wish import Wish
from tests.models.conftest import Generated

pytestmark = pytest.mark.asyncio(loop_scope="session")

OURS_MIB = 111
"""Tells the readings of these searchers from those of the services that run meanwhile."""


class Reads:
    """Stands before the reading of states by `searcher`: counts, holds up, and tells what was still in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.codes: weakref.ref[np.ndarray] | None = None
        self.old_was_there: list[bool] = []
        read = versions.read_state

        async def gated(*arguments, **options):
            if options["most_scan_bytes"] != OURS_MIB * 2**20:
                return await read(*arguments, **options)
            self.begun += 1
            self.has_begun.set()
            self.old_was_there.append(self.codes is not None and self.codes() is not None)
            await self.may_end.wait()
            state = await read(*arguments, **options)
            self.codes = weakref.ref(state.scan.passages.codes)
            return state

        monkeypatch.setattr(versions, "read_state", gated)


def searcher(generated: Generated, *, max_age_s: float) -> Searcher:
    return Searcher(generated.running.pool, generated.running.embedders, scan_mib=OURS_MIB, state_max_age_s=max_age_s)


async def another_version(generated: Generated) -> None:
    await generated.running.pool.execute("UPDATE catalog SET version = version + 1")


async def test_who_gives_up_waiting_for_the_catalogue_leaves_the_reading_to_others(generated: Generated, monkeypatch):
    reads = Reads(monkeypatch)
    reads.may_end.clear()
    ours = searcher(generated, max_age_s=60)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ours.ready()
    reads.may_end.set()
    await ours.ready()
    assert reads.begun == 1


async def test_a_catalogue_that_has_answered_is_ready_while_its_next_version_is_read(generated: Generated, monkeypatch):
    reads = Reads(monkeypatch)
    ours = searcher(generated, max_age_s=0.001)
    await ours.ready()
    await another_version(generated)
    reads.may_end.clear()
    while reads.begun < 2:
        await ours.ready()
        await asyncio.sleep(0.01)
    await ours.ready()
    reads.may_end.set()
    assert (await ours.state()).version == await versions.version(generated.running.pool)


@pytest.mark.parametrize("max_age_s", [0.001, 60])
async def test_the_state_of_an_old_version_is_let_go_before_the_next_is_read(
    generated: Generated, monkeypatch, max_age_s
):
    """By its age, or by what the database tells in the midst of a search."""
    reads = Reads(monkeypatch)
    ours = searcher(generated, max_age_s=max_age_s)
    await ours.state()
    await another_version(generated)
    await ours.search(Wish("transcribe calls"))
    assert reads.old_was_there == [False, False]


async def test_a_reading_that_fails_is_told_and_tried_again(generated: Generated, monkeypatch):
    ours = searcher(generated, max_age_s=60)
    with monkeypatch.context() as patched:

        async def broken(*arguments, **options):
            raise ConnectionError("away")

        patched.setattr(versions, "read_state", broken)
        with pytest.raises(ConnectionError):
            await ours.state()
    assert (await ours.state()).model_count


async def test_reading_stops_with_the_service(generated: Generated, monkeypatch):
    reads = Reads(monkeypatch)
    reads.may_end.clear()
    ours = searcher(generated, max_age_s=60)
    waiting = asyncio.create_task(ours.state())
    await reads.has_begun.wait()
    await ours.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
