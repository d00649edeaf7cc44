"""A record in the Hub's shape to a Model. A fact that the record does not state stays unset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from services.models.domain.config_json import architecture_of, is_varied
from services.models.domain.language_codes import TWO_LETTERS, language_codes
from services.models.domain.licenses import LicenseTable
from services.models.domain.model import SUMMARY_CHARS, Architecture, License, LicenseClass, Model, Quantization
from services.models.ingest.card import split_front_matter, stated_task, summary
from services.models.ingest.lineage import lineage_of, quantization_of

_ID: Final = re.compile(r"[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}")
"""Ids of the Hub are owner/name; other collections write theirs as they like."""
_NOISE: Final = frozenset({"pytorch", "tf", "jax", "rust", "safetensors", "autotrain_compatible", "model-index"})
_DTYPES: Final = {"F64": "fp64", "F32": "fp32", "F16": "fp16", "BF16": "bf16", "F8_E4M3": "fp8", "F8_E5M2": "fp8"}
_PACKED: Final = ("I32", "U32", "U8")
"""Types of tensors of which an element holds several weights, or a part of one."""
_LICENSE_CHARS: Final = 200
_TOKENIZER_FILES: Final = frozenset({
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.txt", "vocab.json", "merges.txt",
    "spiece.model", "sentencepiece.bpe.model", "source.spm", "tekken.json", "tiktoken.model",
})  # fmt: skip
_SAME_SIZE: Final = 0.02
"""Difference of parameters up to which models of the same dimensions are one network, copied or tuned."""
_NAMESPACED: Final = ("license:", "arxiv:", "dataset:", "region:", "base_model:", "doi:", "model-index")


class RefusedRecordError(ValueError):
    """The record cannot become a model; the message says why."""


_Network = tuple[str, int | None, int | None, int | None]


def _network(architecture: Architecture) -> _Network:
    """Return type, layers, width and heads, which copies of a network and its fine-tunes share."""
    return architecture.model_type, architecture.layers, architecture.hidden_size, architecture.heads


def _of_one_size(one: int | None, other: int | None) -> bool:
    return one is None or other is None or abs(one - other) <= _SAME_SIZE * other


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Reads records in the Hub's shape, whatever the source that has them."""

    licenses: LicenseTable
    tasks: frozenset[str]
    """Every pipeline tag that a record or a card may state."""
    known: Mapping[str, Model] = field(default_factory=dict)
    """Models that complete the records of their ids."""
    networks: Mapping[_Network, Model] = field(init=False)
    """Of those that say what their layers keep, by their networks, where their type does not tell it."""

    def __post_init__(self) -> None:
        told = (m for m in self.known.values() if m.architecture.tells_layers and is_varied(m.architecture.model_type))
        object.__setattr__(self, "networks", {_network(m.architecture): m for m in told})

    def model(self, record: Mapping[str, Any], *, card: str, source: str, as_of: datetime) -> Model:
        """Return the model of a record and its card, completed by what is known of models of the same id.

        Every field may be absent, null or of an unexpected type: such a field is left unset and does not lose the
        model. Raises RefusedRecordError without a usable id.
        """
        model = self._stated(record, *split_front_matter(card), source=source, as_of=as_of)
        more = self.known.get(model.model_id)
        return self._of_its_network(model.completed_by(more) if more else model)

    def _of_its_network(self, model: Model) -> Model:
        """Return the model with what the layers of its network keep, where another record of that network says it."""
        own = model.architecture
        other = None if own.tells_layers else self.networks.get(_network(own))
        if other is None or not (model.quantization or _of_one_size(model.parameters, other.parameters)):
            return model  # the counts of quantised ones are of packed weights
        source = f"{model.source}; architecture: {other.source}"
        return model.model_copy(update={"architecture": own.completed_by(other.architecture), "source": source})

    def _stated(
        self, record: Mapping[str, Any], front: Mapping[str, Any], body: str, *, source: str, as_of: datetime
    ) -> Model:
        """Return what a record and its card, in two parts, state."""
        model_id = record.get("id") or record.get("modelId")
        if not isinstance(model_id, str) or not _ID.fullmatch(model_id):
            raise RefusedRecordError(f"id {str(model_id)[:80]!r} is no id: 1 to 200 characters, such as owner/name")
        data = {**front, **_mapping(record.get("cardData"))}
        config = _mapping(record.get("config"))
        tags = tuple(t for t in _strings(record.get("tags")) if len(t) <= 120)
        quantization = quantization_of(model_id, config, tags)
        library = _text(record.get("library_name") or data.get("library_name"))
        base, relation = lineage_of(model_id, data, tags, library, quantization)
        gated = record.get("gated")
        parameters, precision = _weights(record, quantization)
        return Model(
            model_id=model_id,
            task=_task(record, data, tags, body, self.tasks),
            library=library,
            license=_license(data, tags, self.licenses),
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
            summary=summary(body, limit=SUMMARY_CHARS),
            tags=tags[:60],
            has_tokenizer=_has_tokenizer(record, config),
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
    most = max(by_type, key=lambda k: (by_type[k], k)) if by_type else ""
    of_files, of_gguf = _count(tensors.get("total")), _count(_mapping(record.get("gguf")).get("total"))
    if quantization is None:
        return (None if most in _PACKED else of_files or of_gguf), _DTYPES.get(most, "")
    packed = not by_type.keys().isdisjoint((*_PACKED, "I8"))
    return (None if packed else of_gguf or of_files), quantization.gguf_type or quantization.method


def _has_tokenizer(record: Mapping[str, Any], config: Mapping[str, Any]) -> bool | None:
    """Return whether the repository holds a tokenizer, by its configuration or files; None where neither is told."""
    if config.get("tokenizer_config"):
        return True
    listed = record.get("siblings")
    files = [_mapping(file).get("rfilename") for file in listed] if isinstance(listed, list) else []
    return any(isinstance(file, str) and file in _TOKENIZER_FILES for file in files) if files else None


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
