"""The cluster's free GPUs as an index that searches like the catalogue's."""

from __future__ import annotations

from collections.abc import Mapping

from services.compute.cluster.watch import Cluster, State
from services.compute.domain.capacity import Capacity
from services.compute.domain.index import OfferIndex, build_index, numbered, part_of
from services.compute.domain.local import LOCAL, local_offers
from services.compute.domain.names import GpuNames
from services.compute.domain.regions import RegionMap


class LocalOffers:
    """Builds the index when the cluster changed."""

    def __init__(self, cluster: Cluster, prices: Mapping[str, float], names: GpuNames, regions: RegionMap) -> None:
        self._cluster, self._prices, self._names, self._regions = cluster, prices, names, regions
        self._built: tuple[Capacity, OfferIndex] | None = None

    async def index(self) -> OfferIndex | None:
        """Return the free capacity, None while no cluster answers."""
        view = await self._cluster.view()
        if view.state is not State.CONNECTED or view.as_of is None:
            return None
        if self._built is None or self._built[0] is not view.capacity:
            offers = local_offers(view.capacity, self._prices, self._names, as_of=view.as_of)
            index = build_index(LOCAL, [part_of(LOCAL, numbered(offers))], self._names.types, self._regions)
            self._built = (view.capacity, index)
        return self._built[1]
