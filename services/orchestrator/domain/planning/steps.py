"""What to do to get from the plan to a running system, in order."""

from __future__ import annotations

import shlex

from services.orchestrator.domain.candidates import ModelCandidate
from services.orchestrator.domain.plan import DeploymentStep, StackComponent, Workload, WorkloadKind
from services.orchestrator.domain.planning.components import in_order
from services.orchestrator.domain.planning.engines import image_of
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.words import count, hardware, provider


def steps_of(
    option: Option,
    workload: Workload,
    stack: tuple[StackComponent, ...],
    *,
    dataset_gb: float,
    embedder: ModelCandidate | None = None,
    after: Workload | None = None,
) -> tuple[DeploymentStep, ...]:
    """Return the numbered steps for an option. embedder: the model that turns passages into vectors, served beside.
    after: the run whose result is served."""
    offer = option.offer
    hardware_text = hardware(offer.gpu_type, option.gpu_count, option.nodes, offer.instance_type)
    if offer.provider in NO_KUBERNETES:
        rows = _direct(option, workload, hardware_text)
        return _numbered([*rows[:-3], *_result(after), *_embedding(embedder), *rows[-3:]])
    if offer.provider == "local":
        first = (
            "Reserve the GPUs",
            f"Check that {hardware_text} are free in your cluster.",
            "kubectl get nodes -o wide",
        )
    else:
        where = f" in {offer.region}" if offer.region else ""
        first = (
            "Get the machines",
            f"Ask {provider(offer.provider)} for quota, then make a Kubernetes cluster with "
            f"{count(option.nodes, 'node')} {offer.instance_type}{where} "
            f"({hardware_text}, {offer.price_model.replace('_', '-')}).",
            "",
        )
    rows = [
        first,
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
        text = (
            f"Copy {dataset_gb:,.0f} GB to object storage near the machines, then onto the dataset "
            "volume. Encrypt it and keep the original."
        )
        rows.append(("Bring the data", text, ""))
    rows += [*_result(after), *_embedding(embedder)]
    rows.append(_deploy(workload))
    rows.append(_check(workload))
    return _numbered(rows)


def _numbered(rows: list[tuple[str, str, str]]) -> tuple[DeploymentStep, ...]:
    return tuple(
        DeploymentStep(number=n, title=title, detail=detail, command=command)
        for n, (title, detail, command) in enumerate(rows, 1)
    )


def _direct(option: Option, workload: Workload, hardware_text: str) -> list[tuple[str, str, str]]:
    """Return the steps where machines are no nodes of a cluster: SkyPilot rents, installs and runs."""
    name = provider(option.offer.provider)
    model = f" with {workload.model_id}" if workload.model_id else ""
    rows = [
        (
            "Prepare SkyPilot",
            f"{name} rents machines, not clusters, so SkyPilot starts the workload. Give it "
            f"your credentials of {name}.",
            'pip install "skypilot[all]" && sky check',
        ),
        (
            "Place the components",
            "The components of the stack need a cluster; install them in one that you have, "
            "before the workload starts.",
            "helmfile --file helmfile.yaml apply",
        ),
        (
            "Start the workload",
            f"Rents {hardware_text} and starts {workload.engine}{model}.",
            f"sky launch --cluster {workload.name}{' --secret HF_TOKEN' if workload.gated else ''} skypilot.yaml",
        ),
        ("Measure", "Compare speed and cost with this plan before you rely on it.", f"sky logs {workload.name}"),
        ("Release the machines", "Machines cost money until they are released.", f"sky down {workload.name}"),
    ]
    if workload.gated:
        text = (
            f"Accept the terms of {workload.model_id} on the Hub and put a read token in the environment as HF_TOKEN."
        )
        rows.insert(1, ("Supply the model token", text, ""))
    return rows


def _result(run: Workload | None) -> list[tuple[str, str, str]]:
    """Return how the result of a run comes to its server."""
    if run is None:
        return []
    kept = "the adapter" if run.method in ("lora", "qlora") else "the weights"
    text = (
        "When the run has ended, compare its last checkpoint with the published model on your own cases. Then copy "
        f"{kept} from the volume {run.name}-checkpoints to the volume that the server reads them from."
    )
    return [("Hand over the result", text, "")]


def _embedding(model: ModelCandidate | None) -> list[tuple[str, str, str]]:
    """Return how the model that embeds passages is served: on CPUs of any cluster, because it is small."""
    if model is None:
        return []
    image, name = image_of("tei", None), shlex.quote(model.model_id)
    text = (
        f"{model.model_id} turns documents and questions into vectors. Text Embeddings Inference serves it on CPUs at "
        "http://embedding.embedding.svc, beside the model that answers."
    )
    if model.gated:
        text += " It is gated: set HF_TOKEN of the deployment from a Secret."
    command = (
        "kubectl create namespace embedding && kubectl -n embedding create deployment embedding "
        f"--image={image} --port=80 -- text-embeddings-router --port 80 --model-id {name} "
        "&& kubectl -n embedding expose deployment embedding --port=80"
    )
    return [("Serve the embedding model", text, command)]


def _deploy(workload: Workload) -> tuple[str, str, str]:
    command = f"kubectl apply --namespace {workload.name} --filename kubernetes/"
    model = workload.model_id or "your code"
    match workload.kind:
        case WorkloadKind.SERVING:
            split = f", split over {workload.tensor_parallel} GPUs" if workload.tensor_parallel > 1 else ""
            return (
                "Deploy the server",
                f"Starts {workload.engine} with {model} at {workload.precision}{split}, "
                f"{count(workload.replicas_min, 'copy').replace('copys', 'copies')}.",
                command,
            )
        case WorkloadKind.TRAINING:
            total = workload.node_count * max(workload.gpus_per_node, 1)
            return (
                "Start the training",
                f"Starts {count(total, 'process').replace('processs', 'processes')} of "
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
