"""What to do to get from the plan to a running system, in order."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.candidates import Offer
from services.orchestrator.domain.plan import DeploymentStep, InstalledComponent, StackComponent, Workload, WorkloadKind
from services.orchestrator.domain.planning.algorithms import TREE_ENGINES
from services.orchestrator.domain.planning.application import gateway_rows, retrieval_rows
from services.orchestrator.domain.planning.components import in_order
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.servers import SERVER, server_name
from services.orchestrator.domain.planning.words import count, hardware, join, precision, provider
from services.orchestrator.domain.planning.workload import manifest_file, task_file


def steps_of(
    option: Option,
    workload: Workload,
    stack: tuple[StackComponent, ...],
    *,
    there: tuple[InstalledComponent, ...] = (),
    dataset_gb: float,
    after: Workload | None = None,
    host: Offer | None = None,
) -> tuple[DeploymentStep, ...]:
    """Return the numbered steps for an option. after: the run whose result is served. host: the components' machine.
    there: what runs already."""
    offer = option.offer
    hardware_text = hardware(offer.gpu_type, option.gpu_count, option.nodes, offer.instance_type)
    if offer.provider in NO_KUBERNETES:
        rows = _direct(option, workload, hardware_text, components=bool(stack))
        written = retrieval_rows(workload, stack, there, in_cluster=False)
        return _numbered([*rows[:-3], *_result(after), *_helpers(workload), *rows[-3:-2], *written, *rows[-2:]])
    if offer.provider == "local":
        first = (
            "Reserve the GPUs",
            f"Check that {hardware_text} are free in your cluster.",
            "kubectl get nodes -o wide",
        )
    else:
        where = f" in {offer.region}" if offer.region else ""
        beside = f", and 1 node {host.instance_type} for the components" if host else ""
        first = (
            "Get the machines",
            f"Ask {provider(offer.provider)} for quota, then make a Kubernetes cluster with "
            f"{count(option.nodes, 'node')} {offer.instance_type}{where} "
            f"({hardware_text}, {offer.price_model.replace('_', '-')}){beside}.",
            "",
        )
    rows = [
        first,
        *_connect(there),
        (
            "Make the namespace",
            "Everything of this plan lives in one namespace.",
            f"kubectl create namespace {workload.name}",
        ),
    ]
    if workload.gated:
        text = (
            f"Accept the terms of {workload.model_id} on the Hub, then store a read token as the "
            "Secret hf-token, key token."
        )
        rows.append(
            (
                "Supply the model token",
                text,
                f"kubectl -n {workload.name} create secret generic hf-token --from-file=token=./hf-token",
            )
        )
    if stack:
        names = ", ".join(f"{c.name} {c.version}" for c in in_order(stack))
        rows.append(("Install the components", f"In dependency order: {names}.", "helmfile --file helmfile.yaml apply"))
    if dataset_gb and workload.kind is not WorkloadKind.SERVING:
        size = f"{dataset_gb:,.{0 if dataset_gb >= 10 else 1}f} GB"
        text = (
            f"Copy {size} to object storage near the machines, then onto the dataset volume. "
            "Encrypt it and keep the original."
        )
        rows.append(("Bring the data", text, ""))
    rows += [*_result(after), *_helpers(workload)]
    rows.append(_deploy(workload))
    rows += gateway_rows(workload, stack, in_cluster=True)
    rows += retrieval_rows(workload, stack, there, in_cluster=True)
    rows.append(_check(workload))
    return _numbered(rows)


def _connect(installed: tuple[InstalledComponent, ...]) -> list[tuple[str, str, str]]:
    """Return how the workload comes to what is there already."""
    names = list(dict.fromkeys(one.name for one in installed if one.role and one.role != SERVER))
    if not names:
        return []
    text = (
        f"The nodes join the cluster in which {join(names)} {'runs' if len(names) == 1 else 'run'}, or a cluster of "
        "their own reaches it. What leads there is listed in the README of the bundle, to be checked."
    )
    return [("Connect what you run already", text, "")]


def _numbered(rows: list[tuple[str, str, str]]) -> tuple[DeploymentStep, ...]:
    return tuple(
        DeploymentStep(number=n, title=title, detail=detail, command=command)
        for n, (title, detail, command) in enumerate(rows, 1)
    )


def _direct(option: Option, workload: Workload, hardware_text: str, *, components: bool) -> list[tuple[str, str, str]]:
    """Return the steps where machines are no nodes of a cluster: SkyPilot rents, installs and runs. components: there
    are some to install elsewhere."""
    name = provider(option.offer.provider)
    model = f" with {workload.model_id}" if workload.model_id else ""
    given = "".join(f" --env {value}" for value in task_values(workload)) + " --secret HF_TOKEN" * workload.gated
    rows = [
        (
            "Prepare SkyPilot",
            f"{name} rents machines, not clusters, so SkyPilot starts the workload. Give it "
            f"your credentials of {name}.",
            'pip install "skypilot[all]" && sky check',
        ),
        (
            "Start the workload",
            f"Rents {hardware_text} and starts {server_name(workload.engine)}{model}.",
            f"sky launch --cluster {workload.name}{given} {task_file(workload.name)}",
        ),
        ("Measure", "Compare speed and cost with this plan before you rely on it.", f"sky logs {workload.name}"),
        ("Release the machines", "Machines cost money until they are released.", f"sky down {workload.name}"),
    ]
    if components:
        text = (
            "The components of the stack need a cluster; install them in one that you have, before the workload starts."
        )
        rows.insert(1, ("Place the components", text, "helmfile --file helmfile.yaml apply"))
    if workload.gated:
        text = (
            f"Accept the terms of {workload.model_id} on the Hub and put a read token in the environment as HF_TOKEN."
        )
        rows.insert(1, ("Supply the model token", text, ""))
    if values := task_values(workload):
        said = "; ".join(f"{value}: {what}" for value, what in values.items())
        rows.insert(-3, ("Name the places of data", f"Set in the environment {said}.", ""))
    return rows


def task_values(workload: Workload) -> dict[str, str]:
    """Return the values that a SkyPilot task takes from the environment, by name, and what each is."""
    if workload.kind is not WorkloadKind.SERVING:
        return {
            "DATA": "a bucket or folder with your data",
            "RESULTS": "a bucket for what the run writes, which outlives its machines",
        }
    return {"RESULT": f"the bucket or folder with the result of {workload.result_of}"} if workload.result_of else {}


def _result(run: Workload | None) -> list[tuple[str, str, str]]:
    """Return how the result of a run comes to its server."""
    if run is None:
        return []
    kept = "the adapter" if run.method in ("lora", "qlora") else "the weights"
    text = (
        "When the run has ended, compare its last checkpoint with the published model on your own cases. Then copy "
        f"{kept} from the volume {run.name}-checkpoints, or from the bucket RESULTS where SkyPilot ran it, to the "
        "volume that the server reads them from."
    )
    return [("Hand over the result", text, "")]


def _helpers(workload: Workload) -> list[tuple[str, str, str]]:
    """Return how the small servers beside the workload start: on CPUs of the cluster, where its components are."""
    return [
        (
            f"Serve the {helper.name} model",
            f"{helper.model_id} {_HELPS.get(helper.name, 'helps')}. Text Embeddings Inference serves it on CPUs at "
            f"http://{helper.name}.{workload.name}.svc.",
            f"kubectl apply --filename {manifest_file(helper.name)}",
        )
        for helper in workload.helpers
    ]


_HELPS: Final = {
    "embedding": "turns documents and questions into vectors",
    "reranking": "puts the passages that were found in order",
}


def _deploy(workload: Workload) -> tuple[str, str, str]:
    command = f"kubectl apply --filename {manifest_file(workload.name)}"
    trees = workload.engine in TREE_ENGINES
    model = workload.model_id or (f"the trees ({workload.engine})" if trees else "your code")
    match workload.kind:
        case WorkloadKind.SERVING:
            gpus = workload.tensor_parallel * workload.pipeline_parallel
            split = f", split over {gpus} GPUs" if gpus > 1 else ""
            return (
                "Deploy the server",
                f"Starts {server_name(workload.engine)} with {model} at {precision(workload.precision)}{split}, "
                f"{count(workload.replicas_min, 'copy')}.",
                command,
            )
        case WorkloadKind.TRAINING:
            if trees:
                text = f"Grows trees with {workload.engine}; an interrupted run begins anew."
                return "Start the training", text, command
            total = workload.node_count * max(workload.gpus_per_node, 1)
            return (
                "Start the training",
                f"Starts {count(total, 'process')} of "
                f"{model}; a checkpoint is written every 30 minutes and the run resumes from "
                "the last one.",
                command,
            )
        case WorkloadKind.BATCH:
            return "Start the batch job", f"Runs {model} over the input once; a failed part is tried again.", command


def _check(workload: Workload) -> tuple[str, str, str]:
    if workload.kind is WorkloadKind.SERVING:
        text = (
            "Send real requests at the expected peak, compare speed and cost with this plan, then "
            "open the endpoint to users."
        )
        return (
            "Measure before going live",
            text,
            f"kubectl -n {workload.name} port-forward service/{workload.name} 8000:80",
        )
    text = (
        "Run a tenth first, compare its time with this plan, then start the whole run. Release "
        "the machines when it is over."
    )
    return (
        "Measure, then run",
        text,
        f"kubectl -n {workload.name} logs --follow --selector app.kubernetes.io/name={workload.name}",
    )
