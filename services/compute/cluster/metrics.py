"""GPU utilisation that DCGM exports, read from Prometheus."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import httpx2

from services.compute.domain.names import GpuNames

log = logging.getLogger(__name__)

_QUERY: Final = "avg by (modelName) (DCGM_FI_DEV_GPU_UTIL)"
"""Percent of the time that a GPU computed, by product name."""


class Utilisation:
    """Asks one Prometheus."""

    def __init__(self, address: str, *, token: str = "", timeout_s: float = 5.0) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx2.AsyncClient(base_url=address, headers=headers, timeout=timeout_s)

    async def by_type(self, names: GpuNames) -> Mapping[str, float]:
        """Return the mean use of GPUs, 0 to 1, by type; empty when Prometheus does not answer."""
        try:
            response = await self._client.get("/api/v1/query", params={"query": _QUERY})
            response.raise_for_status()
            series = response.json()["data"]["result"]
            found = defaultdict(list)
            for one in series:
                gpu = names.identify(one["metric"].get("modelName", ""))
                if gpu is not None:
                    found[gpu.name].append(float(one["value"][1]) / 100)
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, IndexError) as error:
            log.warning("utilisation not read", extra={"error": type(error).__name__})
            return {}
        return {name: sum(values) / len(values) for name, values in found.items()}

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()
