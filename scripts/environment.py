"""Build .venv from a hash-locked list, once: `environment.py LOCK STAMP`.

Runs under the machine's own Python with nothing but the standard library. The stamp holds the hash of the lock and of
the interpreter, so a lock that was only touched does no work.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PIP_OPTIONS = ["-qq", "--no-input", "--disable-pip-version-check", "--require-hashes"]
DEVELOPMENT = "requirements-dev.lock"
SCHEMAS = "requirements-schemas.lock"  # only schemas are read from it, so it goes to a folder of its own, without needs
NEEDED_BYTES = 2 * 10**9


class SetupError(Exception):
    """What is wrong and what to do about it, in one line."""


def main(lock_name: str, stamp_name: str) -> None:
    """Leave .venv holding what the lock names, and say so in the stamp. Raises SetupError."""
    lock, stamp = ROOT / lock_name, ROOT / stamp_name
    wanted = fingerprint(lock)
    guard = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(guard, fcntl.LOCK_EX)  # two terminals may type `make` at once
    if works() and stamp.exists() and stamp.read_text() == wanted:
        stamp.touch()
        return
    free = shutil.disk_usage(ROOT).free
    if not VENV.exists() and free < NEEDED_BYTES:
        raise SetupError(
            f"{ROOT} has {free // 10**6} MB free, the environment needs {NEEDED_BYTES // 10**6} MB: free some"
        )
    say(f"Installing {lock_name} into .venv (once; a minute or two) ...")
    if not works():
        create()
    if run([*pip(), "install", *PIP_OPTIONS, "-r", str(lock)]) != 0:
        raise failed(lock_name)
    if lock.name == DEVELOPMENT:
        beside = ["--no-deps", "--upgrade", "--target", str(VENV / "schemas"), "-r", str(ROOT / SCHEMAS)]
        if run([*pip(), "install", *PIP_OPTIONS, *beside]) != 0:
            raise failed(SCHEMAS)
    for packages in VENV.glob("lib/python3*/site-packages"):
        up = os.path.relpath(ROOT, packages)  # relative, so that a moved checkout finds itself
        (packages / "stack8s.pth").write_text(f"{up}\n{up}/protos/gen\n")
    stamp.write_text(wanted)
    if lock.name == DEVELOPMENT:  # it holds all that running needs, at the same versions
        (VENV / ".ready").write_text(fingerprint(ROOT / "requirements.lock"))


def failed(lock_name: str) -> SetupError:
    """Return what is said when pip fails."""
    return SetupError(f"pip could not install {lock_name}: its message is above. Once that is mended, run make again")


def fingerprint(lock: Path) -> str:
    """Return what the stamp holds for a lock."""
    more = (ROOT / SCHEMAS).read_bytes() if lock.name == DEVELOPMENT else b""
    return hashlib.sha256(lock.read_bytes() + more + sys.version.encode()).hexdigest()


def works() -> bool:
    """Whether .venv has an interpreter that runs and is new enough (a moved checkout or a removed Python breaks it)."""
    check = "import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    try:
        return subprocess.run([VENV / "bin" / "python", "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create() -> None:
    """Make an empty .venv. Debian splits pip out of Python's venv module: then the machine's own pip fills it."""
    shutil.rmtree(VENV, ignore_errors=True)
    if run([sys.executable, "-m", "venv", str(VENV)], quiet=True) == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if (
        run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], quiet=True) != 0
        or run([*pip(), "--version"], quiet=True) != 0
    ):
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"this Python {version} cannot make a virtual environment (no ensurepip, no pip): "
            f"install python3-venv (Debian, Ubuntu: apt-get install python{version}-venv) and run make again"
        )


def pip() -> list[str]:
    """Return the command that installs into .venv: its own pip, or else the machine's."""
    inside = str(VENV / "bin" / "python")
    if run([inside, "-m", "pip", "--version"], quiet=True) == 0:
        return [inside, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", inside]


def run(command: list[str], *, quiet: bool = False) -> int:
    """Run a command and return its exit code."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, stdout=sink, stderr=sink, check=False).returncode


def say(line: str) -> None:
    """Tell the user, on standard error: standard output may be a plan on its way to another program."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (SetupError, OSError) as error:
        say(f"stack8s: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
