"""Triton's model repository: the folder of one model, with the arguments of the engine as they were sized.

What is served stands in JSON: names from outside never reach the text format of config.pbtxt. Sources, as of 2026-11:
Triton's documentation of model repositories and of the generate extension, the README and the program of its vLLM
backend (config.pbtxt, model.json, multi_lora.json, metrics).
"""

from __future__ import annotations

import json
from typing import Any, Final

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.planning.triton import runs_vllm
from services.orchestrator.domain.render.scripts import TRITON_PIPELINE, text_of

REPOSITORY: Final = "/home/app/repository"
PORTS: Final = (("http", 8000), ("grpc", 8001), ("metrics", 8002))
# One instance places itself on the devices of its pod.
_ONE: Final = "instance_group [ { count: 1 kind: KIND_MODEL } ]\n"
_VLLM: Final = f'backend: "vllm"\n{_ONE}'
_METRICS: Final = 'parameters { key: "REPORT_CUSTOM_METRICS" value { string_value: "true" } }\n'
_PIPELINE: Final = (
    'backend: "python"\n'
    "max_batch_size: 0\n"
    'input [ { name: "input" data_type: TYPE_STRING dims: [ 1 ] } ]\n'
    f'output [ {{ name: "output" data_type: TYPE_STRING dims: [ 1 ] }} ]\n{_ONE}'
)


def model_folder(
    work: Workload, model: str, arguments: tuple[str, ...], *, adapter: str, watched: bool
) -> dict[str, str]:
    """Return the files of the folder by path. model: the weights to load; arguments: vLLM's, in pairs; adapter: the
    folder of one that is loaded beside them, empty where none is; watched: vLLM's own metrics are read, which it counts
    at some cost."""
    settings: dict[str, Any] = {"model": model}
    if not runs_vllm(work):
        settings |= {"task": work.model_task}
        return {"config.pbtxt": _PIPELINE, "1/model.json": _json(settings), "1/model.py": text_of(TRITON_PIPELINE)}
    settings |= _settings(arguments)
    files = {"config.pbtxt": _VLLM + (_METRICS if watched else "")}
    if adapter:
        settings |= {"enable_lora": True}
        files["1/multi_lora.json"] = _json({f"{work.name}-tuned": adapter})
    return files | {"1/model.json": _json(settings)}


def _settings(arguments: tuple[str, ...]) -> dict[str, Any]:
    """Return vLLM's arguments as its engine takes them: by name, numbers as numbers."""
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    return {name.removeprefix("--").replace("-", "_"): _value(text) for name, text in pairs}


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"
