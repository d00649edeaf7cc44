"""Objects read from YAML and checked by schema, with every schema loaded once."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
import yaml
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from tests.orchestrator.render.schemas import LEADER_WORKER_SET
from tests.orchestrator.render.vendors import PUBLISHED, published

VERSION = "1.33"
FOLDER = "kubernetes-json-schema/v1.33.0-local-strict"
Object = dict[str, Any]


def documents(content: bytes) -> list[Object]:
    """Return the documents of a YAML file. The loader makes plain data only."""
    return list(yaml.load_all(content, Loader=yaml.CSafeLoader))


def validate(item: Object) -> None:
    """Raise unless an object is valid: strictly by Kubernetes' own schema, by the models that the makers of its kind
    publish, or by a schema written from its documentation."""
    if item["kind"] in PUBLISHED:
        published(item)
        return
    _validator(item["apiVersion"], item["kind"]).validate(item)


@cache
def _validator(api_version: str, kind: str) -> jsonschema.Draft202012Validator:
    if kind == "LeaderWorkerSet":
        return jsonschema.Draft202012Validator(LEADER_WORKER_SET)
    group, _, version = api_version.rpartition("/")
    name = f"{kind.lower()}-{group.partition('.')[0]}-{version}" if group else f"{kind.lower()}-{version}"
    schema = schema_contents(f"{FOLDER}/{name}.json", VERSION)
    return jsonschema.Draft202012Validator(schema, registry=Resource.from_contents(schema) @ _definitions())


@cache
def _definitions() -> Any:
    return Resource.from_contents(schema_contents(f"{FOLDER}/_definitions.json", VERSION)) @ Registry()
