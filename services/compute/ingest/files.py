"""Where a source's files are: a folder, a file, an archive, or an http(s) address of either."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

from services.compute.ingest import source_file
from services.compute.ingest.importer import SourceError
from services.compute.ingest.source_file import SourceFile


def find_files(location: str) -> list[SourceFile]:
    """Return the files at a location, by name. Raises SourceError when there is nothing to read."""
    if location.startswith(("http://", "https://")):
        from services.compute.ingest.fetch import fetch  # httpx2 is slow to import, and the server reads files only

        files = list(unpack(fetch(location)))
    else:
        path = Path(location)
        if path.is_dir():
            files = [
                _from_path(p, p.relative_to(path.parent).as_posix()) for p in sorted(path.rglob("*")) if p.is_file()
            ]
        elif path.is_file():
            files = list(unpack(_from_path(path, "/".join(path.absolute().parts[-2:]))))
        else:
            raise SourceError(f"{location} is neither a folder nor a file")
    if not files:
        raise SourceError(f"{location} holds no file")
    return sorted(files, key=lambda f: f.name)


def decoded(file: SourceFile) -> str:
    """Return a file's text, UTF-8 with or without a mark. Raises SourceError."""
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{file.name} is not UTF-8 text: {error.reason} at byte {error.start}") from None


def _from_path(path: Path, name: str) -> SourceFile:
    return SourceFile(name.removesuffix(".gz"), datetime.fromtimestamp(path.stat().st_mtime, UTC), path.read_bytes)


def unpack(file: SourceFile) -> Iterator[SourceFile]:
    """Yield the files of a zip archive, or the file itself."""
    content = file.read()
    if not zipfile.is_zipfile(BytesIO(content)):
        yield SourceFile(file.name, file.as_of, lambda: content)
        return
    archive = zipfile.ZipFile(BytesIO(content))
    for info in archive.infolist():
        if info.is_dir():
            continue
        if info.file_size > source_file.MAX_BYTES:
            raise SourceError(f"{info.filename} is larger than {source_file.MAX_BYTES} bytes")
        changed = datetime(*info.date_time, tzinfo=UTC)
        yield SourceFile(info.filename.removesuffix(".gz"), changed, partial(archive.read, info.filename))
