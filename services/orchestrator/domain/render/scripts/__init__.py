"""Programs that manifests bring along where no image has one: small, pinned, and the user's to change."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from services.orchestrator.domain.plan import Workload, WorkloadKind
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.planning.algorithms import TREE_ENGINES
from services.orchestrator.domain.planning.engines import LABEL_TASKS, PROGRAMS_RUN_ON

_HUB: Final = ("transformers==4.57.1", "accelerate==1.11.0")
_MEDIA: Final = ("pillow==12.0.0", "soundfile==0.13.1")
_TRAINING: Final = (*_HUB, "datasets==4.3.0")
REQUIREMENTS: Final[dict[str, tuple[str, ...]]] = {
    "serve.py": (
        *_HUB,
        *_MEDIA,
        "diffusers==0.35.2",
        "chronos-forecasting==2.0.0",
        "fastapi==0.120.0",
        "uvicorn==0.38.0",
    ),
    "batch.py": (*_HUB, *_MEDIA, "diffusers==0.35.2"),
    "train_language.py": (*_TRAINING, "trl==0.24.0", "peft==0.17.1", "bitsandbytes==0.48.1"),
    "train_labels.py": (*_TRAINING, "pillow==12.0.0", "scikit-learn==1.7.2"),
    "train_volumes.py": ("monai==1.5.1", "nibabel==5.3.2", "einops==0.8.1"),
    "train_table.py": ("pandas==2.3.3", "scikit-learn==1.7.2"),
    "serve_table.py": ("pandas==2.3.3", "scikit-learn==1.7.2", "fastapi==0.120.0", "uvicorn==0.38.0"),
}
"""Python packages of each program, beside PyTorch."""
_TREES: Final = {"lightgbm": "lightgbm==4.6.0", "xgboost": "xgboost==3.1.1", "catboost": "catboost==1.2.8"}
"""The package of a library of trees, where it is one of its own."""
TORCH: Final = "torch==2.8.0"
MLFLOW: Final = "mlflow-skinny==3.5.1"
"""What records a run, where the stack has MLflow."""


def _load(name: str) -> str:
    return files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8")


TRITON_PIPELINE: Final = "triton_pipeline.py"
"""The program of Triton's Python backend, which needs nothing beside what the server's image brings."""
_TEXTS: Final = {name: _load(name) for name in (*REQUIREMENTS, TRITON_PIPELINE)}
INSTALLER: Final = _load("install.py")
"""Text of the program that installs the requirements."""


def script_for(work: Workload) -> str:
    """Return the name of the program of a workload; empty where the user's own code is needed."""
    if work.gpu_vendor not in PROGRAMS_RUN_ON or work.engine == triton.NAME:
        return ""
    if work.engine in TREE_ENGINES:
        own = {WorkloadKind.TRAINING: "train_table.py", WorkloadKind.SERVING: "serve_table.py"}
        return own.get(work.kind, "")
    if work.engine == "python" and work.kind is not WorkloadKind.TRAINING:
        return ""
    if work.kind is not WorkloadKind.TRAINING:
        return "serve.py" if work.kind is WorkloadKind.SERVING else "batch.py"
    if work.engine == "trl":
        return "train_language.py"
    if work.model_task == "image-segmentation":
        return "train_volumes.py"
    return "train_labels.py" if work.model_task in LABEL_TASKS else ""


def requirements_for(work: Workload) -> tuple[str, ...]:
    """Return the Python packages that are installed first: PyTorch too, where the image does not bring it."""
    script = script_for(work)
    if not script or work.engine in TREE_ENGINES:
        return REQUIREMENTS.get(script, ()) + ((_TREES[work.engine],) if work.engine in _TREES else ())
    return REQUIREMENTS[script] if work.gpu_resource else (TORCH, *REQUIREMENTS[script])


def text_of(name: str) -> str:
    """Return the text of a program."""
    return _TEXTS[name]
