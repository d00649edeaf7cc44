"""One supervised process: in a session of its own, ready when its probe answers, stopped with all that it started."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.local.account import Account
from deploy.local.console import LocalError

_PROBE_EVERY_S: Final = 0.05
_PR_SET_PDEATHSIG: Final = 1
_LOG_MAX_BYTES: Final = 20 * 2**20


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """What to start and how to know that it works."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    """Takes the standard output and error."""
    probe: Callable[[], Awaitable[None]]
    """Raises while the process does not answer."""
    account: Account | None = None
    """Whom to run it as; none for ourselves."""
    stop_signal: signal.Signals = signal.SIGTERM
    folder: Path = field(default_factory=Path.cwd)


class Process:
    """A running (or stopped) instance of a spec."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self._child: asyncio.subprocess.Process | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child is not None and self._child.returncode is None else None

    async def start(self) -> None:
        """Start the process. Raises LocalError if it cannot be."""
        spec = self.spec
        if spec.log.exists() and spec.log.stat().st_size > _LOG_MAX_BYTES:
            spec.log.replace(spec.log.with_suffix(".old.log"))
        with spec.log.open("ab") as log:
            self._log_start = log.tell()
            try:
                self._child = await asyncio.create_subprocess_exec(
                    *spec.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(spec.environment),
                    cwd=spec.folder,
                    start_new_session=True,  # Ctrl-C at the terminal reaches us alone: we stop the others in order
                    preexec_fn=_dies_with_parent(spec.stop_signal),
                    **(spec.account.popen if spec.account else {}),
                )
            except OSError as error:
                raise LocalError(f"{spec.name} cannot be started: {error}") from None

    async def ready(self, *, timeout_s: float) -> None:
        """Return when the probe answers. Raises LocalError if the process ends first, or takes longer."""
        ended = asyncio.ensure_future(self.wait())
        probed = asyncio.ensure_future(self._probe())
        try:
            done, _ = await asyncio.wait({ended, probed}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if probed in done:
                return
            problem = (
                f"stopped while starting ({ended.result()})"
                if ended in done
                else f"was not ready after {timeout_s:.0f} s"
            )
            raise LocalError(f"{self.spec.name} {problem}. {self.tail()}")
        finally:
            ended.cancel()
            probed.cancel()

    async def _probe(self) -> None:
        while True:
            try:
                return await self.spec.probe()
            except Exception:  # any failure means "not yet": connection refused, starting up, NOT_SERVING
                await asyncio.sleep(_PROBE_EVERY_S)

    async def wait(self) -> str:
        """Return how the process ended, when it does: "exit code 1" or "signal SIGKILL"."""
        if self._child is None:
            return "never started"
        code = await self._child.wait()
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    async def stop(self, *, timeout_s: float) -> None:
        """Ask the process to stop; kill what is left of its group after `timeout_s`, or at once for 0."""
        child = self._child
        if child is None:
            return
        if child.returncode is None:
            child.send_signal(self.spec.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), timeout_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; macOS says EPERM of a group of zombies
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()

    def tail(self, *, lines: int = 5) -> str:
        """Return the last lines that this start wrote to its log, without stack frames, and where the log is."""
        try:
            with self.spec.log.open("rb") as log:
                log.seek(max(self._log_start, self.spec.log.stat().st_size - 8192))
                text = log.read().decode(errors="replace")
        except OSError:
            text = ""
        kept = [line for line in text.splitlines() if line.strip() and not line.startswith((" ", "\t", "Traceback"))]
        said = "".join(f"\n    {line[:300]}" for line in kept[-lines:])
        return f"Its log is {self.spec.log}" + (f"; it ends with:{said}" if said else "")


def _dies_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """On Linux, have the kernel stop a child whose supervisor was killed. Elsewhere the next run stops what is left."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return ask
