"""Imports into a real database: snapshots, isolation of providers, unchanged data, what became of each row."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.compute.catalogue import Catalogue
from services.compute.domain.changes import Difference
from services.compute.domain.integrity import Refusal, Row
from services.compute.domain.offer import Origin, PriceModel, Source
from services.compute.ingest.__main__ import main, open_importer
from services.compute.ingest.gpuhunt import GpuhuntImporter
from services.compute.ingest.importer import SourceError
from services.compute.ingest.pipeline import Report, import_all
from services.compute.ingest.source_file import SourceFile
from services.compute.ingest.starter import load_starter
from services.compute.ingest.table import TableImporter
from services.compute.store import CatalogueStore
from tests.support.http import Handler, served

AS_OF = datetime(2026, 5, 20, tzinfo=UTC)
HEADER = "provider,instance_type,region,price_per_hour,gpu,gpu_count,price_model,as_of,source"


def table(*rows: str, header: str = HEADER) -> TableImporter:
    content = "\n".join((header, *rows)).encode()
    return TableImporter([SourceFile("mine/offers.csv", AS_OF, lambda: content)])


async def load(store: CatalogueStore, *rows: str) -> Report:
    return await import_all(store, table(*rows), name="csv", keep_snapshots=3)


async def offered(store: CatalogueStore) -> dict[str, float]:
    """Return what the newest snapshot offers: price by provider, instance type and region."""
    catalogue = Catalogue(store, refresh_interval_s=60)
    await catalogue.refresh()
    index = catalogue.loaded.index
    found = [index.offer(row) for row in range(len(index))]
    return {f"{o.machine.provider}/{o.machine.instance_type}/{o.place.region}": o.price_micros / 1e6 for o in found}


async def test_an_import_counts_what_is_new_changed_gone_and_refused(store: CatalogueStore) -> None:
    first = await load(store, "aws,a,us-east-1,1,L4,1,,,", "aws,b,us-east-1,2,L4,1,,,", "aws,c,us-east-1,0,L4,1,,,")
    (report,) = first.providers
    assert report.difference == Difference(new=2, changed=0, gone=0, same=0)
    assert [(r.location, r.reason) for r in report.refused] == [("offers.csv:4", "price 0 is not above 0")]
    second = await load(store, "aws,a,us-east-1,1.5,L4,1,,,", "aws,d,us-east-1,3,L4,1,,,")
    assert second.providers[0].difference == Difference(new=1, changed=1, gone=1, same=0)
    assert await offered(store) == {"aws/a/us-east-1": 1.5, "aws/d/us-east-1": 3.0}


async def test_unchanged_data_is_not_read_again_and_publishes_nothing(store: CatalogueStore) -> None:
    await load(store, "aws,a,us-east-1,1,L4,1,,,")
    before = await store.latest_snapshot()
    report = await load(store, "aws,a,us-east-1,1,L4,1,,,")
    assert (report.snapshot_id, report.providers[0].state) == (None, "unchanged")
    assert await store.latest_snapshot() == before


async def test_a_change_of_one_provider_leaves_the_others_parts_alone(store: CatalogueStore) -> None:
    await load(store, "aws,a,us-east-1,1,L4,1,,,", "gcp,b,us-central1,2,L4,1,,,")
    report = await load(store, "aws,a,us-east-1,9,L4,1,,,", "gcp,b,us-central1,2,L4,1,,,")
    assert {r.provider: r.state for r in report.providers} == {"aws": "ok", "gcp": "unchanged"}


@dataclass
class Faulty:
    """An importer of which one provider fails in some way."""

    inner: TableImporter
    failing: str
    error: Exception = field(default_factory=lambda: SourceError("the server said no"))

    def providers(self) -> list[str]:
        return self.inner.providers()

    def content_hash(self, provider: str) -> str | None:
        return None if provider == self.failing else self.inner.content_hash(provider)

    def rows(self, provider: str) -> Iterator[Row | Refusal]:
        if provider == self.failing:
            raise self.error
        yield from self.inner.rows(provider)


@pytest.mark.parametrize("error", [SourceError("the server said no"), KeyError("price")])
async def test_a_provider_that_fails_keeps_its_offers_and_blocks_no_other(
    store: CatalogueStore, error: Exception
) -> None:
    await load(store, "aws,a,us-east-1,1,L4,1,,,", "gcp,b,us-central1,2,L4,1,,,")
    rows = ("aws,a,us-east-1,9,L4,1,,,", "gcp,b,us-central1,9,L4,1,,,", "oci,c,us-ashburn-1,9,L4,1,,,")
    report = await import_all(store, Faulty(table(*rows), "gcp", error), name="csv", keep_snapshots=3)
    assert {r.provider: r.state for r in report.providers} == {"aws": "ok", "gcp": "kept", "oci": "ok"}
    assert await offered(store) == {"aws/a/us-east-1": 9, "gcp/b/us-central1": 2, "oci/c/us-ashburn-1": 9}
    states = await store.list_states()
    assert states["gcp"].state == "kept"
    assert states["gcp"].message


async def test_a_provider_whose_rows_are_all_refused_keeps_its_offers(store: CatalogueStore) -> None:
    await load(store, "aws,a,us-east-1,1,L4,1,,,")
    report = await load(store, "aws,a,us-east-1,-1,L4,1,,,")
    assert report.providers[0].state == "kept"
    assert "no row is an offer" in report.providers[0].message
    assert await offered(store) == {"aws/a/us-east-1": 1}


async def test_prices_that_do_not_grow_with_the_gpus_are_placeholders(store: CatalogueStore) -> None:
    chips = (1, 4, 256)
    flat = [f"gcp,v6e-{n},us-central2,700,tpu-v6e,{n},,," for n in chips]
    grown = [f"gcp,v6e-{n},us-east1,{2.7 * n},tpu-v6e,{n},,," for n in chips]
    market = [f"vast,{n}x,US,0.4,RTX3090,{n},,," for n in (1, 2)]
    report = await load(store, *flat, *grown, *market)
    refused = {r.location: r.reason for one in report.providers for r in one.refused}
    assert set(refused) == {"offers.csv:2", "offers.csv:3", "offers.csv:4"}
    assert "1 tpu-v6e costs 700 USD an hour, and so do 256" in refused["offers.csv:2"]
    assert len(await offered(store)) == 5


async def test_an_interrupted_import_is_taken_up_without_reading_again(store: CatalogueStore) -> None:
    importer = table("aws,a,us-east-1,1,L4,1,,,")

    async def fail(*args: object, **kwargs: object) -> int | None:
        raise ConnectionError("gone")

    publish, store.publish = store.publish, fail  # type: ignore[method-assign,assignment]
    with pytest.raises(ConnectionError):
        await import_all(store, importer, name="csv", keep_snapshots=3)
    assert await store.latest_snapshot() is None
    store.publish = publish  # type: ignore[method-assign]
    importer.rows = None  # type: ignore[method-assign,assignment]
    report = await import_all(store, importer, name="csv", keep_snapshots=3)
    assert report.snapshot_id is not None
    assert await offered(store) == {"aws/a/us-east-1": 1}


async def test_what_was_refused_is_known_again_when_older_content_comes_back(store: CatalogueStore) -> None:
    first = ("aws,a,us-east-1,1,L4,1,,,", "aws,b,us-east-1,0,L4,1,,,")
    for rows in (first, ("aws,a,us-east-1,2,L4,1,,,",), first):
        report = await load(store, *rows)
    assert [r.reason for r in report.providers[0].refused] == ["price 0 is not above 0"]
    assert (await store.list_states())["aws"].refused_count == 1
    assert [r.location for r in await store.list_refusals(limit=10)] == ["offers.csv:3"]


async def test_only_the_newest_snapshots_are_kept(store: CatalogueStore) -> None:
    for price in range(1, 6):
        await load(store, f"aws,a,us-east-1,{price},L4,1,,,")
    snapshots = await store.list_snapshots()
    assert len(snapshots) == 3
    assert [s.snapshot_id for s in snapshots] == sorted((s.snapshot_id for s in snapshots), reverse=True)
    assert await offered(store) == {"aws/a/us-east-1": 5}


async def test_rows_of_the_documented_form_say_what_is_wrong_with_them(store: CatalogueStore) -> None:
    report = await load(
        store,
        "aws,a,us-east-1,cheap,L4,1,,,",
        "aws,b,us-east-1,1,L4,1,monthly,,",
        "aws,c,us-east-1,1,L4,1,,yesterday,",
        "aws,d,us-east-1,,L4,1,,,",
        "aws,e,,1,L4,1,,,",
        "aws,f,us-east-1,1,,2,,,",
        "aws,g,us-east-1,1,L4,0,,,",
        "aws,h,us-east-1,nan,L4,1,,,",
        "Amazon Web Services,i,us-east-1,1,L4,,spot,2026-01-02,a list",
    )
    (one,) = report.providers
    assert [r.reason for r in one.refused] == [
        "price_per_hour is 'cheap', not a number",
        "price_model 'monthly' is not one of on_demand, reserved_1y, reserved_3y, spot",
        "as_of 'yesterday' is not a date such as 2026-05-20",
        "states no price",
        "region is empty",
        "counts 2 GPUs but does not name them",
        "names the GPU L4 but counts none",
        "price nan is not above 0",
    ]
    assert await offered(store) == {"aws/i/us-east-1": 1.0}
    assert [r.location for r in await store.list_refusals(limit=2)] == ["offers.csv:2", "offers.csv:3"]


async def test_a_broken_file_of_a_folder_is_its_providers_failure_alone(store: CatalogueStore) -> None:
    await load(store, "aws,a,us-east-1,1,L4,1,,,")
    good = "\n".join((HEADER, "gcp,b,us-central1,2,L4,1,,,")).encode()
    files = [
        SourceFile("mine/aws.csv", AS_OF, lambda: b"provider,instance_type\naws,a\n"),
        SourceFile("mine/azure.csv", AS_OF, lambda: b"\xff\xfe"),
        SourceFile("mine/gcp.csv", AS_OF, lambda: good),
    ]
    report = await import_all(store, TableImporter(files), name="csv", keep_snapshots=3)
    assert {r.provider: r.state for r in report.providers} == {"aws": "kept", "azure": "failed", "gcp": "ok"}
    assert await offered(store) == {"aws/a/us-east-1": 1, "gcp/b/us-central1": 2}


def test_a_header_that_lacks_columns_is_named() -> None:
    with pytest.raises(SourceError, match="the header lacks region, price_per_hour"):
        table("aws,a", header="provider,instance_type")


async def test_the_starter_is_loaded_once_and_gives_way_to_what_is_imported(store: CatalogueStore) -> None:
    first = await load_starter(store, keep_snapshots=3)
    assert first.snapshot_id is not None
    assert all(not r.refused for r in first.providers)
    assert (await load_starter(store, keep_snapshots=3)).snapshot_id is None
    await load(store, "aws,a,us-east-1,1,L4,1,,,")
    assert (await load_starter(store, keep_snapshots=3)).snapshot_id is None
    found = await offered(store)
    assert [key for key in found if key.startswith("aws/")] == ["aws/a/us-east-1"]
    assert len({key.partition("/")[0] for key in found}) >= 9


async def test_two_starters_at_once_load_one_catalogue(store: CatalogueStore) -> None:
    await asyncio.gather(*(load_starter(store, keep_snapshots=5) for _ in range(3)))
    assert len(await store.list_snapshots()) == 1


async def test_gpuhunt_files_are_read_as_offers(store: CatalogueStore, tmp_path: Path) -> None:
    header = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,gpu_vendor"
    rows: Sequence[str] = (
        "a2-highgpu-1g,us-central1-a,3.67,12,85,1,A100,40,False,,nvidia",
        "a2-highgpu-1g,us-central1-a,1.1,12,85,1,A100,40,True,,nvidia",
        "v5litepod-8,us-west4-a,9.6,224,384,1,v5litepod-8,128,False,,google",
        "n2-standard-4,us-central1-b,0.19,4,16,0,,,False,,",
        "broken,us-central1-b,much,4,16,0,,,False,,",
    )
    (tmp_path / "gcp.csv").write_text("\n".join((header, *rows)))
    report = await import_all(store, GpuhuntImporter(str(tmp_path)), name="gpuhunt", keep_snapshots=3)
    (one,) = report.providers
    assert (one.provider, one.difference.new) == ("gcp", 4)
    assert [r.reason for r in one.refused] == ["price is 'much', not a number"]
    catalogue = Catalogue(store, refresh_interval_s=60)
    await catalogue.refresh()
    index = catalogue.loaded.index
    found = {(o.machine.gpu_type, o.machine.gpu_count, o.price_model) for o in map(index.offer, range(len(index)))}
    assert found == {
        ("A100-40GB-SXM", 1, PriceModel.ON_DEMAND),
        ("A100-40GB-SXM", 1, PriceModel.SPOT),
        ("tpu-v5e", 8, PriceModel.ON_DEMAND),
        ("", 0, PriceModel.ON_DEMAND),
    }
    assert {o.place.region for o in map(index.offer, range(len(index)))} == {"us-central1", "us-west4"}


async def test_gpuhunt_rows_that_are_sold_in_clusters_only_are_no_machines(
    store: CatalogueStore, tmp_path: Path
) -> None:
    header = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,gpu_vendor,flags"
    pod, cluster = "NVIDIA H200,EU-RO-1,30,24,251,8,H200,141,False,,nvidia,", "runpod-cluster"
    (tmp_path / "runpod.csv").write_text(f"{header}\n{pod}\n{pod.replace('30', '34')}{cluster}\n")
    (report,) = (await import_all(store, GpuhuntImporter(str(tmp_path)), name="gpuhunt", keep_snapshots=3)).providers
    assert [r.reason for r in report.refused] == ["is sold in clusters of several machines only"]
    assert await offered(store) == {"runpod/NVIDIA H200/EU-RO-1": 30}


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """A marketplace's interface, which answers with the status asked for, where gpuhunt looks for it."""
    vastai = pytest.importorskip("gpuhunt.providers.vastai")
    answer = {"status": 200}
    machine = {"gpu_name": "RTX 4090", "num_gpus": 2, "gpu_ram": 24564, "dph_base": 0.7, "min_bid": 0.4}
    host = {"cpu_cores": 64, "cpu_cores_effective": 32.0, "cpu_ram": 257_000, "disk_space": 100, "storage_cost": 0.1}
    where = {"id": 7, "geolocation": "Seoul, KR", "reliability2": 0.99, "compute_cap": 890}
    offers = json.dumps({"offers": [machine | host | where]}).encode()

    class Offers(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.answer(answer["status"], offers)

    with served(Offers) as address:
        monkeypatch.setattr(vastai, "bundles_url", f"{address}/bundles/")
        yield answer


async def test_a_provider_is_asked_live_and_keeps_its_offers_when_it_stops_answering(
    store: CatalogueStore, market: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRUSOE_ACCESS_KEY", raising=False)
    report = await import_all(store, GpuhuntImporter("live:vastai,crusoe,lambdalabs"), name="gpuhunt", keep_snapshots=3)
    states = {r.provider: (r.state, r.message) for r in report.providers}
    assert states["vast"] == ("ok", "")
    assert "Set the CRUSOE_ACCESS_KEY environment variable" in states["crusoe"][1]
    assert "'published'" in states["lambda"][1]
    catalogue = Catalogue(store, refresh_interval_s=60)
    await catalogue.refresh()
    index = catalogue.loaded.index
    offers = {o.price_model: o for o in map(index.offer, range(len(index)))}
    assert set(offers) == {PriceModel.ON_DEMAND, PriceModel.SPOT}
    machine = offers[PriceModel.ON_DEMAND].machine
    assert (machine.gpu_type, machine.gpu_count, machine.gpu_memory_gib, machine.vcpus) == ("RTX4090", 2, 24, 32)
    assert offers[PriceModel.SPOT].source.origin is Origin.LIVE
    assert {r.country for r in index.regions} == {"KR"}

    market["status"] = 503
    report = await import_all(store, GpuhuntImporter("live:vastai"), name="gpuhunt", keep_snapshots=3)
    (one,) = report.providers
    assert (one.state, report.snapshot_id) == ("kept", None)
    assert "503" in one.message
    assert len(await offered(store)) == 1


def test_a_gpuhunt_provider_that_does_not_exist_fails_alone() -> None:
    importer = GpuhuntImporter("live:nosuchcloud")
    with pytest.raises(SourceError, match=r"nosuchcloud|not installed"):
        list(importer.rows("nosuchcloud"))


def test_the_command_says_what_it_cannot_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("STACK8S_COMPUTE_DATABASE_URL", database_url)
    assert main(["--source", "csv", "--from", str(tmp_path / "absent")]) == 2
    assert "neither a folder nor a file" in capsys.readouterr().out
    (tmp_path / "offers.csv").write_text(f"{HEADER}\nnebius,x,eu-north1,1,L4,1,,,\nnebius,y,eu-north1,0,L4,1,,,\n")
    assert main(["--source", "csv", "--from", str(tmp_path / "offers.csv")]) == 0
    shown = capsys.readouterr().out
    assert "nebius" in shown
    assert "refused offers.csv:3: price 0 is not above 0" in shown
    (tmp_path / "offers.csv").write_text("provider,instance_type,region,price_per_hour\nnebius,z,eu-north1,1\n")
    assert main(["--source", "csv", "--from", str(tmp_path / "offers.csv"), "--as-of", "2020-02-03"]) == 0
    importer = open_importer("csv", str(tmp_path / "offers.csv"), datetime(2020, 2, 3, tzinfo=UTC))
    assert [r.source.as_of.year for r in importer.rows("nebius") if isinstance(r, Row)] == [2020]
    monkeypatch.setenv("STACK8S_COMPUTE_DATABASE_URL", "mysql://x")
    assert main(["--source", "csv", "--from", "x"]) == 2
    assert "STACK8S_COMPUTE_DATABASE_URL" in capsys.readouterr().out


def test_sources_keep_who_stated_a_price_and_when() -> None:
    (row,) = table("aws,a,us-east-1,1,L4,1,,2026-01-02,a list").rows("aws")
    assert isinstance(row, Row)
    assert row.source == Source("a list", datetime(2026, 1, 2, tzinfo=UTC), Origin.PUBLISHED)


async def test_gpuhunts_published_catalogue_is_read_and_what_it_lacks_is_reported(
    store: CatalogueStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gpuhunt")
    header = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,gpu_vendor"
    folder = tmp_path / "runpod" / "20260101"
    folder.mkdir(parents=True)
    (tmp_path / "runpod" / "version").write_text("20260101")
    with zipfile.ZipFile(folder / "catalog.zip", "w") as archive:
        archive.writestr("runpod.csv", f"{header}\nNVIDIA L4,US,0.43,12,50,1,L4,24,False,,nvidia\n")
    monkeypatch.setenv("GPUHUNT_CATALOG_URL", tmp_path.as_uri())
    report = await import_all(store, GpuhuntImporter("published"), name="gpuhunt", keep_snapshots=3)
    states = {r.provider: r.state for r in report.providers}
    assert states.pop("runpod") == "ok"
    assert set(states.values()) == {"failed"}
    assert {"aws", "gcp", "lambda"} <= set(states)
    assert await offered(store) == {"runpod/NVIDIA L4/US": 0.43}


@pytest.mark.parametrize("text", ["yesterday", "20.05.2026", "2026-13-01", ""])
def test_what_is_no_date_of_prices_is_refused_with_what_is(text, capsys):
    with pytest.raises(SystemExit):
        main(["--source", "csv", "--from", "offers.csv", "--as-of", text])
    assert f"{text!r} is no date: write one such as 2026-05-20" in capsys.readouterr().err
