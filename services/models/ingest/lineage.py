"""How a repository's weights are packed, and which model they came from, as its record states it or its name tells."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from services.models.domain.model import Quantization, Relation
from services.models.domain.names import FORMATS, bare_name

_BASE_ID: Final = re.compile(r"[\w.\-+]{1,160}(/[\w.\-+]{1,200})?")
_RELATIONS: Final = {
    "quantized": Relation.QUANTIZED,
    "adapter": Relation.ADAPTER,
    "finetune": Relation.FINE_TUNE,
    "merge": Relation.MERGE,
    "distillation": Relation.DISTILLED,
}
_PACKED: Final = re.compile(
    r"(?:^|[-_.])(gguf|awq|gptq|exl[23]|hqq|bnb|mlx|nf4|fp4|fp8|int[2-48]|mxfp[468](?:a\d+)?|nvfp4(?:a\d+)?|w\da(?:fp)?\d+|"
    r"[di]?q[1-8]_[a-z0-9]+(?:_[a-z]+)?|(?:[1-8](?:\.\d+)?)-?bit|\d(?:\.\d+)?bpw)(?=$|[-_.])",
    re.IGNORECASE,
)
_NOT_PACKED: Final = re.compile(r"(?:un|de)quantized", re.IGNORECASE)
"""Weights that were trained for lower precision or put back to 16 bits, and are stored so."""
_CONVERTED: Final = re.compile(r"[-_.](onnx|ct2|ctranslate2|openvino|coreml|tflite|safetensors)$", re.IGNORECASE)
_METHODS: Final = {"compressed-tensors": "compressed-tensors", "bitsandbytes": "bnb", "auto-round": "gptq"}
_BITS: Final = {
    "fp8": 8.0, "int8": 8.0, "int4": 4.0, "int3": 3.0, "int2": 2.0, "mxfp4": 4.25, "mxfp8": 8.25, "nvfp4": 4.5,
}  # fmt: skip
_STATED_BITS: Final = re.compile(r"(\d(?:\.\d+)?)-?(?:bit|bpw)$|^w(\d)a")
_ADAPTERS: Final = frozenset({"peft", "lora"})


def quantization_of(model_id: str, config: Mapping[str, Any], tags: Collection[str]) -> Quantization | None:
    """Return how the weights were quantised: as the configuration says, else by the name; None for full weights."""
    stated = config.get("quantization_config")
    stated = stated if isinstance(stated, dict) else {}
    method = stated.get("quant_method")
    if isinstance(method, str) and (method := method.strip()[:120].lower()):
        bits = stated.get("bits") or (4 if stated.get("load_in_4bit") else 8 if stated.get("load_in_8bit") else None)
        return Quantization(
            method=_METHODS.get(method, method), bits=float(bits) if isinstance(bits, int | float) else None
        )
    name = model_id.rpartition("/")[2]  # of owners such as mlx-community some models are packed, and some are not
    names = [] if _NOT_PACKED.search(name) else [m.lower() for m in _PACKED.findall(name)]
    if set(names) <= FORMATS:  # for which engine the files are tells nothing of the bits
        return Quantization(method="gguf") if "gguf" in tags and "mlx" not in tags else None
    gguf = next((n for n in names if re.match(r"i?q\d", n)), "")
    if gguf or "gguf" in names:
        return Quantization(method="gguf", gguf_type=gguf.upper())
    told = [(n, match) for n in names if (match := _STATED_BITS.search(n))]
    method = next((n for n in names if not _STATED_BITS.search(n)), "") or next((n for n in names if n[0] == "w"), "")
    method = re.sub(r"(?<=fp\d)a\d+$", "", method) or ("mlx" if "mlx" in tags else "")
    bits = float(told[0][1][1] or told[0][1][2]) if told else None
    return Quantization(method=method, bits=_BITS.get(method, bits))


def lineage_of(
    model_id: str, data: Mapping[str, Any], tags: Iterable[str], library: str, quantization: Quantization | None
) -> tuple[str, Relation]:
    """Return the model that one came from and how: as its card or tags say; how, where they do not, by what it is.

    One that bears its base's name under another owner is a copy of it, whatever the source calls it: the Hub takes all
    that is neither quantised, adapter nor merge for a fine-tune.
    """
    tags = tuple(tags)
    named = data.get("base_model")
    stated = [b.strip() for b in (named if isinstance(named, list) else [named]) if isinstance(b, str)]
    base = next((b for b in stated if _BASE_ID.fullmatch(b) and b != model_id), "")
    relation = _RELATIONS.get(str(data.get("base_model_relation") or "").strip().lower(), Relation.UNKNOWN)
    for tag in tags:
        kind, _, name = tag.removeprefix("base_model:").partition(":")
        if tag.startswith("base_model:") and kind in _RELATIONS and _BASE_ID.fullmatch(name) and name != model_id:
            base, relation = base or name, relation or _RELATIONS[kind]
    if base and relation is Relation.UNKNOWN:
        relation = _told(model_id, base, tags, library, quantization)
    alone = len(stated) < 2 and quantization is None
    if relation is Relation.FINE_TUNE and alone and bare_name(model_id) == bare_name(base):
        relation = Relation.CONVERTED
    return base, relation


def _told(model_id: str, base: str, tags: Iterable[str], library: str, quantization: Quantization | None) -> Relation:
    """Return how a model came from its base, which its source does not say."""
    if not _ADAPTERS.isdisjoint((*tags, library)):
        return Relation.ADAPTER
    if quantization is not None:
        return Relation.QUANTIZED
    if _CONVERTED.search(model_id):
        return Relation.CONVERTED
    own, other = (name.rpartition("/")[2].lower() for name in (model_id, base))
    return Relation.DISTILLED if own.startswith("distil") and "distil" not in other else Relation.FINE_TUNE
