"""Shapes from records of plain values, such as the lines of a table."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter

from services.models.domain.sizing import ModelShape, arch_of_task

_SHAPE = TypeAdapter(ModelShape)
_SYNONYMS = {"arch_type": "arch", "experts_per_tok": "experts_per_token"}


def shape_from_record(record: Mapping[str, object]) -> ModelShape:
    """Return the shape in a record; empty values are unknown, other keys are ignored.

    Without `arch` (or `arch_type`) the kind of network follows from `encoder_layers`, then from `task`. Raises
    ValueError naming every value that is not of its field's type.
    """
    named = {_SYNONYMS.get(key, key): value for key, value in record.items() if value not in (None, "")}
    values = {field: named[field] for field in ModelShape._fields if field in named}
    usual = "encoder-decoder" if "encoder_layers" in values else arch_of_task(str(values.get("task", "")))
    return _SHAPE.validate_python({"arch": usual, **values})
