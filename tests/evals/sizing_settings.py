"""Settings that sources used and state in their scripts, where the rows of published figures leave them open."""

from __future__ import annotations

from typing import Any, Final

Row = dict[str, Any]
_PEFT: Final = "huggingface/peft examples/sft: packed samples of 2,048 tokens, rank 8, recomputed, flash attention"
_LITGPT: Final = "Lightning-AI/litgpt config_hub/finetune: `devices` of the recipe, not of the machine that is listed"
_GLM: Final = "THUDM/GLM-4 finetune/configs/sft.yaml: one sample of 512 + 512 tokens (and evaluation of 16 at once)"
SETTINGS: Final[dict[str, tuple[int, int, str]]] = {
    "tr-llama-2-70b-bf16-lora-zero3-g8": (8, 2048, _PEFT),
    "tr-llama-2-70b-nf4-qlora-zero3-g2": (2, 2048, _PEFT),
    "tr-llama-2-70b-nf4-qlora-fsdp-g2": (2, 2048, _PEFT),
    "tr-llama-2-70b-nf4-qlora-fsdp-cpu-offload-g2": (2, 2048, _PEFT),
    "tr-glm-4-9b-0414-bf16-full-zero3-g4": (1, 1024, _GLM),
    "tr-glm-4-9b-0414-bf16-full-g8": (1, 1024, _GLM),
    "tr-glm-4-9b-chat-bf16-full-zero3-g8": (1, 1024, _GLM),
    "tr-glm-4-32b-0414-bf16-full-zero3-g16": (1, 1024, _GLM),
}
"""Samples a step on one GPU, tokens of a sample, and where that is stated, by the row's id."""
DEVICES: Final[dict[str, tuple[int, str]]] = {
    "tr-stablelm-base-alpha-3b-bf16-true-full-g4-c512-b1": (2, _LITGPT),
    "tr-tiny-llama-bf16-true-full-g4-c512-b4": (1, _LITGPT),
    "tr-phi-2-bf16-true-lora-g4-c512-b4": (1, _LITGPT),
    "tr-stablelm-base-alpha-3b-bf16-true-lora-g4-c512-b1": (1, _LITGPT),
    "tr-falcon-7b-bf16-true-lora-g4-c512-b1": (1, _LITGPT),
}
"""GPUs that a row's run used, and where that is stated, by the row's id."""


def with_settings(row: Row) -> Row | None:
    """Return the row with the settings of its source's script; None where the script is not known."""
    if row["id"] in DEVICES:
        return {**row, "gpus": DEVICES[row["id"]][0]}
    found = SETTINGS.get(row["id"])
    if found is None:
        return None
    batch, context, _ = found
    return {**row, "batch": batch, "context": context}
