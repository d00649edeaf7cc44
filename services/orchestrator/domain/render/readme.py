"""The README of the bundle: what the files are, what the user must supply, where things are reached, in which order to
go."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, StackComponent, Workload, WorkloadKind
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.planning.algorithms import TREE_ENGINES
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.servers import api_of
from services.orchestrator.domain.planning.steps import task_values
from services.orchestrator.domain.planning.words import provider
from services.orchestrator.domain.planning.workload import dns_label, manifest_file, task_file
from services.orchestrator.domain.render.existing import of_installed
from services.orchestrator.domain.render.helmfile import release_name, stack_of
from services.orchestrator.domain.render.kubernetes.commands import LORA, quantization
from services.orchestrator.domain.render.kubernetes.objects import TOKEN_SECRET
from services.orchestrator.domain.render.libraries import own_command
from services.orchestrator.domain.render.notes import of_manifests
from services.orchestrator.domain.render.scripts import script_for
from services.orchestrator.domain.render.skypilot import cloud_of
from services.orchestrator.domain.render.text import code, md

_FILES: Final = {
    "plan.md": "the plan for people",
    "plan.json": "the plan for programs, by plan.schema.json",
    "architecture.mmd": "the diagram, for any Mermaid viewer",
    "helmfile.yaml": "the components, pinned",
}
_OPEN_MODELS: Final = {
    "train_volumes.py": "MONAI's SegResNet from the start",
}
"""Programs that work with a network of their own, whatever model the plan names."""


def readme(plan: DeploymentPlan) -> str:
    """Return the README."""
    parts = in_order(plan)
    cost = f"\n\n{md(plan.combined_cost.note)}" if plan.combined_cost else ""
    outside = "".join(f"\n\n{md(note)}" for note in of_manifests(plan))
    sections = [
        f"# Plan {plan.version}\n\n{' '.join(md(p.understanding) for p in parts)}{cost}",
        f"## Files\n\n{_bullets(_files(plan))}{outside}",
        f"## What you supply\n\n{_bullets(supplies(plan)) or '- Nothing: every value is in the files.'}",
    ]
    if reached := list(_addresses(plan)):
        sections.append(f"## Where things are reached\n\n{_bullets(reached)}")
    for part in parts:
        named = f" of {part.workload.name}" if part.workload and len(parts) > 1 else ""
        sections.append(f"## Steps{named}\n\n{_steps(part)}")
    return "\n\n".join(sections) + "\n"


def supplies(plan: DeploymentPlan) -> list[str]:
    """Return what the user must supply, each by the name of its Secret, volume, value or controller."""
    out: list[str] = []
    for part in in_order(plan):
        if part.workload:
            out += _of_workload(part.workload, part.gpu_recommendations[0])
    for component in stack_of(plan):
        out += _of_component(component)
    out += of_installed(plan)
    return list(dict.fromkeys(out))


def _files(plan: DeploymentPlan) -> Iterator[str]:
    for path, what in _FILES.items():
        yield f"`{path}`: {what}"
    for part in in_order(plan):
        work = part.workload
        if work:
            yield f"`{manifest_file(work.name)}`: {_doing(work)}, for Kubernetes"
            yield from (f"`{manifest_file(h.name)}`: the {h.name} model beside it" for h in work.helpers)
            yield f"`{task_file(work.name)}`: the same without a cluster of your own, for `sky launch`"


def _doing(work: Workload) -> str:
    verb = {WorkloadKind.SERVING: "serves", WorkloadKind.TRAINING: "trains", WorkloadKind.BATCH: "runs"}[work.kind]
    return f"{verb} {code(work.model_id) or 'the model'}"


def _steps(plan: DeploymentPlan) -> str:
    return "\n".join(
        f"{s.number}. **{md(s.title)}.** {md(s.detail)}"
        + (f"\n\n   ```sh\n   {s.command}\n   ```" if s.command else "")
        for s in plan.deployment_steps
    )


def _bullets(lines: Iterator[str] | list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _secret(name: str, namespace: str, keys: tuple[str, ...], what: str) -> str:
    """Return what a Secret holds and the command that makes it from files, so that no value is in a shell's history."""
    files = " ".join(f"--from-file={shlex.quote(f'{key}=./{key}')}" for key in keys)
    make = f"kubectl -n {namespace} create secret generic {shlex.quote(name)} {files}"
    named = ", ".join(code(key) for key in keys)
    return f"Secret {code(name)} in namespace {code(namespace)}, {named}: {what}. Make it with {code(make)}."


def _of_workload(work: Workload, lead: GpuRecommendation) -> Iterator[str]:
    if work.gated or any(h.gated for h in work.helpers):
        yield _secret(TOKEN_SECRET, work.name, ("token",), "a read token of the Hugging Face Hub")
    if work.kind is not WorkloadKind.SERVING:
        yield from _of_run(work)
    else:
        yield from _of_server(work)
    if work.result_of:
        what = "the adapter" if work.method in LORA else "the model"
        yield (
            f"The result of {code(work.result_of)}: {what} in the folder `final` of the volume "
            f"{code(f'{work.result_of}-checkpoints')}, copied to the root of the volume {code(f'{work.name}-result')}."
        )
    if work.node_count > 1:
        yield (
            "A storage class that several machines can mount at once (ReadWriteMany), as the cluster's default or set "
            "in the volume claims."
        )
        yield (
            "A fast network between the machines: the RDMA device plugin of the provider, where it has one. Without it "
            "they talk over TCP, and speeds of this plan are not reached."
        )
    if work.gpu_vendor == "amd":
        yield (
            "Access to the GPUs for pods that are not root: the devices `/dev/kfd` and `/dev/dri` of the nodes belong "
            "to group 44 or 109, else change `supplementalGroups`."
        )
    if quantization(work):
        yield (
            f"Your word on quality: where the published weights are not at {md(work.precision)} already, the server "
            f"brings them to that size as it loads ({quantization(work)}). Weights that somebody else quantised can "
            "take their place: set their id in the manifest."
        )
    if work.kind is WorkloadKind.SERVING and work.replicas_max > lead.replicas and work.gpu_resource:
        yield (
            f"Room for {work.replicas_max} copies: a node pool that grows by itself. The plan's machines hold those "
            "that it prices."
        )
    yield from (f"Environment value {code(v)} for `sky launch`: {md(what)}." for v, what in task_values(work).items())
    if work.kind is WorkloadKind.SERVING and lead.node_count > work.node_count:
        yield (
            f"For `sky launch`: {lead.node_count} machines answer, each at an address of its own; put a load balancer "
            "before them."
        )
    if not cloud_of(lead.provider):
        yield (
            f"For `sky launch`: SkyPilot does not know {md(provider(lead.provider))}, so it picks a cloud itself; "
            "prices differ from this plan."
        )


