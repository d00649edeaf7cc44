"""The README of the bundle: what the files are, what the user must supply, in which order to go."""

from __future__ import annotations

from services.orchestrator.domain.plan import DeploymentPlan, Workload, WorkloadKind
from services.orchestrator.domain.render.helmfile import SWITCHED_OFF, release_name
from services.orchestrator.domain.render.kubernetes.objects import TOKEN_SECRET
from services.orchestrator.domain.render.scripts import script_for
from services.orchestrator.domain.render.text import code, md

_FILES = (
    ("plan.md", "the plan for people"),
    ("plan.json", "the plan for programs, by plan.schema.json"),
    ("architecture.mmd", "the diagram, for any Mermaid viewer"),
    ("helmfile.yaml", "the components, pinned"),
    ("kubernetes/workload.yaml", "the workload"),
    ("skypilot.yaml", "the workload without a cluster of your own, for `sky launch`"),
)


def readme(plan: DeploymentPlan) -> str:
    """Return the README."""
    steps = "\n".join(
        f"{s.number}. **{md(s.title)}.** {md(s.detail)}{_block(s.command)}" for s in plan.deployment_steps
    )
    listed = "\n".join(f"- `{path}`: {what}" for path, what in _FILES)
    needed = "\n".join(f"- {line}" for line in supplies(plan)) or "- Nothing: every value is in the files."
    return (
        f"# Plan {plan.version}\n\n{md(plan.understanding)}\n\n## Files\n\n{listed}\n\n## What you "
        f"supply\n\n{needed}\n\n## Steps\n\n{steps}\n"
    )


def supplies(plan: DeploymentPlan) -> list[str]:
    """Return what the user must supply, each by the name of its Secret, volume or controller."""
    work = plan.workload
    out = _of_workload(work) if work else []
    for part in plan.kubernetes_stack:
        space = code(part.namespace)
        for secret in part.secrets:
            keys = ", ".join(code(k) for k in secret.keys)
            out.append(f"Secret {code(secret.name)} in namespace {space} with {keys}: {md(secret.description)}")
        if part.role in SWITCHED_OFF:
            out.append(
                f"Release {code(release_name(part))} is switched off in the helmfile, because the "
                "manifests run the server already. "
                "To use the chart instead, set `installed: true` and leave out the workload file."
            )
    return out


def _of_workload(work: Workload) -> list[str]:
    out = []
    if work.model_id:
        must = "must hold" if work.gated else "may hold"
        out.append(
            f"Secret {code(TOKEN_SECRET)} in namespace {code(work.name)}, key `token`: {must} a "
            "read token of the Hugging Face Hub."
        )
    spread = work.node_count > 1
    if spread and work.kind is WorkloadKind.SERVING:
        out.append("The LeaderWorkerSet controller in the cluster (leaderworkerset.x-k8s.io/v1).")
    if spread and work.kind is not WorkloadKind.SERVING:
        out.append("The JobSet controller in the cluster (jobset.x-k8s.io/v1alpha2); Kubeflow Trainer brings it.")
    if spread:
        out.append("A storage class that several machines can mount at once (ReadWriteMany) for the volumes.")
    if work.kind is not WorkloadKind.SERVING:
        out.append(f"Your data on the volume {code(f'{work.name}-data')}, at least {work.dataset_gib or 10} GiB.")
    if work.kind is WorkloadKind.TRAINING and not script_for(work):
        out.append(
            "Your training code on the same volume as `code/train.py`; it is started by torchrun "
            f"for the task {code(work.model_task or 'of yours')}."
        )
    if work.engine == "python" and work.kind is WorkloadKind.SERVING:
        out.append(
            f"Your trained model as `model.txt` on the volume {code(f'{work.name}-weights')}; the "
            "training of a plan writes one."
        )
    if work.engine == "pipeline":
        out.append(
            "A trial of the model: the server loads what transformers, diffusers or chronos know; "
            "other libraries need a few lines in its ConfigMap."
        )
    if work.kind is WorkloadKind.SERVING:
        out.append(
            f"Callers: pods in namespace {code(work.name)}, or in namespaces labelled "
            "`stack8s.io/client=true`; nothing else reaches the server."
        )
    return out


def _block(command: str) -> str:
    return f"\n\n   ```sh\n   {command}\n   ```" if command else ""
