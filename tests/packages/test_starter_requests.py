"""What the starter catalogue says that charts request is what their default values state."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

from services.packages.domain.quantity import parse_quantity
from services.packages.knowledge import load_knowledge
from services.packages.starter import read_starter

NOT_RUN: Final[Mapping[str, tuple[str, ...]]] = {
    "*": ("*[iI]nitContainer*", "*initJob", "*waitContainer", "*.hook", "hook", "test", "chartTests.*", "crds.*"),
    "bitnami/airflow": ("defaultSidecars.*",),
    "bitnami/argo-workflows": ("executor",),  # in the pods of workflows
    "bitnami/cassandra": ("tls",),
    "bitnami/jupyterhub": ("singleuser*",),  # for each user who is there
    "bitnami/nginx": ("cloneStaticSiteFromGit.*",),
    "bitnami/postgresql": ("readReplicas*",),  # the default architecture has none
    "community-charts/n8n": ("taskRunners.*",),
    "influxdata/telegraf-operator": ("sidecarResources",),
    "jupyterhub/jupyterhub": ("singleuser.*",),
    "kserve/*": ("kserve.storage", "kserve.inferenceservice", "kserve.controller.rbacProxy"),
    "kueue/kueue": ("kueueViz.*",),
    "kuberay/ray-cluster": ("additionalWorkerGroups.*",),
    "metrics-server/metrics-server": ("addonResizer",),
    "minio/minio": ("make*Job", "customCommandJob"),
    "node-feature-discovery/*": ("topologyUpdater",),
}
"""Parts, by chart, that no switch named enabled rules but that do not run with the release itself by default."""

NOT_SUMMED: Final = frozenset({
    "datadog/cloudprem", "grafana/tempo-distributed", "influxdata/influxdb3-clustered", "istio/gateway",
    "istio/istiod", "neo4j/neo4j", "percona/pg-db", "percona/pmm-ha", "percona/ps-db", "percona/psmdb-db",
    "percona/pxc-db", "ragflow/ragflow", "rook/rook-ceph-cluster", "tekton/tekton-pipeline", "wandb/operator-wandb",
    "zilliztech-milvus/pulsarv2", "ome/ome-resources", "kubeshop-testkube/testkube", "elastic-eck/eck-elasticsearch",
    "bitnami/gitlab-runner", "bitnami/opensearch", "bitnami/postgresql", "mongodb/enterprise-database",
})  # fmt: skip
"""Charts whose values state other requests than one release makes: resources that an operator multiplies, alternatives
of which one is chosen, parts that mostly state none. What the starter says of them is left as it was curated."""


def stated(rows: Iterable[Mapping[str, str]]) -> dict[str, float]:
    """Return the sum of what the parts of one chart request that run by default; rows are those of requirements.csv."""
    total: dict[str, float] = defaultdict(float)
    for row in rows:
        chart, part = f"{row['repo']}/{row['chart']}", row["component"]
        ruled_out = (p for c, parts in NOT_RUN.items() if c == "*" or fnmatchcase(chart, c) for p in parts)
        if row["kind"] == "profile" or row["enabled_by_default"] == "false":
            continue
        if any(fnmatchcase(part, p) for p in ruled_out):
            continue
        for name, text, unit in (
            ("cpus", row["cpu_request"], 1.0),
            ("memory_gib", row["memory_request"], 2.0**30),
            ("gpus", row["gpu"], 1.0),
            ("storage_gib", row["volume_size"], 2.0**30),
        ):
            if (amount := parse_quantity(text)) is not None:
                total[name] += amount / unit
    return {name: round(amount, 4) for name, amount in total.items() if amount}


def test_requests_of_the_starter_are_the_sums_that_the_values_state(shared_data: Path) -> None:
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    with (shared_data / "data" / "packages" / "requirements.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            rows[f"{row['repo']}/{row['chart']}"].append(row)
    compared = 0
    for revision in read_starter(load_knowledge()):
        for facts, _ in revision.packages:
            if facts.record_id not in rows or facts.record_id in NOT_SUMMED:
                continue
            needs = facts.requirements
            expected = stated(rows[facts.record_id])
            for name in ("cpus", "memory_gib", "gpus", "storage_gib"):
                said = getattr(needs, name)
                assert (said is None) == (name not in expected), (facts.record_id, name)
                assert (said or 0) == pytest.approx(expected.get(name, 0), abs=0.001), (facts.record_id, name)
            compared += bool(expected)
    assert compared > 100
