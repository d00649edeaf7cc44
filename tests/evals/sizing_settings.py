"""Settings that sources used and state in their scripts, where the rows of published figures leave them open or say
otherwise.
"""

from __future__ import annotations

from typing import Any, Final

Row = dict[str, Any]
_PEFT: Final = "huggingface/peft examples/sft: packed samples of 2,048 tokens, recomputed, flash attention"
_NESTED: Final = f"{_PEFT}; nested quantisation"
_GLM: Final = "THUDM/GLM-4 finetune/configs/sft.yaml: one sample of 512 + 512 tokens (and evaluation of 16 at once)"
_RAFT: Final = (
    "huggingface/peft examples, ds_zero3_offload: 8 samples of 64 tokens, loaded at 32 bit, not recomputed (adapters "
    "on attention alone)"
)
_LITGPT: Final = "Lightning-AI/litgpt config_hub/finetune: `devices` of the recipe, not of the machine that is listed"
_EIGHT_LONG: Final = {"batch": 8, "context": 2048}
_TWO_LONG: Final = {"batch": 2, "context": 2048, "precision": "nf4-dq"}
_ONE: Final = {"batch": 1, "context": 1024}
_SHORT: Final = {"batch": 8, "context": 64, "precision": "fp32", "config": {"activation_checkpointing": False}}
SETTINGS: Final[dict[str, tuple[Row, str]]] = {
    "tr-llama-2-70b-bf16-lora-zero3-g8": (_EIGHT_LONG, _PEFT),
    "tr-llama-2-70b-nf4-qlora-zero3-g2": (_TWO_LONG, _NESTED),
    "tr-llama-2-70b-nf4-qlora-fsdp-g2": (_TWO_LONG, _NESTED),
    "tr-llama-2-70b-nf4-qlora-fsdp-cpu-offload-g2": (_TWO_LONG, _NESTED),
    "tr-glm-4-9b-0414-bf16-full-zero3-g4": (_ONE, _GLM),
    "tr-glm-4-9b-0414-bf16-full-g8": (_ONE, _GLM),
    "tr-glm-4-9b-chat-bf16-full-zero3-g8": (_ONE, _GLM),
    "tr-glm-4-32b-0414-bf16-full-zero3-g16": (_ONE, _GLM),
    "tr-t0-3b-lora": (_SHORT, _RAFT),
    "tr-mt0-xxl-12b-lora": (_SHORT, _RAFT),
    "tr-bloomz-7b1-lora": (_SHORT, _RAFT),
    "tr-t0-3b-lora-deepspeed-cpu-offload": (_SHORT, _RAFT),
    "tr-mt0-xxl-12b-lora-deepspeed-cpu-offload": (_SHORT, _RAFT),
    "tr-bloomz-7b1-lora-deepspeed-cpu-offload": (_SHORT, _RAFT),
    "tr-stablelm-base-alpha-3b-bf16-true-full-g4-c512-b1": ({"gpus": 2}, _LITGPT),
    "tr-tiny-llama-bf16-true-full-g4-c512-b4": ({"gpus": 1}, _LITGPT),
    "tr-phi-2-bf16-true-lora-g4-c512-b4": ({"gpus": 1}, _LITGPT),
    "tr-stablelm-base-alpha-3b-bf16-true-lora-g4-c512-b1": ({"gpus": 1}, _LITGPT),
    "tr-falcon-7b-bf16-true-lora-g4-c512-b1": ({"gpus": 1}, _LITGPT),
}
"""What the script says in place of the row's values, and where, by the row's id."""


def with_settings(row: Row) -> Row | None:
    """Return the row with the settings of its source's script; None where the script is not known."""
    found = SETTINGS.get(row["id"])
    return {**row, **found[0]} if found else None
