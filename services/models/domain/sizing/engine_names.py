"""Which engine the words of a request name, and what its release changes."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from services.models.domain.sizing.engines import (
    COMPILED,
    EAGER,
    EXLLAMA,
    EXLLAMA3,
    LLAMA_CPP,
    MLX,
    SERVING,
    SGLANG,
    VLLM,
    VLLM_V0,
    VLLM_V1,
    Engine,
)
from services.models.domain.sizing.terms import Assumption

_NAMES: Final = (
    (VLLM, ("vllm", "text-generation-inference", "tgi")),
    (SGLANG, ("sglang",)),
    (SERVING, (
        "text-embeddings-inference", "tei", "nim", "dynamo", "tensorrt", "lmdeploy", "triton", "fastgen",
        "ray serve", "infinity", "faster-whisper", "faster whisper", "ctranslate2",
    )),
    (LLAMA_CPP, ("llama.cpp", "llama-cpp", "whisper.cpp", "ollama", "gguf", "koboldcpp")),
    (MLX, ("mlx",)),
    (LLAMA_CPP, ("lm studio",)),
    (EXLLAMA3, ("exllamav3", "exllama v3", "exl3")),
    (EXLLAMA, ("exllamav2", "exllama v2", "tabbyapi", "mlc")),
    (COMPILED, ("gpt-fast", "exllama", "torch.compile")),
    (EAGER, (
        "litgpt", "transformers", "hugging", "eager", "fastchat", "accelerate", "autogptq", "bitsandbytes",
        "openai-whisper", "openai/whisper", "insanely-fast-whisper",
    )),
    (COMPILED, ("autoawq", "tinychat")),
)  # fmt: skip
"""Words of engines' names, looked for in this order: AutoAWQ by itself runs fused modules, under transformers not."""
_TRANSFORMERS: Final = re.compile(r"transformers[^\d<]{0,6}(\d+)\.(\d+)")
_SLICING: Final = (4, 45)
"""Release of transformers from which generation computes the logits of a prompt's last token alone
(num_logits_to_keep).
"""
_VLLM: Final = re.compile(r"vllm\D{0,6}(\d+)\.(\d+)")
_V1: Final = (0, 8)
_TENSOR: Final = re.compile(r"\btp\b|tensor[ -_]parallel")
_GEMV: Final = 0.27
"""Share of large products that AWQ's kernels for single vectors (GEMV) reach of what its others do."""


@lru_cache(maxsize=1024)
def engine_of(text: str) -> Engine:
    """Return the class of engine that the words mean; serving (SGLang, TensorRT-LLM and the like) by default. One that
    shares out layers shares out each layer where tensor parallelism is named ("LitGPT tp").
    """
    lower = text.lower()
    found = next((engine for engine, words in _NAMES if any(word in lower for word in words)), SERVING)
    if found is VLLM and (release := _release(_VLLM, text)):
        found = VLLM_V1 if release >= _V1 else VLLM_V0
    if "gemv" in lower:
        found = replace(found, quantised_compute=found.quantised_compute * _GEMV)
    return replace(found, by_layers=False) if found.by_layers and _TENSOR.search(lower) else found


def is_known(text: str) -> bool:
    """Return whether the words name an engine, or a class of them."""
    return any(word in text.lower() for _, words in _NAMES for word in words)


def unknown_engine(text: str) -> Assumption:
    """Return what is assumed in place of an engine that is not known here."""
    return Assumption("engine", SERVING.name, f"{text[:60]!r} is not known here; taken as not said")


def slices_logits(text: str) -> bool:
    """Return whether the words name a release of transformers that keeps no logits of a prompt's other tokens."""
    release = _release(_TRANSFORMERS, text)
    return release is not None and release >= _SLICING


def writes_cache_in_place(text: str) -> bool:
    """Return whether the words name an eager engine that does not make its cache anew at each step: LitGPT, whose is of
    fixed size, or transformers since its caches are objects (4.42; of those known here, the releases that slice).
    """
    return "litgpt" in text.lower() or slices_logits(text)


def _release(pattern: re.Pattern[str], text: str) -> tuple[int, int] | None:
    """Return the release, major and minor, that the words name; None where they name none."""
    named = pattern.search(text.lower())
    return (int(named[1]), int(named[2])) if named else None
