"""Time of understanding a message: a short one, the labelled ones, and one of 10,000 words.

python -m tests.bench.bench_understanding; the unit is the time of splitting the same text into words.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from tests.orchestrator.understanding.support import load_cases

PROSE = (
    "So let me tell you a little about the background of this project before we get to the point, because our team "
    "has been discussing it for several weeks and nobody could agree on what we should do first. We need a chatbot "
    "on Llama 3.1 8B for 20 concurrent users, hosted in Germany, for at most $2000 a month. The people from sales "
    "think that customers would love it, while others worry how much work it would be to maintain it over the years. "
)
ROUNDS = 5


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
    understand(text, spec=WorkloadSpec(), turn=1)


def main() -> int:
    """Print the figures."""
    start = time.process_time()
    read("hi")
    print(f"first message, with the lexicon: {(time.process_time() - start) * 1000:8.1f} ms")
    each = [milliseconds(lambda text=case["message"]: read(text)) for case in load_cases()]  # type: ignore[misc]
    print(f"{len(each)} labelled messages, median: {statistics.median(each):8.2f} ms, slowest {max(each):.2f} ms")
    words = (PROSE * (10_000 // len(PROSE.split()) + 1)).split()[:10_000]
    long_text = " ".join(words)
    split = milliseconds(lambda: long_text.lower().split())
    took = milliseconds(lambda: read(long_text))
    print(f"a message of 10,000 words:     {took:8.1f} ms, {took / split:.0f} times splitting it into words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
