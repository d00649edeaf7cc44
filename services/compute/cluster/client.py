"""Kubernetes API calls, through lightkube: imported only where a cluster is configured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

IN_CLUSTER: Final = "in-cluster"
_PAGE: Final = 500
_QUEUES: Final = {
    "kueue": ("kueue.x-k8s.io", ("v1beta2", "v1beta1"), "ClusterQueue", "clusterqueues"),
    "volcano": ("scheduling.volcano.sh", ("v1beta1",), "Queue", "queues"),
}


class Kind(StrEnum):
    """What is watched."""

    NODES = "nodes"
    PODS = "pods"


class Refused(Exception):
    """The API server does not answer, or refuses; reason says so in words for people."""

    def __init__(self, reason: str, *, is_gone: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_gone = is_gone
        """True when the watch is too far behind and must begin with a list."""


class Client:
    """Reads one cluster."""

    def __init__(self, kubeconfig: str, *, context: str = "", timeout_s: float = 10.0) -> None:
        """Raises Refused for a kubeconfig that cannot be used."""
        import httpx2
        from lightkube import AsyncClient, KubeConfig
        from lightkube.core.exceptions import ApiError, ConfigError
        from lightkube.resources.core_v1 import Node, Pod

        self._errors: Final = (ApiError, ConfigError, httpx2.HTTPError, OSError)
        self._kinds: Final[Mapping[Kind, Any]] = {Kind.NODES: Node, Kind.PODS: Pod}
        try:
            inside = kubeconfig == IN_CLUSTER
            config = KubeConfig.from_service_account() if inside else KubeConfig.from_file(kubeconfig)
            chosen = config.get(context_name=context or None)
        except (ConfigError, OSError, ValueError) as error:
            raise Refused(f"the kubeconfig cannot be used: {error}") from error
        self._client = AsyncClient(config=chosen, timeout=httpx2.Timeout(timeout_s))

    async def list(self, kind: Kind) -> tuple[Sequence[Any], str]:
        """Return all objects of a kind, and the version that a watch may begin at. Raises Refused."""
        try:
            found = self._client.list(self._kinds[kind], chunk_size=_PAGE, **self._everywhere(kind))
            items = [item async for item in found]
            return items, found.resourceVersion
        except self._errors as error:
            raise _refused(error) from error

    async def watch(self, kind: Kind, version: str) -> AsyncIterator[tuple[str, Any]]:
        """Yield changes since a version until the server ends the watch. Raises Refused."""
        try:
            changes = self._client.watch(self._kinds[kind], resource_version=version, **self._everywhere(kind))
            async for change, item in changes:
                yield change, item
        except self._errors as error:
            raise _refused(error) from error

    async def list_queues(self, system: str) -> Sequence[Mapping[str, Any]]:
        """Return the queues of Kueue or Volcano; empty where it is not installed or may not be read."""
        from lightkube.generic_resource import create_global_resource

        group, versions, kind, plural = _QUEUES[system]
        for version in versions:
            resource = create_global_resource(group, version, kind, plural)
            try:
                queues: list[Any] = [item async for item in self._client.list(resource)]
                return [queue.to_dict() for queue in queues]
            except self._errors:
                continue
        return []

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    def _everywhere(self, kind: Kind) -> dict[str, Any]:
        return {"namespace": "*"} if kind is Kind.PODS else {}


def _refused(error: Exception) -> Refused:
    """Return what an error means, without secrets and stack traces."""
    status = getattr(error, "status", None)
    code = getattr(status, "code", None) or getattr(getattr(error, "response", None), "status_code", None)
    message = (getattr(status, "message", None) or str(error) or type(error).__name__).partition("\n")[0]
    if code == 410:
        return Refused("the watch expired", is_gone=True)
    if code == 401:
        return Refused("the API server does not accept the credentials (401): the token may have expired")
    if code == 403:
        return Refused(f"the API server forbids it (403): {message}; docs/compute.md has the read-only role it needs")
    return Refused(f"the API server does not answer: {message}")
