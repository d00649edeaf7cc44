"""The rule that builds the environment, and the words of the user on their way through make."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_old_python_is_named_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    command = ["sh", str(ROOT / "scripts" / "environment"), "requirements.lock", ".venv/.ready"]
    done = subprocess.run(command, env={**os.environ, "PYTHON": str(old)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed, found: Python 3.9.2" in done.stderr


def test_the_words_of_a_question_reach_the_program_as_they_were_typed(tmp_path: Path) -> None:
    words = 'costs $5, `id`, "quotes", it\'s $(shell touch pwned) #1 \\ and\na second line'
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / ".ready").touch()
    (tmp_path / "requirements.lock").touch()
    os.utime(tmp_path / "requirements.lock", (0, 0))
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\nprintf %s "$STACK8S_ASK_TEXT" > heard\n')
    python.chmod(0o755)
    include = ROOT / "deploy" / "local" / "Makefile.inc"
    subprocess.run(["make", "-f", str(include), "ask", f"Q={words}"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "heard").read_text() == words
    assert not (tmp_path / "pwned").exists()


def test_both_locks_pin_every_file_by_hash_and_name_no_source() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text().splitlines()
        pinned = [line for line in lines if "==" in line]
        assert pinned
        assert all(line.endswith("\\") for line in pinned), name
        assert not [line for line in lines if "://" in line or line.startswith("-")], name
