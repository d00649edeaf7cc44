"""Files inside installed wheels, found without importing them (importing the database's makes lock files)."""

import importlib.util
from pathlib import Path


def wheel_file(package: str, *parts: str) -> Path | None:
    """Return the path of a file in a package; none where the package or the file is not there."""
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent.joinpath(*parts) if spec is not None and spec.origin else None
    return path if path is not None and path.exists() else None
