"""Free GPUs of the user's own cluster, as offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from services.compute.domain.capacity import Capacity, GpuCapacity, NodeCapacity
from services.compute.domain.names import GpuNames
from services.compute.domain.offer import MICROS, Machine, Offer, Origin, Place, PriceModel, Source

LOCAL: Final = "local"
_SIZES: Final = (1, 2, 4, 8, 16)


def owned_price_micros(prices: Mapping[str, float], gpu: GpuCapacity) -> int | None:
    """Return what an hour of a GPU, or of a slice, costs its owner, in micro-USD; None where settings do not say."""
    price = prices.get(gpu.gpu_type, prices.get("*"))
    return None if price is None else round(price * gpu.share * MICROS)


def local_offers(
    capacity: Capacity, prices: Mapping[str, float], names: GpuNames, *, as_of: datetime
) -> Sequence[Offer]:
    """Return what one node can give now: 1, 2, 4, 8, 16 GPUs of each type, and as many as the freest node has.

    The price is 0 where settings do not say what the hardware costs.
    """
    source = Source("free capacity of the cluster", as_of, Origin.LOCAL_CLUSTER)
    return [
        Offer(
            machine,
            Place("cluster"),
            PriceModel.OWNED,
            (owned_price_micros(prices, gpu) or 0) * machine.gpu_count,
            source,
        )
        for gpu, machine in _machines(capacity, names)
    ]


def _machines(capacity: Capacity, names: GpuNames) -> Iterator[tuple[GpuCapacity, Machine]]:
    for gpu in capacity.gpus:
        most = gpu.free_on_one_node_max
        if gpu.gpu_memory_gib is None:
            continue
        slice_of = "" if gpu.share == 1 else f" slice of {gpu.gpu_memory_gib:g} GiB"
        for count in sorted({size for size in _SIZES if size < most} | ({most} if most else set())):
            host = max(
                (n for n in capacity.nodes if _free(n, gpu) >= count),
                key=lambda n: (n.cpus_free, n.memory_gib_free, n.node.name),
            )
            known = gpu.gpu_type in names.types
            yield (
                gpu,
                Machine(
                    provider=LOCAL,
                    instance_type=f"{count}x {gpu.gpu_type}{slice_of} ({gpu.resource_name})",
                    gpu_type=gpu.gpu_type,
                    gpu_known=known,
                    gpu_count=count,
                    gpu_memory_gib=gpu.gpu_memory_gib,
                    vcpus=host.cpus_free,
                    memory_gib=host.memory_gib_free,
                ),
            )


def _free(node: NodeCapacity, gpu: GpuCapacity) -> int:
    wanted = (gpu.gpu_type, gpu.resource_name, gpu.share)
    return sum(g.free for g in node.gpus if (g.gpu_type, g.resource_name, g.share) == wanted)
