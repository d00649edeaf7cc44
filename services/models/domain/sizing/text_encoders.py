"""Which model reads the prompts of a generator, where its record lists no parts: that of the family its name tells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from services.models.domain.sizing.families import family_in

PARAMETERS: Final[Mapping[str, float]] = {
    "ChatGLM3 6B": 6.24e9,
    "GLM-4 9B": 9.4e9,
    "Gemma 2B": 2.51e9,
    "Gemma 2 2B": 2.61e9,
    "Gemma 3 12B": 12.2e9,
    "Llama 3 8B and CLIP": 8.15e9,
    "Mistral Small 24B": 24.0e9,
    "Qwen2.5-VL 3B": 3.75e9,
    "Qwen2.5-VL 7B": 8.29e9,
    "Qwen3 4B": 4.02e9,
    "Qwen3 8B": 8.19e9,
    "Flan-UL2": 8.6e9,
    "T5-XXL": 4.76e9,
    "T5 11B at 32 bit": 9.52e9,
    "T5-XXL and two of CLIP": 5.58e9,
    "UMT5-XXL": 5.68e9,
    "CLIP bigG, both halves, and a prior": 3.55e9,
    "mT5-XL and CLIP": 2.02e9,
}
"""Of the encoder alone where a model has two halves; at 32 bit, which Cosmos Predict's own code loads, as of twice as
many.
"""
_FAMILIES: Final = (
    (r"cogview4", "GLM-4 9B"),
    (r"kolors", "ChatGLM3 6B"),
    (r"lumina(?:image)?2|sana(?!video)", "Gemma 2 2B"),
    (r"lumina", "Gemma 2B"),
    (r"ltx2", "Gemma 3 12B"),
    (r"hunyuandit", "mT5-XL and CLIP"),
    (r"hunyuanvideo1\.5|hunyuanimage2|qwenimage|step1x|longcatimage|kandinsky5|cosmospredict2\.5", "Qwen2.5-VL 7B"),
    (r"omnigen2", "Qwen2.5-VL 3B"),
    (r"kandinsky2\.?2", "CLIP bigG, both halves, and a prior"),
    (r"kandinsky3", "Flan-UL2"),
    (r"cosmos(?:1|predict1|predict2)", "T5 11B at 32 bit"),
    (r"hunyuanvideo|framepack|skyreelsv1", "Llama 3 8B and CLIP"),
    (r"(?<![a-z])wan2|skyreelsv[23]|longcatvideo", "UMT5-XXL"),
    (r"zimage|flux\.?2klein(?:base)?4b", "Qwen3 4B"),
    (r"flux\.?2klein", "Qwen3 8B"),
    (r"flux\.?2", "Mistral Small 24B"),
    (r"stablediffusion3|(?<![a-z])sd3|pyramidflow", "T5-XXL and two of CLIP"),
    (
        r"cogview3|cogvideo|pixart|mochi|consisid|allegro|latte|opensora|ltxvideo|deepfloyd",
        "T5-XXL",
    ),
)
"""Families by letters and digits of their names, and what their pipelines in diffusers, or their repositories, load."""


@lru_cache(maxsize=4096)
def text_encoder_of(name: str) -> str:
    """Return which model reads the prompts of the generator of this name; empty where the name does not tell.

    >>> text_encoder_of("zai-org/CogView4-6B")
    'GLM-4 9B'
    """
    return family_in(name, _FAMILIES)
