"""Objects read from YAML and checked by schema, with every schema loaded once."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import yaml
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from tests.orchestrator.render.schemas import LEADER_WORKER_SET, TRITON_ADAPTERS, TRITON_PIPELINE, TRITON_VLLM
from tests.orchestrator.render.vendors import PUBLISHED, published, triton_model

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
    if item["kind"] == "ConfigMap" and "config.pbtxt" in item["data"]:
        _triton_folder(item["data"])


def _triton_folder(files: Object) -> None:
    """Raise unless the files of a folder of Triton's are what its backend reads."""
    config, settings = triton_model(files["config.pbtxt"]), json.loads(files["model.json"])
    jsonschema.validate(settings, {"vllm": TRITON_VLLM, "python": TRITON_PIPELINE}[config.backend])
    assert ("model.py" in files) == (config.backend == "python")
    assert ("multi_lora.json" in files) == settings.get("enable_lora", False)
    if adapters := files.get("multi_lora.json"):
        jsonschema.validate(json.loads(adapters), TRITON_ADAPTERS)


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
