"""What is named and not wished for stays unset, and the wish beside it is heard: a kind of talk at a time."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.orchestrator.understanding.support import stated, talk

_NONE: Final[dict[str, Any]] = {"gpu_models": None, "gpu_count_min": None}
KINDS: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "hearsay": {
        "My coworker thinks we need 8 H100s for that, but he tends to exaggerate. Embed 300k tickets once.": _NONE,
        "A colleague said we'd need a DGX. I told her that's way too much. One L4 will do.": {
            "gpu_models": ["L4"], "gpu_count_min": 1,
        },
        "Our CTO says we need 16 A100s, he's overestimating it. Classify 40k letters with BERT base.": _NONE,
        "Mein Kollege meint, wir brauchen 4 A100, aber er übertreibt. 200k Dokumente mit BERT klassifizieren.": _NONE,
        "My boss says we need 4 A100s, so plan that.": {"gpu_models": ["A100"], "gpu_count_min": 4},
        "My colleague says two L40S are enough and I trust her.": {"gpu_models": ["L40S"], "gpu_count_min": 2},
    },
    "bygone": {
        "The trainee spun up 24 A100s by accident last Friday. Never again! One L4 from now on.": {
            "gpu_models": ["L4"], "gpu_count_min": 1,
        },
        "We rented 16 H200s in spring. What a waste. Now two L4, please.": {"gpu_models": ["L4"], "gpu_count_min": 2},
        "At our former site there were twelve P100s. Today there is nothing. Fine-tune ViT on 40k images.": _NONE,
        "In the old lab (shut down in 2021) we had thirty M40s. Fine-tune whisper small.": _NONE,
        "There used to be 8 V100s in the basement, all sold. Train a YOLO detector.": _NONE,
        "In our old server room there are 4 V100s, and they should be used.": {
            "gpu_models": ["V100"], "gpu_count_min": 4,
        },
        "There are four A6000s in our lab, train YOLO on them.": {"gpu_models": ["RTXA6000"], "gpu_count_min": 4},
    },
    "given up": {
        "I'd love to have Llama 3.1 405B. Realistically llama 3.1 70b.": {"models": ["llama 3.1 70b"]},
        "Dream: H200. In practice an L40S.": {"gpu_models": ["L40S"]},
        "B200? Overkill. H100 then, two of them.": {"gpu_models": ["H100"], "gpu_count_min": 2},
        "An H200? Too expensive. L4 then.": {"gpu_models": ["L4"]},
        "fp16? nah fp8, qwen2.5 32b on one L40S": {"precision": "fp8", "models": ["qwen2.5 32b"]},
        "16 bit? nope 8 bit for gemma 2 27b": {"precision": "int8"},
        "8 bit? yes, 8 bit, yi-34b": {"precision": "int8"},
        "H100? Good. Two H100 then.": {"gpu_models": ["H100"], "gpu_count_min": 2},
    },
    "look-alikes": {
        "Meeting room A40, the L4 boiler and gate H100: we are a facility firm with 2 million meter readings.": _NONE,
        "Our product line B200, the T4 pump and the L40 valve: forecast their sales.": _NONE,
        "In room L40 we have two T4 cards, use them.": {"gpu_models": ["T4"], "gpu_count_min": 2},
        "the T4 thermostat reports every minute; forecast it": _NONE,
    },
    "others' providers": {
        "Serving is done by the platform team (they use Vertex AI, none of my business). Fine-tune BERT, one L4.": {
            "providers": None, "gpu_models": ["L4"],
        },
        "The web shop runs on Azure, that's not my department. Train YOLO on two A10G.": {
            "providers": None, "gpu_count_min": 2,
        },
        "we looked at Kubeflow, didn't like it. Airflow is fine": {"components": ["airflow"]},
        "we evaluated Milvus and hated it, so qdrant": {"components": ["qdrant"]},
        "we looked at MLflow, loved it": {"components": ["mlflow"]},
        "From: billing@azure.example\nYour charges: $2,000.\n\nSame job for at most 900 USD a month": {
            "providers": None, "budget_usd_month": 900,
        },
    },
    "outside a cloud": {
        "looking for something outside Azure": {"providers_excluded": ["azure"], "providers": None},
        "we want to get away from GCP": {"providers_excluded": ["gcp"], "providers": None},
        "alternatives outside of AWS for two L4": {"providers_excluded": ["aws"], "providers": None},
        "it must never run outside AWS": {"providers": ["aws"], "providers_excluded": None},
        "on AWS": {"providers": ["aws"]},
    },
    "asked whether it matters": {
        "does HIPAA matter for a dnd bot on my 3070?": {"compliance": None},
        "does SOC 2 apply to us? a chat bot on one L4": {"compliance": None, "gpu_models": ["L4"]},
        "is ISO 27001 relevant here? It's Llama 3.1 8B for a book club": {"compliance": None},
        "SOC 2 matters to us: two L4": {"compliance": ["soc2"]},
    },
    "windows and hours": {
        "maintenance window of 6 hours on Saturday; 2 TB in Postgres, add pgvector": {"deadline_hours": None},
        "our opening hours are 8 hours a day, and we have 300 GB of scans to train on": {"deadline_hours": None},
        "downtime of 2 hours at night; 4 TB to index once": {"deadline_hours": None},
        "index 4 TB once, within 12 hours": {"deadline_hours": 12},
    },
    "cards with memory": {
        "Потрібна відеокарта на 48 ГБ для навчання моделі": {"vram_gb_min_per_gpu": 48, "dataset_size_gb": None},
        "нужна видеокарта на 24 ГБ для обучения классификатора": {"vram_gb_min_per_gpu": 24, "dataset_size_gb": None},
        "Potrzebna jedna karta graficzna z 48 GB do treningu modelu": {
            "vram_gb_min_per_gpu": 48, "dataset_size_gb": None,
        },
        "2 GPUs. And 80GB each, not 40": {"vram_gb_min_per_gpu": 80, "gpu_count_min": 2},
        "4 cards with 24GB each, not 16": {"vram_gb_min_per_gpu": 24, "gpu_count_min": 4},
        "у нас 80 ГБ изображений, обучить классификатор": {"dataset_size_gb": 80},
    },
    "dollars of others": {
        "CA$ 2.50/hour max": {"budget_currency": "CAD", "budget_amount": 2.5, "budget_usd_hour": None},
        "A$900 a month at most, Llama 3.1 8B": {"budget_currency": "AUD", "budget_amount": 900},
        "max NZ$ 400 per month, Llama 3.1 8B": {"budget_currency": "NZD", "budget_amount": 400},
        "HK$9,000 a month, Llama 3.1 8B": {"budget_currency": "HKD", "budget_amount": 9000},
        "S$ 700 a month, Llama 3.1 8B": {"budget_currency": "SGD", "budget_amount": 700},
        "US$ 700 a month, Llama 3.1 8B": {"budget_usd_month": 700},
        "budget 3k USD for the month of June, SDXL": {"budget_usd_month": 3000},
        "$400 for the month of May, SDXL": {"budget_usd_month": 400},
    },
    "if it is there": {
        "Lambda or Crusoe, GH200 if they have it else H100": {"gpu_models": ["GH200", "H100"]},
        "our competitors: they have 64 H100. We want two L4": {"gpu_models": ["L4"], "gpu_count_min": 2},
        "H200 if you have it, else H100, eight of them": {"gpu_models": ["H200", "H100"], "gpu_count_min": 8},
        "Nebius, B200 if they offer it otherwise H200": {"gpu_models": ["B200", "H200"], "providers": ["nebius"]},
        "A100 if available, otherwise L40S": {"gpu_models": ["A100", "L40S"]},
    },
    "refused by somebody": {
        "B200? The board said no. Two L4 then": {"gpu_models": ["L4"], "gpu_count_min": 2},
        "MI300X? Finance won't approve it. One L40S": {"gpu_models": ["L40S"]},
        "H100? My boss said no problem, so two H100": {"gpu_models": ["H100"], "gpu_count_min": 2},
        "H100? They didn't say no. Two of them": {"gpu_models": ["H100"]},
        "we are done with the first tests of Milvus and want it live": {"components": ["milvus"]},
        "AWS is ruled out and so is Google": {"providers_excluded": ["aws", "gcp"], "providers": None},
        "Azure is fine and so is AWS": {"providers": ["azure", "aws"], "providers_excluded": None},
        "we're done with Jenkins, so Tekton": {"components": ["tekton"]},
        "Milvus lost the comparison, so Qdrant": {"components": ["qdrant"]},
        "none of us has ever seen Knative, so leave it out": {"components": None},
    },
    "wished for once": {
        "Originally we planned Mistral 7B. By now it is Qwen3 8B": {"models": ["qwen3 8b"]},
        "Initially we wanted an H100, now an L4 will do": {"gpu_models": ["L4"]},
        "Our own servers were the plan once. Now it's GCP": {"providers": ["gcp"], "prefers_local_cluster": None},
        "On-prem was the plan from day one and still is": {"prefers_local_cluster": True},
        "We originally planned for two H100 and that still holds": {"gpu_models": ["H100"], "gpu_count_min": 2},
        "The servers are on our side, what is missing is Prometheus": {"prefers_local_cluster": True},
        "On our side a vector database is lacking": {
            "component_roles": ["vector_db"], "prefers_local_cluster": None,
        },
    },
    "outside a country": {
        "hébergement hors de France": {"geos": None},
        "Hosting außerhalb der Schweiz": {"geos": None},
        "hosting fuori dagli Stati Uniti": {"geos": None},
        "hospedagem fora dos Estados Unidos": {"geos": None},
        "хостинг вне США": {"geos": None},
        "ne doit jamais être hébergé hors de l'UE": {"geos": ["EU"]},
        "нельзя вне ЕС": {"geos": ["EU"]},
        "jamais hors de France": {"geos": ["france"]},
        "hors d'AWS": {"providers_excluded": ["aws"], "providers": None},
        "日本語から韓国語に翻訳": {"geos": None, "model_task": "translation"},
        "把合同翻译成泰国语": {"geos": None, "model_task": "translation"},
    },
    "figures put right": {
        "400 a month is our cap... typo! 4000": {"budget_usd_month": 4000},
        "budget of 600 a month... typo! 6000. Nodes in Spain": {"budget_usd_month": 6000, "geos": ["spain"]},
        "p95 of 3 seconds. Correction, 1.5 s is what they need": {"latency_ms_p95": 1500},
        "answers within 2 seconds. wait, 30 s clips of audio, whisper": {"latency_ms_p95": 2000},
    },
    "snippets": {
        '{"gpu":"T4","count":4,"max_hourly_usd":2.5}': {
            "gpu_models": ["T4"], "gpu_count_min": 4, "budget_usd_hour": 2.5,
        },
        '{"accelerator": "A10G", "quantity": 2}': {"gpu_models": ["A10G"], "gpu_count_min": 2},
        '{"rows": 20, "count": 3}': {"gpu_count_min": None},
        "type,count,price\nA100,8,1.2\nL4,2,0.4\n\nWe take the L4 line for whisper.": {
            "gpu_models": ["L4"], "gpu_count_min": 2,
        },
        "card,qty,eur\nH200,4,30000\nL40S,2,8000\n\nThe H200 row is what we have ordered. Fine-tune llama 8b.": {
            "gpu_models": ["H200"], "gpu_count_min": 4,
        },
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [pytest.param(text, wanted, id=kind) for kind, of in KINDS.items() for text, wanted in of.items()],
)
def test_only_what_is_wished_for_is_set(text: str, wanted: dict[str, Any]) -> None:
    got = stated(text)
    assert {field: got.get(field) for field in wanted} == wanted


@pytest.mark.parametrize("answer", ["I don't care which GPU, nor how many", "any GPU will do, any number of them"])
def test_leaving_card_and_number_open_removes_both(answer: str) -> None:
    spec = talk("fine-tune whisper on two A100", answer).spec
    assert (spec.gpu_models, spec.gpu_count_min) == ((), None)


def test_leaving_the_card_open_keeps_the_number() -> None:
    assert talk("fine-tune whisper on two A100", "I don't care which GPU").spec.gpu_count_min == 2


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("6 cameras, 5 frames per second each: detect objects with YOLOv8", 30),
        ("YOLOv8 on 12 cameras at 2 fps each", 24),
        ("detect objects, 4 streams, each 10 frames per second", 40),
        ("one camera, 5 frames per second, YOLOv8", 5),
        ("6 cameras, 30 frames per second in total, YOLOv8", 30),
    ],
)
def test_the_frames_of_each_source_add_up(text: str, rate: float) -> None:
    assert stated(text).get("requests_per_second") == rate
