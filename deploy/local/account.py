"""Whom PostgreSQL runs as. It refuses root, so a run as root gives it a user of its own."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.console import LocalError

_NAME = "pgserver"
_REMEDY = "Run as an ordinary user instead"


@dataclass(frozen=True)
class Account:
    """A user of this machine that a process is started as."""

    name: str
    uid: int
    gid: int

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments of subprocess.Popen that start a process as this user, with no other group."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, command: list[str]) -> bool:
        """Whether this user can run a command with success."""
        try:
            return subprocess.run(command, cwd="/", capture_output=True, check=False, **self.popen).returncode == 0
        except OSError:
            return False

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can reach what lies in a folder."""
        return self.can(["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)])


def database_account(data: Path) -> Account | None:
    """Return the user to start PostgreSQL as: none for an ordinary user, who is the right one already.

    For root it is the owner of the data if there is some, else a user made for this.
    Raises LocalError if there is none.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return _account(pwd.getpwuid(data.stat().st_uid))
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError:
        entry = _create()
    account = _account(entry)
    if not account.can(["/bin/sh", "-c", "true"]):
        raise LocalError(f"PostgreSQL refuses root, and root may not become user {_NAME} here. {_REMEDY}")
    return account


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create() -> pwd.struct_passwd:
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--user-group", "--shell", "/bin/sh", _NAME],
            capture_output=True,
            check=True,
        )
        return pwd.getpwnam(_NAME)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise LocalError(f"PostgreSQL refuses root, and no user {_NAME} could be made for it. {_REMEDY}") from None
