"""A ModelFilter as a WHERE clause: constant fragments, values as parameters only."""

from __future__ import annotations

from typing import Any, Final

from services.models.domain.filters import ModelFilter
from services.models.domain.sizing.precision import find_precision
from services.models.domain.sizing.terms import GIB

_MEMORY_AT_PRECISION: Final = f"m.parameters * {{}}::float8 / {8 * GIB} <= {{}}::float8"


class Where:
    """Conditions on models AS m, and the parameters that they and the rest of the statement use."""

    def __init__(self, wanted: ModelFilter) -> None:
        self.parameters: list[Any] = []
        conditions: list[str] = []
        for fragment, value in (
            ("m.task = ANY({}::text[])", list(wanted.tasks) or None),
            ("m.license_id = ANY({}::text[])", list(wanted.licenses) or None),
            ("m.license_class = ANY({}::smallint[])", [int(c) for c in wanted.license_classes] or None),
            ("m.parameters >= {}::bigint", wanted.parameters_min),
            ("m.parameters <= {}::bigint", wanted.parameters_max),
            ("m.languages @> {}::text[]", list(wanted.languages) or None),
            ("m.library = ANY({}::text[])", list(wanted.libraries) or None),
            ("m.gated = {}::boolean", wanted.gated),
            ("m.base_model <> '' AND m.base_model = {}::text", wanted.base_model or None),
            ("m.downloads >= {}::bigint", wanted.downloads_min),
            ("m.open_source = {}::boolean", wanted.open_source_only or None),
        ):
            if value is not None:
                conditions.append(fragment.format(self.bind(value)))
        if wanted.memory_gib_max is not None:
            precision = find_precision(wanted.precision) if wanted.precision else None
            if precision is None:
                conditions.append(f"m.weight_gib <= {self.bind(wanted.memory_gib_max)}::float8")
            else:
                bits, limit = self.bind(precision.bits), self.bind(wanted.memory_gib_max)
                conditions.append(_MEMORY_AT_PRECISION.format(bits, limit))
        self.sql = " AND ".join(conditions) or "true"

    def bind(self, value: Any) -> str:
        """Take a value as the next parameter and return its placeholder."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"
