"""What the embedded run says to the person at the terminal, and the one way in which it fails."""

import contextlib
import sys
from typing import TextIO


class LocalError(Exception):
    """What is wrong and what to do about it, in a line that a newcomer can act on. It ends the run."""


def say(line: str) -> None:
    """Print one line to the person at the terminal."""
    _write(sys.stdout, line)


def complain(line: str) -> None:
    """Print one line about something wrong, on standard error."""
    _write(sys.stderr, f"stack8s: {line}")


def _write(stream: TextIO, line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal or the pipe may be gone: that stops no run
        stream.write(line + "\n")
        stream.flush()
