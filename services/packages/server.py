"""The wire: translate, ask, translate back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from libs.errors import NotFoundError, Violations
from libs.paging import decode_page_token, encode_page_token, page_size
from libs.rpc.server import Mount
from services.packages import convert, convert_stack
from services.packages.catalogue import Catalogue, View
from services.packages.domain.knowledge import CATEGORIES
from services.packages.domain.package import Package
from services.packages.domain.recommend import recommend
from services.packages.domain.roles import Role
from services.packages.domain.search import search
from services.packages.store import PostgresPackageStore
from stack8s.packages.v1 import packages_service_pb2 as pb
from stack8s.packages.v1 import packages_service_pb2_grpc

FULL_NAME = "stack8s.packages.v1.PackagesService"


class PackageNotFoundError(NotFoundError):
    """No such chart, or no such version of it."""

    reason = "PACKAGE_NOT_FOUND"


class PackagesServicer(packages_service_pb2_grpc.PackagesServiceServicer):
    """stack8s.packages.v1.PackagesService."""

    def __init__(
        self, catalogue: Catalogue, store: PostgresPackageStore, roles: Mapping[str, Role], *, stale_after: timedelta
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._roles = roles
        self._stale_after = stale_after

    async def SearchPackages(self, request: pb.SearchPackagesRequest, context: object) -> pb.SearchPackagesResponse:
        problems = Violations()
        query = convert.query_from_proto(request.query, problems)
        wanted = convert.filter_from_proto(request.filter, self._roles, problems)
        if request.page_size < 0:
            problems.add("page_size", f"is {request.page_size}; must be 0 (meaning 10) to 100")
        problems.raise_if_any()
        limit = page_size(request.page_size, default=10, maximum=100)
        view = self._catalogue.view
        # Here, not in a thread: a search takes about a millisecond, and to go there and back half of one more.
        hits = search(
            view.index,
            query,
            accepts=wanted.accepts if wanted.constrains else None,
            limit=limit,
            grouped=not request.ungrouped,
            deprecated=wanted.include_deprecated,
        )
        return pb.SearchPackagesResponse(
            results=[convert.hit_to_proto(h, view) for h in hits], snapshot_id=view.snapshot.snapshot_id
        )

    async def GetPackage(self, request: pb.GetPackageRequest, context: object) -> pb.GetPackageResponse:
        problems = Violations()
        repository = convert.check_name(request.repository, "repository", problems)
        name = convert.check_name(request.name, "name", problems)
        version = convert.check_name(request.version, "version", problems, required=False)
        problems.raise_if_any()
        view = self._catalogue.view
        package = _get(view, repository, name)
        release = package.facts.release
        if version and version != release.version:
            found = await self._store.find_release(view.snapshot.snapshot_id, repository, name, version)
            if found is None:
                message = f"{repository}/{name} has no version {version!r}; ListVersions tells those that it has"
                raise PackageNotFoundError(message, repository=repository, name=name, version=version)
            release = found
        return pb.GetPackageResponse(package=convert.package_to_proto(package, view, release=release))

    async def ListVersions(self, request: pb.ListVersionsRequest, context: object) -> pb.ListVersionsResponse:
        problems = Violations()
        repository = convert.check_name(request.repository, "repository", problems)
        name = convert.check_name(request.name, "name", problems)
        if request.page_size < 0:
            problems.add("page_size", f"is {request.page_size}; must be 0 (meaning 50) to 500")
        problems.raise_if_any()
        view = self._catalogue.view
        _get(view, repository, name)
        limit = page_size(request.page_size)
        snapshot_id = view.snapshot.snapshot_id
        bound = f"{snapshot_id}\n{repository}\n{name}\n{request.include_prereleases}".encode()
        key = decode_page_token(request.page_token, query=bound)
        after = int(key[0]) if key and isinstance(key[0], int) else -1
        prereleases = request.include_prereleases
        rows = await self._store.releases(
            snapshot_id, repository, name, after=after, prereleases=prereleases, limit=limit + 1
        )
        total = await self._store.count_releases(snapshot_id, repository, name, prereleases=prereleases)
        more = len(rows) > limit
        return pb.ListVersionsResponse(
            versions=[convert.release_to_proto(release) for _, release in rows[:limit]],
            next_page_token=encode_page_token([rows[limit - 1][0]], query=bound) if more else "",
            total_size=total,
        )

    async def ListCategories(self, request: pb.ListCategoriesRequest, context: object) -> pb.ListCategoriesResponse:
        packages = self._catalogue.view.index.packages
        in_category = Counter(p.category for p in packages)
        in_role = Counter(role for p in packages for role in p.roles)
        return pb.ListCategoriesResponse(
            categories=[
                pb.Category(id=c, title=CATEGORIES[c], package_count=in_category[c]) for c in sorted(CATEGORIES)
            ],
            roles=[
                pb.Category(id=r, title=self._roles[r].title, package_count=in_role[r]) for r in sorted(self._roles)
            ],
        )

    async def RecommendComponents(
        self, request: pb.RecommendComponentsRequest, context: object
    ) -> pb.RecommendComponentsResponse:
        problems = Violations()
        requests, stack = convert_stack.requests_from_proto(request, self._roles, problems)
        problems.raise_if_any()
        view = self._catalogue.view
        recommended = await asyncio.to_thread(recommend, view.index, self._roles, requests, stack)
        return convert_stack.stack_to_proto(recommended, view)

    async def GetCatalogInfo(self, request: pb.GetCatalogInfoRequest, context: object) -> pb.GetCatalogInfoResponse:
        view = self._catalogue.view
        sources = await self._store.sources(view.snapshot.snapshot_id)
        return convert.info_to_proto(view, await self._store.snapshots(), sources, stale_after=self._stale_after)


def mounted(servicer: PackagesServicer) -> Mount:
    """Return the service as a part of a server."""
    return Mount(FULL_NAME, packages_service_pb2_grpc.add_PackagesServiceServicer_to_server, servicer)


def _get(view: View, repository: str, name: str) -> Package:
    """Return a chart of the snapshot. Raises PackageNotFoundError."""
    position = view.index.by_key.get((repository, name))
    if position is None:
        raise PackageNotFoundError(f"no chart {name!r} in repository {repository!r}", repository=repository, name=name)
    return view.index.packages[position]
