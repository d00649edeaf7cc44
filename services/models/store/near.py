"""The nearest passages as the database finds them: by a space's HNSW index, or by comparing all where few are left.

It is asked where they do not fit into memory (domain/scan.py), or for what comparing all would find.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.models.domain.filters import ModelFilter

FEW_PER_ROOT: Final = 60.0
FEW_LEAST: Final = 20_000
"""Where a condition leaves at most so many passages, or so many times the root of all, all their vectors are compared.

That is exact, where the index misses some of what it has to look for behind much that the filter throws away; it takes
less than a microsecond a passage.
"""
FEW_IN_ALL: Final = 2_000
"""The same where nothing is asked of the models: then the index is at its best."""

SERVER_SETTINGS: Final = {
    "hnsw.ef_search": "400",
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": "20000",
    "hnsw.scan_mem_multiplier": "8",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""For every connection that searches."""

# Passages near the wish, by the index: the filter is part of the scan.
_BY_INDEX: Final = """
SELECT v.chunk_no, v.doc_no FROM {table} v WHERE {condition} ORDER BY v.embedding <=> {vector} LIMIT {width}
"""
# The same by comparing all that pass: of vectors of length 1 the product is the cosine, at three quarters of the time.
_BY_COMPARING: Final = """
SELECT v.chunk_no, v.doc_no FROM {table} v WHERE {condition}
ORDER BY v.embedding <#> {vector}, v.chunk_no LIMIT {width}
"""
# An array is looked up in one ordered pass, in a third of the time of a join.
_OF_PASSING: Final = "v.doc_no = ANY(ARRAY(SELECT m.doc_no FROM models m WHERE {where}))"
# What a running import has written is not there yet for readers.
_PUBLISHED: Final = "EXISTS (SELECT 1 FROM models m WHERE m.doc_no = v.doc_no)"
_NEAR: Final = "{name} AS MATERIALIZED ({scan})"
# Whether few enough pass to be compared is known only after counting them.
_NEAR_COUNTED: Final = """
{name}_few AS MATERIALIZED (SELECT m.doc_no FROM models m WHERE {where} LIMIT {few} + 1),
{name}_many AS MATERIALIZED (SELECT count(*) > {few} AS yes FROM {name}_few),
{name} AS MATERIALIZED (({by_index}) UNION ALL ({by_comparing}))
"""
_IF_MANY: Final = "(SELECT yes FROM {name}_many) AND (SELECT {where} FROM models m WHERE m.doc_no = v.doc_no)"
_IF_FEW: Final = "NOT (SELECT yes FROM {name}_many) AND v.doc_no = ANY(ARRAY(SELECT doc_no FROM {name}_few))"


def tables(
    names: Mapping[str, Any],
    *,
    wanted: ModelFilter,
    filtered: bool,
    tasks: Sequence[str],
    counts: Mapping[str, int],
    chunk_count: int,
    exact: bool,
) -> str:
    """Return common tables, the last of them near (doc_no): the models of the nearest passages, also within the tasks.

    names: table, where, vector, tasks and width, as SQL. counts: models by task, and chunk_count: passages, of the
    whole catalogue. filtered: where is a condition. exact compares every vector instead of using the index.
    """
    total = sum(counts.values())
    per_model = max(chunk_count / total, 1.0) if total else 1.0
    few = int(max(FEW_LEAST, FEW_PER_ROOT * math.sqrt(chunk_count)) / per_model)
    names = {**names, "few": few}
    passing = sum(counts.get(t, 0) for t in wanted.tasks) if wanted.tasks else total
    among_all = _table(
        "near_all",
        names["where"] if filtered else "",
        names,
        few=exact or (passing <= few if filtered else chunk_count <= FEW_IN_ALL),
    )
    if wanted.tasks and set(tasks) >= set(wanted.tasks):  # the second scan would be the first again
        return f"{among_all}, near AS (SELECT doc_no FROM near_all)"  # noqa: S608
    of_task = f"m.task = ANY({names['tasks']})"
    among_task = _table(
        "near_task",
        f"{of_task} AND {names['where']}" if filtered else of_task,
        names,
        few=exact or sum(counts.get(t, 0) for t in tasks) <= few,
    )
    return f"{among_all}, {among_task}, near AS (SELECT doc_no FROM near_all UNION SELECT doc_no FROM near_task)"  # noqa: S608


def _table(name: str, where: str, names: Mapping[str, Any], *, few: bool) -> str:
    """Return the common table of the nearest passages of models that pass a condition; an empty one passes all.

    few: all that pass are compared; else it depends on how many do, where there is a condition.
    """
    names = {**names, "name": name, "where": where or "true"}
    if few:
        return _NEAR.format(name=name, scan=_BY_COMPARING.format(condition=_OF_PASSING.format(**names), **names))
    if not where:
        return _NEAR.format(name=name, scan=_BY_INDEX.format(condition=_PUBLISHED, **names))
    return _NEAR_COUNTED.format(
        by_index=_BY_INDEX.format(condition=_IF_MANY.format(**names), **names),
        by_comparing=_BY_COMPARING.format(condition=_IF_FEW.format(**names), **names),
        **names,
    )
