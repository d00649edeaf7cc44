"""Sources at http(s) addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from services.compute.ingest import source_file
from services.compute.ingest.importer import SourceError
from services.compute.ingest.source_file import SourceFile


def fetch(address: str) -> SourceFile:
    """Return the file at an address, read whole; its date is what the server states. Raises SourceError."""
    try:
        with httpx2.stream("GET", address, follow_redirects=True, timeout=60.0) as response:
            response.raise_for_status()
            content = bytearray()
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > source_file.MAX_BYTES:
                    raise SourceError(f"{address} is larger than {source_file.MAX_BYTES} bytes")
            stated = response.headers.get("last-modified")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        told = str(error).partition("\n")[0] or type(error).__name__
        raise SourceError(f"{address} cannot be read: {told}") from error
    as_of = parsedate_to_datetime(stated) if stated else datetime.now(UTC)
    name = "/".join(httpx2.URL(address).path.strip("/").split("/")[-2:])
    return SourceFile(name.removesuffix(".gz"), as_of, lambda: bytes(content))
