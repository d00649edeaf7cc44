"""The shell blocks of the README do what it says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.folders import open_folder
from tests.support.stack import ROOT, Stack

pytestmark = pytest.mark.e2e

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DEFAULT_PORTS = {8080: "gateway", 50050: "orchestrator", 50051: "compute", 50052: "models", 50053: "packages"}
_ELSEWHERE = ("git clone", "cd ")
"""Done before there is a checkout to test in."""
_LONG = re.compile(r"make (test|check|lint|bench|eval|ingest|lock|proto)")
"""Has its own tests or needs the network: only that the target exists is checked here."""
_NEEDS_A_KEY = "OPENAI_"


def commands(document: Path) -> list[str]:
    """Return the commands of the shell blocks, continuation lines joined, comments left out."""
    lines = [line for block in _BLOCK.findall(document.read_text()) for line in block.replace("\\\n", " ").splitlines()]
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def on_our_ports(command: str, stack: Stack) -> str:
    """Return the command with the documented ports replaced by those of the test."""
    for port, name in _DEFAULT_PORTS.items():
        command = re.sub(rf"\b{port}\b", str(stack.ports[name]), command)
    return command


@pytest.fixture
def stack() -> Iterator[Stack]:
    with open_folder() as folder:
        stack = Stack(folder / "home", command=("make", "run"))
        yield stack
        stack.close()


def test_every_command_of_the_readme_works(stack: Stack) -> None:
    found = commands(ROOT / "README.md")
    assert "make run" in found
    for command in found:
        if command.startswith(_ELSEWHERE) or _NEEDS_A_KEY in command:
            continue
        if command == "make run":
            stack.start()
            continue
        line = command.replace("make ", "make -n ", 1) if _LONG.match(command) else on_our_ports(command, stack)
        done = subprocess.run(
            ["sh", "-e", "-c", line],
            cwd=ROOT,
            env=stack.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
