"""Numeric formats of weights and caches, with the true bits per stored weight.

"True" counts what the format stores beside the values: scales, zero points and block minima. The figures follow from
each format's block layout; those of GGUF files are whole-file averages, since a file mixes block types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

_GGUF: Final = "llama.cpp tools/quantize README: bits per weight of a Llama 3.1 8B file, all tensors"
_BLOCK: Final = "block layout of the format"
_KEPT: Final = 16.0
_ENDS_KEPT: Final = (_KEPT, _KEPT)
"""Embedding and output head at 16 bit."""


@dataclass(frozen=True, slots=True)
class Precision:
    """A storage format.

    bits: true bits per weight of the layers or, of a GGUF file, on average over a Llama of eight billion parameters.
    kind: float, int8, bnb, group (GPTQ, AWQ and the like), block (fp8, mxfp4, nvfp4), gguf or mixed (32-bit weights
    with 16-bit working copies). embedding_bits, head_bits, layer_bits: of the input embedding, the output head and all
    else; 0 becomes `bits`. experts_alone: whether a mixture's attention stays at 16 bit.
    """

    name: str
    bits: float
    kind: str
    source: str
    embedding_bits: float = 0.0
    head_bits: float = 0.0
    layer_bits: float = 0.0
    experts_alone: bool = False
    end_bits: float = field(init=False)
    """Of embedding and head together."""
    alike: bool = field(init=False)
    """Whether all weights have the same width, towers too."""
    towers_16bit: bool = field(init=False)
    """Whether parts beside the language model stay at 16 bit, as where embeddings do and in files of their own beside
    GGUF ones (mmproj). bitsandbytes replaces every linear layer but the head, those of towers too.
    """
    tower_bits: float = field(init=False)
    """Of those parts."""
    words: str = field(init=False)
    """Bytes of a weight of the layers, as formulas say it."""

    def __post_init__(self) -> None:
        for name in ("embedding_bits", "head_bits", "layer_bits"):
            object.__setattr__(self, name, getattr(self, name) or self.bits)
        object.__setattr__(self, "end_bits", (self.embedding_bits + self.head_bits) / 2)
        towers = self.bits < _KEPT and (self.embedding_bits == _KEPT or self.kind == "gguf")
        towers = towers and self.kind not in ("bnb", "int8")
        object.__setattr__(self, "towers_16bit", towers)
        object.__setattr__(self, "tower_bits", _KEPT if towers else self.layer_bits)
        object.__setattr__(self, "alike", not towers and self.embedding_bits == self.head_bits == self.layer_bits)
        object.__setattr__(self, "words", f"{self.layer_bits:g} bits / 8")

    @property
    def bytes(self) -> float:
        """Bytes per weight."""
        return self.bits / 8

    @property
    def quantised(self) -> bool:
        """Whether weights are stored in fewer than 16 bits."""
        return self.bits < 16


_GGUF_BITS: Final = {
    "iq1_s": 2.0042, "iq1_m": 2.1460, "iq2_xxs": 2.3824, "iq2_xs": 2.5882, "iq2_s": 2.7403, "iq2_m": 2.9294,
    "iq3_xxs": 3.2548, "iq3_xs": 3.4977, "iq3_s": 3.6606, "iq3_m": 3.7628, "iq4_xs": 4.4597, "iq4_nl": 4.6818,
    "q2_k_s": 2.9697, "q2_k": 3.1593, "q3_k_s": 3.6429, "q3_k_m": 3.9960, "q3_k_l": 4.2979, "q4_0": 4.64,
    "q4_1": 5.12, "q4_k_s": 4.6672, "q4_k_m": 4.8944, "q5_0": 5.58, "q5_1": 6.06, "q5_k_s": 5.5704, "q5_k_m": 5.7036,
    "q6_k": 6.5633, "q8_0": 8.5008, "tq1_0": 2.190, "tq2_0": 2.516,
}  # fmt: skip
_GGUF_EMBEDDINGS: Final = {
    ("iq1", "iq2_xxs", "iq2_xs", "q2"): 2.625, ("iq2_s", "iq2_m", "iq3", "q3"): 3.4375, ("iq4_xs",): 4.25,
    ("iq4_nl", "q4_0", "q4_k", "tq"): 4.5, ("q4_1",): 5.0, ("q5_0", "q5_k"): 5.5, ("q5_1",): 6.0, ("q6",): 6.5625,
    ("q8",): 8.5,
}  # fmt: skip
"""Bits of the input embedding by the start of a type's name, as llama.cpp chooses them (llama_tensor_get_type)."""
_EXL_HEAD: Final = 6.0
"""Bits of the output head of EXL2 and EXL3 files by default; the embedding stays at 16."""
_LLAMA_8B: Final = (8.0303e9, 128_256 * 4096)
"""Parameters of Llama 3.1 8B, and those of its embedding and of its head."""


