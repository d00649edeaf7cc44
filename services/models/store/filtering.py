"""A ModelFilter as a WHERE clause: constant fragments, values as parameters only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from services.models.domain.filters import ModelFilter
from services.models.domain.model import LicenseClass
from services.models.domain.sizing.precision import find_precision
from services.models.domain.sizing.terms import GIB
from services.models.domain.sizing.weight_groups import group_bits

_KNOWN: Final = {
    "license_id": "m.license_id <> ''",
    "license_class": f"m.license_class <> {int(LicenseClass.UNKNOWN)}",
    "open_source": f"m.license_class <> {int(LicenseClass.UNKNOWN)}",
}
"""When a model states a column that is never null."""


class Where:
    """Conditions on models AS m, and the parameters that they and the rest of the statement use."""

    def __init__(self, wanted: ModelFilter, said: ModelFilter | None = None) -> None:
        """said: conditions that a model may leave unstated."""
        self.parameters: list[Any] = []
        strict = [sql for _, sql in self._conditions(wanted)]
        words = list(self._conditions(said)) if said else []
        unless = [f"({sql} OR ({_KNOWN.get(column, f'm.{column} IS NOT NULL')}) IS NOT TRUE)" for column, sql in words]
        self.sql = " AND ".join((*strict, *unless)) or "true"
        self.satisfied = f"coalesce({' AND '.join(sql for _, sql in words)}, false)" if words else "true"
        """Whether a model states that it satisfies the conditions in the words."""

    def _conditions(self, wanted: ModelFilter) -> Iterator[tuple[str, str]]:
        """Yield each constraint: the column that it is on, and its condition."""
        for column, fragment, value in (
            ("task", "m.task = ANY({}::text[])", list(wanted.tasks) or None),
            ("license_id", "m.license_id = ANY({}::text[])", list(wanted.licenses) or None),
            (
                "license_class",
                "m.license_class = ANY({}::smallint[])",
                [int(c) for c in wanted.license_classes] or None,
            ),
            ("parameters", "m.parameters >= {}::bigint", wanted.parameters_min),
            ("parameters", "m.parameters <= {}::bigint", wanted.parameters_max),
            ("languages", "m.languages @> {}::text[]", list(wanted.languages) or None),
            ("library", "m.library = ANY({}::text[])", list(wanted.libraries) or None),
            ("gated", "m.gated = {}::boolean", wanted.gated),
            ("base_model", "m.base_model <> '' AND m.base_model = {}::text", wanted.base_model or None),
            ("downloads", "m.downloads >= {}::bigint", wanted.downloads_min),
            ("open_source", "m.open_source = {}::boolean", wanted.open_source_only or None),
        ):
            if value is not None:
                yield column, fragment.format(self.bind(value))
        if wanted.memory_gib_max is not None:
            precision = find_precision(wanted.precision) if wanted.precision else None
            if precision is None:
                yield "weight_gib", f"m.weight_gib <= {self.bind(wanted.memory_gib_max)}::float8"
            else:
                bits = enumerate(group_bits(precision), 1)
                weights = " + ".join(f"m.weight_groups[{group}] * {self.bind(each)}::float8" for group, each in bits)
                limit = self.bind(wanted.memory_gib_max)
                yield "weight_gib", f"({weights}) / 8 / {GIB} <= {limit}::float8"

    def bind(self, value: Any) -> str:
        """Take a value as the next parameter and return its placeholder."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"
