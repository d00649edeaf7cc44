"""What tests look for in manifests: objects by kind, pods by whoever owns them, whether all that is named is there."""

from __future__ import annotations

import re
from typing import Any

import jsonschema

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render import Format, render
from tests.orchestrator.render.schemas import RESTRICTED_POD
from tests.orchestrator.render.validate import Object, validate
from tests.orchestrator.render.validate import documents as read

NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
"""Names of services (RFC 1035); those of other objects may begin with a digit too."""
LABEL = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_RESTRICTED = jsonschema.Draft202012Validator(RESTRICTED_POD)


def documents(plan: DeploymentPlan) -> list[Object]:
    return read(render(plan, Format.KUBERNETES).content)


def one(objects: list[Object], kind: str) -> Object:
    return next(o for o in objects if o["kind"] == kind)


def pods(objects: list[Object]) -> list[Object]:
    """The pod of every template among the objects, whoever owns it."""
    return [template["spec"] for template in templates(objects)]


def templates(objects: list[Object]) -> list[Object]:
    """Every pod template among the objects."""
    found: list[Object] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "containers" in value.get("spec", {}):
                found.append(value)
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(objects)
    return found


def check(objects: list[Object]) -> None:
    """Every object is valid by its schema, and so are its name and those of what a JobSet makes."""
    for item in objects:
        validate(item)
        name = item["metadata"]["name"]
        assert NAME.fullmatch(name)
        if item["kind"] == "JobSet":
            (jobs,) = item["spec"]["replicatedJobs"]
            spec = jobs["template"]["spec"]
            validate({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": spec})
            # Its admission refuses names that its last pod, or the service of its network, cannot have.
            assert NAME.fullmatch(f"{name}-{jobs['name']}-{jobs['replicas'] - 1}-{spec['completions'] - 1}-abcde")
            assert NAME.fullmatch(item["spec"]["network"]["subdomain"])


def check_pods(objects: list[Object]) -> None:
    """Pods in custom kinds are valid too; every pod is one that its namespace admits, and holds no secret."""
    for spec in pods([o for o in objects if o["kind"] == "LeaderWorkerSet"]):
        validate({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": spec})
    for spec in pods(objects):
        _RESTRICTED.validate(spec)
        assert spec["automountServiceAccountToken"] is False
        for part in (*spec["containers"], *spec.get("initContainers", ())):
            assert set(part["resources"]) == {"requests", "limits"}
            assert all("value" not in e for e in part["env"] if e["name"] == "HF_TOKEN")
            assert not part["image"].endswith(":latest")
            assert ":" in part["image"]
