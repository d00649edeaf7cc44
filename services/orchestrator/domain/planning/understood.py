"""What was understood, as the first sentences of a plan."""

from __future__ import annotations

from services.orchestrator.domain.candidates import ModelCandidate
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.budget import cheaper_than
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.places import shown
from services.orchestrator.domain.planning.standing import ROLE_OF_SOFTWARE, unnamed_roles
from services.orchestrator.domain.planning.words import count, gpu_types, join, provider, rate
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

_DOING = {
    TaskType.TRAINING: "train",
    TaskType.FINE_TUNING: "fine-tune",
    TaskType.BATCH_INFERENCE: "work through a dataset once with",
    TaskType.RAG: "answer questions from your own documents with",
    TaskType.INFERENCE: "serve",
}


def understanding(spec: WorkloadSpec, needs: Needs, model: ModelCandidate | None, *, after: bool = False) -> str:
    """Return what was understood, in two or three sentences. model: the one that is planned. after: it is served after
    a run that trains it."""
    doing = _DOING.get(spec.task_type) if spec.task_type else None
    doing = doing or {"training": "train", "batch": "run once", "serving": "serve"}[needs.kind.value]
    what = join([f"{name}" for name in spec.models], "or") or (
        f"a model for {needs.task.replace('-', ' ')}" if needs.task else "a model"
    )
    if model and model.wished_as and len(spec.models) == 1:
        what = f"{what} ({model.model_id})" if what != model.model_id else what
    if after and model:
        what = f"the trained {model.model_id}"
    then = "After the run you" if after else "You"
    worked_on = needs.kind is not WorkloadKind.SERVING or spec.task_type is TaskType.RAG
    sentences = [f"{then} want to {doing} {what}{_data(spec) if worked_on else ''}{_load(spec, needs)}."]
    wishes = _wishes(spec, needs)
    if wishes:
        sentences.append(f"You asked for {join(wishes)}.")
    there = needs.standing
    names = [c for c in spec.components if not there.holds(c) and not there.refuses(c)]
    filled = {*there.dropped_roles, *(ROLE_OF_SOFTWARE.get(c.lower(), "") for c in names)}
    if names := [*names, *(r.replace("_", " ") for r in unnamed_roles(spec, filled=filled) if r not in filled)]:
        sentences.append(f"The stack has to include {join(names)}.")
    return " ".join(sentences)


def _data(spec: WorkloadSpec) -> str:
    kind = f" of {spec.dataset_modality.value} data" if spec.dataset_modality else " of data"
    if spec.dataset_size_gb:
        size = (
            f"{spec.dataset_size_gb / 1000:.3g} TB"
            if spec.dataset_size_gb >= 1000
            else f"{spec.dataset_size_gb:.3g} GB"
        )
        return f" on {size}{kind}" + (f" ({spec.dataset_items:,} items)" if spec.dataset_items else "")
    return f" on {spec.dataset_items:,} items{kind}" if spec.dataset_items else ""


def _load(spec: WorkloadSpec, needs: Needs) -> str:
    parts = []
    if spec.concurrency:
        parts.append(f"{spec.concurrency:,} requests at once")
    if spec.requests_per_second:
        low = f"{needs.requests_per_second:g} to " if needs.requests_peak else ""
        parts.append(f"{low}{rate(spec.requests_per_second)}")
    if spec.tokens_per_second:
        parts.append(f"{spec.tokens_per_second:g} tokens a second")
    copies = _copies(needs)
    return (f" for {join(parts)}" if parts else "") + (f" in {copies}" if copies else "")


def _copies(needs: Needs) -> str:
    """Return the copies that were asked for; empty where none were."""
    low, high = needs.copies_min, needs.copies_max
    if high is None:
        return f"{count(low, 'copy')} or more" if low > 1 else ""
    return count(high, "copy") if low == high else f"{low} to {count(high, 'copy')}"


def _wishes(spec: WorkloadSpec, needs: Needs) -> list[str]:
    out, most = [], needs.ceilings
    if spec.gpu_count_min or spec.gpu_models:
        named = gpu_types(spec.gpu_models) or ("GPU" if spec.gpu_count_min == most.gpus == 1 else "GPUs")
        many = f"{spec.gpu_count_min} or more " if spec.gpu_count_min else ""
        out.append(f"{f'{most.gpus} {named} at most' if most.gpus else f'{many}{named}'}")
    if size := spec.vram_gb_min_per_gpu or most.card_gb:
        bound = (
            "at least"
            if not most.card_gb
            else "at most"
            if "vram_gb_min_per_gpu" in most.bare or not spec.vram_gb_min_per_gpu
            else "just"
        )
        where = "of GPU memory" if most.copy_gb else "on each GPU"
        out.append(f"{bound} {size:g} GB {where}")
    if spec.vram_gb_min_total:
        bound = "at most" if most.total_gb else "at least"
        out.append(f"{bound} {spec.vram_gb_min_total:g} GB of GPU memory in all")
    for amount, period in (
        (spec.budget_usd_hour, " an hour"),
        (spec.budget_usd_month, " a month"),
        (spec.budget_usd_total, " in all"),
    ):
        if amount and period == " a month" and (before := cheaper_than(spec)):
            out.append(before)
        elif amount:
            out.append(f"at most ${amount:,.2f}{period}")
    if spec.budget_currency and spec.budget_amount and spec.budget_period:
        period = "in all" if spec.budget_period.value == "total" else f"a {spec.budget_period.value}"
        out.append(f"at most {spec.budget_amount:,.0f} {spec.budget_currency} {period}")
    if spec.providers:
        out.append(join([provider(p) for p in spec.providers], "or"))
    if spec.providers_excluded:
        out.append(f"anything but {join([provider(p) for p in spec.providers_excluded], 'or')}")
    if spec.regions or spec.geos:
        out.append(f"a place in {join([*spec.regions, *map(shown, spec.geos)], 'or')}")
    if spec.compliance:
        out.append(join([c.replace("_", " ").upper() for c in spec.compliance]))
    if spec.license:
        out.append(
            {"commercial_ok": "a licence for commercial use", "open_source": "an open-source licence"}.get(
                spec.license, f"the licence {spec.license}"
            )
        )
    if spec.deadline_hours:
        out.append(f"an end within {spec.deadline_hours:g} hours")
    if spec.latency_ms_p95:
        out.append(f"answers within {spec.latency_ms_p95:g} ms")
    if spec.high_availability:
        out.append("no single point of failure")
    if needs.own_alone:
        out.append("your own machines alone")
    elif needs.prefers_local:
        out.append("your own cluster first")
    if spec.spot_ok is not None:
        wanted = "spot machines alone" if needs.spot_alone else "spot machines where they help"
        out.append(wanted if spec.spot_ok else "no spot machines")
    return out
