"""What the embedded run says to the person at the terminal, and the one way in which it fails."""

import sys


class LocalError(Exception):
    """What is wrong and what to do about it, in a line that a newcomer can act on. It ends the run."""


def say(line: str) -> None:
    """Print one line to the person at the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """Print one line about something wrong, on standard error."""
    sys.stderr.write(f"stack8s: {line}\n")
    sys.stderr.flush()
