"""What sizing needs to know of a model and of a GPU."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.models.domain.sizing.terms import GIB

_SEEING: Final = frozenset({
    "any-to-any", "audio-text-to-text", "image-text-to-text", "image-to-text", "video-text-to-text",
    "visual-question-answering",
})  # fmt: skip
PICTURE_TOKENS: Final = 8192
"""Tokens of a sharp picture or a short clip: 3,300 in InternVL2, up to 16,000 in Qwen2-VL."""
PICTURES: Final = f"the length was not said, and pictures, clips and sounds bring {PICTURE_TOKENS:,} tokens and more"


class ModelShape(NamedTuple):
    """Dimensions of a model; None is unknown, and `complete` in architecture.py fills what a sum needs, saying so.

    parameters, active_parameters: counts (not billions). attention: the words of the record ("GQA", "MLA", "hybrid
    mamba+GQA", "bidirectional, no KV cache"). kv_layers_full / kv_layers_window: layers that cache the whole context /
    only `window` tokens. state_bytes: bytes of recurrent state per sequence and recurrent layer. kv_values_per_token,
    window_values_per_token: what all layers over the whole context, and all over a window, keep of one token, where
    these differ. layers_as: the type of model whose kinds of layers are taken where the record tells none.
    other_parameters: vision or audio towers, kept at 16 bit. text_encoder_parameters, vae_parameters: parts of an image
    or video generator, within `parameters`; None where these count the denoiser alone. text_encoder: of PARAMETERS
    in text_encoders.py, the one that its family has, where the record lists no parts. decoder: of DECODERS in
    decoding.py, its family's. denoisers: how many share the denoiser's parameters and take turns. transformer: whether
    its denoiser is a transformer rather than a UNet. inherited: the model whose dimensions these are, where the record
    has none of its own. size_from_name: whether `parameters` come from the model's name alone. sight: of FAMILIES in
    sight.py, the one whose rules tell how many tokens a picture is. network: the name of a network over images, where
    it tells backbone, head or the like. arch: decoder, encoder, encoder-decoder, diffusion, cnn, unet3d, pair (protein
    folding) or other.
    """

    parameters: float | None = None
    active_parameters: float | None = None
    layers: int | None = None
    hidden: int | None = None
    intermediate: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    v_head_dim: int | None = None
    vocab: int | None = None
    context: int | None = None
    attention: str = ""
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    kv_layers_full: int | None = None
    kv_layers_window: int | None = None
    window: int | None = None
    kv_heads_window: int | None = None
    head_dim_window: int | None = None
    state_layers: int | None = None
    state_bytes: float | None = None
    kv_values_per_token: float | None = None
    window_values_per_token: float | None = None
    layers_as: str = ""
    experts: int | None = None
    experts_per_token: int | None = None
    tied_embeddings: bool | None = None
    gated_mlp: bool | None = None
    encoder_layers: int | None = None
    other_parameters: float = 0
    text_encoder_parameters: float | None = None
    vae_parameters: float | None = None
    text_encoder: str = ""
    decoder: str = ""
    denoisers: int = 1
    transformer: bool | None = None
    inherited: str = ""
    size_from_name: bool = False
    sight: str = ""
    network: str = ""
    arch: str = "decoder"
    task: str = ""

    @property
    def steers(self) -> bool:
        """Whether it is a policy that steers a robot, of which no vocabulary is known: it writes actions, not words."""
        return self.task == ROBOTICS and not self.vocab

    @property
    def sees(self) -> bool:
        """Whether it reads pictures, clips or sounds beside words."""
        return self.task in _SEEING

    @property
    def source_tokens(self) -> int:
        """Tokens that the encoder of a speech recogniser reads, however short the audio; 0 for other models, whose
        encoders read what they are given.
        """
        speech = self.task == "automatic-speech-recognition" and self.arch == "encoder-decoder"
        return _SPEECH_TOKENS if speech else 0

    @property
    def causal(self) -> bool:
        """Whether the model writes tokens one by one and so keeps a KV cache."""
        return self.arch in ("decoder", "encoder-decoder")


@dataclass(frozen=True, slots=True)
class GpuShape:
    """One GPU. memory_gib per GPU; bandwidth in GB/s; TFLOPS dense; interconnect in GB/s, both directions, per GPU."""

    name: str
    memory_gib: float
    bandwidth_gbps: float | None = None
    fp16_tflops: float | None = None
    fp8_tflops: float | None = None
    fp4_tflops: float | None = None
    interconnect_gbps: float | None = None
    vendor: str = ""
    compute_capability: str = ""

    @property
    def memory_bytes(self) -> float:
        """Nominal memory in bytes."""
        return self.memory_gib * GIB

    @property
    def stacked_memory(self) -> bool:
        """Whether the memory is HBM (data-centre parts by name)."""
        return bool(_HBM.search(self.name))

    @property
    def for_games(self) -> bool:
        """Whether it is a GeForce part, by its name: catalogues leave that word out ("RTX4090"), and number parts for
        workstations otherwise (RTX A4000, RTX 4000 Ada, RTX 5880 Ada).
        """
        return bool(_GEFORCE.search(self.name))

    def tflops(self, bits: float) -> float | None:
        """Dense TFLOPS at the narrowest supported format that is at least this wide, or None when unknown."""
        if bits <= 4.5 and self.fp4_tflops:
            return self.fp4_tflops
        if bits <= 8.5 and self.fp8_tflops:
            return self.fp8_tflops
        return self.fp16_tflops


SPEECH: Final = "thirty seconds of audio at 50 frames a second"
_SPEECH_TOKENS: Final = 1500
"""Frames that Whisper pads audio to (arXiv:2212.04356)."""
_HBM: Final = re.compile(
    r"(?i)\b(A100|A800|A30|H\d{2,3}|B\d{3}|GH200|GB\d{3}|V100|P100|MI\d+[AX]?|Gaudi\d?|HL-205|TPU|Trainium\d?|"
    r"Inferentia2)\b"
)
_GEFORCE: Final = re.compile(r"(?i)geforce|(?<![a-z])(rtx[ -]?[2-9]0[5-9]0|gtx[ -]?\d{3,4})(?!\d)")
ROBOTICS: Final = "robotics"
"""The task of policies that steer robots."""
PAIRING: Final = "zero-shot-image-classification"
"""The task of what pairs images with texts, as CLIP does: served as an encoder of texts, trained as two networks."""
_TASK_ARCH: Final = {
    "text-to-image": "diffusion",
    "image-to-image": "diffusion",
    "text-to-video": "diffusion",
    "image-to-video": "diffusion",
    "unconditional-image-generation": "diffusion",
    "inpainting": "diffusion",
    "text-to-audio": "diffusion",
    "video-to-video": "diffusion",
    "image-text-to-image": "diffusion",
    "image-text-to-video": "diffusion",
    "image-to-3d": "diffusion",
    "text-to-3d": "diffusion",
    "image-classification": "cnn",
    "object-detection": "cnn",
    "image-segmentation": "cnn",
    "mask-generation": "cnn",
    "depth-estimation": "cnn",
    "zero-shot-object-detection": "cnn",
    "image-feature-extraction": "cnn",
    "keypoint-detection": "cnn",
    "video-classification": "cnn",
    "fill-mask": "encoder",
    "feature-extraction": "encoder",
    "sentence-similarity": "encoder",
    "text-classification": "encoder",
    "token-classification": "encoder",
    "question-answering": "encoder",
    "text-ranking": "encoder",
    "zero-shot-classification": "encoder",
    "audio-classification": "encoder",
    "voice-activity-detection": "encoder",
    "audio-to-audio": "encoder",
    "document-question-answering": "encoder",
    "table-question-answering": "encoder",
    "visual-document-retrieval": "encoder",
    "graph-ml": "encoder",
    "reinforcement-learning": "encoder",
    PAIRING: "encoder",
    "time-series-forecasting": "encoder",
    "tabular-classification": "encoder",
    "tabular-regression": "encoder",
    "translation": "encoder-decoder",
    "summarization": "encoder-decoder",
    "automatic-speech-recognition": "encoder-decoder",
    "image-segmentation-3d": "unet3d",
    "medical-segmentation": "unet3d",
    "protein-folding": "pair",
}


def arch_of_task(task: str) -> str:
    """Return the kind of network that the Hub task usually means; decoder where the task does not tell."""
    return _TASK_ARCH.get(task, "decoder")
