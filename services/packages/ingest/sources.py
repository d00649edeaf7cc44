"""Where Helm repositories are: a folder of <repository>/index.yaml, one file, or addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml


@dataclass(frozen=True, slots=True)
class HelmSource:
    """One repository to read."""

    repository: str
    """Name that its charts go by."""
    path: Path | None = None
    url: str = ""
    """Address of the repository, without index.yaml."""


def find_sources(where: str, *, name: str = "") -> list[HelmSource]:
    """Return the repositories that a place names, by name.

    A place is an http(s) or oci address, an index file, a folder with one index.yaml, a folder of folders with one each
    (the folder names the repository), or a file in the form of helm's repositories.yaml (repositories: [{name, url}]).
    Raises ValueError when it is none of these.
    """
    if where.startswith(("http://", "https://", "oci://")):
        return [HelmSource(name or _name_of(where), url=where.removesuffix("/index.yaml").rstrip("/"))]
    path = Path(where)
    if path.is_dir():
        return _of_folder(path, name)
    if not path.is_file():
        raise ValueError(f"{where} is neither a folder, a file nor an http(s) or oci address")
    listed = _of_list(path)
    return listed if listed is not None else [HelmSource(name or path.absolute().parent.name, path=path)]


def _of_folder(folder: Path, name: str) -> list[HelmSource]:
    if (folder / "index.yaml").is_file():
        return [HelmSource(name or folder.absolute().name, path=folder / "index.yaml")]
    found = [HelmSource(p.parent.name, path=p) for p in sorted(folder.glob("*/index.yaml")) if p.is_file()]
    if not found:
        raise ValueError(f"{folder} holds neither index.yaml nor folders with one each")
    return found


def _of_list(path: Path) -> list[HelmSource] | None:
    """Return the repositories of a repositories.yaml; None for any other file."""
    with path.open("rb") as file:
        head = file.read(2**20)
    if not re.search(rb"^repositories:", head, re.MULTILINE) or re.search(rb"^entries:", head, re.MULTILINE):
        return None
    content = yaml.safe_load(head)
    rows: Iterable[object] = content.get("repositories") or ()
    return [
        HelmSource(str(row["name"]), url=str(row["url"]).rstrip("/"))
        for row in rows
        if isinstance(row, dict) and row.get("name") and row.get("url")
    ]


def _name_of(url: str) -> str:
    """Return a name for an address: the user of a GitHub page, the last part of a path, else the host."""
    parts = urlsplit(url.removesuffix("/index.yaml"))
    host = (parts.hostname or "").removesuffix(".github.io")
    last = parts.path.rstrip("/").rpartition("/")[2]
    return last if parts.scheme == "oci" and last else host or last
