"""A server that answers requests: on one machine a Deployment or StatefulSet, over several a LeaderWorkerSet."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.render.kubernetes.commands import RESULT, Program, at_once, server, spread
from services.orchestrator.domain.render.kubernetes.install import code_mounts, config_map, installer, ready
from services.orchestrator.domain.render.kubernetes.neighbours import Neighbours
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
START_MINUTES: Final = 15
DOWNLOAD_GIB_PER_MINUTE: Final = 6
"""How long a first start may take: what it takes with the weights at hand, and their download at 100 MB a second."""
QUEUES: Final = {
    "vllm": "vllm:num_requests_waiting",
    "tei": "te_queue_size",
    "pipeline": "requests_waiting",
    triton.NAME: "nv_inference_pending_request_count",
}
"""Metric of each server that counts the requests that wait; source: the servers' documentation, and our own program."""
IN_FLIGHT: Final = "vllm:e2e_request_latency_seconds_sum"
"""Seconds that all requests spent in vLLM. Triton hands it requests as they come and reports none that wait there, so
copies are counted by those in flight: what the sum grows by in a second (Little's law)."""


def serving(work: Workload, around: Neighbours) -> tuple[Manifest, ...]:
    """Return the objects of a server."""
    program = ready(server(work, watched=bool(around.monitoring)))
    several = work.replicas_max > 1
    joined = work.node_count > 1
    runner = (
        _leader_worker_set(work, program)
        if joined
        else _stateful_set(work, program)
        if several
        else _deployment(work, program)
    )
    shared = several and not joined
    mode = "ReadWriteMany" if joined else "ReadWriteOnce"
    claims = [] if shared else [claim(work, "weights", work.weights_gib, mode=mode)]
    if work.result_of:
        many = joined or several
        claims.append(claim(work, "result", work.weights_gib, mode="ReadWriteMany" if many else "ReadWriteOnce"))
    return (
        *base(work),
        *config_map(work, program),
        *claims,
        runner,
        *_services(work, program, headless=shared),
        *_scaler(work, runner, around),
        _disruption(work),
        *_monitor(work, program, around.monitoring),
        network_policy(work, ports=[port for _, port in program.ports], within=joined, monitoring=around.monitoring),
    )


def _pod(work: Workload, program: Program, *, weights: bool, leads: bool = True) -> Object:
    """Return a pod. weights: mount the shared claim, because no claim template brings one. leads: it answers requests,
    rather than helping a pod that does."""
    code, code_volumes = code_mounts(work, program)
    shm, shm_volumes = shared_memory(work)
    names = {"weights": WEIGHTS} | ({"result": RESULT} if work.result_of else {})
    main = container(
        work,
        name="server",
        command=program.command,
        args=program.args,
        env=_environment(work),
        mounts=[*({"name": n, "mountPath": path} for n, path in names.items()), *code, *shm],
    )
    if leads:
        probe, alive = ({"httpGet": {"path": p, "port": "http"}} for p in (program.health, program.live))
        main |= {
            "ports": [{"name": name, "containerPort": port} for name, port in program.ports],
            "startupProbe": {**probe, "periodSeconds": 10, "failureThreshold": start_minutes(work) * 6},
            "readinessProbe": {**probe, "periodSeconds": 5, "failureThreshold": 3},
            "livenessProbe": {**(alive if program.live else probe), "periodSeconds": 20, "failureThreshold": 6},
        }
    claimed = [n for n in names if weights or n != "weights"]
    spec = pod_spec(
        work,
        containers=[main],
        init=installer(work, program),
        volumes=[
            *({"name": n, "persistentVolumeClaim": {"claimName": f"{work.name}-{n}"}} for n in claimed),
            *code_volumes,
            *shm_volumes,
        ],
        terminationGracePeriodSeconds=60,
        **({"topologySpreadConstraints": [_apart(work)]} if work.high_availability else {}),
    )
    return {"metadata": {"labels": labels(work)}, "spec": spec}


def start_minutes(work: Workload) -> int:
    """Return how many minutes a first start may take."""
    return START_MINUTES + work.weights_gib // DOWNLOAD_GIB_PER_MINUTE


