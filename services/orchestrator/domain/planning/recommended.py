"""The machines and models of a plan, as it recommends them."""

from __future__ import annotations

from typing import Final

from libs.money import per_month
from services.orchestrator.domain.candidates import Candidates, MemoryEstimate, ModelCandidate
from services.orchestrator.domain.plan import Equivalent, GpuRecommendation, ModelRecommendation
from services.orchestrator.domain.planning import prose
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.shortlist import Choice, headroom
from services.orchestrator.domain.planning.words import basis, gib, precision

MAX_MODELS: Final = 5
MAX_EQUIVALENTS: Final = 3


def recommendation(choice: Choice, choices: Choices, needs: Needs) -> GpuRecommendation:
    """Return an option as the plan shows it."""
    option = choice.option
    offer, memory = option.offer, option.memory
    spot = offer.spot_price_per_hour
    rate = prose.tokens_rate(option, needs)
    return GpuRecommendation(
        label=prose.label(choice, needs),
        option=choice.kind,
        provider=offer.provider,
        instance_type=offer.instance_type,
        region=offer.region,
        country=offer.country,
        gpu_type=offer.gpu_type,
        gpu_count=option.gpu_count,
        gpus_per_node=offer.gpu_count,
        gpu_memory_gib=offer.gpu_memory_gib,
        gpu_memory_total_gib=option.memory_total_gib,
        node_count=option.nodes,
        vcpus=offer.vcpus,
        memory_gib=offer.memory_gib,
        price_model=offer.price_model,
        price_per_hour=option.price,
        price_per_month=None if option.price is None else per_month(option.price),
        spot_price_per_hour=None if spot is None else spot * option.nodes,
        spot_note=prose.spot_note(option, needs),
        memory_required_gib=memory.total_gib if memory else 0.0,
        headroom=headroom(option),
        model_id=option.model.model_id if option.model else "",
        precision=memory.precision if memory else "",
        tensor_parallel=memory.tensor_parallel if memory else 1,
        pipeline_parallel=memory.pipeline_parallel if memory else 1,
        replicas=option.copies,
        tokens_per_second=rate,
        performance_basis=basis(option.speed) if option.speed else "",
        run_hours=option.run_hours,
        run_cost=option.run_cost,
        why=prose.why(choice, choices, needs),
        breaks=choice.breaks,
        equivalents=_equivalents(option, choices.feasible),
        offer_id=offer.offer_id,
        provenance=offer.provenance,
    )


def _equivalents(option: Option, feasible: tuple[Option, ...]) -> tuple[Equivalent, ...]:
    """Return the cheapest options of the same hardware at other providers, at most one each."""
    found: dict[str, Option] = {}
    for other in feasible:
        same = other.offer.gpu_type == option.offer.gpu_type and other.gpu_count == option.gpu_count
        same = same and (bool(option.gpu_count) or other.offer.vcpus == option.offer.vcpus)
        if same and other.price is not None and other.offer.provider != option.offer.provider:
            found.setdefault(other.offer.provider, other)
    return tuple(
        Equivalent(
            provider=o.offer.provider,
            instance_type=o.offer.instance_type,
            region=o.offer.region,
            gpu_type=o.offer.gpu_type,
            gpu_count=o.gpu_count,
            node_count=o.nodes,
            price_model=o.offer.price_model,
            price_per_hour=o.per_hour,
            spot_price_per_hour=None if o.offer.spot_price_per_hour is None else o.offer.spot_price_per_hour * o.nodes,
            provenance=o.offer.provenance,
        )
        for o in list(found.values())[:MAX_EQUIVALENTS]
    )


def models_of(
    needs: Needs, candidates: Candidates, lead: Option | None, *, after: bool
) -> tuple[ModelRecommendation, ...]:
    """Return the models, the planned one first, those of other purposes last. after: a run before trains it."""
    chosen = lead.model.model_id if lead and lead.model else ""
    mains = [m for m in candidates.models if m.purpose == "main" and not needs.algorithm]
    others = [m for m in candidates.models if m.purpose != "main"]
    ordered = [*(m for m in mains if m.model_id == chosen), *(m for m in mains if m.model_id != chosen)][:MAX_MODELS]
    estimates, named = _estimates(needs, candidates, lead), any(m.wished_as for m in mains)
    return tuple(
        _model(m, estimates.get(m.model_id), needs, chosen=m.model_id == chosen, after=after, named=named)
        for m in [*ordered, *others[:2]]
    )


def _model(
    model: ModelCandidate, estimate: MemoryEstimate | None, needs: Needs, *, chosen: bool, after: bool, named: bool
) -> ModelRecommendation:
    sized = f"needs about {gib(estimate.total_gib)} at {precision(estimate.precision)}" if estimate else ""
    return ModelRecommendation(
        model_id=model.model_id,
        task=model.task,
        license=model.license,
        license_note=model.license_note,
        parameters=model.parameters,
        memory_gib=estimate.total_gib if estimate else None,
        precision=estimate.precision if estimate else "",
        downloads=model.downloads,
        likes=model.likes,
        relevance=model.relevance,
        gated=model.gated,
        chosen=chosen,
        purpose=model.purpose,
        why=prose.why_model(
            model,
            task=needs.task,
            instead=named,
            chosen=chosen,
            sized=sized,
            after=after,
            from_scratch=needs.repeated and needs.imaging is None,
            languages=needs.languages,
        ),
        provenance=model.provenance,
    )


def _estimates(needs: Needs, candidates: Candidates, lead: Option | None) -> dict[str, MemoryEstimate]:
    """Return one estimate a model: the planned one, else at the best precision on the planned GPU type, else on any."""
    tiers = {p: place for place, p in enumerate(needs.precisions)}
    gpu_type = lead.offer.gpu_type if lead else ""

    def order(e: MemoryEstimate) -> tuple[bool, bool, int, float, str]:
        return (
            e is not (lead.memory if lead else None),
            e.gpu_type != gpu_type,
            tiers.get(e.precision, 99),
            e.total_gib,
            e.gpu_type,
        )

    best: dict[str, MemoryEstimate] = {}
    for estimate in sorted(candidates.memory, key=order):
        best.setdefault(estimate.model_id, estimate)
    return best
