"""What people ask for, as specs: the plans of these are checked by rules, over the starter catalogues."""

from __future__ import annotations

from typing import Any, Final

from services.orchestrator.domain.spec import WorkloadSpec

LLM: Final[dict[str, Any]] = {"domain": "llm", "model_task": "text-generation"}
SERVE: Final[dict[str, Any]] = {"task_type": "inference", **LLM}
TUNE: Final[dict[str, Any]] = {"task_type": "fine_tuning", **LLM}
VISION: Final[dict[str, Any]] = {"domain": "computer_vision", "dataset_modality": "image"}
MRI: Final = "I have 2TB of MRI images and want to create a model to detect lung cancer."

SCENARIOS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "mri": ({**VISION, "dataset_size_gb": 2000}, MRI),
    "mri-hipaa": (
        {**VISION, "dataset_size_gb": 2000, "budget_usd_month": 6000, "geos": ("US",), "compliance": ("hipaa",)},
        MRI,
    ),
    "llama-70b": ({**SERVE, "models": ("llama 70b",), "model_params_b": 70}, ""),
    "llama-70b-budget": (
        {**SERVE, "models": ("llama 70b",), "model_params_b": 70, "concurrency": 20, "budget_usd_month": 4000},
        "",
    ),
    "detection": ({"task_type": "training", **VISION, "model_task": "object-detection"}, ""),
    "detection-budget": (
        {
            "task_type": "training",
            **VISION,
            "model_task": "object-detection",
            "budget_usd_month": 3000,
            "gpu_count_min": 2,
            "vram_gb_min_per_gpu": 24,
        },
        "",
    ),
    "stable-diffusion": (
        {
            "task_type": "inference",
            "domain": "image_generation",
            "model_task": "text-to-image",
            "models": ("stable diffusion",),
            "budget_usd_month": 400,
        },
        "",
    ),
    "tune-mlflow": ({**TUNE, "components": ("mlflow",)}, ""),
    "tune-aws": ({**TUNE, "components": ("mlflow",), "budget_usd_month": 2000, "providers": ("aws",)}, ""),
    "chatbot": ({**SERVE, "gpu_needed": True, "concurrency": 6}, ""),
    "licence": ({**SERVE, "license": "apache-2.0", "budget_usd_month": 800}, ""),
    "commercial": ({**SERVE, "model_params_b": 13, "license": "commercial_ok", "concurrency": 5}, ""),
    "405b-on-t4": (
        {
            **SERVE,
            "models": ("llama 3.1 405b",),
            "model_params_b": 405,
            "gpu_models": ("T4",),
            "gpu_count_min": 1,
            "budget_usd_month": 100,
        },
        "",
    ),
    "405b-fastest": ({**SERVE, "models": ("llama 3.1 405b",), "model_params_b": 405, "vram_gb_min_total": 640}, ""),
    "under-100": ({**SERVE, "budget_usd_month": 100}, ""),
    "70b-from-scratch": (
        {
            "task_type": "training",
            **LLM,
            "model_params_b": 70,
            "gpu_models": ("RTX4090",),
            "gpu_count_min": 1,
            "deadline_hours": 48,
        },
        "",
    ),
    "small-on-4090": (
        {**TUNE, "model_params_b": 7, "gpu_models": ("RTX4090",), "gpu_count_min": 1, "deadline_hours": 48},
        "",
    ),
    "yolo-aws": (
        {
            "task_type": "training",
            **VISION,
            "model_task": "object-detection",
            "models": ("yolo",),
            "providers": ("aws",),
            "budget_usd_month": 1000,
        },
        "",
    ),
    "forecasting": (
        {
            "domain": "time_series",
            "model_task": "time-series-forecasting",
            "dataset_size_gb": 15,
            "budget_usd_month": 300,
        },
        "",
    ),
    "forecasting-cpu": (
        {"domain": "time_series", "model_task": "time-series-forecasting", "dataset_size_gb": 15, "gpu_needed": False},
        "",
    ),
    "tune-3b-once": ({**TUNE, "models": ("llama 3.2 3b",), "model_params_b": 3, "dataset_items": 5000}, ""),
    "german-8b": (
        {
            **SERVE,
            "model_params_b": 8,
            "budget_currency": "EUR",
            "budget_amount": 1000,
            "budget_period": "month",
            "geos": ("germany",),
            "concurrency": 12,
        },
        "",
    ),
    "rag": ({"task_type": "rag", "domain": "llm", "concurrency": 20}, "answer questions from our handbooks"),
    "batch-embedding": (
        {
            "task_type": "batch_inference",
            "domain": "embeddings",
            "model_task": "feature-extraction",
            "dataset_size_gb": 3000,
            "budget_usd_hour": 2.2,
        },
        "",
    ),
    "batch-images": (
        {
            "task_type": "batch_inference",
            "domain": "image_generation",
            "model_task": "text-to-image",
            "models": ("sdxl turbo",),
            "deadline_hours": 12,
            "spot_ok": True,
            "dataset_items": 2_000_000,
        },
        "",
    ),
    "speech": (
        {
            "task_type": "inference",
            "domain": "speech",
            "model_task": "automatic-speech-recognition",
            "models": ("whisper large v3",),
            "concurrency": 30,
        },
        "",
    ),
    "text-to-speech": (
        {
            "task_type": "inference",
            "domain": "speech",
            "model_task": "text-to-speech",
            "concurrency": 12,
            "regions": ("asia-northeast1",),
        },
        "",
    ),
    "multi-node": (
        {
            "task_type": "training",
            **LLM,
            "model_params_b": 7,
            "gpu_models": ("H100",),
            "gpu_count_min": 16,
            "dataset_size_gb": 1500,
            "deadline_hours": 336,
        },
        "",
    ),
    "amd": ({**SERVE, "models": ("llama 3.1 70b",), "gpu_models": ("MI300X", "MI325X")}, ""),
    "tpu": ({**SERVE, "models": ("gemma 2 9b",), "gpu_models": ("TPU",)}, ""),
    "on-prem": ({**SERVE, "models": ("llama 3.1 8b",), "prefers_local_cluster": True}, ""),
    "eu-only": ({**SERVE, "models": ("mistral 7b",), "geos": ("EU",), "compliance": ("gdpr",)}, ""),
    "spot-only": ({**TUNE, "models": ("gemma 2 9b",), "spot_ok": True, "dataset_size_gb": 2}, ""),
    "no-spot": ({**SERVE, "models": ("llama 3.1 8b",), "spot_ok": False, "regions": ("us-west-2", "us-east-2")}, ""),
    "fraud-cpu": (
        {
            "task_type": "inference",
            "domain": "tabular",
            "model_task": "tabular-classification",
            "gpu_needed": False,
            "requests_per_second": 3000,
        },
        "",
    ),
    "bert-cpu": (
        {
            "task_type": "inference",
            "model_task": "text-classification",
            "models": ("bert",),
            "gpu_needed": False,
            "requests_per_second": 20,
        },
        "",
    ),
    "huge": ({**SERVE, "models": ("deepseek v3",), "concurrency": 200}, ""),
    "tiny": ({**SERVE, "models": ("qwen2.5 0.5b",), "concurrency": 1}, ""),
    "no-aws": (
        {
            **SERVE,
            "models": ("qwen2.5 72b",),
            "providers_excluded": ("aws", "gcp"),
            "precision": "fp8",
            "context_tokens": 32768,
            "concurrency": 25,
        },
        "",
    ),
    "ha": ({**SERVE, "models": ("llama 3.1 8b",), "high_availability": True, "tokens_per_second": 2000}, ""),
    "biology": ({"task_type": "fine_tuning", "domain": "biology", "models": ("esm 2",)}, ""),
    "video": (
        {
            "task_type": "inference",
            "domain": "video",
            "model_task": "text-to-video",
            "models": ("wan 2.1 14b",),
            "vram_gb_min_per_gpu": 80,
        },
        "",
    ),
    "embeddings": (
        {
            "task_type": "inference",
            "domain": "embeddings",
            "model_task": "feature-extraction",
            "models": ("bge m3",),
            "requests_per_second": 50,
        },
        "",
    ),
    "triton": ({**SERVE, "models": ("llama 3.1 8b instruct",), "components": ("triton",), "concurrency": 20}, ""),
    "triton-images": (
        {
            "task_type": "inference",
            "domain": "computer_vision",
            "model_task": "image-classification",
            "components": ("triton",),
        },
        "",
    ),
    "triton-amd": ({**SERVE, "components": ("triton",), "gpu_models": ("MI300X",)}, ""),
    "nothing-said": ({}, ""),
}


def spec_of(name: str) -> tuple[WorkloadSpec, str]:
    """Return the spec of a scenario and the words beside it."""
    fields, words = SCENARIOS[name]
    return WorkloadSpec(**fields), words
