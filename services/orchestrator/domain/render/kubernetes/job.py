"""A run that ends: a Job on one machine, a JobSet over several."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.plan import Workload, WorkloadKind
from services.orchestrator.domain.render.kubernetes.commands import Program, batch, training
from services.orchestrator.domain.render.kubernetes.install import code_mounts, config_map, installer, python_path
from services.orchestrator.domain.render.kubernetes.objects import (
    WEIGHTS,
    Manifest,
    Object,
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


def job(work: Workload) -> tuple[Manifest, ...]:
    """Return the objects of a training run or a batch."""
    spread = work.node_count > 1
    rendezvous = f"{work.name}-nodes-0-0.{work.name}" if spread else ""
    program = training(work, rendezvous=rendezvous) if work.kind is WorkloadKind.TRAINING else batch(work)
    mode = "ReadWriteMany" if spread else "ReadWriteOnce"
    claims = [
        claim(work, "weights", work.weights_gib, mode=mode),
        claim(work, "data", max(work.dataset_gib, 10), mode=mode),
    ]
    if work.checkpoint_gib:
        claims.append(claim(work, "checkpoints", work.checkpoint_gib, mode=mode))
    runner = _job_set(work, program) if spread else make(work, "batch/v1", "Job", {"spec": _job_spec(work, program)})
    return (*base(work), *config_map(work, program), *claims, runner, network_policy(work, port=None, within=spread))


def _job_spec(work: Workload, program: Program) -> Object:
    retries = SPOT_RETRIES if work.spot else RETRIES
    spread = work.node_count > 1
    spec: Object = {"backoffLimit": 0 if spread else retries, "template": _pod(work, program)}
    if spread:
        spec |= {"parallelism": work.node_count, "completions": work.node_count, "completionMode": "Indexed"}
    else:
        # A machine that is drained or taken back is not the run's own failure, so it does not use up a retry.
        disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
        spec["podFailurePolicy"] = {"rules": [disrupted]}
    return spec


def _job_set(work: Workload, program: Program) -> Manifest:
    """All machines start together, find each other by name, and restart together from the last checkpoint."""
    spec = {
        "network": {"enableDNSHostnames": True, "subdomain": work.name},
        "failurePolicy": {"maxRestarts": SPOT_RETRIES if work.spot else RETRIES},
        "replicatedJobs": [{"name": "nodes", "replicas": 1, "template": {"spec": _job_spec(work, program)}}],
    }
    return make(work, "jobset.x-k8s.io/v1alpha2", "JobSet", {"spec": spec})


def _pod(work: Workload, program: Program) -> Object:
    code, code_volumes = code_mounts(work, program)
    shm, shm_volumes = shared_memory(work)
    names = {"weights": WEIGHTS, "data": "/data"} | ({"checkpoints": "/checkpoints"} if work.checkpoint_gib else {})
    env = environment(work, **python_path(program))
    if work.node_count > 1:
        index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
        env.append({"name": "NODE_RANK", "valueFrom": {"fieldRef": {"fieldPath": index}}})
    main = container(
        work,
        name="run",
        command=program.command,
        args=program.args,
        env=env,
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
