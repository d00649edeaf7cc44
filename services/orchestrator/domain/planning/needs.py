"""From what was said to what is planned for: every default is named as an assumption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

from services.orchestrator.domain import outflow
from services.orchestrator.domain.plan import ExchangeRate, WorkloadKind
from services.orchestrator.domain.planning import places, triton
from services.orchestrator.domain.planning.algorithms import Algorithm, algorithm_of, told
from services.orchestrator.domain.planning.alone import offline, own_alone
from services.orchestrator.domain.planning.amounts import Amount, amount_of, requests_told, translated_tokens
from services.orchestrator.domain.planning.barred import NOWHERE, Barred
from services.orchestrator.domain.planning.budget import budgets, cheaper_than
from services.orchestrator.domain.planning.cards import comfort_gib, vendors_of
from services.orchestrator.domain.planning.ceilings import NONE as NO_CEILINGS
from services.orchestrator.domain.planning.ceilings import Ceilings, ceilings_of
from services.orchestrator.domain.planning.copies import NOT_SAID, copies_of
from services.orchestrator.domain.planning.datasets import size_gb
from services.orchestrator.domain.planning.engines import BATCHING_ENGINES, LANGUAGE_TASKS, engine_of
from services.orchestrator.domain.planning.imaging import FOCUS, Imaging, imaging_of
from services.orchestrator.domain.planning.pace import CHAT_PROMPT, load_of, pace_of, small_budget
from services.orchestrator.domain.planning.runs import WEEK_HOURS, RunSize, run_size
from services.orchestrator.domain.planning.servers import named_servers
from services.orchestrator.domain.planning.standing import NOTHING, Standing, asked_roles, standing_of
from services.orchestrator.domain.planning.subject import (
    CODE_FOCUS,
    about_code,
    asks_stack,
    gpu_of,
    kind_of,
    method_of,
    precisions_for,
    size_of,
    task_of,
    wants_gpu,
)
from services.orchestrator.domain.planning.terms import low_load, spot_alone
from services.orchestrator.domain.planning.tongues import is_of_words, languages_in
from services.orchestrator.domain.planning.where import left_out, told_of_places
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

GIB_PER_GB: Final = 1e9 / 2**30

REPEATS: Final = 5
"""Runs until a model that is trained from the ground up is as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the machines must do and may cost. None or empty: no such limit."""

    kind: WorkloadKind
    task: str
    """Hub pipeline tag; empty when neither task nor field is known."""
    method: str
    """inference, full, lora or qlora."""
    precisions: tuple[str, ...]
    """Precisions that may be planned, best quality first; a later one only when no earlier one is possible."""
    gpu: bool
    precision_stated: bool = False
    cpu_too: bool = False
    """Machines without GPUs are considered beside those with GPUs."""
    focus: str = ""
    """What narrows the search for models beyond the task, such as medical imaging or code."""
    imaging: Imaging | None = None
    """The kind of medical images that it is about; None where it is about none."""
    vendors: frozenset[str] | None = None
    """Makers of GPUs that are considered: the one that is wished; None where the spec names GPU types."""
    context_tokens: int | None = None
    concurrency: int | None = None
    """Requests in flight at the same time."""
    each_copy: bool = False
    """That many are in flight on each copy, because only how many come in a second was said."""
    params_b: tuple[float, float] | None = None
    """Bounds on the size of models that are not named."""
    params_wished: bool = False
    """params_b is a wish of the user's, not a default."""
    gpu_types: tuple[str, ...] = ()
    gpu_types_excluded: tuple[str, ...] = ()
    gpu_count_min: int = 0
    ceilings: Ceilings = NO_CEILINGS
    """The most GPUs and GPU memory that may be used."""
    gpu_memory_gib_min: float = 0.0
    gpu_memory_total_gib_min: float = 0.0
    comfort_gib: float = 0.0
    """Memory of each GPU that is taken when the wishes leave room for it."""
    providers: tuple[str, ...] = ()
    providers_excluded: tuple[str, ...] = ()
    attested: frozenset[str] | None = None
    regions: tuple[str, ...] = ()
    countries: frozenset[str] | None = None
    """ISO codes; None where all but those that are ruled out will do."""
    geos: tuple[str, ...] = ()
    """Where the user wants them, by name."""
    barred: Barred = NOWHERE
    """Places that are ruled out; with any, a country that is not known is ruled out too."""
    compliance: tuple[str, ...] = ()
    spot: bool = False
    """Spot prices may be planned with."""
    spot_alone: bool = False
    """Nothing on demand may be."""
    budget_month: Decimal | None = None
    """USD."""
    cheaper_than: str = ""
    """What the monthly budget stands for, where the user named no figure but asked for a cheaper plan."""
    budget_hour: Decimal | None = None
    budget_total: Decimal | None = None
    rate: ExchangeRate | None = None
    deadline_hours: float | None = None
    tokens_per_second: float | None = None
    requests_per_second: float | None = None
    """What machines are planned for: the low load where a low and a high one were said."""
    requests_peak: float | None = None
    """The high load, which copies are added for; None where only one load was said."""
    latency_ms: float | None = None
    license: str | None = None
    languages: tuple[str, ...] = ()
    """Languages that the model has to know, as ISO 639-1 codes; empty where none was named or English alone, or
    new weights are trained."""
    replicas_min: int = 1
    """Copies that availability asks for, each on machines of its own."""
    copies_min: int = 1
    """Copies that the user asked for, wherever they run."""
    copies_max: int | None = None
    """Most copies that may be added under load; None where that was not said."""
    prefers_local: bool = False
    own_alone: bool = False
    """Nothing may be rented."""
    offline: bool = False
    """The machines have no way to the internet."""
    retrieval: bool = False
    """Answers from documents, so passages are turned into vectors and searched."""
    standing: Standing = NOTHING
    """What the user runs already and does not want."""
    asked_roles: Mapping[str, str] = field(default_factory=dict)
    """Roles of components that the user asked for, with the software that was named for them, or nothing."""
    clustered: bool = False
    """Components run beside the workload, so its machines should be nodes of their cluster."""
    dataset_gb: float = 0.0
    """Of what was stated, else of the items, tokens or hours that a job goes through; 0 where nothing tells."""
    egress_gb: float | None = None
    """What leaves the provider in a month, as stated; None where it was not said."""
    batches: bool = False
    """The server works on the requests in flight together; otherwise on one at a time."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    """Of a request, for its speed; None leaves it to the catalogue."""
    flowing_tokens_per_second: float = 0.0
    """Output at which answers flow as fast as people read, and speech is written down as it is spoken, for all in
    flight; 0 where neither is done."""
    wait_ms: float = 0.0
    """Longest wait of a request behind those in flight where a server takes one at a time; 0 where it does not."""
    run: RunSize | None = None
    """What one training run goes through."""
    runs: int = 1
    """How often a job is run."""
    triton: bool = False
    """Triton was asked for, and serves such a task."""
    algorithm: Algorithm | None = None
    """What is trained or served in place of a model of the Hub; None where such a model is."""
    amount: Amount | None = None
    """What a batch goes through."""
    repeated: bool = False
    """The job is run many times, as training from the ground up is."""
    comfort_hours: float | None = None
    """Length of a run that is kept to when the wishes leave room for it."""
    assumptions: tuple[str, ...] = ()

    @property
    def learns_tables(self) -> bool:
        """Tell whether trees are grown over a table, or served."""
        return self.algorithm is not None and self.algorithm.trees is not None

    def in_flight_on(self, copies: int) -> int | None:
        """Return the requests in flight on so many copies together."""
        return self.concurrency * copies if self.concurrency and self.each_copy else self.concurrency


def needs_of(spec: WorkloadSpec, *, words: str = "") -> Needs:
    """Return what to plan for. Nothing is written back into the spec; what was not said is in assumptions.

    words: the user's own description of the job, which may narrow the field further than the spec can say.
    """
    said: list[str] = []
    standing = standing_of(words)
    kind = kind_of(spec, said, words=words)
    imaging = imaging_of(spec, words)
    task = task_of(spec, words, said, imaging=imaging)
    language = task in LANGUAGE_TASKS
    method = method_of(spec, kind, words, language=language, said=said)
    algorithm = algorithm_of(spec, task, kind)
    gpu = gpu_of(spec, task, algorithm, said)
    engine = engine_of(task, kind, gpu=gpu, algorithm=algorithm)
    batches = engine in BATCHING_ENGINES
    context, concurrency = load_of(spec, kind, words, language=language, batches=batches, said=said)
    hour, month, total, rate = budgets(spec, said)
    training = kind is WorkloadKind.TRAINING
    volumes = imaging is Imaging.VOLUMES
    run = None
    if training and not (algorithm and algorithm.makes_data):
        heard = said if algorithm is None else []  # passes and items mean nothing where a library decides
        run = run_size(spec, words, task, language=language, volumes=volumes, said=heard)
        run = run if algorithm is None else run._replace(epochs=1.0)
    said += told(algorithm, spec, kind) if algorithm else []
    repeated = training and spec.task_type is not TaskType.FINE_TUNING
    runs = 1 if not repeated or language or spec.deadline_hours or spec.budget_usd_total else REPEATS
    if runs > 1:
        said.append(f"Training from the ground up is done {runs} times before the settings are right.")
    batch = kind is WorkloadKind.BATCH
    amount = amount_of(spec, words, task, language=language, said=said) if batch else None
    serving = kind is WorkloadKind.SERVING
    translated = translated_tokens(task, words)
    if serving and translated:
        said.append(requests_told(translated))
    dataset_gb = size_gb(spec, task, volumes=volumes, run=run, amount=amount, said=said)
    low = low_load(spec, words) if serving else None
    if low:
        said.append(
            f"Machines for {low:g} requests a second run all month, and copies are added up to "
            f"{spec.requests_per_second:g}; how long the load is low or high was not said."
        )
    ceilings = ceilings_of(spec, words)
    copies = copies_of(words) if serving else NOT_SAID
    if copies.least == 0:
        said.append(
            "One copy runs at the least: the queue by which copies are added is its own, so none could wake it."
        )
    flowing, wait_ms = pace_of(spec, task, concurrency, said) if serving else (0.0, 0.0)
    if kind is not WorkloadKind.SERVING and not spec.deadline_hours and not spec.gpu_count_min:
        said.append("A run should end within a week where the wishes allow it, else in a month or a quarter of a year.")
    if outflow.without_period(words):
        said.append(f"{outflow.gb_a_month(words):,g} GB of traffic leave each month: how often was not said.")
    floor = partial(ceilings.floor, spec)
    alone = own_alone(spec, words)
    barred, attested = told_of_places(spec, words, said)
    if spec.high_availability:
        said.append("High availability means at least two copies on separate machines.")
    return Needs(
        kind=kind,
        task=task,
        method=method,
        precisions=precisions_for(
            spec, method, words, language=language, learns_tables=bool(algorithm and algorithm.trees), said=said
        ),
        gpu=gpu,
        precision_stated=bool(spec.precision),
        cpu_too=gpu and not training and not wants_gpu(spec),
        focus=FOCUS[imaging] if imaging else CODE_FOCUS if task == "text-generation" and about_code(words) else "",
        imaging=imaging,
        vendors=vendors_of(spec, many=language or training),
        context_tokens=context,
        concurrency=concurrency,
        each_copy=serving and batches and bool(spec.requests_per_second) and not spec.concurrency,
        params_b=size_of(spec, language=language, reads=task != spec.model_task, said=said),
        params_wished=bool(spec.model_params_b) and not spec.models,
        gpu_types=spec.gpu_models,
        gpu_types_excluded=spec.gpu_models_excluded,
        gpu_count_min=floor("gpu_count_min") or 0,
        ceilings=ceilings,
        gpu_memory_gib_min=(floor("vram_gb_min_per_gpu") or 0) * GIB_PER_GB,
        gpu_memory_total_gib_min=(floor("vram_gb_min_total") or 0) * GIB_PER_GB,
        providers=("local",) if alone else spec.providers,
        comfort_gib=comfort_gib(spec, kind, task, said, volumes=volumes),
        providers_excluded=left_out(spec, said, personal=imaging is not None),
        attested=attested,
        regions=spec.regions,
        countries=places.allowed_countries(spec.geos, spec.compliance, regions=spec.regions, barred=barred.countries),
        geos=spec.geos,
        barred=barred,
        compliance=spec.compliance,
        spot=bool(spec.spot_ok),
        spot_alone=spot_alone(spec, words),
        budget_hour=hour,
        budget_month=month,
        cheaper_than=cheaper_than(spec),
        budget_total=total,
        rate=rate,
        deadline_hours=spec.deadline_hours,
        tokens_per_second=spec.tokens_per_second,
        requests_per_second=low or spec.requests_per_second,
        requests_peak=spec.requests_per_second if low else None,
        latency_ms=spec.latency_ms_p95,
        license=spec.license,
        languages=languages_in(words) if algorithm is None and not repeated and is_of_words(task) else (),
        replicas_min=2 if spec.high_availability and kind is WorkloadKind.SERVING else 1,
        copies_min=copies.least or 1,
        copies_max=copies.most,
        prefers_local=bool(spec.prefers_local_cluster) or alone,
        own_alone=alone,
        offline=offline(words),
        retrieval=spec.task_type is TaskType.RAG,
        standing=standing,
        asked_roles=asked_roles(spec, standing),
        clustered=spec.task_type is TaskType.RAG
        or asks_stack(spec, words)
        or bool(standing.held or low or copies.most),
        dataset_gb=dataset_gb,
        egress_gb=outflow.gb_a_month(words),
        run=run,
        runs=runs,
        triton=serving and triton.NAME in named_servers(spec, standing) and triton.serves(engine, task),
        algorithm=algorithm,
        amount=amount,
        batches=batches,
        prompt_tokens=CHAT_PROMPT if serving and language and small_budget(spec) else translated,
        output_tokens=translated,
        flowing_tokens_per_second=flowing,
        wait_ms=0.0 if batches else wait_ms,
        repeated=repeated,
        comfort_hours=WEEK_HOURS if not serving and not spec.deadline_hours and not spec.gpu_count_min else None,
        assumptions=tuple(said),
    )
