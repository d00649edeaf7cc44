from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import StringIO
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.database import open_pool
from libs.errors import Violations
from libs.rpc.client import open_channel
from libs.rpc.server import running
from services.packages import convert, convert_stack
from services.packages.app import assembled
from services.packages.domain.package import Basis, Dependency, Facts, Release, Requirements
from services.packages.facts import facts_from_json, facts_to_json
from services.packages.ingest.fetch import Fetcher
from services.packages.ingest.importer import HelmReader, import_all
from services.packages.ingest.report import Report
from services.packages.ingest.sources import HelmSource
from services.packages.roles import load_roles
from services.packages.settings import PackagesSettings
from services.packages.store import SCHEMA, PostgresPackageStore, binary_json
from stack8s.packages.v1 import component_pb2, package_pb2, packages_service_pb2_grpc
from stack8s.packages.v1 import packages_service_pb2 as pb
from tests.packages.conftest import NOW

Stub = packages_service_pb2_grpc.PackagesServiceStub


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    packed = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    return status_pb2.Status.FromString(packed)  # type: ignore[arg-type]


def bad_fields(error: grpc.aio.AioRpcError) -> set[str]:
    found = error_details_pb2.BadRequest()
    for detail in status_of(error).details:
        if detail.Unpack(found):
            break
    return {v.field for v in found.field_violations}


async def test_search_answers_with_versions_reasons_and_provenance(packages: Stub) -> None:
    answer = await packages.SearchPackages(pb.SearchPackagesRequest(query="vector database", page_size=3))
    assert len(answer.results) == 3
    assert answer.snapshot_id
    for result in answer.results:
        assert result.package.version
        assert result.package.repository_url
        assert result.package.provenance.snapshot_id == answer.snapshot_id
        assert result.package.provenance.source
        assert result.why
        assert 0 < result.score <= 1


async def test_a_query_that_nothing_answers_is_answered_with_nothing(packages: Stub) -> None:
    assert not (await packages.SearchPackages(pb.SearchPackagesRequest(query="how do I bake bread"))).results


async def test_requests_that_nobody_knows_are_said_to_be_unknown(packages: Stub) -> None:
    answer = await packages.SearchPackages(pb.SearchPackagesRequest(page_size=100))
    found = [r.package.requirements for r in answer.results]
    unknown = [r for r in found if not any(r.HasField(f) for f in ("cpus", "memory_gib", "gpus", "storage_gib"))]
    assert unknown
    assert {r.basis for r in unknown} == {package_pb2.REQUIREMENTS_BASIS_UNKNOWN}


async def test_every_version_returned_can_be_got(packages: Stub) -> None:
    answer = await packages.SearchPackages(pb.SearchPackagesRequest(query="redis", ungrouped=True, page_size=5))
    for result in answer.results:
        asked = pb.GetPackageRequest(
            repository=result.package.repository, name=result.package.name, version=result.package.version
        )
        assert (await packages.GetPackage(asked)).package.version == result.package.version


async def test_versions_are_paged_newest_first_without_gaps(packages: Stub) -> None:
    request = pb.ListVersionsRequest(repository="qdrant", name="qdrant", page_size=2)
    seen: list[str] = []
    while True:
        page = await packages.ListVersions(request)
        assert page.total_size == 6
        seen += [v.version for v in page.versions]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    whole = await packages.ListVersions(pb.ListVersionsRequest(repository="qdrant", name="qdrant"))
    assert seen == [v.version for v in whole.versions]
    older = await packages.GetPackage(pb.GetPackageRequest(repository="qdrant", name="qdrant", version=seen[-1]))
    assert older.package.version == seen[-1]


