"""What charts request: their newest archives rendered with default values, each digest once."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from services.packages.domain.package import Basis, Facts, Requirements
from services.packages.ingest.archive import MAX_ARCHIVE_BYTES
from services.packages.ingest.fetch import Fetcher, FetchError
from services.packages.store import PostgresPackageStore

RENDER_TIMEOUT_S: Final = 30.0
_WORKER: Final = "services.packages.ingest.render_worker"
_ROOT: Final = Path(__file__).resolve().parents[3]


async def render_archive(path: Path, *, timeout_s: float = RENDER_TIMEOUT_S) -> dict[str, Any]:
    """Return what an archive renders to; its problem when it cannot be rendered or takes longer than timeout_s.

    The renderer runs in a session of its own and is killed with all it started, as it has no time limit of its own.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _WORKER, str(path),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT, start_new_session=True, env={"PATH": os.defpath, "HOME": str(path.parent), "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        async with asyncio.timeout(timeout_s):
            printed, _ = await process.communicate()
    except TimeoutError:
        return {"problem": f"rendering took longer than {timeout_s:g} s"}
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    try:
        result: dict[str, Any] = json.loads(printed)
    except ValueError:
        return {"problem": f"the renderer ended with status {process.returncode}"}
    return result


class RequirementsFinder:
    """Finds requirements, custom resources and images by rendering; remembers results by archive digest."""

    def __init__(self, store: PostgresPackageStore, fetcher: Fetcher, *, timeout_s: float = RENDER_TIMEOUT_S) -> None:
        """Raises ValueError when the renderer is not installed."""
        if find_spec("helm_python") is None:
            raise ValueError("rendering needs the extra [render], which installs helm-python-sdk")
        self._store = store
        self._fetcher = fetcher
        self._timeout_s = timeout_s

    async def __call__(self, facts: Facts, *, base: str) -> Facts:
        """Return facts with what the newest release renders to; as they were where its archive cannot be had."""
        known = await self._store.find_rendered(facts.release.digest) if facts.release.digest else None
        if known is None:
            known = await self._render(facts, base)
        return enriched(facts, known) if known else facts

    async def _render(self, facts: Facts, base: str) -> dict[str, Any] | None:
        with tempfile.TemporaryDirectory(prefix="stack8s-chart-") as folder:
            path = Path(folder) / "chart.tgz"
            try:
                await self._obtain(facts.release.url, base, path)
            except (FetchError, OSError):
                return None
            digest = await asyncio.to_thread(lambda: hashlib.sha256(path.read_bytes()).hexdigest())
            if facts.release.digest and digest != facts.release.digest.removeprefix("sha256:"):
                return None
            key = facts.release.digest or digest
            known = await self._store.find_rendered(key)
            if known is None:
                known = await render_archive(path, timeout_s=self._timeout_s)
                await self._store.keep_rendered(key, known)
            return known

    async def _obtain(self, url: str, base: str, path: Path) -> None:
        """Write a chart's archive to a path: fetched, or copied from below the repository's folder."""
        target = url if urlsplit(url).scheme else urljoin(f"{base}/", url) if urlsplit(base).scheme else ""
        if target:
            await self._fetcher.to_file(target, path)
            return
        await asyncio.to_thread(_copy_from, Path(base), url, path)


def _copy_from(folder: Path, name: str, path: Path) -> None:
    """Copy an archive that lies below a folder. Raises FetchError for one that does not."""
    archive = (folder / name).resolve()
    if not archive.is_relative_to(folder.resolve()) or archive.stat().st_size > MAX_ARCHIVE_BYTES:
        raise FetchError(f"{name} is not an archive of the repository")
    path.write_bytes(archive.read_bytes())


def enriched(facts: Facts, result: dict[str, Any]) -> Facts:
    """Return facts with what a render found."""
    found = result.get("requirements")
    requirements = Requirements(**{**found, "basis": Basis(found["basis"])}) if found else facts.requirements
    return replace(
        facts,
        requirements=requirements,
        crds=tuple(result.get("crds", ())) or facts.crds,
        images=tuple(result.get("images", ())) or facts.images,
        has_values_schema=bool(result.get("has_values_schema")) or facts.has_values_schema,
    )