def _gguf(name: str, bits: float) -> Precision:
    """Return a GGUF type from its average over Llama 3.1 8B: what its embedding and head do not take is the layers'.
    The head has 8.5 bits, 6.5625 or, in types of about three bits and less, 5.5.
    """
    embedding = next(width for starts, width in _GGUF_EMBEDDINGS.items() if name.startswith(starts))
    head = 8.5 if name == "q8_0" else 5.5 if name.startswith(("iq1", "iq2", "iq3_xxs")) else 6.5625
    whole, each = _LLAMA_8B
    layers = (whole * bits - each * (embedding + head)) / (whole - 2 * each)
    return Precision(name, bits, "gguf", _GGUF, embedding, head, round(layers, 3))


_ROWS: Final = (
    Precision("fp32", 32, "float", "IEEE 754"),
    Precision("bf16", 16, "float", "bfloat16"),
    Precision("fp16", 16, "float", "IEEE 754"),
    Precision("mixed", 48, "mixed", "torch.autocast: 32-bit weights and cached 16-bit copies"),
    Precision("fp8", 8, "block", "OCP FP8: one scale per tensor or channel", *_ENDS_KEPT),
    Precision("fp6", 6, "block", "OCP Microscaling: 6-bit floats", *_ENDS_KEPT),
    Precision("int8", 8, "int8", "LLM.int8(), arXiv:2208.07339: one scale per row", *_ENDS_KEPT),
    Precision("nf4", 4.5, "bnb", "QLoRA, arXiv:2305.14314: a 32-bit scale per 64 weights", *_ENDS_KEPT),
    Precision("nf4-dq", 4.127, "bnb", "QLoRA, arXiv:2305.14314: scales quantised too, 0.127 bit", *_ENDS_KEPT),
    Precision("fp4-bnb", 4.5, "bnb", "bitsandbytes fp4: a 32-bit scale per 64 weights", *_ENDS_KEPT),
    Precision("int4", 4.156, "group", f"{_BLOCK}: 16-bit scale and 4-bit zero per 128 weights", *_ENDS_KEPT),
    Precision("int4-g64", 4.3125, "group", f"{_BLOCK}: 16-bit scale and 4-bit zero per 64 weights", *_ENDS_KEPT),
    Precision("int4-g32", 4.625, "group", f"{_BLOCK}: 16-bit scale and 4-bit zero per 32 weights", *_ENDS_KEPT),
    Precision("awq", 4.156, "group", "AWQ, arXiv:2306.00978: groups of 128", *_ENDS_KEPT),
    Precision("gptq-int4", 4.156, "group", "GPTQ, arXiv:2210.17323: groups of 128", *_ENDS_KEPT),
    Precision("gptq-int8", 8.19, "group", "GPTQ, arXiv:2210.17323: groups of 128", *_ENDS_KEPT),
    Precision("gptq-int3", 3.16, "group", "GPTQ, arXiv:2210.17323: groups of 128", *_ENDS_KEPT),
    Precision("int3", 3.16, "group", f"{_BLOCK}: groups of 128", *_ENDS_KEPT),
    Precision("int2", 2.16, "group", f"{_BLOCK}: groups of 128", *_ENDS_KEPT),
    Precision(
        "mxfp4", 4.25, "block", "OCP Microscaling v1.0: an 8-bit scale per 32 weights", *_ENDS_KEPT, experts_alone=True
    ),
    Precision("int8-wo", 8, "group", "torchao int8_weight_only: one scale per row", *_ENDS_KEPT),
    Precision("mlc-q3", 3.6, "group", f"MLC, {_BLOCK}: a 16-bit scale per 40 weights, of all"),
    Precision("mlc-q4", 4.5, "group", f"MLC, {_BLOCK}: a 16-bit scale per 32 weights, of all"),
    Precision("mlc-q4f32", 5, "group", f"MLC, {_BLOCK}: a 32-bit scale per 32 weights, of all"),
    Precision("nvfp4", 4.5, "block", "NVFP4: an fp8 scale per 16 weights", *_ENDS_KEPT),
    *(
        Precision(f"mlx-{bits}bit", bits + 0.5, "group", f"MLX, {_BLOCK}: 16-bit scale and bias per 64 weights, of all")
        for bits in (2, 3, 4, 5, 6, 8)
    ),
    *(_gguf(name, bits) for name, bits in _GGUF_BITS.items()),
)
PRECISIONS: Final = {row.name: row for row in _ROWS}

