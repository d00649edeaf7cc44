"""The whole product, started as `make run` starts it, on free ports and with a state folder of its own."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("gateway", "orchestrator", "compute", "models", "packages")
READY = "is ready"
_START_TIMEOUT_S = 300.0
_STOP_TIMEOUT_S = 60.0


class Stack:
    """One run after the other over the same state folder and ports."""

    def __init__(self, home: Path, *, command: tuple[str, ...] = (sys.executable, "-m", "deploy.local")) -> None:
        self.home = home
        self.ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        self.ready_s = 0.0
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread()
        self.output = ""

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which this stack runs and in which its clients find it."""
        ports = {f"STACK8S_{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        # Rules alone: a key in the developer's environment must not make a test ask a language model.
        keyless = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        path = os.pathsep.join((str(ROOT), str(ROOT / "protos" / "gen")))
        return {**keyless, **ports, "STACK8S_HOME": str(self.home), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        """Start and return when the block says that it is ready."""
        started = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output, self._lines = "", queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True)
        self._reader.start()
        self.wait_for("Stop ", since=started)
        self.ready_s = time.monotonic() - started
        assert READY in self.output, self.output

    def wait_for(self, text: str, *, since: float | None = None) -> None:
        """Return when the run has printed the text."""
        deadline = (since or time.monotonic()) + _START_TIMEOUT_S
        while text not in self.output:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"no {text!r} within {_START_TIMEOUT_S} s:\n{self.output}") from None
            assert line is not None, f"the run ended:\n{self.output}"
            self.output += line

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop as Ctrl-C does and return the exit code."""
        assert self._process is not None
        os.killpg(self._process.pid, number)
        code = self._process.wait(_STOP_TIMEOUT_S)
        self._reader.join()
        while not self._lines.empty():
            self.output += self._lines.get() or ""
        self._process = None
        return code

    def kill(self) -> None:
        """Kill the supervisor, which then can stop nothing itself."""
        assert self._process is not None
        os.kill(self.run["pid"], signal.SIGKILL)
        self._process.wait(_STOP_TIMEOUT_S)
        self._process = None

    def close(self) -> None:
        """Stop if it runs."""
        if self._process is not None:
            self.stop()

    @property
    def run(self) -> dict[str, Any]:
        """What the run has recorded about itself."""
        record: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        return record

    def pids(self) -> dict[str, int]:
        """Process id by name."""
        return {name: facts["pid"] for name, facts in self.run["processes"].items()}

    def target(self, name: str) -> str:
        """host:port of a process."""
        return f"127.0.0.1:{self.ports[name]}"

    def ask(self, words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Ask as `make ask` does, with nobody at the terminal."""
        asked = {f"STACK8S_ASK_{name.upper()}": value for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-m", "services.portal.ask"],
            cwd=ROOT,
            env={**self.environment, "STACK8S_ASK_TEXT": words, **asked},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_START_TIMEOUT_S,
            check=False,
        )

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                lines.put(line)
        lines.put(None)
