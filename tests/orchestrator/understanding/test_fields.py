"""The remaining grammars: sizes, service, places, parts, tasks, traits, negation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orchestrator.understanding.support import stated


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("train on 2 TB of MRI images", {"dataset_size_gb": 2000, "dataset_modality": "image"}),
        ("a ~2 GiB dataset", {"dataset_size_gb": 2.147483648}),
        ("half a terabyte of X-ray pictures", {"dataset_size_gb": 500, "dataset_modality": "image"}),
        ("500 Go de données d'entraînement", {"dataset_size_gb": 500}),
        ("200 000 images", {"dataset_items": 200_000, "dataset_modality": "image"}),
        ("80k labelled support tickets", {"dataset_items": 80_000, "dataset_modality": "text"}),
        ("42 million rows", {"dataset_items": 42_000_000, "dataset_modality": "tabular"}),
        ("图片10万张", {"dataset_items": 100_000, "dataset_modality": "image"}),
        ("32k context", {"context_tokens": 32_000}),
        ("the full 32768 context", {"context_tokens": 32_768}),
        ("a 12B roleplay model with 16k memory", {"context_tokens": 16_000}),
        ("inputs up to 200k tokens long, Qwen3 32B", {"context_tokens": 200_000}),
        ("2 लाख छवियों पर", {"dataset_items": 200_000, "dataset_modality": "image"}),
    ],
)
def test_data_and_context_have_their_size(text: str, wanted: dict[str, Any]) -> None:
    assert wanted.items() <= stated(text).items()


@pytest.mark.parametrize(
    "text", ["64 GB RAM and 2 TB NVMe disk", "30B tokens of text", "14 categories", "300 clips a day", "400 GB/s"]
)
def test_memory_disks_tokens_and_rates_are_no_dataset(text: str) -> None:
    assert not {"dataset_size_gb", "dataset_items"} & stated(text).keys()


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("Serve Llama 3.1 8B for 20 users; 3 TB a month leave the cloud", None),
        ("A chatbot on Mistral 7B, egress about 500 GB/month", None),
        ("Batch captioning of images; we download 2 TB of results each month", None),
        ("Train on 500 GB of images and 3 TB per month leave the cloud", 500),
        ("Train on 2 TB of MRI images, no egress fees", 2000),
    ],
)
def test_what_leaves_the_cloud_is_no_dataset(text: str, dataset: float | None) -> None:
    assert stated(text).get("dataset_size_gb") == dataset


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30 simultaneous calls", {"concurrency": 30}),
        ("etwa 12 gleichzeitige Anfragen", {"concurrency": 12}),
        ("同时在线100个用户", {"concurrency": 100}),
        ("about 5 of the 70 people will use it concurrently", {"concurrency": 5}),
        ("40k QPS, 10ms p95", {"requests_per_second": 40_000, "latency_ms_p95": 10}),
        ("6000 requests per minute", {"requests_per_second": 100}),
        ("20 Anfragen pro Sekunde", {"requests_per_second": 20}),
        ("200 tokens per second", {"tokens_per_second": 200}),
        ("p95 under 4 seconds", {"latency_ms_p95": 4000}),
        ("réponse en moins de 300 ms", {"latency_ms_p95": 300}),
        ("must finish in 10 days", {"deadline_hours": 240}),
        ("两周内完成", {"deadline_hours": 336}),
        ("within 3 weeks", {"deadline_hours": 504}),
        ("reply within a tenth of a second", {"latency_ms_p95": 100}),
        ("20 of the visitors talking at any moment", {"concurrency": 20}),
    ],
)
def test_use_is_measured(text: str, wanted: dict[str, Any]) -> None:
    assert stated(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "70 people in our team",
        "5 second clips",
        "3 years of daily history",
        "the contract is 36 months",
        "forecast next 28 days",
    ],
)
def test_heads_clips_and_history_are_no_measure_of_use(text: str) -> None:
    assert not {"concurrency", "latency_ms_p95", "deadline_hours"} & stated(text).keys()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "neither Google nor Microsoft clouds please. oracle is fine",
            {"providers": ["oci"], "providers_excluded": ["gcp", "azure"]},
        ),
        ("anything but AWS", {"providers_excluded": ["aws"]}),
        ("it has to be in the us", {"geos": ["US"]}),
        ("in the us or canada", {"geos": ["US", "CA"]}),
        ("bez chmury Microsoftu", {"providers_excluded": ["azure"]}),
        ("AWSなし", {"providers_excluded": ["aws"]}),
        ("AWS 말고 GCP로", {"providers": ["gcp"], "providers_excluded": ["aws"]}),
        ("us-west-2 or us-east-2", {"regions": ["us-west-2", "us-east-2"]}),
        ("the data must not leave Germany", {"geos": ["germany"]}),
        ("los datos no pueden salir de la UE", {"geos": ["EU"]}),
        ("数据不能离开中国", {"geos": ["china"]}),
        ("EU only, well EU or UK", {"geos": ["EU", "UK"]}),
        ("no spot", {"spot_ok": False}),
        ("anything but spot", {"spot_ok": False}),
        ("spot instances ok", {"spot_ok": True}),
        ("on-prem, in our own data center", {"prefers_local_cluster": True}),
        ("no single point of failure", {"high_availability": True}),
        ("must be OK for commercial use", {"license": "commercial_ok"}),
        ("apache-2.0 only", {"license": "apache-2.0"}),
        ("ISO 27001 and SOC 2", {"compliance": ["iso27001", "soc2"]}),
        ("DSGVO", {"compliance": ["gdpr"]}),
        ("int4", {"precision": "int4"}),
        ("Q4_K_M", {"precision": "int4"}),
    ],
)
def test_places_and_wishes(text: str, wanted: dict[str, Any]) -> None:
    assert stated(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "don't assume HIPAA applies",
        "is Llama's licence ok?",
        "Amazon reviews",
        "Portuguese text",
        "$5 in Canadian dollars",
    ],
)
def test_what_is_only_mentioned_sets_nothing_of_the_kind(text: str) -> None:
    assert not {"compliance", "license", "providers", "geos"} & stated(text).keys()


@pytest.mark.parametrize(
    ("text", "components", "roles"),
    [
        ("no mlflow, use W&B. And Milvus rather than Pinecone.", ["wandb", "milvus"], []),
        ("don't want heavy stuff like kubeflow, only mlflow", ["mlflow"], []),
        ("RAG over our docs. We don't want to use Milvus", [], []),
        ("RAG over our docs, not planning to install Qdrant", [], []),
        ("RAG, wir wollen Qdrant nicht nutzen", [], []),
        ("Prometheus + Grafana, Loki, Argo CD", ["prometheus", "grafana", "loki", "argo-cd"], []),
        (
            "a feature store, a vector database and some sort of secrets mgmt",
            [],
            ["feature_store", "vector_db", "secrets"],
        ),
        ("add ci/cd, a docker registry and monitoring", [], ["ci_cd", "registry", "monitoring"]),
        ("Postgres, no sorry MySQL", ["mysql"], []),
        ("brauchen eine Vektordatenbank", [], ["vector_db"]),
        ("wildlife monitoring, illegal logging, the KV cache", [], []),
        ("an X-ray and a gamma-ray", [], []),
        ("Ray Trian on Kuberntes", ["ray"], []),
    ],
)
def test_parts_of_the_stack(text: str, components: list[str], roles: list[str]) -> None:
    got = stated(text)
    assert (got.get("components", []), got.get("component_roles", [])) == (components, roles)


@pytest.mark.parametrize(
    ("text", "task_type", "domain", "model_task"),
    [
        ("train a model for object detection", "training", "computer_vision", "object-detection"),
        ("fine-tune a language model", "fine_tuning", "llm", "text-generation"),
        ("chatbot for our customers", "inference", "llm", "text-generation"),
        ("RAG over our wiki", "rag", "llm", "text-generation"),
        ("embed 3 TB of text, batch", "batch_inference", "embeddings", "feature-extraction"),
        ("text-to-speech for 20 concurrent callers", "inference", "speech", "text-to-speech"),
        ("generate short videos from text for a marketing team", None, "video", "text-to-video"),
        ("turn text into videos for 10 people", None, "video", "text-to-video"),
        ("forecast demand", None, "time_series", "time-series-forecasting"),
        ("we want to spot odd vibrations in our pumps", None, "time_series", None),
        ("anomaly detection on the readings of 400 turbines", None, "time_series", None),
        ("Schwingungen unserer Pumpen aus Sensordaten überwachen", None, "time_series", None),
        ("flag fraudulent card payments, 2000 tps", "inference", "tabular", "tabular-classification"),
        ("modelo de voz a texto", None, "speech", "automatic-speech-recognition"),
        ("always on, Qwen3 8B", "inference", "llm", "text-generation"),
        ("Geração de imagens com SDXL", "inference", "image_generation", "text-to-image"),
        ("fraud scoring, 3000 tps", "inference", "tabular", "tabular-classification"),
        ("train a recommender", "training", "recommendation", None),
        ("fine-tune scGPT on 2.3M cells", "fine_tuning", "biology", None),
        (
            "train a robot arm with reinforcement learning",
            "training",
            "reinforcement_learning",
            "reinforcement-learning",
        ),
        ("classify 10000 images, fine-tuning", "fine_tuning", "computer_vision", "image-classification"),
        ("entraîner un modèle de détection d'objets", "training", "computer_vision", "object-detection"),
        ("Objekterkennung trainieren", "training", "computer_vision", "object-detection"),
        ("обучить модель сегментации", "training", "computer_vision", "image-segmentation"),
        ("部署聊天机器人", "inference", "llm", "text-generation"),
        ("物体検出モデルを学習", "training", "computer_vision", "object-detection"),
        ("챗봇을 배포", "inference", "llm", "text-generation"),
        ("تدريب نموذج لكشف الأجسام", "training", "computer_vision", "object-detection"),
        ("चैटबॉट चलाना है", "inference", "llm", "text-generation"),
    ],
)
def test_the_task_is_told(text: str, task_type: str | None, domain: str, model_task: str | None) -> None:
    got = stated(text)
    assert (got.get("task_type"), got.get("domain"), got.get("model_task")) == (task_type, domain, model_task)


@pytest.mark.parametrize(
    "text",
    [
        "Serve SDXL for 5 requests per second at peak, 0.5 requests per second at night",
        "Serve SDXL, 0.5 requests per second at night and 5 requests per second at peak",
        "Serve SDXL for 5 requests per second at peak and 1 request per second on average",
    ],
)
def test_of_a_load_with_a_peak_the_peak_counts(text):
    assert stated(text)["requests_per_second"] == 5


def test_a_message_that_asks_itself_is_read_like_a_form() -> None:
    asked = "GPUs? 4 H100. Region? Prag. Deadline? 3 days. Budget? 15k in total. Fine-tune Llama 3 8B."
    found = stated(asked)
    assert (found["gpu_count_min"], found["deadline_hours"], found["budget_usd_total"]) == (4, 72, 15_000)
    assert found["geos"] == ["czechia"]


def test_a_question_nobody_answers_states_nothing() -> None:
    assert "budget_usd_month" not in stated("Serve Llama 3 8B. Budget? No idea. Deadline? Is 3 days enough?")
