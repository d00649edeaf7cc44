"""Whether everything that one object names of another is there: namespace, account, volume claim, ConfigMap, service,
port, what is scaled, and the pods that a selector is meant for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.orchestrator.render.objects import LABEL, templates
from tests.orchestrator.render.validate import Object

Labels = Mapping[str, str]
_WORKER = "leaderworkerset.sigs.k8s.io/worker-index"
"""Label that the controller of LeaderWorkerSet puts on pods: 0 on the leader."""
_OWNERS = {"Deployment", "StatefulSet", "Job", "JobSet", "LeaderWorkerSet"}


class Pods(NamedTuple):
    """What an owner makes pods of."""

    space: str
    owner: str
    labels: Labels
    spec: Object

    @property
    def ports(self) -> dict[str, int]:
        """Ports that containers listen on, by name."""
        return {p["name"]: p["containerPort"] for c in self.spec["containers"] for p in c.get("ports", ())}


def check_references(objects: list[Object]) -> None:
    """Raise unless all is there that objects name of one another."""
    made = [pods for item in objects for pods in _pods_of(item)]
    spaces = {name for _, name in _named(objects, "Namespace")}
    assert {o["metadata"]["namespace"] for o in objects if o["kind"] != "Namespace"} <= spaces
    for pods in made:
        _check_pods(pods, objects)
    for item in objects:
        _check_object(item, objects, made)
    accounts = [o["metadata"]["name"] for o in objects if o["kind"] == "ServiceAccount"]
    assert len(accounts) == len([o for o in objects if o["kind"] == "NetworkPolicy"])


def _named(objects: list[Object], kind: str) -> set[tuple[str, str]]:
    return {(o["metadata"].get("namespace", ""), o["metadata"]["name"]) for o in objects if o["kind"] == kind}


def _pods_of(item: Object) -> Iterator[Pods]:
    for number, template in enumerate(templates([item])):
        labels = dict(template["metadata"]["labels"])
        if item["kind"] == "LeaderWorkerSet":
            labels[_WORKER] = str(number)
        yield Pods(item["metadata"]["namespace"], item["metadata"]["name"], labels, template["spec"])


def _check_pods(pods: Pods, objects: list[Object]) -> None:
    """What a pod names is in its namespace, what it mounts is a volume of its own, and its labels are valid."""
    space, spec = pods.space, pods.spec
    assert (space, spec["serviceAccountName"]) in _named(objects, "ServiceAccount")
    for volume in spec["volumes"]:
        if claim := volume.get("persistentVolumeClaim"):
            assert (space, claim["claimName"]) in _named(objects, "PersistentVolumeClaim")
        if config := volume.get("configMap"):
            assert (space, config["name"]) in _named(objects, "ConfigMap")
    (owner,) = (o for o in objects if o["kind"] in _OWNERS and (space, pods.owner) == _key(o))
    claimed = {t["metadata"]["name"] for t in owner["spec"].get("volumeClaimTemplates", ())}
    mounted = {m["name"] for c in (*spec["containers"], *spec.get("initContainers", ())) for m in c["volumeMounts"]}
    assert mounted == {v["name"] for v in spec["volumes"]} | claimed
    assert all(LABEL.fullmatch(value) for value in (*spec.get("nodeSelector", {}).values(), *pods.labels.values()))
    for spread in spec.get("topologySpreadConstraints", ()):
        assert spread["labelSelector"]["matchLabels"].items() <= pods.labels.items()
    for container in spec["containers"]:
        probes = [container[p]["httpGet"]["port"] for p in container if p.endswith("Probe")]
        assert set(probes) <= pods.ports.keys()


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _check_object(item: Object, objects: list[Object], made: list[Pods]) -> None:
    space, spec = item["metadata"].get("namespace", ""), item.get("spec", {})

    def chosen(labels: Labels) -> list[Pods]:
        """Return the pods that labels select: there are some, and of one owner alone."""
        found = [p for p in made if p.space == space and labels.items() <= p.labels.items()]
        assert len({p.owner for p in found}) == 1, f"{item['kind']} {item['metadata']['name']} selects {found}"
        return found

    if item["kind"] == "Service":
        for port in spec["ports"]:
            assert all(port["targetPort"] in pods.ports for pods in chosen(spec["selector"]))
    elif item["kind"] in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
        chosen(spec["selector"]["matchLabels"])
    elif item["kind"] == "PodMonitor":
        found = chosen(spec["selector"]["matchLabels"])
        assert all(any(e["port"] in pods.ports for pods in found) for e in spec["podMetricsEndpoints"])
    elif item["kind"] == "NetworkPolicy":
        listening = {port for pods in chosen(spec["podSelector"]["matchLabels"]) for port in pods.ports.values()}
        assert listening == {port["port"] for rule in spec["ingress"] for port in rule.get("ports", ())}
    elif item["kind"] in ("HorizontalPodAutoscaler", "ScaledObject"):
        target = spec["scaleTargetRef"]
        (runner,) = (o for o in objects if o["kind"] == target["kind"] and _key(o) == (space, target["name"]))
        assert runner["apiVersion"] == target["apiVersion"]
        assert runner["spec"]["replicas"] == spec.get("minReplicas", spec.get("minReplicaCount"))
    if service := spec.get("serviceName"):
        (headless,) = (o for o in objects if o["kind"] == "Service" and _key(o) == (space, service))
        assert headless["spec"]["clusterIP"] == "None"
        assert {p.owner for p in chosen(headless["spec"]["selector"])} == {item["metadata"]["name"]}