_GGUF_WIDTHS: Final = {
    spelling: name
    for bits, name in ((8, "q8_0"), (6, "q6_k"), (5, "q5_k_m"), (4, "q4_k_m"), (3, "q3_k_m"), (2, "q2_k"))
    for spelling in (f"gguf{bits}bit", f"{bits}bitgguf")
}
_ALIASES: Final = {
    **_GGUF_WIDTHS,
    "float32": "fp32",
    "f32": "fp32",
    "float": "fp32",
    "32bit": "fp32",
    "tf32": "fp32",
    "float16": "fp16",
    "f16": "fp16",
    "half": "fp16",
    "16bit": "bf16",
    "bfloat16": "bf16",
    "bf16true": "bf16",
    "fp16true": "fp16",
    "bf16mixed": "mixed",
    "16mixed": "mixed",
    "ampbf16": "bf16",
    "ampfp16": "fp16",
    "ampfp8": "fp8",
    "float8": "fp8",
    "fp8e4m3": "fp8",
    "f8e4m3": "fp8",
    "w8a8": "int8",
    "8bit": "int8",
    "int8": "int8",
    "bnbint8": "int8",
    "4bit": "int4",
    "w4a16": "int4",
    "packquantized": "int4-g32",
    "int4g32": "int4-g32",
    "int4g64": "int4-g64",
    "bnb4bit": "nf4",
    "bitsandbytes4bit": "nf4",
    "bnbnf4": "nf4",
    "bnbnf4dq": "nf4-dq",
    "nf4dq": "nf4-dq",
    "bnbfp4": "fp4-bnb",
    "bnbfp4dq": "nf4-dq",
    "awq4bit": "awq",
    "awqint4": "awq",
    "gptq": "gptq-int4",
    "gptq4bit": "gptq-int4",
    "gptq8bit": "gptq-int8",
    "fp4": "nvfp4",
    "w8a16": "gptq-int8",
    "int4wo": "int4",
    "int8wo": "int8-wo",
    "int8weightonly": "int8-wo",
    "uint4": "int4",
    "q4f16": "int4-g32",
    "q0f16": "fp16",
    "q0f32": "fp32",
    "q3f161": "mlc-q3",
    "q4f161": "mlc-q4",
    "q4f321": "mlc-q4f32",
    "nf4doublequant": "nf4-dq",
    "amp": "mixed",
    "158bit": "tq2_0",
    "4bitmlx": "mlx-4bit",
    "8bitmlx": "mlx-8bit",
    "mlx": "mlx-4bit",
    "marlin": "gptq-int4",
    "autoround": "gptq-int4",
    "hqq": "int4-g64",
    "w4a8": "int4",
    "smoothquant": "int8",
    "eetq": "int8",
    "6bit": "q6_k",
    "5bit": "q5_k_m",
    "3bit": "int3",
    "2bit": "int2",
    "q4": "q4_k_m",
    "q5": "q5_k_m",
    "q8": "q8_0",
    "q6": "q6_k",
    "q3": "q3_k_m",
    "q2": "q2_k",
    "q2kxl": "q2_k",
    "q3kxl": "q3_k_l",
    "ternary": "tq2_0",
    "q4km": "q4_k_m",
    "gguf": "q4_k_m",
    "floatquantized": "fp8",
}
_USUAL: Final = "one of several formats of that name: the one used most"
_OF_WIDTH: Final = "one of several formats of that width: the one used most"
_NEAR: Final = "a type of its own: the nearest one whose size is known"
_LOOSE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("gguf", "mlx", "gptq", "hqq", "marlin", "autoround", "ternary", "158bit", "fp4"), _USUAL),
    **dict.fromkeys(("8bit", "6bit", "5bit", "4bit", "3bit", "2bit", "q5", "q4", "q3", "q2", *_GGUF_WIDTHS), _OF_WIDTH),
    **dict.fromkeys(("q2kxl", "q3kxl"), _NEAR),
    **dict.fromkeys(("32bit", "16bit"), ""),
}
"""Words that say less than the name of a format beside them, and why a format is meant by one that stands alone."""
_BPW: Final = re.compile(r"\b([1-9](?:\.\d{1,3})?) ?bpw\b")
"""EXL2 and EXL3 files mix widths to an average that their names state."""
_PLAIN: Final = {re.sub(r"[^a-z0-9]", "", name): name for name in PRECISIONS} | _ALIASES