async def test_a_page_token_of_another_chart_is_refused(packages: Stub) -> None:
    page = await packages.ListVersions(pb.ListVersionsRequest(repository="qdrant", name="qdrant", page_size=1))
    for token in (page.next_page_token, "nonsense", "WzFd"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await packages.ListVersions(pb.ListVersionsRequest(repository="argo", name="argo-cd", page_token=token))
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert bad_fields(caught.value) == {"page_token"}


async def test_what_does_not_exist_is_not_found(packages: Stub) -> None:
    for call in (
        packages.GetPackage(pb.GetPackageRequest(repository="nowhere", name="nothing")),
        packages.GetPackage(pb.GetPackageRequest(repository="qdrant", name="qdrant", version="99.0.0")),
        packages.ListVersions(pb.ListVersionsRequest(repository="nowhere", name="nothing")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        info = error_details_pb2.ErrorInfo()
        assert any(d.Unpack(info) for d in status_of(caught.value).details)
        assert info.reason == "PACKAGE_NOT_FOUND"


async def test_every_bad_field_is_named_at_once(packages: Stub) -> None:
    request = pb.SearchPackagesRequest(
        query="x" * 2000,
        page_size=-1,
        filter=pb.PackageFilter(categories=["toys", ""], cncf_levels=["gold"], licenses=["x" * 300]),
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await packages.SearchPackages(request)
    assert bad_fields(caught.value) == {
        "query",
        "page_size",
        "filter.categories[0]",
        "filter.categories[1]",
        "filter.cncf_levels[0]",
        "filter.licenses[0]",
    }
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await packages.RecommendComponents(
            pb.RecommendComponentsRequest(
                roles=[component_pb2.RoleRequest(role=r) for r in ("vector_db", "teapot", "vector_db")],
                context=component_pb2.StackContext(concurrency=-1),
            )
        )
    assert bad_fields(caught.value) == {"roles[1].role", "roles[2].role", "context.concurrency"}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await packages.RecommendComponents(pb.RecommendComponentsRequest())
    assert bad_fields(caught.value) == {"roles"}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await packages.ListVersions(pb.ListVersionsRequest(page_size=-5))
    assert bad_fields(caught.value) == {"repository", "name", "page_size"}


async def test_a_stack_is_recommended_whole(packages: Stub) -> None:
    roles = ["experiment tracking", "database", "object-storage", "gpu_operator"]
    answer = await packages.RecommendComponents(
        pb.RecommendComponentsRequest(
            roles=[component_pb2.RoleRequest(role=r) for r in roles],
            context=component_pb2.StackContext(task_type="fine_tuning", domain="llm", gpu_vendor="nvidia"),
        )
    )
    assert [c.role for c in answer.components] == ["experiment_tracking", "database", "object_storage", "gpu_operator"]
    assert not answer.conflicts
    mlflow = answer.components[0]
    assert {v.path: v.WhichOneof("value") for v in mlflow.values}["backendStore.postgres.port"] == "number_value"
    assert {c.role for c in mlflow.connections} == {"database", "object_storage"}
    assert [c.package.name for c in answer.components[1].companions] == ["cluster"]


async def test_a_stack_tells_what_is_there_and_what_was_refused(packages: Stub) -> None:
    answer = await packages.RecommendComponents(
        pb.RecommendComponentsRequest(
            roles=[component_pb2.RoleRequest(role=r) for r in ("monitoring", "vector_db")],
            context=component_pb2.StackContext(
                installed=["prometheus"], excluded=["qdrant", "milvus", "weaviate", "chroma"]
            ),
        )
    )
    monitoring, store = answer.components
    assert set(store.refused) == {"qdrant", "milvus", "weaviate", "chromadb"}
    assert monitoring.already_installed
    assert list(monitoring.names)[:2] == ["kube-prometheus-stack", "prometheus"]


async def test_categories_roles_and_the_catalogue_are_told(packages: Stub) -> None:
    listed = await packages.ListCategories(pb.ListCategoriesRequest())
    assert [r.id for r in listed.roles] == sorted(load_roles())
    assert sum(c.package_count for c in listed.categories) >= 300
    told = await packages.GetCatalogInfo(pb.GetCatalogInfoRequest())
    assert told.info.record_count >= 300
    assert told.version_count > 1500
    assert {s.name for s in told.info.sources} >= {"argo", "qdrant"}
    assert any(s.stale for s in told.info.sources)


async def test_a_new_snapshot_answers_without_a_restart(fresh_database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "index.yaml"
    path.write_text("entries:\n  gizmotron:\n  - {version: 1.0.0, description: Counts gizmos}\n")
    configured = PackagesSettings(database_url=fresh_database_url, port=0, drain_s=0.1, refresh_interval_s=60)  # type: ignore[arg-type]
    async with assembled(configured) as (mount, ready, catalogue), running(configured, [mount], ready=ready) as port:
        channel = open_channel(f"127.0.0.1:{port}")
        stub = packages_service_pb2_grpc.PackagesServiceStub(channel)
        request = pb.SearchPackagesRequest(query="gizmotron")
        assert not (await stub.SearchPackages(request)).results
        pool = await open_pool(fresh_database_url, schema=SCHEMA, init=binary_json, max_size=2)
        store = PostgresPackageStore(pool)
        with ThreadPoolExecutor(1) as threads:
            async with Fetcher() as fetcher:
                reader = HelmReader(store, fetcher, threads)
                read = partial(reader.read, HelmSource("mine", path=path))
                await import_all(store, [("mine", read)], Report(1, StringIO()))
        await pool.close()
        assert await catalogue.refresh()
        assert not await catalogue.refresh()
        (result,) = (await stub.SearchPackages(request)).results
        assert (result.package.repository, result.package.description) == ("mine", "Counts gizmos")
        assert (await stub.SearchPackages(pb.SearchPackagesRequest(query="qdrant"))).results
        await channel.close()


TEXT = st.text(max_size=50)
NAMES = st.lists(
    st.one_of(TEXT, st.sampled_from(["Apache-2.0", "database", "argo", "vector_db", "graduated"])), max_size=4
)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_filter_and_context_is_read_or_refused_by_field(data: st.DataObject) -> None:
    problems = Violations()
    wire = pb.PackageFilter(
        categories=data.draw(NAMES), roles=data.draw(NAMES), licenses=data.draw(NAMES), cncf_levels=data.draw(NAMES)
    )
    request = pb.RecommendComponentsRequest(
        roles=[component_pb2.RoleRequest(role=r, wanted=data.draw(TEXT)) for r in data.draw(NAMES)],
        context=component_pb2.StackContext(
            installed=data.draw(NAMES),
            concurrency=data.draw(st.integers(-(2**31), 2**31 - 1)),
            kube_version=data.draw(TEXT),
        ),
    )
    convert.filter_from_proto(wire, load_roles(), problems)
    asked, _ = convert_stack.requests_from_proto(request, load_roles(), problems)
    assert all(v.field and v.description for v in problems.found)
    assert problems.found or len(asked) == len(request.roles)


def test_each_basis_has_a_place_on_the_wire() -> None:
    named = set(package_pb2.RequirementsBasis.values()) - {package_pb2.REQUIREMENTS_BASIS_UNSPECIFIED}
    assert {convert._BASIS[b] for b in Basis} == named


def test_facts_come_back_from_the_database_as_they_went_in() -> None:
    release = Release(
        "1.0.0", "1", NOW, False, True, ">=1.25", "abc", "u", (Dependency("redis", "1.x", "r", "redis.enabled"),)
    )
    facts = Facts(
        "r", "n", release, 3, "d", "h", ("k",), ("s",), "c", "MIT", True, True, True, True, 5, True, True, ("crd",),
        ("img",),
        Requirements(1.5, 2.0, 1, 10.0, Basis.RENDERED), "src", NOW,
    )  # fmt: skip
    assert facts_from_json("r", "n", 3, facts_to_json(facts)) == facts
    plain = Facts("r", "n", Release("1.0.0"))
    assert facts_from_json("r", "n", 1, facts_to_json(plain)) == plain
