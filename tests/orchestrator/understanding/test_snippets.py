"""Pasted matter: told from prose, read for what it states, never for stray numbers."""

from __future__ import annotations

from tests.orchestrator.understanding.support import stated

MANIFEST = """apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: server
        image: vllm/vllm-openai:v0.6.3
        args: ["--model", "Qwen/Qwen2.5-32B-Instruct", "--max-model-len", "16384", "--dtype", "bfloat16"]
        resources:
          limits:
            nvidia.com/gpu: 2
"""
SMI = """+-----------------------------------------------------------------------------+
| NVIDIA-SMI 535.104.05   Driver Version: 535.104.05   CUDA Version: 12.2     |
|   0  Tesla T4            On   | 00000000:07:00.0 Off |                    0 |
| N/A   34C    P0    61W / 70W  |      0MiB / 15360MiB |      0%      Default |
|   1  Tesla T4            On   | 00000000:0F:00.0 Off |                    0 |
+-----------------------------------------------------------------------------+
"""


def test_a_manifest_states_model_gpus_context_and_precision() -> None:
    got = stated(MANIFEST + "\nfind me something cheaper for this")
    assert (got["models"], got["gpu_count_min"], got["context_tokens"]) == (["qwen2.5 32b"], 2, 16384)
    assert (got["precision"], got["components"], got["task_type"]) == ("bf16", ["vllm"], "inference")
    assert "dataset_size_gb" not in got


def test_own_words_beat_the_pasted_ones() -> None:
    got = stated(MANIFEST + "\nbut with 4 GPUs and 32k context")
    assert (got["gpu_count_min"], got["context_tokens"]) == (4, 32_000)


def test_nvidia_smi_lists_the_machine_that_is_there() -> None:
    got = stated(SMI + "\nCan this serve Mistral 7B?")
    assert (got["gpu_models"], got["gpu_count_min"]) == (["T4"], 2)


def test_memory_figures_of_a_crash_set_nothing() -> None:
    text = (
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has 23.69 GiB.\n\n"
        "fine-tuning flan-t5-xl, which gpu do I need?"
    )
    got = stated(text)
    assert got["gpu_needed"] is True
    assert not {"vram_gb_min_per_gpu", "dataset_size_gb", "gpu_count_min"} & got.keys()


def test_codes_in_a_table_are_no_gpus() -> None:
    text = (
        "date,store,sku,units\n2023-01-01,17,A100-BLK,4\n2023-01-01,17,H200-RED,11\n"
        "2023-01-02,18,T4-XL,2\n\nforecast demand"
    )
    assert "gpu_models" not in stated(text)


def test_a_traceback_names_the_model_and_its_precision() -> None:
    text = (
        'Traceback (most recent call last):\n  File "serve.py", line 70, in <module>\n'
        '    engine = LLM(model="mistralai/Mixtral-8x7B-Instruct-v0.1", dtype="bfloat16")\n'
        "ValueError: too long\n\nwhat hardware gets rid of this?"
    )
    got = stated(text)
    assert (got["models"], got["precision"]) == (["mixtral 8x7b"], "bf16")
    assert "model_params_b" in got
    assert got["model_params_b"] == 46.7
