"""Between the wire and the domain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from libs.errors import Violations
from libs.provenance import Provenance
from libs.rpc.convert import provenance_to_proto, timestamp_to_proto
from services.packages.catalogue import View
from services.packages.domain.filters import PackageFilter
from services.packages.domain.knowledge import CATEGORIES
from services.packages.domain.package import Basis, Dependency, Package, Release, Requirements
from services.packages.domain.roles import Role
from services.packages.domain.search import Hit
from services.packages.domain.snapshot import Snapshot, Source
from stack8s.common.v1 import catalog_pb2
from stack8s.packages.v1 import package_pb2, packages_service_pb2

CATALOG: Final = "packages"
MAX_QUERY_CHARS: Final = 1000
MAX_NAME_CHARS: Final = 200
MAX_LIST: Final = 100
CNCF_LEVELS: Final = ("sandbox", "incubating", "graduated")
_BASIS: Final = {
    Basis.UNKNOWN: package_pb2.REQUIREMENTS_BASIS_UNKNOWN,
    Basis.RENDERED: package_pb2.REQUIREMENTS_BASIS_RENDERED,
    Basis.STATED: package_pb2.REQUIREMENTS_BASIS_STATED,
    Basis.CURATED: package_pb2.REQUIREMENTS_BASIS_CURATED,
}


def check_name(value: str, field: str, problems: Violations, *, required: bool = True) -> str:
    """Return a name or version from a request; notes what is wrong with it."""
    if required and not value:
        problems.add(field, "is empty; must be a name")
    elif len(value) > MAX_NAME_CHARS:
        problems.add(field, f"has {len(value)} characters; at most {MAX_NAME_CHARS} are taken")
    return value


def check_list(values: tuple[str, ...], field: str, problems: Violations) -> tuple[str, ...]:
    """Return names from a request; notes what is wrong with them."""
    if len(values) > MAX_LIST:
        problems.add(field, f"has {len(values)} entries; at most {MAX_LIST} are taken")
    for i, value in enumerate(values[:MAX_LIST]):
        check_name(value, f"{field}[{i}]", problems)
    return values


def query_from_proto(query: str, problems: Violations) -> str:
    """Return a search text; notes when it is too long."""
    if len(query) > MAX_QUERY_CHARS:
        problems.add("query", f"has {len(query)} characters; at most {MAX_QUERY_CHARS} are taken")
    return query


def filter_from_proto(
    wire: packages_service_pb2.PackageFilter, roles: Mapping[str, Role], problems: Violations
) -> PackageFilter:
    """Return a filter; notes every bad field."""
    names = {
        field: check_list(tuple(getattr(wire, field)), f"filter.{field}", problems)
        for field in ("categories", "roles", "repositories", "licenses", "cncf_levels")
    }
    known: Mapping[str, tuple[str, ...]] = {"categories": tuple(CATEGORIES), "cncf_levels": CNCF_LEVELS}
    for field, values in known.items():
        for i, value in enumerate(names[field]):
            if value and value not in values:
                problems.add(f"filter.{field}[{i}]", f"{value[:50]!r} is unknown; known are {', '.join(values)}")
    resolved = tuple(role_named(r, roles) or r for r in names["roles"])
    return PackageFilter(
        categories=frozenset(names["categories"]),
        roles=frozenset(resolved),
        repositories=frozenset(names["repositories"]),
        licences=frozenset(names["licenses"]),
        cncf_levels=frozenset(names["cncf_levels"]),
        official_only=wire.official_only,
        verified_only=wire.verified_only,
        include_deprecated=wire.include_deprecated,
        has_values_schema=wire.has_values_schema,
        signed=wire.signed,
    )


def role_named(name: str, roles: Mapping[str, Role]) -> str | None:
    """Return the id of a role by id or alias, however it is spelt; None for none."""
    spelt = name.strip().lower().replace(" ", "_").replace("-", "_")
    if spelt in roles:
        return spelt
    return next((r.role for r in roles.values() if spelt in r.aliases), None)


def package_to_proto(package: Package, view: View, *, release: Release | None = None) -> package_pb2.Package:
    """Return a chart for the wire, in its newest stable version or in the release given."""
    facts = package.facts
    shown = release or facts.release
    wire = package_pb2.Package(
        repository=facts.repository,
        name=facts.name,
        version=shown.version,
        app_version=shown.app_version,
        description=package.about,
        repository_url=package.repository_url,
        category=package.category,
        roles=package.roles,
        keywords=facts.keywords,
        license=package.licence,
        official=package.official,
        verified_publisher=facts.verified,
        cncf_level=package.cncf_level,
        deprecated=shown.deprecated or facts.release.deprecated,
        cautions=package.cautions,
        stars=facts.stars,
        kube_version=shown.kube_version,
        dependencies=[_dependency(d) for d in shown.dependencies],
        requirements=_requirements(facts.requirements),
        crds=package.crds,
        images=facts.images,
        has_values_schema=facts.has_values_schema,
        signed=facts.signed,
        home=facts.home,
        version_count=facts.version_count,
        provenance=provenance_to_proto(provenance_of(package, view)),
    )
    if shown.published is not None:
        wire.publish_time.CopyFrom(timestamp_to_proto(shown.published))
    return wire


def provenance_of(package: Package, view: View) -> Provenance:
    """Return where a chart's facts come from."""
    facts = package.facts
    return Provenance(
        catalog=CATALOG,
        snapshot_id=view.snapshot.snapshot_id,
        as_of=facts.as_of or view.as_of(facts.repository),
        source=facts.source or package.repository_url,
        record_id=facts.record_id,
    )


