"""What training frameworks do where nobody says otherwise: facts of their documentation, not of any measurement."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

_HEAD_BYTES: Final = 10.0
"""Per logit: the 16-bit value, its 32-bit copy and the gradient of that (transformers' loss of causal models)."""


@dataclass(frozen=True, slots=True)
class Framework:
    """Defaults of one framework.

    checkpointing: whether activations are recomputed; None is the usual rule by size. head_bytes: bytes per logit
    at the peak of the loss. loss_bytes: the same while the loss runs alone, before a layer is rebuilt; 0 is
    unknown. pure: whether 16-bit training keeps no 32-bit master weights; None is the usual rule. pure_unsharded:
    the same where nothing is sharded: weights are loaded at 16 bit, and only DeepSpeed and FSDP make 32-bit ones of
    them. as_loaded: that, where 16 bit was said; sharding is left to other libraries, and what was said may be of the
    products alone, unless the words have a dtype ("trl dtype=bfloat16"). optimizer: that of its
    examples on one GPU. selective: whether recomputing, where it was not said, keeps the outputs of attention and
    of every second matrix. upcasts: whether norms and embeddings are turned to 32 bit where bitsandbytes quantised
    the weights, and by them hidden states; None is unknown, where embeddings are counted so. zero: whether stage 3
    is DeepSpeed's. buckets: whether its communication buckets are kept; bucket: their size in elements.
    hosts_inputs: whether the inputs that checkpointing keeps wait in host memory. adapters_everywhere: whether
    every matrix gets an adapter, rather than query and value alone. rebuilt: what one layer's recomputation and its
    gradients take, in what the layer saves. fuses_step: whether weights are updated within the backward pass on one
    GPU, so that gradients live for one layer alone. whole_gradients: whether several GPUs shard all methods by FSDP
    with layers recomputed, but keep whole gradients while they accumulate (no_sync), those of frozen weights too,
    as these share flat parameters with the trained ones. unties: whether the output head is a copy of its own where
    the model shares it with the embedding. fused: whether attention is always fused. even: whether all samples are
    of one length (packed, or cut from a stream). amp: whether networks over images are trained at mixed
    precision. splits_tokens: whether tensor parallelism splits tokens where it does not split tensors (sequence
    parallelism, as torchtitan's parallelize.py has it). batch: samples or images a step where none are said.
    one_stage: whether its detectors predict from the backbone's maps, without a second network.
    """

    name: str = ""
    checkpointing: bool | None = None
    head_bytes: float = _HEAD_BYTES
    loss_bytes: float = 0.0
    pure: bool | None = None
    pure_unsharded: bool = False
    as_loaded: bool = False
    optimizer: str = "adamw"
    upcasts: bool | None = None
    zero: bool = False
    buckets: bool = False
    bucket: float = 5e8
    hosts_inputs: bool = False
    adapters_everywhere: bool = True
    rebuilt: float = 1.5
    selective: bool = False
    fuses_step: bool = False
    whole_gradients: bool = False
    unties: bool = False
    fused: bool = False
    even: bool = False
    amp: bool = False
    splits_tokens: bool = False
    batch: int | None = None
    one_stage: bool = False
    edge: int | None = None
    """Of a square of as many pixels as its recipes for networks over images train on."""
    frozen_norms: bool = False
    """Whether norms of pre-trained ResNets are constants, whose inputs need not be kept."""
    caches: bool = False
    """Whether what text encoders and VAE of generators make is kept before training, which then goes without them."""


GENERIC: Final = Framework()
ALONE: Final = Framework(as_loaded=True)
"""What is usual on one GPU where no framework was named: weights that are said to be at 16 bit are trained so."""
POLICIES: Final = "openpi"
"""The framework by which policies that steer robots are taken to be trained: 16 bit that was said is that of weights,
gradients and state, as its README lists mixed precision among what PyTorch does not support there.
"""
_CHUNKED: Final = 2.0
"""Per logit where the loss is taken in chunks: the 16-bit value. Chunks save 8.3 bytes a logit (torchtune's README,
optimization flags: 51.0 to 42.9 GiB at 2 x 4,096 tokens and 128,256 entries).
"""
_LOSS: Final = 14.0
"""Per logit under F.cross_entropy: the 16-bit value and, at 32 bit, its log-probability and the gradients of that and
of the value's copy. Runs of transformers that print what is allocated after each stage have 14.1, and 16.1 over a head
at 32 bit (DaoyuanLi2816/can-i-finetune-this, benchmarks: Qwen2.5 0.5B and 1.5B).
"""
_KNOWN: Final = (
    Framework(
        "LitGPT",
        checkpointing=False,
        pure=True,
        adapters_everywhere=False,
        whole_gradients=True,
        unties=True,
        fused=True,
    ),
    Framework(
        "torchtune", checkpointing=True, head_bytes=_CHUNKED, pure=True, upcasts=False, fuses_step=True, fused=True
    ),
    Framework(
        "torchtitan",
        loss_bytes=_LOSS,
        checkpointing=True,
        selective=True,
        fused=True,
        even=True,
        splits_tokens=True,
    ),
    Framework("Unsloth", checkpointing=True, head_bytes=0.0, upcasts=False, hosts_inputs=True, rebuilt=0.5, fused=True),
    Framework("LLaMA-Factory", loss_bytes=_LOSS, checkpointing=True, zero=True, upcasts=False),
    Framework("ms-swift", checkpointing=True, zero=True, pure_unsharded=True, upcasts=False, bucket=2e8),
    Framework(
        "Axolotl", loss_bytes=_LOSS, checkpointing=True, optimizer="adamw_8bit", pure_unsharded=True, upcasts=False
    ),
    Framework("llm-foundry", checkpointing=True, fused=True, even=True),
    Framework("FastChat", loss_bytes=_LOSS, checkpointing=True, upcasts=True),
    Framework("DeepSpeed", zero=True, buckets=True),
    Framework("Megatron", checkpointing=False, fused=True, even=True),
    Framework("NeMo", checkpointing=False, fused=True, even=True),
    Framework("MLX", checkpointing=False, pure=True, upcasts=False, batch=4),
    Framework("Ultralytics", amp=True, batch=16, one_stage=True),
    Framework("MMYOLO", amp=True, batch=16, one_stage=True),
    Framework("OpenCLIP", amp=True),
    Framework("MMDetection", batch=2, edge=1033),
    Framework("MMSegmentation", batch=2, edge=724),
    Framework("Detectron2", batch=2, edge=1033, frozen_norms=True),
    Framework("LeRobot", pure_unsharded=True),
    Framework(POLICIES, as_loaded=True),
    Framework("finetrainers", checkpointing=True, pure=True),
    Framework("SimpleTuner", pure=True, caches=True),
    *(Framework(name, caches=True) for name in ("ai-toolkit", "musubi-tuner", "diffusion-pipe")),
    *(Framework(name, loss_bytes=_LOSS, upcasts=True, as_loaded=True) for name in ("TRL", "PEFT", "transformers")),
)
_SQUEEZE: Final = re.compile(r"[^a-z0-9]+")
_WORDS: Final = {_SQUEEZE.sub("", known.name.lower()): known for known in _KNOWN}
for _word, _name in (("mmdet", "mmdetection"), ("mmseg", "mmsegmentation"), ("yolo", "ultralytics")):
    _WORDS[_word] = _WORDS[_name]


def framework_of(text: str) -> Framework:
    """Return the framework that the words name; one without habits of its own where they name none. Liger's kernels
    under any of them take the loss without keeping logits (arXiv:2410.10989).
    """
    plain = _SQUEEZE.sub("", text.lower())
    found = next((known for word, known in _WORDS.items() if word in plain), GENERIC)
    if found.as_loaded and "dtype" in plain:
        found = replace(found, pure_unsharded=True)
    return replace(found, head_bytes=0.0, loss_bytes=0.0) if "liger" in plain else found
