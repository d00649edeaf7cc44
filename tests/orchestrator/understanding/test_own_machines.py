"""Machines that the user has and wants to use: said, or pasted from kubectl and nvidia-smi."""

from __future__ import annotations

import pytest

from tests.orchestrator.understanding.support import stated

NODES = """$ kubectl get nodes -L nvidia.com/gpu.product
NAME     STATUS   ROLES    AGE    VERSION   GPU.PRODUCT
node-a   Ready    <none>   90d    v1.29.3   NVIDIA-L40S
node-b   Ready    <none>   12d    v1.29.3   NVIDIA-L40S
"""
NODE = """Name:               worker-gpu-0
Labels:             nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB
Capacity:
  cpu:                128
  nvidia.com/gpu:     8
Allocatable:
  nvidia.com/gpu:     8
"""
SMI = """| NVIDIA-SMI 535.104.05   Driver Version: 535.104.05   CUDA Version: 12.2     |
|   0  NVIDIA A30          On   | 00000000:17:00.0 Off |                    0 |
|   1  NVIDIA A30          On   | 00000000:65:00.0 Off |                    0 |
"""


@pytest.mark.parametrize(
    ("text", "gpus", "count"),
    [
        ("We have two A100 servers in the basement and want to fine-tune Qwen2.5 14B there.", ["A100"], 2),
        ("There are 4 L40S boxes in our basement; deploy Llama 3.1 70B on them.", ["L40S"], 4),
        ("2x A6000 in our office, use them for SDXL", ["RTXA6000"], 2),
        ("I own three RTX 3090s and want to run Mixtral on them.", ["RTX3090"], 3),
        ("Our company has a DGX H100 that we want to use for serving Llama 3.3 70B.", ["H100"], 8),
        ("that's where our A30 pair lives and where inference shall run", ["A30"], 2),
        ("Wir haben zwei Server mit je 4 A100 im Keller, darauf soll ein Chatbot laufen.", ["A100"], 8),
        ("Nous avons déjà 2 L40S, utilisons-les pour servir Mistral Small.", ["L40S"], 2),
        ("Tenemos un servidor con 4 A6000 en la oficina, queremos usarlo para entrenar.", ["RTXA6000"], 4),
        (f"{NODES}\nserve Llama 3.1 8B on this cluster", ["L40S"], 2),
        (f"{NODE}\nThat's our node. Can we fine-tune Llama 3.1 70B on it?", ["A100-80GB"], 8),
        (f"{SMI}\nthis is the box we have, serve Qwen2.5 32B on it", ["A30"], 2),
    ],
)
def test_own_machines_are_the_cluster_to_use(text: str, gpus: list[str], count: int) -> None:
    got = stated(text)
    assert (got.get("gpu_models"), got.get("gpu_count_min")) == (gpus, count)
    assert got["prefers_local_cluster"] is True


@pytest.mark.parametrize(
    "text",
    [
        "we've got one H100 rented on RunPod, use it for HunyuanVideo",
        "is there any way to run DeepSeek-V3 on a single node of 8 H200s?",
        "we have a T4 in our laptop, so we want to rent an L4",
        "4x L40S please, for Llama 3.1 70B",
        f"{NODES}\n0/2 nodes are available: 2 Insufficient nvidia.com/gpu.\nserve Llama 3.1 8B for 20 users",
    ],
)
def test_machines_of_others_are_not(text: str) -> None:
    assert "prefers_local_cluster" not in stated(text)
