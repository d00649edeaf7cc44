"""A run that ends: a Job; a JobSet where several machines train together. Several machines of a batch are one Job, each
of them with a share of the input."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.plan import Workload, WorkloadKind
from services.orchestrator.domain.render.kubernetes.commands import Program, batch, training
from services.orchestrator.domain.render.kubernetes.install import (
    code_mounts,
    config_map,
    installer,
    ready,
    tracked,
)
from services.orchestrator.domain.render.kubernetes.neighbours import Neighbours
from services.orchestrator.domain.render.kubernetes.objects import (
    WEIGHTS,
    Manifest,
    Object,
    Service,
    base,
    claim,
    container,
    environment,
    labels,
    make,
    network_policy,
    pod_spec,
    shared_memory,
)

RETRIES: Final = 6
"""Restarts before a run counts as failed; on spot machines a restart is expected, so there are more."""
SPOT_RETRIES: Final = 50


def job(work: Workload, around: Neighbours) -> tuple[Manifest, ...]:
    """Return the objects of a training run or a batch."""
    spread = work.node_count > 1
    trains = work.kind is WorkloadKind.TRAINING
    together = spread and trains
    rendezvous = f"{work.name}-nodes-0-0.{work.name}" if together else ""
    tracking = around.tracking if trains else None
    program = training(work, rendezvous=rendezvous) if trains else batch(work, folder="/data")
    program = ready(tracked(program) if tracking else program)
    mode = "ReadWriteMany" if spread else "ReadWriteOnce"
    claims = [
        claim(work, "weights", work.weights_gib, mode=mode),
        claim(work, "data", max(work.dataset_gib, 10), mode=mode),
    ]
    if work.checkpoint_gib:
        claims.append(claim(work, "checkpoints", work.checkpoint_gib, mode=mode))
    spec = _job_spec(work, _pod(work, program, tracking), together=together)
    runner = _job_set(work, spec) if together else make(work, "batch/v1", "Job", {"spec": spec})
    policy = network_policy(work, ports=(), within=together, tracking=tracking)
    return (*base(work), *config_map(work, program), *claims, runner, policy)


def _job_spec(work: Workload, pod: Object, *, together: bool) -> Object:
    """Return the spec of a Job. together: its pods end together, so the JobSet counts the retries."""
    retries = SPOT_RETRIES if work.spot else RETRIES
    spec: Object = {"backoffLimit": 0 if together else retries * work.node_count, "template": pod}
    if work.node_count > 1:
        spec |= {"parallelism": work.node_count, "completions": work.node_count, "completionMode": "Indexed"}
    if not together:
        # A machine that is drained or taken back is not the run's own failure, so it does not use up a retry.
        disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
        spec["podFailurePolicy"] = {"rules": [disrupted]}
    return spec


def _job_set(work: Workload, spec: Object) -> Manifest:
    """All machines start together, find each other by name, and restart together from the last checkpoint."""
    body = {
        "network": {"enableDNSHostnames": True, "subdomain": work.name},
        "failurePolicy": {"maxRestarts": SPOT_RETRIES if work.spot else RETRIES},
        "replicatedJobs": [{"name": "nodes", "replicas": 1, "template": {"spec": spec}}],
    }
    return make(work, "jobset.x-k8s.io/v1alpha2", "JobSet", {"spec": body})


def _pod(work: Workload, program: Program, tracking: Service | None) -> Object:
    code, code_volumes = code_mounts(work, program)
    shm, shm_volumes = shared_memory(work)
    names = {"weights": WEIGHTS, "data": "/data"} | ({"checkpoints": "/checkpoints"} if work.checkpoint_gib else {})
    runs = {"MLFLOW_TRACKING_URI": tracking.url, "MLFLOW_EXPERIMENT_NAME": work.name} if tracking else {}
    main = container(
        work,
        name="run",
        command=program.command,
        args=program.args,
        env=environment(work, **runs),
        mounts=[*({"name": n, "mountPath": path} for n, path in names.items()), *code, *shm],
    )
    volumes = [{"name": n, "persistentVolumeClaim": {"claimName": f"{work.name}-{n}"}} for n in names]
    spec = pod_spec(
        work,
        containers=[main],
        init=installer(work, program),
        volumes=[*volumes, *code_volumes, *shm_volumes],
        restartPolicy="Never",
    )
    return {"metadata": {"labels": labels(work)}, "spec": spec}
