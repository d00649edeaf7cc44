"""Medical images: the task follows the field, and so do the models."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.planning.imaging import Imaging, imaging_of, of_field
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import model

IMAGES = {"dataset_modality": "image", "domain": "computer_vision", "dataset_size_gb": 2000}


@pytest.mark.parametrize(
    ("words", "kind", "task"),
    [
        ("MRI images to detect lung cancer", Imaging.VOLUMES, "image-segmentation"),
        ("find tumours in CT", Imaging.VOLUMES, "image-segmentation"),
        ("detect pneumonia in chest X-rays", Imaging.PICTURES, "image-classification"),
        ("detect metastases in histology slides", Imaging.PICTURES, "image-classification"),
        ("object detection of nodules in CT: a bounding box around each", Imaging.VOLUMES, "object-detection"),
        ("detect pets in photographs", None, "object-detection"),
        ("detect stamps in scans of invoices", None, "object-detection"),
    ],
)
def test_detection_means_what_the_field_means_by_it(words, kind, task):
    spec = WorkloadSpec(**IMAGES, model_task="object-detection")
    assert imaging_of(spec, words) is kind
    assert needs_of(spec, words=words).task == task


def test_a_stated_task_on_scans_stays():
    spec = WorkloadSpec(**IMAGES, model_task="image-classification")
    assert needs_of(spec, words="tell malignant from benign in CT").task == "image-classification"


def test_pictures_are_no_volumes():
    spec = WorkloadSpec(**IMAGES)
    assert any("studies" in a for a in needs_of(spec, words="MRI of the brain").assumptions)
    assert not any("studies" in a for a in needs_of(spec, words="chest X-rays").assumptions)


def test_models_for_the_task_in_three_dimensions_come_first_and_one_of_another_task_third():
    found = [
        model("org/boxes-in-ct", task="object-detection", about="boxes around nodules in 3-D CT"),
        model("org/slices", task="image-segmentation", about="medical pictures, 2-D slices of CT and MRI"),
        model("org/tables", task="object-detection", about="finds tables in documents"),
        model("org/organs", task="image-segmentation", about="outlines organs in 3-D CT"),
        model("org/brain", task="image-segmentation", about="outlines tumours in MRI"),
    ]
    ordered = of_field(found, Imaging.VOLUMES, "image-segmentation")
    assert [m.model_id for m in ordered] == ["org/organs", "org/brain", "org/boxes-in-ct", "org/slices"]
    assert of_field(found[2:3], Imaging.VOLUMES, "image-segmentation") == found[2:3]


def test_a_model_of_the_scanner_that_was_named_comes_first():
    brain, spleen = (
        model("MONAI/brats_mri_segmentation", task="image-segmentation", about="3-D MRI"),
        model("MONAI/spleen_ct_segmentation", task="image-segmentation", about="3-D CT"),
    )
    for words, first in (("tumours in CT scans", spleen), ("tumours in MRI scans", brain), ("tumours", brain)):
        assert of_field([brain, spleen], Imaging.VOLUMES, "image-segmentation", words)[0] is first
