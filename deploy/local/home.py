"""The state folder: made, checked for room, and held by one run at a time."""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import Any

from deploy.local.console import LocalError

FIRST_RUN_BYTES = 400 * 2**20
LATER_RUN_BYTES = 100 * 2**20


class Home:
    """The folder that holds everything a run must remember (STACK8S_HOME)."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root.expanduser()))
        self.logs = self.root / "logs"
        self.database = self.root / "postgres"
        self.envoy_config = self.root / "envoy.yaml"
        self.database_url = self.root / "database.url"
        """Address of the database, for imports from another terminal; it holds no secret."""
        self._run_file = self.root / "run.json"
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make the folder. Raises LocalError if it cannot be written or the disk has too little room."""
        try:
            if not self.root.exists():
                self.root.mkdir(parents=True)
                # PostgreSQL runs as a user of its own when we are root: it passes through, but lists nothing.
                self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self._require_room()
            probe = self.root / ".write-test"
            probe.write_bytes(b"x" * 4096)
            probe.unlink()
        except OSError as error:
            raise LocalError(
                f"cannot keep state in {self.root}: {error.strerror}. "
                "Make it writable for this user, or choose another folder: make run STACK8S_HOME=/path/to/folder"
            ) from None

    def _require_room(self) -> None:
        needed = LATER_RUN_BYTES if self.database.exists() else FIRST_RUN_BYTES
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise LocalError(
                f"the disk of {self.root} is full: {free // 2**20} MiB free, {needed // 2**20} MiB needed. "
                "Free some space, or choose a folder on another disk: make run STACK8S_HOME=/path/to/folder"
            )

    def has_room(self) -> bool:
        """Whether the disk still has enough space for the database to work."""
        return shutil.disk_usage(self.root).free >= 16 * 2**20

    def lock(self) -> None:
        """Hold the folder for this process.

        The kernel frees the lock with the process, so a killed run leaves none behind. Raises LocalError when another
        run holds it.
        """
        lock = os.open(self.root / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            pid = self.read_run().get("pid", "unknown")
            raise LocalError(
                f"{self.root} is in use by another run (process {pid}). "
                "Stop it (Ctrl-C there, `make stop` here), or run beside it with another STACK8S_HOME and other ports"
            ) from None
        self._lock = lock

    def locked_by_other(self) -> bool:
        """Whether a run holds the folder."""
        try:
            lock = os.open(self.root / "run.lock", os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False

    def write_run(self, facts: dict[str, Any]) -> None:
        """Record the running processes and addresses, for `make ask`, `make stop` and the next run."""
        draft = self._run_file.with_suffix(".new")
        draft.write_text(json.dumps(facts, indent=2) + "\n")
        draft.replace(self._run_file)

    def read_run(self) -> dict[str, Any]:
        """Return what the last run recorded, or nothing."""
        try:
            facts = json.loads(self._run_file.read_text())
        except (OSError, ValueError):
            return {}
        return facts if isinstance(facts, dict) else {}

    def forget_run(self) -> None:
        """Remove the record of a run that ended."""
        self._run_file.unlink(missing_ok=True)
