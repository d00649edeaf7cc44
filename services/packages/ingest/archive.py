"""Chart archives: looked through before anything loads them."""

from __future__ import annotations

import io
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import Final

MAX_ARCHIVE_BYTES: Final = 20 * 2**20
MAX_UNPACKED_BYTES: Final = 100 * 2**20
MAX_MEMBERS: Final = 10_000
MAX_DEPTH: Final = 8
"""Archives of charts within charts."""
_SCHEMA: Final = "values.schema.json"


class BadArchiveError(ValueError):
    """A chart archive that is not opened; the message says why."""


def cleaned(archive: bytes) -> tuple[bytes, bool]:
    """Return an archive with plain files only and without values schemas, and whether the chart itself had one.

    Schemas are left out because their $ref can name files of this machine and addresses elsewhere, which a render
    would read; so are those of charts that lie packed in the archive.
    Raises BadArchiveError for paths that lead out of the chart, links, devices and archives that unpack to too much.
    """
    if len(archive) > MAX_ARCHIVE_BYTES:
        raise BadArchiveError(f"the archive has more than {MAX_ARCHIVE_BYTES // 2**20} MiB")
    cleaner = _Cleaner()
    try:
        return cleaner.clean(archive, depth=0), cleaner.has_schema
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise BadArchiveError(f"it cannot be unpacked: {type(error).__name__}") from None


class _Cleaner:
    """Counts over an archive and those within it."""

    def __init__(self) -> None:
        self.has_schema = False
        self._size = 0
        self._count = 0

    def clean(self, archive: bytes, *, depth: int) -> bytes:
        """Return an archive cleaned."""
        if depth > MAX_DEPTH:
            raise BadArchiveError(f"it holds charts packed more than {MAX_DEPTH} deep")
        out = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as source,
            tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as target,
        ):
            for member in source:
                path = PurePosixPath(member.name)
                if not self._is_taken(member, path):
                    continue
                if path.name == _SCHEMA:
                    self.has_schema |= depth == 0 and len(path.parts) == 2
                    continue
                content = source.extractfile(member)
                if path.parent.name == "charts" and path.suffix == ".tgz" and content is not None:
                    content = io.BytesIO(self.clean(content.read(), depth=depth + 1))
                plain = tarfile.TarInfo(member.name)
                plain.size = content.getbuffer().nbytes if isinstance(content, io.BytesIO) else member.size
                target.addfile(plain, content)
        return out.getvalue()

    def _is_taken(self, member: tarfile.TarInfo, path: PurePosixPath) -> bool:
        """Tell whether a member is a file to keep. Raises BadArchiveError for what no chart needs."""
        if path.is_absolute() or ".." in path.parts or "\\" in member.name:
            raise BadArchiveError(f"{member.name[:200]!r} leads out of the chart")
        if member.isdir():
            return False
        if not member.isreg():
            raise BadArchiveError(f"{member.name[:200]!r} is a link or a device")
        self._size += member.size
        self._count += 1
        if self._size > MAX_UNPACKED_BYTES or self._count > MAX_MEMBERS:
            limit = f"{MAX_UNPACKED_BYTES // 2**20} MiB or {MAX_MEMBERS} files"
            raise BadArchiveError(f"it unpacks to more than {limit}")
        return True