def _of_run(work: Workload) -> Iterator[str]:
    script, trains = script_for(work), work.kind is WorkloadKind.TRAINING
    volume = code(f"{work.name}-data")
    if work.node_count > 1 and trains:
        yield "The JobSet controller in the cluster (jobset.x-k8s.io/v1alpha2); Kubeflow Trainer brings it."
    yield f"Your data on the volume {volume}, at least {work.dataset_gib or 10} GiB" + (
        "." if trains else ", and room on it for what the batch writes: enlarge the claim where that is more."
    )
    if not trains and work.engine == "vllm":
        share = f"-0.jsonl to input-{work.node_count - 1}.jsonl, a share for each machine" * (work.node_count > 1)
        yield f"Requests in the batch format of the OpenAI API as `input{share or '.jsonl'}` on that volume."
    if not script and work.engine != "vllm":
        name = "train.py" if trains else "batch.py"
        yield (
            f"Your code on the same volume as `code/{name}`, for the task {code(work.model_task or 'of yours')}: no "
            f"program of ours does that on these machines. {own_command(work) if trains else ''}".rstrip()
        )
    if script in _OPEN_MODELS and work.model_id:
        yield (
            f"Your choice of network: the program trains {_OPEN_MODELS[script]}. To begin from {code(work.model_id)}, "
            "change it in the ConfigMap."
        )


def _of_server(work: Workload) -> Iterator[str]:
    if work.node_count > 1:
        yield "The LeaderWorkerSet controller in the cluster (leaderworkerset.x-k8s.io/v1)."
    if work.engine in TREE_ENGINES and not work.result_of:
        yield (
            f"Your trained trees as `model.joblib` on the volume {code(f'{work.name}-weights')}, as the program of a "
            f"training plan ({code('train_table.py')}) writes them."
        )
    if work.engine == "pipeline":
        yield (
            "A trial of the model: the server loads what transformers, diffusers or chronos know; other libraries need "
            "a few lines in its ConfigMap."
        )
    if work.engine == triton.NAME:
        yield from _of_triton(work)
    if work.engine == "python":
        yield "A server program of your own, on port 8000 with GET /health: no program of ours does this."
    elif not script_for(work) and work.engine == "pipeline":
        yield "A server program for these machines: ours runs on CPUs and on GPUs of NVIDIA and AMD."
    yield (
        f"Callers: pods in namespace {code(work.name)}, or in namespaces labelled `stack8s.io/client=true`; nothing "
        "else reaches the server."
    )


def _of_triton(work: Workload) -> Iterator[str]:
    """Yield what whoever runs or calls Triton has to see to, unlike with other servers."""
    if work.gpu_resource:
        yield "Nodes with NVIDIA's driver 580 or newer: Triton's image is made with CUDA 13."
    if not triton.runs_vllm(work):
        yield (
            "A trial of the model: the program loads what transformers in Triton's image knows; one that needs another "
            "library, such as timm, needs a build of the image with it."
        )
        yield (
            'Requests as `{"input": "...", "parameters": {}}`, a text or a picture as base64; answers have JSON in '
            "`output`."
        )
        return
    yield (
        "Prompts in the chat format of the model, as the chat template of its tokenizer writes them: Triton hands "
        "`text_input` to vLLM as it is."
    )
    if quantization(work) == "bitsandbytes":
        yield (
            "The package bitsandbytes in Triton's image, by a build of your own where it has none: it brings weights "
            "to 4 bit as they load. Weights that were published so need none."
        )
    if work.result_of and work.method in LORA:
        yield f"The name of the adapter in the parameters of requests to it: {code(f'lora_name: {work.name}-tuned')}."


def _of_component(part: StackComponent) -> Iterator[str]:
    space = dns_label(part.namespace or part.role)
    first = f" (make the namespace first: {code(f'kubectl create namespace {space}')})"
    yield from (_secret(s.name, space, s.keys, md(s.description).rstrip(".") + first) for s in part.secrets)


def _addresses(plan: DeploymentPlan) -> Iterator[str]:
    for part in in_order(plan):
        work = part.workload
        if work is None:
            continue
        if work.kind is WorkloadKind.SERVING:
            model = code(work.model_id) or "the model"
            yield f"{code(f'http://{work.name}.{work.name}.svc')}: {model} ({api_of(work)})"
        for helper in work.helpers:
            yield f"{code(f'http://{helper.name}.{work.name}.svc')}: {code(helper.model_id)} (/embed, /rerank)"
    for component in stack_of(plan):
        space = dns_label(component.namespace or component.role)
        yield f"{md(component.name)}: release {code(release_name(component))} in namespace {code(space)}"
