"""Reading the Hub when it is slow, ill, moved or odd: no import is lost to it, and none ends too early."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from services.models.ingest import pipeline, starter
from services.models.ingest.hub import HubSource
from services.models.ingest.hub_client import HubClient, told_wait_s
from services.models.ingest.source import SourceError
from tests.models.hub_server import FakeHub, Reply, serving
from tests.models.importing import cards, entry, hub_source, ids, record

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Waits(list[float]):
    """Notes how long it was slept, and does not."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit": '"api";r=0;t=55', "Retry-After": "2"}, 56.0),
        ({"RateLimit": '"api";r=3;t=55', "Retry-After": "2"}, 3.0),
        ({"Retry-After": " 120 "}, 121.0),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 91.0),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 1.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_the_one_that_the_server_asks_for(headers: Mapping[str, str], seconds: float | None):
    assert told_wait_s(headers, now=NOW) == seconds


@pytest.mark.parametrize("link", ["http://hub.example/api/models?cursor=5", "https://elsewhere.example/api/models"])
def test_a_link_to_another_host_or_without_tls_is_not_followed(link: str):
    client = HubClient("https://hub.example", token="hf_secret", say=lambda line: None)
    assert client.following("/api/models?cursor=5") == "https://hub.example/api/models?cursor=5"
    with pytest.raises(SourceError, match="another host"):
        client.following(link)


async def test_limits_and_failures_in_between_are_waited_for_and_told_once(store):
    pool, chosen = store
    waits, lines = Waits(), list[str]()
    hub = FakeHub([record(n) for n in range(3)], cards(3))
    hub.first["list"] = [Reply(429, {"Retry-After": "7"}), Reply(503), Reply(429), Reply(502, {"Retry-After": "4"})]
    hub.first["card"] = [Reply(500)]
    with serving(hub):
        outcome = await pipeline.run(pool, hub_source(hub, sleep=waits, say=lines.append), fast=chosen.fast)
    assert outcome.progress.seen == 3
    assert outcome.snapshot_id
    assert waits[0] == pytest.approx(8.0, abs=1.0)
    assert "limits its rate: goes on in 8 s" in lines[0]


async def test_a_server_that_asks_for_hours_ends_the_run_and_the_next_goes_on(store):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(8)], cards(8))
    with serving(hub):
        hub.first["list"] = [Reply(200), Reply(429, {"Retry-After": "86400"})]
        with pytest.raises(SourceError, match=r"86,401 s.*run the import again"):
            await pipeline.run(pool, hub_source(hub, sleep=Waits()), fast=chosen.fast)
        hub.asked.clear()
        outcome = await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
    assert outcome.progress.seen == 8
    assert hub.pages_read() == 1


@pytest.mark.parametrize("status", [401, 403, 410, 416, 451])
async def test_a_card_that_is_closed_or_withdrawn_costs_the_card_only(store, status):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(3)], cards(3), card_status={"org/model-1": status})
    with serving(hub):
        outcome = await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        again = await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
    assert (outcome.progress.seen, outcome.progress.skipped) == (3, 1)
    assert again.progress.unchanged == 3
    stored = await entry(pool, "org/model-1")
    assert (stored.model.task, stored.card) == ("text-generation", "")


async def test_a_card_that_the_server_fails_to_give_is_asked_for_again_and_the_old_one_stays(store):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(2)], cards(2))
    with serving(hub):
        await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        hub.card_status = {"org/model-1": 500, "org/model-2": 500}
        hub.models = [record(0), record(1, sha="e" * 40), record(2)]
        hub.cards = {**hub.cards, "org/model-1": "# Model 1\n\nIt paints.", "org/model-2": "# Model 2\n\nIt hums."}
        ill = await pipeline.run(pool, hub_source(hub, sleep=Waits()), fast=chosen.fast)
        old = (await entry(pool, "org/model-1")).card
        none = (await entry(pool, "org/model-2")).card
        hub.card_status = {}
        await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
    assert ill.progress.skipped == 2
    assert "subject 1" in old
    assert none == ""
    assert "paints" in (await entry(pool, "org/model-1")).card
    assert "hums" in (await entry(pool, "org/model-2")).card


async def test_a_server_that_gives_no_cards_at_all_ends_the_run(store):
    pool, chosen = store
    models = [record(n) for n in range(20)]
    hub = FakeHub(models, cards(20), page=20, card_status={str(m["id"]): 503 for m in models})
    with serving(hub), pytest.raises(SourceError, match="does not give cards: 503"):
        await pipeline.run(pool, hub_source(hub, sleep=Waits()), fast=chosen.fast)
    assert await ids(pool) == set()


async def test_cards_that_fail_among_others_that_come_cost_themselves_only(store):
    pool, chosen = store
    failing = {f"org/model-{n}": 500 for n in range(20) if n % 5 < 3}
    with serving(FakeHub([record(n) for n in range(20)], cards(20), card_status=failing)) as hub:
        outcome = await pipeline.run(pool, hub_source(hub, sleep=Waits()), fast=chosen.fast)
    assert (outcome.progress.seen, outcome.progress.skipped) == (20, len(failing))
    assert len(await ids(pool)) == 20


