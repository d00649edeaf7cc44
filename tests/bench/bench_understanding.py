"""Time of understanding a message: a short one, the labelled ones, and long ones of every kind of text.

python -m tests.bench.bench_understanding; the unit is the time of splitting the same text into words.
"""

from __future__ import annotations

import gc
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
WORDS = 10_000
CHARACTERS = 60_000
ROUNDS = 5


def _words(sentence: str) -> str:
    """Return a text of 10,000 words that repeats a sentence."""
    words = sentence.split()
    return " ".join((words * (WORDS // len(words) + 1))[:WORDS])


def _characters(part: str) -> str:
    """Return a text of 60,000 characters that repeats a part."""
    return (part * (CHARACTERS // len(part) + 1))[:CHARACTERS]


KINDS = {
    "prose": _words(PROSE),
    "numbers": _words("4711 12 900.5 1,024 33 7 86400 2.5 640 99"),
    "quantities": _words("We have 12 nodes, 48 GPUs, 1,024 GB RAM, 300 users and 20 requests per second."),
    "model names": _words("Qwen2.5-72B-Instruct gpt-oss-120b Mixtral-8x7B SDXL FLUX.1-dev Whisper large-v3 YOLOv8 and"),
    "GPUs": _words("8xH100, then 4x 4090s or two A100 80GB, better L40S x2 and"),
    "money": _words(
        "$2000 a month or €2.500 im Monat, under 500 bucks a month, between 1000 and 3000 dollars per hour;"
    ),
    "denials": _words("no AWS and no GCP, not H100, without spot, never Azure;"),
    "many scripts": _words(
        "训练 7B 模型 用8张H100 学習 させたい 모델 학습 نموذج تدريب обучить модель на 4 видеокартах"
    ),
    "Chinese, no space": _characters("用8张H100从零训练一个7B的大语言模型数据1.5TB要在两周内完成"),
    "letters and digits": _characters("a1"),
    "one letter": _characters("x"),
    "digits": _characters("1234567890"),
    "base64": _characters("aGVsbG8gd29ybGQhIQ8KTfz0rVq9"),
    "line ends": _characters("\n"),
    "mails": _characters("From: a@b.example\nTo: c@d.example\n"),
    "quotes": _characters('my boss said "use 8 GPUs" '),
    "a log": _characters("2025-02-11 08:14:22 ERROR worker-7 CUDA out of memory (tried 18.00 GiB) on GPU 3\n"),
    "a table": _characters("| 0  NVIDIA L40S  On | 44210MiB / 46068MiB |  98%  Default |\n"),
}


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
    gc.collect()
    gc.freeze()  # as the service does
    print(f"first message, with the lexicon: {(time.process_time() - start) * 1000:8.1f} ms")
    each = [milliseconds(lambda text=case["message"]: read(text)) for case in load_cases()]  # type: ignore[misc]
    print(f"{len(each)} labelled messages, median: {statistics.median(each):8.2f} ms, slowest {max(each):.2f} ms")
    print(f"messages of {WORDS:,} words, or of {CHARACTERS:,} characters where there are no words, slowest first:")
    took = {kind: milliseconds(lambda text=text: read(text)) for kind, text in KINDS.items()}  # type: ignore[misc]
    for kind, ms in sorted(took.items(), key=lambda t: -t[1]):
        text = KINDS[kind]
        split = milliseconds(lambda text=text: text.lower().split())  # type: ignore[misc]
        print(f"  {kind:20} {len(text):8,} characters {ms:8.1f} ms, {ms / max(split, 0.01):6.0f} times splitting it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
