"""What a server takes beside the GPU's work: for a request before its first token, and for each sequence of a step."""

from __future__ import annotations

import pytest

from services.models.domain.sizing import GpuShape, ModelShape, estimate_performance
from tests.models.sizing import shapes

SMALL = ModelShape(
    parameters=0.494e9, layers=24, hidden=896, intermediate=4864, heads=14, kv_heads=2, head_dim=64, vocab=151_936,
    tied_embeddings=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "shape", "prompt", "published"),
    [
        ("SGLang 0.5.6", SMALL, 100, 0.01646),
        ("vLLM 0.6.6", shapes.LLAMA_8B, 256, 0.04799),
        ("vLLM 0.6.6", shapes.LLAMA_8B, 28_650, 3.859),
    ],
)
def test_a_server_takes_its_time_before_the_first_token(
    engine: str, shape: ModelShape, prompt: int, published: float
) -> None:
    """Qwen2.5 0.5B and Llama 3 8B on A100, one request at a time (AccelMark, interactive)."""
    found = estimate_performance(
        shape, shapes.A100, precision="bf16", prompt_tokens=prompt, output_tokens=200, engine=engine
    )
    assert published / 1.45 < found.time_to_first_token_s < published * 1.45


@pytest.mark.parametrize(("requests", "published"), [(1, 529), (32, 7140), (200, 11_509)])
def test_engines_that_schedule_in_python_hold_a_small_model_back(requests: int, published: float) -> None:
    """Qwen2.5 0.5B under SGLang 0.5.6 on A100 of 40 GB, tokens a second of all requests (AccelMark)."""

    def speed(engine: str) -> tuple[float, str]:
        card = GpuShape("A100 SXM 40GB", 40, 1555, 312, vendor="nvidia", compute_capability="8.0")
        found = estimate_performance(
            SMALL, card, precision="bf16", prompt_tokens=100, output_tokens=200, concurrency=requests, engine=engine
        )
        return found.total_tokens_per_s, found.bound

    ours, bound = speed("SGLang 0.5.6")
    assert published / 1.75 < ours < published * 1.75
    assert (bound == "host") == (requests == 200)
    assert (speed("TensorRT-LLM")[0] > 2 * ours) == (requests == 200)
