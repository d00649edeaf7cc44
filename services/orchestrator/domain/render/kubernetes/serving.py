"""A server that answers requests: on one machine a Deployment or StatefulSet, over several a LeaderWorkerSet."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.render.kubernetes.commands import PORT, Program, server
from services.orchestrator.domain.render.kubernetes.install import code_mounts, config_map, installer, python_path
from services.orchestrator.domain.render.kubernetes.objects import (
    WEIGHTS,
    Manifest,
    Object,
    base,
    claim,
    claim_spec,
    container,
    environment,
    labels,
    make,
    network_policy,
    pod_spec,
    shared_memory,
)

QUEUE_PER_COPY: Final = 4
"""Waiting requests of one copy that call for another."""
START_MINUTES: Final = 60
"""How long a first start may take: tens or hundreds of GiB of weights are downloaded."""


def serving(work: Workload, *, keda: bool, monitoring: str) -> tuple[Manifest, ...]:
    """Return the objects of a server. keda: the stack has KEDA. monitoring: namespace of Prometheus, empty without
    it."""
    program = server(work)
    several = work.replicas_max > 1
    spread = work.node_count > 1
    runner = (
        _leader_worker_set(work, program)
        if spread
        else _stateful_set(work, program)
        if several
        else _deployment(work, program)
    )
    weights = (
        ()
        if several and not spread
        else (claim(work, "weights", work.weights_gib, mode="ReadWriteMany" if spread else "ReadWriteOnce"),)
    )
    return (
        *base(work),
        *config_map(work, program),
        *weights,
        runner,
        *_services(work, headless=several and not spread),
        _scaler(work, runner, monitoring=monitoring if keda and work.engine == "vllm" else ""),
        _disruption(work),
        *_monitor(work, monitoring),
        network_policy(work, port=PORT, within=spread, monitoring=monitoring),
    )


def _pod(
    work: Workload,
    program: Program,
    *,
    weights: bool,
    command: tuple[str, ...] = (),
    args: tuple[str, ...] = (),
    ready: bool = True,
) -> Object:
    """Return a pod. weights: mount the shared claim, because no claim template brings one."""
    code, code_volumes = code_mounts(work, program)
    shm, shm_volumes = shared_memory(work)
    main = container(
        work,
        name="server",
        command=command or program.command,
        args=args or program.args,
        env=environment(work, **python_path(program)),
        mounts=[{"name": "weights", "mountPath": WEIGHTS}, *code, *shm],
    )
    if ready:
        probe = {"httpGet": {"path": program.health, "port": "http"}}
        main |= {
            "ports": [{"name": "http", "containerPort": PORT}],
            "startupProbe": {**probe, "periodSeconds": 10, "failureThreshold": START_MINUTES * 6},
            "readinessProbe": {**probe, "periodSeconds": 5, "failureThreshold": 3},
            "livenessProbe": {**probe, "periodSeconds": 20, "failureThreshold": 6},
        }
    shared = [{"name": "weights", "persistentVolumeClaim": {"claimName": f"{work.name}-weights"}}] if weights else []
    spec = pod_spec(
        work,
        containers=[main],
        init=installer(work, program),
        volumes=[*shared, *code_volumes, *shm_volumes],
        terminationGracePeriodSeconds=60,
        **({"topologySpreadConstraints": [_spread(work)]} if work.high_availability else {}),
    )
    return {"metadata": {"labels": labels(work)}, "spec": spec}


def _spread(work: Workload) -> Object:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app.kubernetes.io/name": work.name}},
    }


def _selector(work: Workload) -> Object:
    return {"matchLabels": {"app.kubernetes.io/name": work.name}}


def _deployment(work: Workload, program: Program) -> Manifest:
    """One copy: recreated rather than rolled, because the second would wait for the first one's GPUs and volume."""
    spec = {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": _selector(work),
        "template": _pod(work, program, weights=True),
    }
    return make(work, "apps/v1", "Deployment", {"spec": spec})


