"""Schemas of objects that Kubernetes itself does not know, written from their documentation; only what plans use is
allowed.

Prometheus Operator: prometheus-operator.dev/docs/api-reference. KEDA: keda.sh/docs/2.17/reference/scaledobject-spec.
LeaderWorkerSet: lws.sigs.k8s.io/docs/reference. JobSet:
jobset.sigs.k8s.io/docs/reference. SkyPilot: its task schema of version 0.14 (sky/utils/schemas.py), the fields of a
task and of
its resources with their types.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def closed(required: tuple[str, ...] = (), **properties: Any) -> Schema:
    return {"type": "object", "required": list(required), "additionalProperties": False, "properties": properties}


TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 1}
LABELS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
META = closed(("name", "namespace"), name=TEXT, namespace=TEXT, labels=LABELS)
POD_TEMPLATE: Schema = {"type": "object", "required": ["metadata", "spec"]}


def custom(api_version: str, kind: str, spec: Schema) -> Schema:
    return closed(
        ("apiVersion", "kind", "metadata", "spec"),
        apiVersion={"const": api_version},
        kind={"const": kind},
        metadata=META,
        spec=spec,
    )


SCALED_OBJECT = custom(
    "keda.sh/v1alpha1",
    "ScaledObject",
    closed(
        ("scaleTargetRef", "triggers"),
        scaleTargetRef=closed(("name",), apiVersion=TEXT, kind=TEXT, name=TEXT),
        minReplicaCount={"type": "integer", "minimum": 0},
        maxReplicaCount=COUNT,
        cooldownPeriod=COUNT,
        triggers={
            "type": "array",
            "minItems": 1,
            "items": closed(
                ("type", "metadata"),
                type={"const": "prometheus"},
                metadata=closed(
                    ("serverAddress", "query", "threshold"), serverAddress=TEXT, query=TEXT, threshold=TEXT
                ),
            ),
        },
    ),
)
LEADER_WORKER_SET = custom(
    "leaderworkerset.x-k8s.io/v1",
    "LeaderWorkerSet",
    closed(
        ("leaderWorkerTemplate",),
        replicas=COUNT,
        leaderWorkerTemplate=closed(
            ("workerTemplate",),
            size={"type": "integer", "minimum": 2},
            restartPolicy={"enum": ["RecreateGroupOnPodRestart", "None"]},
            leaderTemplate=POD_TEMPLATE,
            workerTemplate=POD_TEMPLATE,
        ),
    ),
)
JOB_SET = custom(
    "jobset.x-k8s.io/v1alpha2",
    "JobSet",
    closed(
        ("replicatedJobs",),
        network=closed((), enableDNSHostnames={"type": "boolean"}, subdomain=TEXT),
        failurePolicy=closed((), maxRestarts={"type": "integer", "minimum": 0}),
        replicatedJobs={
            "type": "array",
            "minItems": 1,
            "items": closed(
                ("name", "template"), name=TEXT, replicas=COUNT, template=closed(("spec",), spec={"type": "object"})
            ),
        },
    ),
)
POD_MONITOR = custom(
    "monitoring.coreos.com/v1",
    "PodMonitor",
    closed(
        ("selector", "podMetricsEndpoints"),
        selector=closed((), matchLabels=LABELS),
        podMetricsEndpoints={
            "type": "array",
            "minItems": 1,
            "items": closed(("port",), port=TEXT, path=TEXT, interval={"type": "string", "pattern": r"^\d+[smh]$"}),
        },
    ),
)
CUSTOM = {
    "PodMonitor": POD_MONITOR,
    "ScaledObject": SCALED_OBJECT,
    "LeaderWorkerSet": LEADER_WORKER_SET,
    "JobSet": JOB_SET,
}

CLOUDS = "|".join(
    (
        *("aws", "azure", "gcp", "ibm", "lambda", "scp", "oci", "runpod", "vast", "vsphere", "cudo", "fluidstack"),
        *("paperspace", "primeintellect", "do", "nebius", "ssh", "slurm", "hyperbolic", "seeweb", "shadeform"),
        *("yotta", "mithril", "verda"),
    )
)
RESOURCES = closed(
    (),
    infra={"type": "string", "pattern": rf"^(?:(?:{CLOUDS})(?:/[^/]+(?:/[^/]+)?)?|(?:kubernetes|k8s)(?:/.+)?)$"},
    accelerators={"type": "object", "maxProperties": 1, "additionalProperties": {"type": "number", "minimum": 1}},
    cpus={"type": ["string", "number"]},
    memory={"type": ["string", "number"]},
    use_spot={"type": "boolean"},
    disk_size={"type": "integer", "minimum": 1},
    ports={"type": ["string", "integer", "array"]},
)
SKYPILOT = closed(
    ("resources", "run"),
    name=TEXT,
    num_nodes=COUNT,
    resources=RESOURCES,
    setup={"type": "string"},
    run=TEXT,
    secrets={"type": "object", "additionalProperties": {"type": ["string", "null"]}},
)
HELMFILE = closed(
    ("releases",),
    helmDefaults={"type": "object"},
    repositories={
        "type": "array",
        "items": closed(("name", "url"), name=TEXT, url={"type": "string"}, oci={"type": "boolean"}),
    },
    releases={
        "type": "array",
        "items": closed(
            ("name", "namespace", "chart", "version"),
            name=TEXT,
            namespace=TEXT,
            chart=TEXT,
            version=TEXT,
            needs={"type": "array", "items": TEXT},
            installed={"type": "boolean"},
            values={"type": "array", "items": {"type": "object"}},
        ),
    },
)
