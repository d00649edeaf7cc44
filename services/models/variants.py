"""What was made from a model of the catalogue, and whose tokenizer goes with it."""

from __future__ import annotations

from libs.database import Pool
from services.models.domain.model import Model, Relation
from services.models.domain.names import bare_name
from services.models.domain.variants import HOPS, Kin, in_order, packings_by_name
from services.models.store import catalog


async def variants_of(pool: Pool, model_id: str, relation: Relation | None = None) -> list[Kin]:
    """Return all variants of a model, or those of one relation, most downloaded first, then by id."""
    stated = await catalog.stated_variants(pool, model_id)
    told = packings_by_name(model_id, await catalog.bearers(pool, bare_name(model_id)))
    return in_order(kin for kin in (*told, *stated) if relation is None or kin.relation is relation)


async def ancestry(pool: Pool, model_id: str) -> list[Model]:
    """Return the records of a model, its base, its base's base and so on, as far as the catalogue has them."""
    chain: list[Model] = []
    while model_id and len(chain) <= HOPS and model_id not in {m.model_id for m in chain}:
        found = await catalog.find_many(pool, [model_id])
        if not found:
            break
        chain.append(found[model_id].model)
        model_id = chain[-1].base_model
    return chain