def _stateful_set(work: Workload, program: Program) -> Manifest:
    """Several copies: each keeps its weights on a volume of its own, so that a restart downloads nothing."""
    spec = {
        "replicas": work.replicas_min,
        "serviceName": f"{work.name}-copies",
        "podManagementPolicy": "Parallel",
        "selector": _selector(work),
        "template": _pod(work, program, weights=False),
        "volumeClaimTemplates": [{"metadata": {"name": "weights"}, "spec": claim_spec(work.weights_gib)}],
    }
    return make(work, "apps/v1", "StatefulSet", {"spec": spec})


def _leader_worker_set(work: Workload, program: Program) -> Manifest:
    """A copy over several machines: the leader serves, the workers join it through Ray, which vLLM's image brings."""
    script = "/vllm-workspace/examples/online_serving/multi-node-serving.sh"
    run = f'bash {script} leader --ray_cluster_size="$LWS_GROUP_SIZE" && exec "$@"'
    leader = _pod(
        work,
        program,
        weights=True,
        command=("bash", "-c", run, "server"),
        args=(*program.command, *program.args, "--distributed-executor-backend", "ray"),
    )
    join = f'exec bash {script} worker --ray_address="$LWS_LEADER_ADDRESS"'
    worker = _pod(work, program, weights=True, command=("bash", "-c"), args=(join,), ready=False)
    group = {
        "size": work.node_count,
        "restartPolicy": "RecreateGroupOnPodRestart",
        "leaderTemplate": leader,
        "workerTemplate": worker,
    }
    return make(
        work,
        "leaderworkerset.x-k8s.io/v1",
        "LeaderWorkerSet",
        {"spec": {"replicas": work.replicas_min, "leaderWorkerTemplate": group}},
    )


def _services(work: Workload, *, headless: bool) -> tuple[Manifest, ...]:
    pods = {"app.kubernetes.io/name": work.name}
    if work.node_count > 1:
        pods["leaderworkerset.sigs.k8s.io/worker-index"] = "0"
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    front = make(work, "v1", "Service", {"spec": {"type": "ClusterIP", "selector": pods, "ports": ports}})
    if not headless:
        return (front,)
    copies = make(
        work, "v1", "Service", {"spec": {"clusterIP": "None", "selector": pods, "ports": ports}}, name="copies"
    )
    return front, copies


def _scaler(work: Workload, runner: Manifest, *, monitoring: str) -> Manifest:
    """Scale by the length of the server's queue where Prometheus knows it, else by CPU."""
    target = {"apiVersion": runner.api_version, "kind": runner.kind, "name": runner.name}
    if monitoring:
        query = f'sum(vllm:num_requests_waiting{{namespace="{work.name}"}})'
        metadata = {
            "serverAddress": f"http://prometheus-operated.{monitoring}.svc:9090",
            "query": query,
            "threshold": str(QUEUE_PER_COPY),
        }
        spec: Object = {
            "scaleTargetRef": target,
            "minReplicaCount": work.replicas_min,
            "maxReplicaCount": work.replicas_max,
            "cooldownPeriod": 300,
            "triggers": [{"type": "prometheus", "metadata": metadata}],
        }
        return make(work, "keda.sh/v1alpha1", "ScaledObject", {"spec": spec})
    usage = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    body = {
        "scaleTargetRef": target,
        "minReplicas": work.replicas_min,
        "maxReplicas": work.replicas_max,
        "metrics": [usage],
    }
    return make(work, "autoscaling/v2", "HorizontalPodAutoscaler", {"spec": body})


def _monitor(work: Workload, monitoring: str) -> tuple[Manifest, ...]:
    """Let Prometheus read the server's own metrics, where it has some."""
    if not monitoring or work.engine not in ("vllm", "tei"):
        return ()
    endpoint = {"port": "http", "path": "/metrics", "interval": "15s"}
    spec = {"selector": _selector(work), "podMetricsEndpoints": [endpoint]}
    return (make(work, "monitoring.coreos.com/v1", "PodMonitor", {"spec": spec}),)


def _disruption(work: Workload) -> Manifest:
    return make(work, "policy/v1", "PodDisruptionBudget", {"spec": {"maxUnavailable": 1, "selector": _selector(work)}})
