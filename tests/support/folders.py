"""Folders that every user of the machine may enter, as PostgreSQL's own user must when the tests run as root."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder() -> Iterator[Path]:
    """Yield an empty folder that is removed at the end. pytest's own temporary folders are closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="s8s-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
