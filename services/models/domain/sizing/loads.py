"""The load that serving is timed under, with what was not said filled in."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.models.domain.sizing.benchmarks import SERVER_SHARES, Benchmark, benchmark_of
from services.models.domain.sizing.inference import default_kv_precision, default_precision
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.shapes import SPEECH, ModelShape
from services.models.domain.sizing.terms import Assumption

DEFAULT_PROMPT: Final = 1024
DEFAULT_OUTPUT: Final = 256
_SMALL_BITS: Final = 8


class ServingLoad(NamedTuple):
    """Formats and lengths in tokens. beams: written for each answer that counts; share: of the throughput that is left
    where a benchmark bounds the latency.
    """

    precision: str
    kv_precision: str
    prompt_tokens: int
    output_tokens: int
    beams: int
    share: float
    heard: bool
    """Whether the prompt is audio, of which the decoder keeps no tokens of its own."""

    @property
    def context_tokens(self) -> int:
        """What the cache of a decoder holds at the end: prompt and answer."""
        return self.output_tokens if self.heard else self.prompt_tokens + self.output_tokens


def serving_load(
    shape: ModelShape,
    *,
    precision: str,
    kv_precision: str,
    prompt_tokens: int | None,
    output_tokens: int | None,
    engine: str,
    notes: list[Assumption],
) -> ServingLoad:
    """Return the load and note what was not said: a benchmark's own where the engine is named with it, else usual ones.

    Raises ValueError for a precision that is not known.
    """
    precision = precision or default_precision(notes, causal=shape.causal)
    bench = benchmark_of(engine, shape.parameters)
    if bench and bench.share != 1:
        least, most = SERVER_SHARES
        why = f"of the offline throughput: the median of nine MLPerf submissions, which reach {least:g} to {most:g}"
        notes.append(Assumption("server_share", f"{bench.share:g}", why))
    if bench and not kv_precision and precision_of(precision).bits <= _SMALL_BITS:
        kv_precision = "fp8"
        notes.append(Assumption("kv_precision", kv_precision, "not said; as submissions with such weights do"))
    kv_precision = kv_precision or default_kv_precision(notes, causal=shape.causal)
    beams = bench.beams if bench and output_tokens is None else 1
    if prompt_tokens is None:
        prompt_tokens, why = _usual_prompt(shape, bench)
        notes.append(Assumption("prompt_tokens", str(prompt_tokens), why))
    if output_tokens is None:
        output_tokens, why = DEFAULT_OUTPUT, "not said; an answer of about half a page"
        if bench:
            output_tokens, why = bench.output_tokens * beams, _of_benchmark(bench)
        notes.append(Assumption("output_tokens", str(output_tokens), why))
    share, heard = bench.share if bench else 1.0, bool(shape.source_tokens)
    return ServingLoad(precision, kv_precision, prompt_tokens, output_tokens, beams, share, heard)


def _usual_prompt(shape: ModelShape, bench: Benchmark | None) -> tuple[int, str]:
    """Return the tokens of a prompt that was not said, and why so many."""
    if bench:
        return bench.prompt_tokens, _of_benchmark(bench)
    if shape.source_tokens:
        return shape.source_tokens, SPEECH
    return DEFAULT_PROMPT, "not said; a prompt of about two pages"


def _of_benchmark(bench: Benchmark) -> str:
    return f"not said; the mean of MLPerf's data, {bench.data}"
