"""Wire and domain of models, filters and searches, translated. Sizing has convert_sizing.py."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from libs.errors import Violations
from libs.paging import page_size
from libs.rpc.convert import provenance_to_proto, timestamp_to_proto
from services.models.domain.filter_values import FilterValues, near_it, nearest
from services.models.domain.filters import ModelFilter
from services.models.domain.model import Architecture, License, LicenseClass, Model, Quantization, Relation
from services.models.domain.ranking import DEFAULT_RELEVANCE_WEIGHT
from services.models.domain.sizing.precision import PRECISIONS, find_precision
from services.models.domain.sizing.weight_groups import Groups, weights_gib
from services.models.domain.variants import Kin, kin_of
from services.models.store.holdings import Holdings
from services.models.store.versions import State
from services.models.wish import Hit, Wish
from stack8s.common.v1 import catalog_pb2
from stack8s.models.v1 import model_pb2, models_service_pb2

MAX_TEXT: Final = 4_000
_MAX_VALUES: Final = 100
_MAX_VALUE: Final = 200
_COMMON: Final = ("fp32", "bf16", "fp8", "int8", "int4")
_DIMENSIONS: Final = tuple(model_pb2.Architecture.DESCRIPTOR.fields_by_name)
_CLASSES: Final[Mapping[LicenseClass, model_pb2.LicenseClass]] = {
    LicenseClass.COMMERCIAL: model_pb2.LICENSE_CLASS_COMMERCIAL,
    LicenseClass.ATTRIBUTION: model_pb2.LICENSE_CLASS_ATTRIBUTION,
    LicenseClass.RESEARCH_ONLY: model_pb2.LICENSE_CLASS_RESEARCH_ONLY,
    LicenseClass.UNKNOWN: model_pb2.LICENSE_CLASS_UNKNOWN,
}
_CLASSES_BACK: Final = {int(wire): license_class for license_class, wire in _CLASSES.items()}
_RELATIONS: Final[Mapping[Relation, model_pb2.Relation]] = {
    Relation.UNKNOWN: model_pb2.RELATION_UNSPECIFIED,
    Relation.QUANTIZED: model_pb2.RELATION_QUANTIZED,
    Relation.ADAPTER: model_pb2.RELATION_ADAPTER,
    Relation.FINE_TUNE: model_pb2.RELATION_FINE_TUNE,
    Relation.DISTILLED: model_pb2.RELATION_DISTILLED,
    Relation.MERGE: model_pb2.RELATION_MERGE,
    Relation.CONVERTED: model_pb2.RELATION_CONVERTED,
}
_RELATIONS_BACK: Final = {int(wire): relation for relation, wire in _RELATIONS.items()}


def wish_from_proto(request: models_service_pb2.SearchModelsRequest, values: FilterValues) -> Wish:
    """Return what a request asks for, in values of the catalogue. Raises InvalidInputError naming every bad field."""
    bad = Violations()
    check_text(request.query, "query", bad)
    check_text(request.name, "name", bad, limit=_MAX_VALUE)
    if request.page_size < 0:
        bad.add("page_size", f"is {request.page_size}; must be 0 (meaning 10) to 100")
    weight = DEFAULT_RELEVANCE_WEIGHT
    if request.HasField("relevance_weight"):
        weight = request.relevance_weight
        if not 0 <= weight <= 1:
            bad.add("relevance_weight", f"is {weight:g}; must be 0 to 1")
    wanted = values.resolved(_filter(request.filter, bad), bad)
    if not request.query.strip() and not request.name.strip() and wanted == ModelFilter():
        bad.add("query", "is empty; say what the model is for, or set name or filter")
    bad.raise_if_any()
    return Wish(
        query=request.query,
        name=request.name,
        wanted=wanted,
        limit=page_size(request.page_size, default=10, maximum=100),
        relevance_weight=weight,
        keep_variants=request.keep_variants,
        exact=request.exact,
        conditions_in_filter=request.conditions_in_filter,
    )


def check_text(text: str, field: str, bad: Violations, *, limit: int = MAX_TEXT) -> None:
    """Note a text that is too long or holds what no text holds."""
    if len(text) > limit:
        bad.add(field, f"has {len(text)} characters; must have at most {limit}")
    if "\x00" in text:
        bad.add(field, "holds a NUL character; must be plain text")


def _filter(wire: models_service_pb2.ModelFilter, bad: Violations) -> ModelFilter:
    for name in ("tasks", "licenses", "languages", "libraries"):
        values = getattr(wire, name)
        if len(values) > _MAX_VALUES:
            bad.add(f"filter.{name}", f"has {len(values)} values; must have at most {_MAX_VALUES}")
        for i, value in enumerate(values[:_MAX_VALUES]):
            if not value.strip():
                bad.add(f"filter.{name}[{i}]", "is empty; leave it out or name one")
            check_text(value, f"filter.{name}[{i}]", bad, limit=_MAX_VALUE)
    for i, value in enumerate(wire.license_classes):
        if value not in _CLASSES_BACK:
            bad.add(f"filter.license_classes[{i}]", f"is {value}; must be a named LicenseClass other than UNSPECIFIED")
    check_text(wire.base_model, "filter.base_model", bad, limit=_MAX_VALUE)
    numbers = _numbers(wire, bad)
    low, high, downloads = (numbers[name] for name in ("parameters_b_min", "parameters_b_max", "downloads_min"))
    if wire.precision and find_precision(wire.precision) is None:
        near = near_it(nearest(wire.precision, {name: name for name in PRECISIONS}))
        bad.add(
            "filter.precision",
            f"is {wire.precision[:60]!r}, which is no precision that is known; "
            + (near or "name one such as fp32, bf16, fp8, int8, int4 or Q4_K_M"),
        )
    return ModelFilter(
        tasks=tuple(v.strip() for v in wire.tasks),
        licenses=tuple(v.strip() for v in wire.licenses),
        license_classes=tuple(_CLASSES_BACK[v] for v in wire.license_classes if v in _CLASSES_BACK),
        parameters_min=None if low is None else math.ceil(_billions(low)),
        parameters_max=None if high is None else math.floor(_billions(high)),
        memory_gib_max=numbers["memory_gib_max"],
        precision=wire.precision.strip(),
        languages=tuple(v.strip() for v in wire.languages),
        libraries=tuple(v.strip() for v in wire.libraries),
        gated=wire.gated if wire.HasField("gated") else None,
        base_model=wire.base_model.strip(),
        downloads_min=None if downloads is None else int(downloads),
        open_source_only=wire.open_source_only,
    )


def _billions(count: float) -> Decimal:
    """Return so many billions, as they are written: 4.02 times a billion in binary is less than 4,020,000,000."""
    return Decimal(repr(count)).scaleb(9)


def _numbers(wire: models_service_pb2.ModelFilter, bad: Violations) -> dict[str, float | None]:
    """Return the bounds of a filter by their names; None where one is not set, or wrong, which is noted."""
    found: dict[str, float | None] = {}
    for name, below in (
        ("parameters_b_min", 1e9),
        ("parameters_b_max", 1e9),
        ("memory_gib_max", 1e9),
        ("downloads_min", math.inf),
    ):
        value = getattr(wire, name) if wire.HasField(name) else None
        if value is not None and not 0 <= value < below:
            limit = f" and below {below:,.0f}" if math.isfinite(below) else ""
            bad.add(f"filter.{name}", f"is {value:g}; must be 0 or more{limit}")
            value = None
        found[name] = value
    low, high = found["parameters_b_min"], found["parameters_b_max"]
    if low is not None and high is not None and low > high:
        bad.add("filter.parameters_b_min", f"is {low:g}; must be at most parameters_b_max, {high:g}")
    return found


def relation_from_proto(value: int, bad: Violations) -> Relation | None:
    """Return the relation asked for; None where all are."""
    if value not in _RELATIONS_BACK:
        bad.add("relation", f"is {value}; must be a named Relation")
        return None
    return None if value == model_pb2.RELATION_UNSPECIFIED else _RELATIONS_BACK[value]


def model_to_proto(model: Model, weights: Groups | None, *, snapshot_id: str) -> model_pb2.Model:
    """Return a model for the wire. weights: its parameters by group, for the memory at common precisions."""
    return model_pb2.Model(
        model_id=model.model_id,
        task=model.task,
        library=model.library,
        license=license_to_proto(model.license),
        parameters=model.parameters,
        active_parameters=model.active_parameters,
        architecture=architecture_to_proto(model.architecture),
        precision=model.precision,
        languages=model.languages,
        gated=model.gated,
        base_model=model.base_model,
        relation=_RELATIONS[model.relation],
        quantization=quantization_to_proto(model.quantization) if model.quantization else None,
        downloads=model.downloads,
        likes=model.likes,
        create_time=timestamp_to_proto(model.created) if model.created else None,
        embedding_dimension=model.embedding_dimension,
        weight_memory=_weight_memory(weights) if weights else None,
        max_tokens=model.max_tokens,
        summary=model.summary,
        tags=model.tags,
        provenance=provenance_to_proto(model.provenance(snapshot_id)),
    )


def _weight_memory(weights: Groups) -> list[model_pb2.WeightMemory]:
    return [
        model_pb2.WeightMemory(precision=p, memory_gib=round(weights_gib(weights, PRECISIONS[p]), 3)) for p in _COMMON
    ]


def license_to_proto(known: License) -> model_pb2.License:
    """Return a licence for the wire."""
    return model_pb2.License(
        license_id=known.license_id,
        title=known.title,
        license_class=_CLASSES[known.license_class],
        note=known.note,
        open_source=known.open_source,
    )


def architecture_to_proto(architecture: Architecture) -> model_pb2.Architecture:
    """Return dimensions for the wire."""
    return model_pb2.Architecture(**{name: getattr(architecture, name) for name in _DIMENSIONS})


def quantization_to_proto(quantization: Quantization) -> model_pb2.Quantization:
    """Return a quantisation for the wire."""
    return model_pb2.Quantization(method=quantization.method, bits=quantization.bits, gguf_type=quantization.gguf_type)


def variant_to_proto(model: Model, kin: Kin) -> models_service_pb2.Variant:
    """Return a model made from another, for the wire. kin: how it came from that, and how that is known."""
    return models_service_pb2.Variant(
        model_id=model.model_id,
        relation=_RELATIONS[kin.relation],
        by_name=kin.by_name,
        quantization=quantization_to_proto(model.quantization) if model.quantization else None,
        downloads=model.downloads,
    )


def hit_to_proto(hit: Hit, *, snapshot_id: str) -> models_service_pb2.ModelResult:
    """Return one result for the wire."""
    return models_service_pb2.ModelResult(
        model=model_to_proto(hit.model, hit.weights, snapshot_id=snapshot_id),
        score=hit.ranked.score,
        passage=hit.passage.text,
        passage_from_record=hit.passage.described,
        highlight=hit.highlight,
        relevance=hit.ranked.relevance,
        popularity=hit.ranked.popularity,
        why=hit.why,
        variants=[variant_to_proto(v, kin_of(v, hit.model.model_id)) for v in hit.variants],
    )


def catalog_info_to_proto(state: State, held: Holdings) -> catalog_pb2.CatalogInfo:
    """Return what the catalogue holds for the wire."""
    return catalog_pb2.CatalogInfo(
        catalog="models",
        snapshot_id=state.snapshot_id,
        oldest_as_of=timestamp_to_proto(min(s.oldest for s in held.sources)) if held.sources else None,
        newest_as_of=timestamp_to_proto(max(s.newest for s in held.sources)) if held.sources else None,
        publish_time=timestamp_to_proto(held.published) if held.published else None,
        record_count=state.model_count,
        sources=[
            catalog_pb2.CatalogSource(
                name=s.name, record_count=s.records, as_of=timestamp_to_proto(s.newest), state="ok"
            )
            for s in held.sources
        ],
        refused=[
            catalog_pb2.RefusedRecord(source=r.source, location=r.location, reason=r.reason) for r in held.refused
        ],
        refused_count=held.refused_count,
        snapshots=[
            catalog_pb2.SnapshotSummary(
                snapshot_id=s.snapshot_id, publish_time=timestamp_to_proto(s.published), record_count=s.models
            )
            for s in held.snapshots
        ],
    )
