"""Objects that Kubernetes itself does not know, checked by what their makers publish.

JobSet by Kubeflow's models; ScaledObject and PodMonitor by models made from the resource definitions of KEDA and of the
Prometheus operator. The models pass over fields that they do not know, so an object must come out of them as it went
in. SkyPilot's own schema and Triton's of a model are read from their wheels, which stand beside the environment without
what they depend on.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from google.protobuf import text_format

SCHEMAS = Path(sys.prefix) / "schemas"
Object = Mapping[str, Any]


def published(item: Object) -> None:
    """Raise unless an object is valid by the models of its kind."""
    kind = item["kind"]
    if kind == "JobSet":
        read = _model("kubeflow_trainer_api.models.jobset_v1alpha2_job_set", "JobsetV1alpha2JobSet")
        back = read.from_dict(dict(item)).to_dict()
    else:
        module = {"ScaledObject": "keda.v1alpha1", "PodMonitor": "prometheus_operator.v1"}[kind]
        read = _model(f"cloudcoil.models.{module}", kind)
        back = read.model_validate(item).model_dump(by_alias=True, exclude_unset=True, mode="json")
    assert back == item, f"{kind} has fields that its model does not know"


PUBLISHED = frozenset({"JobSet", "ScaledObject", "PodMonitor"})


@cache
def _model(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def sky_task(task: Object) -> None:
    """Raise unless SkyPilot's own schemas take a task and its resources."""
    whole, resources = _sky()
    whole.validate(task)
    resources.validate(task["resources"])


@cache
def _sky() -> tuple[Any, Any]:
    """Return SkyPilot's validators of a task and of resources.

    What they import of the rest of SkyPilot, and that of its needs, is stood in for: a list of modes and one of
    daemons, which no task has.
    """

    class Modes:
        @staticmethod
        def supported_modes() -> list[str]:
            return ["jobs_and_ssh", "jobs", "none"]

    root = SCHEMAS / "sky"
    _stand_in("sky", root, __version__="0.14", __root_dir__=str(root))
    _stand_in("sky.skylet", root / "skylet", autostop_lib=_stand_in("sky.skylet.autostop_lib", AutostopWaitFor=Modes))
    daemons = _stand_in("sky.server.daemons", INTERNAL_REQUEST_DAEMONS=[])
    _stand_in("sky.server", root / "server", daemons=daemons)
    validator = importlib.import_module("sky.utils.validator").get_schema_validator()
    schemas = importlib.import_module("sky.utils.schemas")
    return validator(schemas.get_task_schema()), validator(schemas.get_resources_schema())


def triton_model(text: str) -> Any:
    """Return the configuration of a model by Triton's own schema; raise unless that takes it."""
    return text_format.Parse(text, _triton().ModelConfig())


@cache
def _triton() -> Any:
    """Return Triton's schema alone: the client around it needs more than the environment has."""
    file = SCHEMAS / "tritonclient" / "grpc" / "model_config_pb2.py"
    spec = importlib.util.spec_from_file_location("triton_model_config", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _stand_in(name: str, path: Path | None = None, **names: Any) -> ModuleType:
    module = ModuleType(name)
    if path:
        module.__path__ = [str(path)]
    for key, value in names.items():
        setattr(module, key, value)
    sys.modules[name] = module
    return module
