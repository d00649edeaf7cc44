"""The state folder: writable, with room, and held by one run."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.local.console import LocalError
from deploy.local.home import Home


def test_a_new_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b")
    home.prepare()
    assert home.logs.is_dir()
    assert home.root.stat().st_mode & 0o066 == 0  # others may at most pass through


def test_a_file_in_its_place_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(LocalError, match=r"cannot keep state in .*state.*STACK8S_HOME="):
        Home(tmp_path / "state").prepare()


def test_a_full_disk_is_named_with_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20 * 2**20))
    home = Home(tmp_path)
    with pytest.raises(LocalError, match=r"is full: 20 MiB free, 400 MiB needed"):
        home.prepare()
    home.database.mkdir()
    with pytest.raises(LocalError, match=r"is full: 20 MiB free, 100 MiB needed"):
        home.prepare()


def test_a_second_run_in_the_same_folder_is_refused_with_the_process_that_holds_it(tmp_path: Path) -> None:
    first, second = Home(tmp_path), Home(tmp_path)
    first.prepare()
    first.lock()
    first.write_run({"pid": 4711})
    with pytest.raises(LocalError, match="in use by another run \\(process 4711\\)"):
        second.lock()
    assert second.locked_by_other()


def test_the_lock_of_a_killed_run_is_free(tmp_path: Path) -> None:
    Home(tmp_path).prepare()
    code = (
        "import os, sys; from pathlib import Path; from deploy.local.home import Home;"
        "Home(Path(sys.argv[1])).lock(); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == -9
    home = Home(tmp_path)
    assert (tmp_path / "run.lock").exists()
    assert not home.locked_by_other()
    home.lock()


def test_a_record_that_is_no_json_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{ torn")
    assert Home(tmp_path).read_run() == {}
