"""What tests look for in manifests: objects by kind, pods by whoever owns them, whether all that is named is there."""

from __future__ import annotations

import re
from typing import Any

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render import Format, render
from tests.orchestrator.render.validate import Object, validate
from tests.orchestrator.render.validate import documents as read

NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
LABEL = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def documents(plan: DeploymentPlan) -> list[Object]:
    return read(render(plan, Format.KUBERNETES).content)


def one(objects: list[Object], kind: str) -> Object:
    return next(o for o in objects if o["kind"] == kind)


def pods(objects: list[Object]) -> list[Object]:
    """Every pod template among the objects, whoever owns it."""
    found: list[Object] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "containers" in value:
                found.append(value)
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(objects)
    return found


def check(objects: list[Object]) -> None:
    for item in objects:
        validate(item)
        if item["kind"] == "JobSet":
            spec = item["spec"]["replicatedJobs"][0]["template"]["spec"]
            validate({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": spec})


def check_pods(objects: list[Object]) -> None:
    """Pods in custom kinds are valid too; every pod runs as an ordinary user and holds no secret."""
    for spec in pods([o for o in objects if o["kind"] == "LeaderWorkerSet"]):
        validate({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": spec})
    for spec in pods(objects):
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["automountServiceAccountToken"] is False
        for part in (*spec["containers"], *spec.get("initContainers", ())):
            assert part["securityContext"]["allowPrivilegeEscalation"] is False
            assert part["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert set(part["resources"]) == {"requests", "limits"}
            assert all("value" not in e for e in part["env"] if e["name"] == "HF_TOKEN")
            assert not part["image"].endswith(":latest")
            assert ":" in part["image"]


def check_references(objects: list[Object]) -> None:
    """What an object names is there: namespace, account, claim, ConfigMap, service, and the pods that are selected."""

    def named(kind: str) -> set[tuple[str, str]]:
        return {(o["metadata"].get("namespace", ""), o["metadata"]["name"]) for o in objects if o["kind"] == kind}

    spaces = {name for _, name in named("Namespace")}
    assert {o["metadata"]["namespace"] for o in objects if o["kind"] != "Namespace"} <= spaces
    for item in objects:
        space = item["metadata"].get("namespace", "")
        for spec in pods([item]):
            assert (space, spec["serviceAccountName"]) in named("ServiceAccount")
            for volume in spec["volumes"]:
                if claim := volume.get("persistentVolumeClaim"):
                    assert (space, claim["claimName"]) in named("PersistentVolumeClaim")
                if config := volume.get("configMap"):
                    assert (space, config["name"]) in named("ConfigMap")
            mounted = {m["name"] for c in spec["containers"] for m in c["volumeMounts"]}
            made = {t["metadata"]["name"] for t in item["spec"].get("volumeClaimTemplates", ())}
            assert mounted <= {v["name"] for v in spec["volumes"]} | made
            for label, value in spec.get("nodeSelector", {}).items():
                assert LABEL.fullmatch(value), label
        if service := item.get("spec", {}).get("serviceName"):
            assert (space, service) in named("Service")
        if item["kind"] in ("Service", "NetworkPolicy", "PodDisruptionBudget", "PodMonitor"):
            assert any(pods([o]) for o in objects if o["metadata"].get("namespace") == space)
    accounts = [o["metadata"]["name"] for o in objects if o["kind"] == "ServiceAccount"]
    assert len(accounts) == len([o for o in objects if o["kind"] == "NetworkPolicy"])
