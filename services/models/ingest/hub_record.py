"""A record in the Hub's shape to a Model. A fact that the record does not state stays unset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.models.domain.config_json import architecture_of
from services.models.domain.language_codes import TWO_LETTERS, language_codes
from services.models.domain.licenses import LicenseTable
from services.models.domain.model import SUMMARY_CHARS, License, LicenseClass, Model, Quantization, Relation
from services.models.ingest.card import stated_task, summary

_ID: Final = re.compile(r"[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}")
"""Ids of the Hub are owner/name; other collections write theirs as they like."""
_BASE_ID: Final = re.compile(r"[\w.\-+]{1,160}(/[\w.\-+]{1,200})?")
_NOISE: Final = frozenset({"pytorch", "tf", "jax", "rust", "safetensors", "autotrain_compatible", "model-index"})
_DTYPES: Final = {"F64": "fp64", "F32": "fp32", "F16": "fp16", "BF16": "bf16", "F8_E4M3": "fp8", "F8_E5M2": "fp8"}
_RELATIONS: Final = {
    "quantized": Relation.QUANTIZED,
    "adapter": Relation.ADAPTER,
    "finetune": Relation.FINE_TUNE,
    "merge": Relation.MERGE,
    "distillation": Relation.DISTILLED,
}
_QUANT_NAME: Final = re.compile(
    r"(?:^|[-_.])(gguf|awq|gptq|exl2|bnb|mxfp4|nvfp4|fp8|int8|int4|w8a8|w4a16|mlx|(?:[2-8])bit|q[2-8]_[k0-9](?:_[sml])?)(?=$|[-_.])",
    re.IGNORECASE,
)
_CONVERTED_NAME: Final = re.compile(r"[-_.](onnx|ct2|ctranslate2|openvino|coreml|tflite|safetensors)$", re.IGNORECASE)
_METHODS: Final = {"compressed-tensors": "compressed-tensors", "bitsandbytes": "bnb", "auto-round": "gptq"}
_LICENSE_CHARS: Final = 200
_NAMESPACED: Final = ("license:", "arxiv:", "dataset:", "region:", "base_model:", "doi:", "model-index")


class RefusedRecordError(ValueError):
    """The record cannot become a model; the message says why."""


def model_from_hub(
    record: Mapping[str, Any],
    *,
    front: Mapping[str, Any],
    body: str,
    licenses: LicenseTable,
    tasks: frozenset[str],
    source: str,
    as_of: datetime,
) -> Model:
    """Return the model of a record. front and body are of its card. Raises RefusedRecordError without a usable id.

    Every field may be absent, null or of an unexpected type: such a field is left unset and does not lose the model.
    """
    model_id = record.get("id") or record.get("modelId")
    if not isinstance(model_id, str) or not _ID.fullmatch(model_id):
        raise RefusedRecordError(f"id {str(model_id)[:80]!r} is no id: 1 to 200 characters, such as owner/name")
    data = {**front, **_mapping(record.get("cardData"))}
    config = _mapping(record.get("config"))
    tags = tuple(t for t in _strings(record.get("tags")) if len(t) <= 120)
    quantization = _quantization(model_id, config, tags)
    base, relation = _lineage(data, tags, quantization, model_id)
    gated = record.get("gated")
    parameters, precision = _weights(record, quantization)
    text = summary(body, limit=SUMMARY_CHARS)
    return Model(
        model_id=model_id,
        task=_task(record, data, tags, body, tasks),
        library=_text(record.get("library_name") or data.get("library_name")),
        license=_license(data, tags, licenses),
        parameters=parameters,
        architecture=architecture_of(config),
        precision=precision,
        languages=_languages(data.get("language"), tags),
        gated=bool(gated) if isinstance(gated, bool | str) else None,
        base_model=base,
        relation=relation,
        quantization=quantization,
        downloads=_count(record.get("downloads")),
        likes=_count(record.get("likes")),
        created=_moment(record.get("createdAt")),
        max_tokens=_count(config.get("max_position_embeddings")),
        summary=text,
        tags=tags[:60],
        source=source,
        as_of=as_of,
    )


def head_of(model: Model, body: str) -> str:
    """Return what a model is in a few words, to begin the first passage of its card.

    The task is left out where the card states it: said twice, it drowns the rest.
    """
    task = "" if model.task and stated_task(body, frozenset({model.task})) else model.task.replace("-", " ")
    parts = [
        task,
        model.library,
        f"made from {model.base_model}" if model.base_model else "",
        f"languages {', '.join(model.languages[:8])}" if model.languages else "",
        ", ".join(telling_tags(model)),
    ]
    return "\n".join(filter(None, [model.model_id, ". ".join(filter(None, parts))]))


def telling_tags(model: Model) -> list[str]:
    """Return the tags of a model that say something of it which its other fields do not."""
    known = TWO_LETTERS | _NOISE | {model.task, model.library}
    return [t for t in model.tags if not (t.startswith(_NAMESPACED) or t in known or t.endswith("compatible"))][:12]


def _task(
    record: Mapping[str, Any], data: Mapping[str, Any], tags: Iterable[str], body: str, tasks: frozenset[str]
) -> str:
    stated = record.get("pipeline_tag") or data.get("pipeline_tag")
    if isinstance(stated, str) and stated:
        return stated.strip().lower()[:80]
    return next((t for t in tags if t in tasks), "") or stated_task(body, tasks)


def _license(data: Mapping[str, Any], tags: Iterable[str], licenses: LicenseTable) -> License:
    """Return the licence that the card states, all of several, else that of the tag; unknown ones with their place."""
    stated = _strings(data.get("license")) or [t.removeprefix("license:") for t in tags if t.startswith("license:")]
    named = [
        name
        for one in stated
        for name in (_strings(data.get("license_name")) if one.lower() == "other" else ()) or (one,)
    ]
    found = licenses.find(",".join(named)[:_LICENSE_CHARS])
    link = _text(data.get("license_link"))
    if found.license_class is LicenseClass.UNKNOWN and named and link:
        return found.model_copy(update={"note": f"{found.note} The card gives {link} for it."})
    return found


def _weights(record: Mapping[str, Any], quantization: Quantization | None) -> tuple[int | None, str]:
    """Return parameters and published precision. Packed weights count packed elements, so theirs are not parameters."""
    tensors = _mapping(record.get("safetensors"))
    by_type = {k: v for k, v in _mapping(tensors.get("parameters")).items() if _count(v)}
    precision = _DTYPES.get(max(by_type, key=lambda k: (by_type[k], k)), "") if by_type else ""
    if quantization is not None:
        precision = quantization.gguf_type or quantization.method
        packed = any(k in by_type for k in ("I32", "U32", "U8", "I8"))
        return (
            None if packed else _count(_mapping(record.get("gguf")).get("total")) or _count(tensors.get("total"))
        ), precision
    return _count(tensors.get("total")) or _count(_mapping(record.get("gguf")).get("total")), precision


def _quantization(model_id: str, config: Mapping[str, Any], tags: Iterable[str]) -> Quantization | None:
    stated = _mapping(config.get("quantization_config"))
    method = _text(stated.get("quant_method")).lower()
    if method:
        bits = stated.get("bits") or (4 if stated.get("load_in_4bit") else 8 if stated.get("load_in_8bit") else None)
        return Quantization(
            method=_METHODS.get(method, method), bits=float(bits) if isinstance(bits, int | float) else None
        )
    names = [m.lower() for m in _QUANT_NAME.findall(model_id)]
    if not names:
        return Quantization(method="gguf") if "gguf" in tags else None
    bit = next((float(n[0]) for n in names if n.endswith("bit")), None)
    gguf = next((n for n in names if n.startswith("q")), "")
    if gguf or "gguf" in names:
        return Quantization(method="gguf", gguf_type=gguf.upper())
    method = next((n for n in names if not n.endswith("bit")), "mlx" if "mlx" in tags else "")
    bits = {"int8": 8.0, "w8a8": 8.0, "fp8": 8.0, "int4": 4.0, "w4a16": 4.0, "mxfp4": 4.25, "nvfp4": 4.5}.get(
        method, bit
    )
    return Quantization(method=method, bits=bits)


def _lineage(
    data: Mapping[str, Any], tags: Iterable[str], quantization: Quantization | None, model_id: str
) -> tuple[str, Relation]:
    base = next((b for b in _strings(data.get("base_model")) if _BASE_ID.fullmatch(b) and b != model_id), "")
    relation = _RELATIONS.get(_text(data.get("base_model_relation")).lower(), Relation.UNKNOWN)
    for tag in tags:
        kind, _, name = tag.removeprefix("base_model:").partition(":")
        if tag.startswith("base_model:") and kind in _RELATIONS and _BASE_ID.fullmatch(name) and name != model_id:
            base, relation = base or name, relation or _RELATIONS[kind]
    if base and relation is Relation.UNKNOWN:
        if quantization is not None:
            relation = Relation.QUANTIZED
        elif _CONVERTED_NAME.search(model_id):
            relation = Relation.CONVERTED
        else:
            relation = Relation.ADAPTER if "peft" in tags or "lora" in tags else Relation.FINE_TUNE
    return base, relation


def _languages(stated: Any, tags: Iterable[str]) -> tuple[str, ...]:
    named = [code for text in _strings(stated) for code in language_codes(text)]
    if stated is False:  # YAML reads Norwegian's code as false
        named = ["no"]
    return tuple(dict.fromkeys(named or [t for t in tags if t in TWO_LETTERS]))[:60]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [v.strip() for v in (value if isinstance(value, list) else [value]) if isinstance(v, str) and v.strip()]


def _text(value: Any) -> str:
    return value.strip()[:120] if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62 else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
