"""Sources: folders, files, archives, and http addresses served by a real server."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler
from io import BytesIO
from pathlib import Path

import pytest

from services.compute.ingest import source_file
from services.compute.ingest.files import decoded, find_files
from services.compute.ingest.importer import SourceError
from tests.support.http import Handler, served


class _Folder(Handler, SimpleHTTPRequestHandler):
    """Gives the files of a folder."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Address of a folder served over http."""
    with served(partial(_Folder, directory=str(tmp_path))) as address:
        yield address


def zipped(content: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("v8/aws/vms.csv", content)
    return packed.getvalue()


def test_a_folder_gives_its_files_by_path(tmp_path: Path) -> None:
    (tmp_path / "aws").mkdir()
    (tmp_path / "aws" / "vms.csv").write_bytes(b"x")
    (found,) = find_files(str(tmp_path))
    assert found.parts[-2:] == ("aws", "vms.csv")
    assert found.read() == b"x"


@pytest.mark.parametrize("name", ["vms.csv", "vms.csv.gz", "all.zip"])
def test_files_and_archives_are_unpacked_from_disk_and_over_http(tmp_path: Path, site: str, name: str) -> None:
    packed = {"vms.csv": b"content", "vms.csv.gz": gzip.compress(b"content"), "all.zip": zipped(b"content")}[name]
    (tmp_path / "aws").mkdir()
    (tmp_path / "aws" / name).write_bytes(packed)
    for location in (str(tmp_path / "aws" / name), f"{site}/aws/{name}"):
        (found,) = find_files(location)
        assert found.read() == b"content"
        assert found.parts[-2:] == ("aws", "vms.csv")


def test_the_date_of_a_file_served_over_http_is_what_the_server_states(tmp_path: Path, site: str) -> None:
    path = tmp_path / "offers.csv"
    path.write_bytes(b"x")
    import os

    os.utime(path, (1_700_000_000, 1_700_000_000))
    (found,) = find_files(f"{site}/offers.csv")
    assert found.as_of == datetime.fromtimestamp(1_700_000_000, UTC)


def test_places_that_cannot_be_read_are_named(tmp_path: Path, site: str) -> None:
    with pytest.raises(SourceError, match="neither a folder nor a file"):
        find_files(str(tmp_path / "absent"))
    with pytest.raises(SourceError, match="404"):
        find_files(f"{site}/absent.csv")
    with pytest.raises(SourceError, match="holds no file"):
        find_files(str(tmp_path))


def test_a_broken_archive_and_a_bomb_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.csv.gz").write_bytes(gzip.compress(b"content" * 100)[:30])
    with pytest.raises(SourceError, match="cannot be read"):
        find_files(str(tmp_path / "broken.csv.gz"))
    monkeypatch.setattr(source_file, "MAX_BYTES", 1000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(bytes(10_000)))
    with pytest.raises(SourceError, match="larger than"):
        find_files(str(tmp_path / "bomb.csv.gz"))


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"provider\xff")
    (found,) = find_files(str(tmp_path / "a.csv"))
    with pytest.raises(SourceError, match="not UTF-8"):
        decoded(found)