@lru_cache(maxsize=512)
def find_precision(text: str) -> Precision | None:
    """Return the format that the text names, or None. Any spelling: "BF16", "bnb.nf4-dq", "Q4_K_M", "8-bit",
    "pure_bf16".
    """
    if word := _word(text):
        return PRECISIONS[_PLAIN[word]]
    if stated := _BPW.search(text.lower()):
        bits = float(stated[1])
        return Precision(f"{bits:g}bpw", bits, "group", "stated bits per weight", _KEPT, _EXL_HEAD)
    return None


def choice(text: str) -> str:
    """Return why the format that the text is read as is meant, where it may mean others too; empty where it may not."""
    return _LOOSE.get(_word(text), "")


@lru_cache(maxsize=512)
def _word(text: str) -> str:
    """Return the spelling in the text that tells a format; empty where it states bits per weight, or nothing."""
    lower = text.lower()
    joined = re.sub(r"[^a-z0-9]", "", lower)
    if joined in _PLAIN or _BPW.search(lower):
        return joined if joined in _PLAIN else ""
    for gaps in (r"[\s/(),]+", r"[\s/(),_-]+"):
        words = [re.sub(r"[^a-z0-9]", "", word) for word in re.split(gaps, lower)]
        named = [word for word in (*(first + second for first, second in pairwise(words)), *words) if word in _PLAIN]
        if named:  # "4-bit NF4" is NF4: a width alone says least
            return next((word for word in named if word not in _LOOSE), named[0])
    return ""


def precision_of(name: str) -> Precision:
    """Return the format that the name means. Raises ValueError naming the known ones."""
    found = find_precision(name)
    if found is None:
        raise ValueError(f"unknown precision {name!r}; known are {', '.join(sorted(PRECISIONS))}")
    return found
