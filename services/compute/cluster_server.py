"""ClusterService on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from libs.errors import FailedPreconditionError, UnavailableError
from libs.rpc.convert import timestamp_to_proto
from libs.rpc.interceptor import Context
from services.compute.cluster.watch import Cluster, State, View
from services.compute.convert import micros_to_money
from services.compute.domain.capacity import GpuCapacity, NodeCapacity
from services.compute.domain.local import owned_price_micros
from services.compute.paging import page_of
from stack8s.compute.v1 import cluster_service_pb2 as pb
from stack8s.compute.v1 import cluster_service_pb2_grpc as pb_grpc

MAX_JOBS: Final = 1000
"""Jobs that an answer lists: tens of thousands would not fit into a message."""
_STATES = {
    State.NOT_CONFIGURED: pb.CLUSTER_STATE_NOT_CONFIGURED,
    State.UNREACHABLE: pb.CLUSTER_STATE_UNREACHABLE,
    State.CONNECTED: pb.CLUSTER_STATE_CONNECTED,
}


class ClusterServicer(pb_grpc.ClusterServiceServicer):
    """Answers from the cluster as last seen."""

    def __init__(self, cluster: Cluster, prices: Mapping[str, float]) -> None:
        self._cluster, self._prices = cluster, prices

    async def GetCapacity(self, request: pb.GetCapacityRequest, context: Context) -> pb.GetCapacityResponse:
        """Sum capacity, use and free GPUs by type."""
        view = await self._cluster.view()
        capacity = view.capacity
        response = pb.GetCapacityResponse(
            state=_STATES[view.state],
            state_reason=view.reason,
            state_since=timestamp_to_proto(view.since),
            gpus=[self._gpu(gpu, view) for gpu in capacity.gpus],
            cpus_allocatable=capacity.cpus_allocatable,
            cpus_free=capacity.cpus_free,
            memory_gib_allocatable=capacity.memory_gib_allocatable,
            memory_gib_free=capacity.memory_gib_free,
            node_count=len(capacity.nodes),
            jobs=[
                pb.GpuJob(
                    namespace=job.namespace,
                    name=job.name,
                    phase=job.phase,
                    gpu_count=job.gpu_count,
                    resource_name=job.resource_name,
                    node_name=job.node,
                    priority_class=job.priority_class,
                )
                for job in capacity.jobs[:MAX_JOBS]
            ],
            job_count=len(capacity.jobs),
            reservations=[
                pb.Reservation(
                    kind=r.kind, queue=r.queue, resource_name=r.resource_name, gpu_count=r.gpu_count, used=r.used
                )
                for r in capacity.reservations
            ],
        )
        if view.as_of is not None:
            response.as_of.CopyFrom(timestamp_to_proto(view.as_of))
        return response

    async def ListNodes(self, request: pb.ListNodesRequest, context: Context) -> pb.ListNodesResponse:
        """List nodes by name."""
        view = await self._cluster.view()
        if view.state is State.NOT_CONFIGURED:
            raise FailedPreconditionError("no cluster is configured; set STACK8S_COMPUTE_KUBECONFIG")
        if view.state is State.UNREACHABLE:
            raise UnavailableError(view.reason, retry_after_s=5.0)
        nodes = [n for n in view.capacity.nodes if n.gpus or not request.gpu_only]
        page, token = page_of(nodes, lambda n: (n.node.name,), request)
        return pb.ListNodesResponse(
            nodes=[self._node(n, view) for n in page], next_page_token=token, total_size=len(nodes)
        )

    def _node(self, measured: NodeCapacity, view: View) -> pb.Node:
        node = measured.node
        return pb.Node(
            name=node.name,
            labels=node.labels,
            schedulable=node.schedulable,
            ready=node.ready,
            gpus=[self._gpu(gpu, view) for gpu in measured.gpus],
            cpus_allocatable=node.allocatable.get("cpu", 0.0),
            memory_gib_allocatable=node.allocatable.get("memory", 0.0) / 2**30,
        )

    def _gpu(self, gpu: GpuCapacity, view: View) -> pb.GpuCapacity:
        message = pb.GpuCapacity(
            gpu_type=gpu.gpu_type,
            resource_name=gpu.resource_name,
            gpu_memory_gib=gpu.gpu_memory_gib,
            allocatable=gpu.allocatable,
            requested=gpu.requested,
            free=gpu.free,
            free_on_one_node_max=gpu.free_on_one_node_max,
            utilisation=view.capacity.utilisation.get(gpu.gpu_type),
        )
        price = owned_price_micros(self._prices, gpu)
        if price is not None:
            message.price_per_gpu_hour.CopyFrom(micros_to_money(price))
        return message
