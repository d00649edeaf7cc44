"""Speed of one case: the engine that it names reaches what answers in whole passes, and what is trained."""

from __future__ import annotations

from services.models.domain.sizing import Case, GpuShape, ModelShape
from services.models.domain.sizing.cases import Usage
from services.models.domain.speed import Speed, speed

H100 = GpuShape("H100-SXM", 80, 3350, 989, 1979, vendor="nvidia")
RESNET = ModelShape(parameters=25.6e6, arch="cnn", task="image-classification", network="resnet50")
LLAMA = ModelShape(parameters=6.74e9, layers=32, hidden=4096, heads=32, kv_heads=32, vocab=32_000)


def asked(shape: ModelShape, **usage: object) -> Speed:
    case = Case(shape, Usage(**usage), H100, 8)  # type: ignore[arg-type]
    return speed(case, prompt_tokens=None, output_tokens=None, samples=None, tokens=10**9, epochs=1)


def test_a_compiling_engine_computes_at_the_width_of_the_weights_and_says_nothing_of_16_bit() -> None:
    plain, compiled = (asked(RESNET, precision="int8", image_size=224, engine=name) for name in ("", "TensorRT"))
    assert (compiled.requests_per_s or 0) > 3 * (plain.requests_per_s or 0)
    assert [any(a.value == "bf16" for a in found.assumptions) for found in (plain, compiled)] == [True, False]


def test_a_training_framework_decides_what_is_recomputed() -> None:
    kept, again = (asked(LLAMA, workload="full", engine=name) for name in ("Megatron-LM", "FastChat"))
    assert (kept.tokens_per_s or 0) > 1.2 * (again.tokens_per_s or 0)
    assert "the default of Megatron" in next(a.why for a in kept.assumptions if a.field == "checkpointing")
