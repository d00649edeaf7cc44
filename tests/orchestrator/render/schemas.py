"""Schemas written from documentation, where no package brings one; only what plans use is allowed.

RESTRICTED_POD: the Pod Security Standard "restricted", which the namespaces enforce (kubernetes.io/docs/concepts/
security/pod-security-standards). A cluster refuses only the pod, not what makes it: such a workload would never run.

LeaderWorkerSet: lws.sigs.k8s.io/docs/reference, held field by field against the API types of kubernetes-sigs/lws at
024af08, its resource definition at 83ba21e and what its admission refuses at 6263137, as of 2026-11; no package on PyPI
or npm brings its definition. Helmfile: helmfile.readthedocs.io. Arguments that Triton hands to vLLM's engine:
docs.vllm.ai, engine arguments, and the README of triton-inference-server/vllm_backend.
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
_CONTEXT = closed(
    ("allowPrivilegeEscalation", "capabilities"),
    allowPrivilegeEscalation={"const": False},
    capabilities={"const": {"drop": ["ALL"]}},
    readOnlyRootFilesystem={"type": "boolean"},
)
_PROBE: Schema = {"properties": {"httpGet": closed(("path", "port"), path=TEXT, port=TEXT)}}
_CONTAINER: Schema = {
    "type": "object",
    "required": ["securityContext"],
    "properties": {
        "securityContext": _CONTEXT,
        "ports": {"items": closed(("name", "containerPort"), name=TEXT, containerPort=COUNT)},
        "lifecycle": False,
        **dict.fromkeys(("startupProbe", "readinessProbe", "livenessProbe"), _PROBE),
    },
}
RESTRICTED_POD: Schema = {
    "type": "object",
    "required": ["securityContext", "containers"],
    "properties": {
        **dict.fromkeys(("hostNetwork", "hostPID", "hostIPC", "ephemeralContainers"), False),
        "securityContext": closed(
            ("runAsNonRoot", "seccompProfile"),
            runAsNonRoot={"const": True},
            seccompProfile={"const": {"type": "RuntimeDefault"}},
            runAsUser=COUNT,
            runAsGroup=COUNT,
            fsGroup=COUNT,
            fsGroupChangePolicy=TEXT,
            supplementalGroups={"type": "array", "items": COUNT},
        ),
        "containers": {"items": _CONTAINER},
        "initContainers": {"items": _CONTAINER},
        "volumes": {
            "items": closed(
                ("name",), name=TEXT, **dict.fromkeys(("emptyDir", "configMap", "persistentVolumeClaim"), True)
            )
        },
    },
}
SHARE: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
TRITON_VLLM = closed(
    ("model", "dtype"),
    model=TEXT,
    dtype={"enum": ["auto", "half", "float16", "bfloat16", "float", "float32"]},
    quantization={"enum": ["fp8", "bitsandbytes"]},
    max_model_len=COUNT,
    max_num_seqs=COUNT,
    tensor_parallel_size=COUNT,
    pipeline_parallel_size=COUNT,
    data_parallel_size=COUNT,
    gpu_memory_utilization=SHARE,
    enable_lora={"const": True},
    max_lora_rank={"enum": [8, 16, 32, 64, 128, 256, 320, 512]},
)
TRITON_PIPELINE = closed(("model", "task"), model=TEXT, task=TEXT)
"""What the program of ours in Triton's Python backend reads."""
TRITON_ADAPTERS: Schema = {"type": "object", "minProperties": 1, "additionalProperties": TEXT}
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
