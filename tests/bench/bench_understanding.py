"""Time of understanding a message: a short one, the labelled ones, and long ones of every kind of text.

python -m tests.bench.bench_understanding; CPU time.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from libs.heap import settle
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from services.orchestrator.requests import MAX_TEXT_BYTES
from tests.orchestrator.understanding.long_texts import LONG_TEXTS
from tests.orchestrator.understanding.support import NOW, load_cases

WORDS = 10_000
CHARACTERS = 60_000
ROUNDS = 5


def _characters(part: str) -> str:
    """Return a text of 60,000 characters that repeats a part."""
    return (part * (CHARACTERS // len(part) + 1))[:CHARACTERS]


KINDS = {kind: text(WORDS) for kind, text in LONG_TEXTS.items()} | {
    "letters and digits": _characters("a1"),
    "one letter": _characters("x"),
    "digits": _characters("1234567890"),
    "base64": _characters("aGVsbG8gd29ybGQhIQ8KTfz0rVq9"),
    "line ends": _characters("\n"),
    "spaces": "GPUs:\n" + _characters(" "),
    "quotes": _characters('my boss said "use 8 GPUs" '),
}
"""Messages of 10,000 words, or of 60,000 characters where there are no words."""


def milliseconds(work: Callable[[], object]) -> float:
    """Return the best CPU time of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def read(text: str) -> None:
    """Understand one first message."""
    understand(text, spec=WorkloadSpec(), turn=1, now=NOW)


def main() -> int:
    """Print the figures."""
    start = time.process_time()
    read("hi")
    settle()  # as the service does
    print(f"first message, with the lexicon: {(time.process_time() - start) * 1000:8.1f} ms")
    each = [milliseconds(lambda text=case["message"]: read(text)) for case in load_cases()]  # type: ignore[misc]
    print(f"{len(each)} labelled messages, median: {statistics.median(each):8.2f} ms, slowest {max(each):.2f} ms")
    print(f"messages of {WORDS:,} words, or of {CHARACTERS:,} characters where there are no words, slowest first:")
    took = {kind: milliseconds(lambda text=text: read(text)) for kind, text in KINDS.items()}  # type: ignore[misc]
    for kind, ms in sorted(took.items(), key=lambda t: -t[1]):
        text = KINDS[kind]
        sent = text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
        most = ms if sent == text else milliseconds(lambda sent=sent: read(sent))  # type: ignore[misc]
        print(f"  {kind:20} {len(text):8,} characters {ms:8.1f} ms, as much of it as may be sent {most:8.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
