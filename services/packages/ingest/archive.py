"""Chart archives: looked through before anything loads them."""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath
from typing import Final

MAX_ARCHIVE_BYTES: Final = 20 * 2**20
MAX_UNPACKED_BYTES: Final = 100 * 2**20
MAX_MEMBERS: Final = 10_000
_SCHEMA: Final = "values.schema.json"


class BadArchiveError(ValueError):
    """A chart archive that is not opened; the message says why."""


def cleaned(archive: bytes) -> tuple[bytes, bool]:
    """Return an archive with plain files only and without values schemas, and whether the chart itself had one.

    Schemas are left out because their $ref can name files of this machine and addresses elsewhere, which a render
    would read.
    Raises BadArchiveError for paths that lead out of the chart, links, devices and archives that unpack to too much.
    """
    if len(archive) > MAX_ARCHIVE_BYTES:
        raise BadArchiveError(f"the archive has more than {MAX_ARCHIVE_BYTES // 2**20} MiB")
    has_schema = False
    size = 0
    out = io.BytesIO()
    try:
        with (
            tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as source,
            tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as target,
        ):
            for count, member in enumerate(source):
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts or "\\" in member.name:
                    raise BadArchiveError(f"{member.name[:200]!r} leads out of the chart")
                if member.isdir():
                    continue
                if not member.isreg():
                    raise BadArchiveError(f"{member.name[:200]!r} is a link or a device")
                size += member.size
                if size > MAX_UNPACKED_BYTES or count > MAX_MEMBERS:
                    raise BadArchiveError(
                        f"it unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB or {MAX_MEMBERS} files"
                    )
                if path.name == _SCHEMA:
                    has_schema |= len(path.parts) == 2
                    continue
                plain = tarfile.TarInfo(member.name)
                plain.size = member.size
                target.addfile(plain, source.extractfile(member))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadArchiveError(f"it cannot be unpacked: {type(error).__name__}") from None
    return out.getvalue(), has_schema