async def test_a_server_that_breaks_off_ends_the_run_with_a_sentence(store):
    pool, chosen = store
    with serving(FakeHub([record(0)], torn=True)) as hub, pytest.raises(SourceError, match="does not answer"):
        await pipeline.run(pool, hub_source(hub, sleep=Waits()), fast=chosen.fast)
    assert await ids(pool) == set()


@pytest.mark.parametrize("address", ["huggingface.co", "ftp://huggingface.co"])
async def test_what_is_no_address_is_told_at_once(store, address):
    pool, chosen = store
    waits = Waits()
    source = HubSource(address, token=None, filters=(), reader=starter.record_reader(), sleep=waits)
    with pytest.raises(SourceError, match=r"no address of a Hub: write http"):
        await pipeline.run(pool, source, fast=chosen.fast)
    assert not waits


async def test_a_token_that_is_given_later_opens_gated_cards(store):
    pool, chosen = store
    hub = FakeHub([record(0), record(1, gated="auto")], cards(2), gated=frozenset({"org/model-1"}))
    with serving(hub):
        await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        hub.gated = frozenset()
        hub.asked.clear()
        outcome = await pipeline.run(pool, hub_source(hub, token="hf_secret"), fast=chosen.fast)
    assert hub.cards_read() == ["org/model-1"]
    assert outcome.progress.unchanged == 1
    assert "stories" in (await entry(pool, "org/model-1")).card


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, body=b"<html>maintenance</html>"),
        Reply(200, body=b'{"error": "internal"}'),
        Reply(400, {"X-Error-Message": "broken"}),
    ],
)
async def test_what_is_no_listing_does_not_pass_for_its_end(store, reply):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(8)], cards(8))
    with serving(hub):
        hub.first["list"] = [Reply(200), reply]
        with pytest.raises(SourceError, match="does not give its listing"):
            await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        assert await ids(pool) == set()
        await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
    assert len(await ids(pool)) == 8


async def test_a_cursor_that_has_expired_means_reading_from_the_beginning(store):
    pool, chosen = store
    lines: list[str] = []
    hub = FakeHub([record(n) for n in range(8)], cards(8))
    with serving(hub):
        hub.first["list"] = [Reply(200), Reply(400)]
        with pytest.raises(SourceError):
            await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        hub.first["list"] = [Reply(410)]
        await pipeline.run(pool, hub_source(hub, say=lines.append), fast=chosen.fast)
    assert await ids(pool) == {f"org/model-{n}" for n in range(8)}
    assert ["from the beginning" in line for line in lines] == [True]


async def test_a_limit_counts_what_was_read_before_an_interruption(store):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(30)], cards(30))
    with serving(hub):
        hub.first["list"] = [Reply(200), Reply(200), Reply(400)]
        with pytest.raises(SourceError):
            await pipeline.run(pool, hub_source(hub, limit=12), fast=chosen.fast)
        outcome = await pipeline.run(pool, hub_source(hub, limit=12), fast=chosen.fast)
    assert outcome.progress.seen == 15
    assert await ids(pool) == {f"org/model-{n}" for n in range(15)}


async def test_a_listing_that_leads_in_a_circle_or_to_another_host_is_not_followed(store):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(12)], cards(12))
    with serving(hub):
        hub.link = f"{hub.url}/api/models?limit=5&cursor=5"
        with pytest.raises(SourceError, match="leads back"):
            await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        hub.link = "https://elsewhere.example/api/models?cursor=5"
        with pytest.raises(SourceError, match="another host"):
            await pipeline.run(pool, hub_source(hub, filters=["x"]), fast=chosen.fast)
        hub.link = ""
        hub.relative = True
        outcome = await pipeline.run(pool, hub_source(hub, filters=["en"]), fast=chosen.fast)
    assert outcome.progress.seen == 12


async def test_a_redirect_to_another_host_loses_the_token_and_a_huge_card_is_not_read_whole(store):
    pool, chosen = store
    part, times = "A long card about sourdough.\n\n" * 2_000, 4_000  # beyond what the kernel takes of a socket
    huge = FakeHub([], {"org/model-0": part}, times={"org/model-0": times})
    with serving(huge) as other, serving(FakeHub([record(0)], {})) as hub:
        other.url = other.url.replace("127.0.0.1", "localhost")
        hub.moved = {"org/model-0": f"{other.url}/org/model-0/resolve/main/README.md"}
        await pipeline.run(pool, hub_source(hub, token="hf_secret"), fast=chosen.fast)
    assert hub.tokens == {"Bearer hf_secret"}
    assert hub.agents == {"stack8s-architect"}
    assert other.tokens == {""}
    assert other.sent < times * len(part) // 2
    assert "sourdough" in (await entry(pool, "org/model-0")).card