def _environment(work: Workload) -> list[Object]:
    env = environment(work)
    if work.engine == "vllm" and work.node_count > 1:
        env.append({"name": "VLLM_HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
    if work.engine == "vllm" and not work.gpu_resource:
        # Without it the server takes 4 GiB for keys and values, whatever the machine has.
        env.append({"name": "VLLM_CPU_KVCACHE_SPACE", "value": str(max(1, int(work.memory_request_gib // 4)))})
    return env


def _apart(work: Workload) -> Object:
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
    """A copy over several machines: the leader answers, the workers compute with it. The group has a name of its own,
    because its controller makes a headless Service of that name."""
    group = {
        "size": work.node_count,
        "restartPolicy": "RecreateGroupOnPodRestart",
        "leaderTemplate": _pod(work, spread(work, program, leads=True), weights=True),
        "workerTemplate": _pod(work, spread(work, program, leads=False), weights=True, leads=False),
    }
    body = {"spec": {"replicas": work.replicas_min, "leaderWorkerTemplate": group}}
    return make(work, "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", body, name="group")


def _services(work: Workload, program: Program, *, headless: bool) -> tuple[Manifest, ...]:
    pods = {"app.kubernetes.io/name": work.name}
    if work.node_count > 1:
        pods["leaderworkerset.sigs.k8s.io/worker-index"] = "0"
    ports = [{"name": n, "port": 80 if n == "http" else port, "targetPort": n} for n, port in program.ports]
    front = make(work, "v1", "Service", {"spec": {"type": "ClusterIP", "selector": pods, "ports": ports}})
    if not headless:
        return (front,)
    copies = make(
        work, "v1", "Service", {"spec": {"clusterIP": "None", "selector": pods, "ports": ports}}, name="copies"
    )
    return front, copies


def _scaler(work: Workload, runner: Manifest, around: Neighbours) -> tuple[Manifest, ...]:
    """Scale by the length of the server's queue where Prometheus knows it, else by CPU where the CPU does the work.
    What always has as many copies is not scaled."""
    if work.replicas_max <= work.replicas_min:
        return ()
    target = {"apiVersion": runner.api_version, "kind": runner.kind, "name": runner.name}
    if around.keda and around.monitoring and work.engine in QUEUES:
        query, threshold = _load(work)
        metadata = {
            "serverAddress": f"http://prometheus-operated.{around.monitoring}.svc:9090",
            "query": query,
            "threshold": str(threshold),
        }
        spec: Object = {
            "scaleTargetRef": target,
            "minReplicaCount": work.replicas_min,
            "maxReplicaCount": work.replicas_max,
            "cooldownPeriod": 300,
            "triggers": [{"type": "prometheus", "metadata": metadata}],
        }
        return (make(work, "keda.sh/v1alpha1", "ScaledObject", {"spec": spec}),)
    if work.gpu_resource:
        return ()
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
    return (make(work, "autoscaling/v2", "HorizontalPodAutoscaler", {"spec": body}),)


def _load(work: Workload) -> tuple[str, int]:
    """Return what Prometheus is asked for the load of a server, and how much of it each copy takes."""
    where = f'{{namespace="{work.name}"}}'
    if work.engine == triton.NAME and triton.runs_vllm(work):
        return f"sum(rate({IN_FLIGHT}{where}[2m]))", at_once(work)
    return f"sum({QUEUES[work.engine]}{where})", QUEUE_PER_COPY


def _monitor(work: Workload, program: Program, monitoring: str) -> tuple[Manifest, ...]:
    """Let Prometheus read the server's own metrics, where it has some."""
    if not monitoring or work.engine not in QUEUES:
        return ()
    endpoint = {"port": program.metrics[0], "path": "/metrics", "interval": "15s"}
    spec = {"selector": _selector(work), "podMetricsEndpoints": [endpoint]}
    return (make(work, "monitoring.coreos.com/v1", "PodMonitor", {"spec": spec}),)


def _disruption(work: Workload) -> Manifest:
    return make(work, "policy/v1", "PodDisruptionBudget", {"spec": {"maxUnavailable": 1, "selector": _selector(work)}})
