"""The service wired up: one place for __main__ and for tests."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from libs.database import Pool, migrate, open_pool, ping
from libs.rpc.server import Mount, Ready
from services.compute.catalogue import Catalogue
from services.compute.cluster.client import Client, Refused
from services.compute.cluster.offers import LocalOffers
from services.compute.cluster.watch import Cluster
from services.compute.cluster_server import ClusterServicer
from services.compute.ingest.starter import load_starter
from services.compute.reference import load_reference
from services.compute.server import ComputeServicer
from services.compute.settings import SCHEMA, ComputeSettings
from services.compute.store import CatalogueStore
from stack8s.compute.v1.cluster_service_pb2_grpc import add_ClusterServiceServicer_to_server
from stack8s.compute.v1.compute_service_pb2_grpc import add_ComputeServiceServicer_to_server

MIGRATIONS: Final = Path(__file__).parent / "migrations"

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def wired(settings: ComputeSettings) -> AsyncIterator[tuple[Sequence[Mount], Ready]]:
    """Yield the services to mount and their readiness; the catalogue is loaded, and followed until left."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await open_pool(settings.database_url.get_secret_value(), schema=SCHEMA)
        stack.push_async_callback(pool.close)
        await migrate(pool, MIGRATIONS, schema=SCHEMA)
        store = CatalogueStore(pool)
        if settings.load_starter:
            await load_starter(store, keep_snapshots=settings.keep_snapshots)
        catalogue = Catalogue(store, refresh_interval_s=settings.refresh_interval_s)
        await catalogue.refresh()
        await stack.enter_async_context(catalogue.following())
        cluster = _cluster(settings, catalogue)
        await stack.enter_async_context(cluster.following())
        yield _mounts(settings, catalogue, store, cluster), lambda: _ready(pool, catalogue)


async def _ready(pool: Pool, catalogue: Catalogue) -> None:
    await ping(pool)
    len(catalogue.loaded.index)


def _mounts(
    settings: ComputeSettings, catalogue: Catalogue, store: CatalogueStore, cluster: Cluster
) -> Sequence[Mount]:
    reference, prices = load_reference(), settings.owned_price_per_gpu_hour
    local = LocalOffers(cluster, prices, reference.gpus, reference.regions)
    compute = ComputeServicer(catalogue, store, local, stale_after_s=settings.stale_after_days * 86_400)
    return (
        Mount("stack8s.compute.v1.ComputeService", add_ComputeServiceServicer_to_server, compute),
        Mount(
            "stack8s.compute.v1.ClusterService",
            add_ClusterServiceServicer_to_server,
            ClusterServicer(cluster, prices),
        ),
    )


def _cluster(settings: ComputeSettings, catalogue: Catalogue) -> Cluster:
    def by_instance() -> Mapping[str, str]:
        return catalogue.loaded.gpu_of_instance

    client, broken = None, ""
    if settings.kubeconfig:
        try:
            client = Client(settings.kubeconfig, context=settings.kube_context)
        except Refused as error:
            broken = error.reason
            log.warning("cluster not usable", extra={"reason": broken})
    utilisation = None
    if client is not None and settings.prometheus_url:
        from services.compute.cluster.metrics import Utilisation  # imported only where it is configured

        utilisation = Utilisation(settings.prometheus_url, token=settings.prometheus_token.get_secret_value())
    return Cluster(
        client,
        load_reference().gpus,
        by_instance=by_instance,
        utilisation=utilisation,
        resync_s=settings.cluster_resync_s,
        broken=broken,
    )