def _dependency(dependency: Dependency) -> package_pb2.Dependency:
    return package_pb2.Dependency(
        name=dependency.name,
        version=dependency.version,
        repository=dependency.repository,
        condition=dependency.condition,
    )


def _requirements(requirements: Requirements) -> package_pb2.Requirements:
    return package_pb2.Requirements(
        cpus=requirements.cpus,
        memory_gib=requirements.memory_gib,
        gpus=requirements.gpus,
        storage_gib=requirements.storage_gib,
        basis=_BASIS[requirements.basis],
    )


def release_to_proto(release: Release) -> package_pb2.PackageVersion:
    """Return one version for the wire."""
    wire = package_pb2.PackageVersion(
        version=release.version,
        app_version=release.app_version,
        prerelease=release.prerelease,
        deprecated=release.deprecated,
        kube_version=release.kube_version,
        digest=release.digest,
        url=release.url,
    )
    if release.published is not None:
        wire.publish_time.CopyFrom(timestamp_to_proto(release.published))
    return wire


def hit_to_proto(hit: Hit, view: View) -> packages_service_pb2.PackageResult:
    """Return a search result for the wire."""
    return packages_service_pb2.PackageResult(
        package=package_to_proto(hit.package, view),
        score=hit.score,
        why=hit.why,
        others=[
            packages_service_pb2.PackageReference(
                repository=o.facts.repository, name=o.facts.name, version=o.facts.release.version
            )
            for o in hit.others
        ],
    )


def info_to_proto(
    view: View, snapshots: list[tuple[str, datetime, int]], sources: list[Source], *, stale_after: timedelta
) -> packages_service_pb2.GetCatalogInfoResponse:
    """Return what the catalogue holds for the wire. stale_after is counted back from the snapshot's publication."""
    snapshot = view.snapshot
    info = catalog_pb2.CatalogInfo(
        catalog=CATALOG,
        snapshot_id=snapshot.snapshot_id,
        publish_time=timestamp_to_proto(snapshot.published_at),
        record_count=snapshot.package_count,
        refused_count=sum(s.refused_count for s in sources),
    )
    stated = [s.as_of for s in sources if s.as_of is not None]
    if stated:
        info.oldest_as_of.CopyFrom(timestamp_to_proto(min(stated)))
        info.newest_as_of.CopyFrom(timestamp_to_proto(max(stated)))
    for source in sources:
        info.sources.append(_source(source, snapshot, stale_after))
        for refusal in source.refused:
            if len(info.refused) < MAX_LIST:
                info.refused.add(source=source.repository, location=refusal.location, reason=refusal.reason)
    for snapshot_id, published_at, count in snapshots:
        info.snapshots.add(snapshot_id=snapshot_id, record_count=count, publish_time=timestamp_to_proto(published_at))
    return packages_service_pb2.GetCatalogInfoResponse(info=info, version_count=snapshot.version_count)


def _source(source: Source, snapshot: Snapshot, stale_after: timedelta) -> catalog_pb2.CatalogSource:
    wire = catalog_pb2.CatalogSource(
        name=source.repository, record_count=source.package_count, state=source.state, message=source.message
    )
    if source.as_of is not None:
        wire.as_of.CopyFrom(timestamp_to_proto(source.as_of))
        wire.stale = snapshot.published_at - source.as_of > stale_after
    return wire
