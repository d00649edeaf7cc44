"""Loads of MLPerf inference, for an engine that is named with it: what its rules ask of each model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NAMED: Final = re.compile(r"(?i)mlperf|mlcommons")
_NEAR: Final = 0.05


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Mean tokens of a prompt and an answer of the data set, and beams that are written for each answer counted.

    share: of the offline throughput, where the server scenario bounds the latency.
    """

    parameters: float
    prompt_tokens: int
    output_tokens: int
    data: str
    beams: int = 1
    share: float = 1.0


SERVER_SHARE: Final = 0.96
"""Median of server over offline throughput in the nine submissions to MLPerf Inference 4.1 that print both (closed,
NVIDIA and Lenovo, GPT-J, Llama 2 70B and Mixtral 8x7B on H100, H200 and B200): mlcommons/inference_results_v4.1.
"""
SERVER_SHARES: Final = (0.88, 0.99)
"""The least and the most of the nine."""
_MLPERF: Final = (
    Benchmark(69e9, 294, 294, "OpenOrca"),
    Benchmark(46.7e9, 280, 145, "OpenOrca, GSM8K and MBXP"),
    Benchmark(6.05e9, 778, 73, "CNN/DailyMail, four beams", beams=4),
    Benchmark(405e9, 9428, 684, "LongBench, RULER and GovReport"),
    Benchmark(8.03e9, 778, 73, "CNN/DailyMail"),
)
"""Llama 2 70B, Mixtral 8x7B, GPT-J, Llama 3.1 405B and 8B: rules and data sets of mlcommons/inference."""


def benchmark_of(engine: str, parameters: float | None) -> Benchmark | None:
    """Return the load of the model of this size where the engine is named with MLPerf; None for others."""
    if parameters is None or not _NAMED.search(engine):
        return None
    found = next((b for b in _MLPERF if abs(parameters / b.parameters - 1) < _NEAR), None)
    if found is None or "server" not in engine.lower():
        return found
    return Benchmark(found.parameters, found.prompt_tokens, found.output_tokens, found.data, found.beams, SERVER_SHARE)
