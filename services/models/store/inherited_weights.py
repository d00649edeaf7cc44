"""Weights of models whose records leave out what their bases' state: weighed anew as either is published."""

from __future__ import annotations

from typing import Any, Final

import asyncpg

from libs.database import Connection
from services.models.domain.model import Model
from services.models.domain.traits import needs_base
from services.models.domain.weighing import weights_of
from services.models.store.catalog import UNSIZED

_AT_ONCE: Final = 500
# Ids mean the same in any case, as they do in sizing.
_WITH_BASES: Final = """
WITH touched AS (
    SELECT m.model_no FROM staged s JOIN models m USING (model_id) WHERE s.import_no = $1
    UNION
    SELECT m.model_no FROM staged s JOIN models m ON lower(m.base_model) = lower(s.model_id) WHERE s.import_no = $1
)
SELECT m.model_no, (r.record - $2::text[])::text AS record, (b.record - $2::text[])::text AS base
FROM touched JOIN models m USING (model_no) JOIN records r USING (model_no), LATERAL (
    SELECT o.model_id, i.record FROM models o JOIN records i USING (model_no)
    WHERE lower(o.model_id) = lower(m.base_model)
    ORDER BY o.model_id = m.base_model DESC, o.downloads DESC NULLS LAST, o.model_id LIMIT 1
) b
WHERE m.base_model <> ''
"""
_WEIGH: Final = """
UPDATE models m SET weight_gib = w.weight_gib, weight_groups = w.weight_groups
FROM jsonb_to_recordset($1::jsonb) AS w (model_no bigint, weight_gib float8, weight_groups float8[])
WHERE m.model_no = w.model_no AND (m.weight_gib, m.weight_groups) IS DISTINCT FROM (w.weight_gib, w.weight_groups)
"""


async def settle(connection: Connection, import_no: int) -> None:
    """Weigh the published models of an import, and those whose base is one, that need their base for it."""
    cursor = await connection.cursor(_WITH_BASES, import_no, UNSIZED, timeout=600)
    while rows := await cursor.fetch(_AT_ONCE):
        if weighed := [w for row in rows if (w := _weighed(row))]:
            await connection.execute(_WEIGH, weighed)


def _weighed(row: asyncpg.Record) -> dict[str, Any] | None:
    model = Model.model_validate_json(row["record"])
    if not needs_base(model):
        return None
    weights = weights_of(model, Model.model_validate_json(row["base"]))
    return weights and {
        "model_no": row["model_no"],
        "weight_gib": weights.published_gib,
        "weight_groups": weights.parameters,
    }
