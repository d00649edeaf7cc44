"""The right image and the right nodes for each maker's accelerators."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources

import pytest

from services.orchestrator.catalogs.convert.models import memory_request
from services.orchestrator.domain.planning.asks import SizingCase, use_of
from services.orchestrator.domain.planning.engines import image_of, node_selector
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.render import scripts
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import GPU_TYPES


@pytest.mark.parametrize("engine", ["vllm", "torchrun"])
def test_each_maker_has_an_image_of_its_own(engine):
    made_by = {v: image_of(engine, replace(GPU_TYPES["L4"], vendor=v)) for v in ("nvidia", "amd", "intel", "aws")}
    assert len(set(made_by.values())) == 4
    assert "rocm" in made_by["amd"]
    assert "gaudi" in made_by["intel"]
    assert "neuron" in made_by["aws"]


@pytest.mark.parametrize(
    ("capability", "tag"), [("7.5", "turing-1.9"), ("8.0", "1.9"), ("9.0", "hopper-1.9"), ("12.0", "120-1.9")]
)
def test_an_embedding_server_is_built_for_the_generation_of_the_gpu(capability, tag):
    gpu = replace(GPU_TYPES["L4"], compute_capability=capability)
    assert image_of("tei", gpu).endswith(f":{tag}")


@pytest.mark.parametrize(
    ("gpu_type", "product"),
    [
        ("H100-SXM", "NVIDIA-H100-80GB-HBM3"),
        ("A100-80GB-SXM", "NVIDIA-A100-SXM4-80GB"),
        ("RTXA4000", "NVIDIA-RTX-A4000"),
        ("RTX6000-Ada", "NVIDIA-RTX-6000-Ada-Generation"),
        ("RTX4060Ti-16GB", "NVIDIA-GeForce-RTX-4060-Ti"),
        ("L40S", "NVIDIA-L40S"),
        ("T4", "Tesla-T4"),
    ],
)
def test_nodes_are_found_by_the_drivers_name_of_the_gpu(gpu_type, product):
    assert node_selector(gpu_type, "any", 1, "nvidia") == {"nvidia.com/gpu.product": product}


def test_nodes_of_a_gpu_without_a_known_label_are_found_by_machine_type_where_that_is_a_label():
    assert node_selector("MI300X", "Standard_ND96isr_MI300X_v5", 8, "amd") == {
        "node.kubernetes.io/instance-type": "Standard_ND96isr_MI300X_v5"
    }
    assert node_selector("MI300X", "8x MI300X (amd.com/gpu)", 8, "amd") == {}


def test_tpu_slices_have_the_shape_of_their_generation():
    flat, cube = node_selector("tpu-v5e", "x", 4, "google"), node_selector("tpu-v5p", "x", 4, "google")
    assert flat["cloud.google.com/gke-tpu-topology"] == "2x2"
    assert cube["cloud.google.com/gke-tpu-topology"] == "2x2x1"


@pytest.mark.parametrize(
    ("spec", "recomputes"),
    [
        (WorkloadSpec(task_type="fine_tuning", domain="llm"), True),
        (WorkloadSpec(task_type="training", domain="computer_vision", dataset_modality="image"), False),
        (WorkloadSpec(task_type="inference", domain="llm"), False),
    ],
)
def test_a_run_is_sized_with_recomputed_activations_where_its_program_recomputes_them(spec, recomputes):
    request = memory_request((SizingCase(model_id="a/b", precision="bf16", gpu=None),), use_of(needs_of(spec)))
    assert request.cases[0].usage.activation_checkpointing is recomputes


@pytest.mark.parametrize(
    ("method", "precision", "engine"),
    [
        ("full", "bf16", "trl dtype=bfloat16"),
        ("full", "fp16", ""),
        ("lora", "bf16", "trl dtype=bfloat16"),
        ("lora", "int4", "trl"),
    ],
)
def test_a_run_is_sized_by_the_weights_and_the_optimizer_that_its_program_keeps(method, precision, engine):
    program = resources.files(scripts).joinpath("train_language.py.txt").read_text()
    needs = replace(needs_of(WorkloadSpec(task_type="fine_tuning", domain="llm")), method=method)
    use = use_of(needs)
    usage = memory_request((SizingCase(model_id="a/b", precision=precision, gpu=None),), use).cases[0].usage
    assert usage.engine == engine
    assert f'optim="{usage.optimizer}"' in program
    wide = 'options.method == "full" and half is torch.float16'
    assert wide in program, "of fp16 alone it keeps 32-bit weights"


@pytest.mark.parametrize(
    ("task_type", "task", "program"),
    [
        ("fine_tuning", "text-generation", "train_language.py"),
        ("fine_tuning", "text-classification", "train_labels.py"),
        ("training", "image-classification", "train_labels.py"),
        ("training", "object-detection", ""),
        ("inference", "text-classification", ""),
    ],
)
def test_a_run_is_sized_by_the_samples_a_step_that_its_program_takes(task_type, task, program):
    text = resources.files(scripts).joinpath(f"{program}.txt").read_text() if program else ""
    taken = re.search(r"per_device_train_batch_size=(\d+)", text)
    spec = WorkloadSpec(task_type=task_type, model_task=task, gpu_needed=True)
    assert use_of(needs_of(spec)).batch_size == (int(taken[1]) if taken else None)


def test_a_classifier_of_texts_is_sized_at_the_length_that_its_program_pads_to():
    text = resources.files(scripts).joinpath("train_labels.py.txt").read_text()
    padded = re.search(r'padding="max_length", max_length=(\d+)', text)
    assert padded
    spec = WorkloadSpec(task_type="fine_tuning", model_task="text-classification", gpu_needed=True)
    assert use_of(needs_of(spec)).context_tokens == int(padded[1])


@pytest.mark.parametrize(
    ("task", "engine"), [("text-generation", "vllm"), ("text-to-image", ""), ("sentence-similarity", "")]
)
def test_what_vllm_serves_is_sized_for_it(task, engine):
    spec = WorkloadSpec(task_type="inference", model_task=task)
    request = memory_request((SizingCase(model_id="a/b", precision="bf16", gpu=None),), use_of(needs_of(spec)))
    assert request.cases[0].usage.engine == engine
