"""Models and GPUs that the sizing tests share: dimensions as their makers state them."""

from __future__ import annotations

from hypothesis import strategies as st

from services.models.domain.sizing import GpuShape, ModelShape

LLAMA_8B = ModelShape(
    parameters=8.03e9,
    layers=32,
    hidden=4096,
    intermediate=14336,
    heads=32,
    kv_heads=8,
    head_dim=128,
    vocab=128256,
    context=131072,
    attention="GQA",
    kv_layers_full=32,
    tied_embeddings=False,
)
LLAMA_2_7B = ModelShape(
    parameters=6.74e9,
    layers=32,
    hidden=4096,
    intermediate=11_008,
    heads=32,
    kv_heads=32,
    head_dim=128,
    vocab=32_000,
)
LLAMA_70B = ModelShape(
    parameters=70.55e9,
    layers=80,
    hidden=8192,
    intermediate=28672,
    heads=64,
    kv_heads=8,
    head_dim=128,
    vocab=128256,
    context=131072,
    attention="GQA",
    kv_layers_full=80,
    tied_embeddings=False,
)
MIXTRAL = ModelShape(
    parameters=46.7e9,
    active_parameters=12.88e9,
    layers=32,
    hidden=4096,
    intermediate=14336,
    heads=32,
    kv_heads=8,
    head_dim=128,
    vocab=32000,
    attention="GQA",
    kv_layers_full=32,
    experts=8,
    experts_per_token=2,
)
DEEPSEEK_V3 = ModelShape(
    parameters=671e9,
    active_parameters=37e9,
    layers=61,
    hidden=7168,
    intermediate=18432,
    heads=128,
    kv_heads=128,
    head_dim=192,
    v_head_dim=128,
    vocab=129280,
    attention="MLA",
    kv_lora_rank=512,
    qk_rope_head_dim=64,
    kv_layers_full=61,
    experts=256,
    experts_per_token=8,
)
GEMMA_WINDOW = ModelShape(
    parameters=27e9,
    layers=62,
    hidden=5376,
    intermediate=21504,
    heads=32,
    kv_heads=16,
    head_dim=128,
    vocab=262144,
    attention="hybrid sliding+GQA",
    kv_layers_full=10,
    kv_layers_window=52,
    window=1024,
)
MAMBA = ModelShape(parameters=2.8e9, layers=64, hidden=2560, heads=80, vocab=50280, attention="mamba")
WHISPER = ModelShape(
    parameters=1.54e9,
    layers=32,
    encoder_layers=32,
    hidden=1280,
    intermediate=5120,
    heads=20,
    kv_heads=20,
    head_dim=64,
    vocab=51_866,
    context=448,
    arch="encoder-decoder",
    task="automatic-speech-recognition",
)
SDXL = ModelShape(
    parameters=3.469e9,
    text_encoder_parameters=0.818e9,
    vae_parameters=84e6,
    transformer=False,
    arch="diffusion",
    task="text-to-image",
)
FLUX = ModelShape(
    parameters=16.87e9,
    text_encoder_parameters=4.885e9,
    vae_parameters=84e6,
    transformer=True,
    arch="diffusion",
    task="text-to-image",
)
A100 = GpuShape("A100 SXM 80GB", 80, 2039, 312, interconnect_gbps=600, vendor="nvidia", compute_capability="8.0")
H100 = GpuShape("H100 SXM", 80, 3350, 989.4, 1978.9, interconnect_gbps=900, vendor="nvidia", compute_capability="9.0")
L4 = GpuShape("L4", 24, 300, 121, 242.5, interconnect_gbps=64, vendor="nvidia", compute_capability="8.9")

MODELS = st.sampled_from([LLAMA_8B, LLAMA_70B, MIXTRAL, DEEPSEEK_V3, GEMMA_WINDOW, MAMBA])
PRECISIONS = st.sampled_from(["bf16", "fp8", "int8", "nf4", "awq", "q4_k_m", "mxfp4"])
CONTEXTS = st.integers(1, 131072)
LOADS = st.integers(1, 256)
