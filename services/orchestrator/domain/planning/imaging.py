"""Medical images: a field of its own, in which "detect" means what radiologists do, not boxes in photographs.

Findings in volumes (CT, MRI, PET) are outlined in 3-D, the task of nnU-Net and MONAI; flat pictures (X-rays, slides,
photographs) are told apart by what they show.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from services.orchestrator.domain.candidates import ModelCandidate
from services.orchestrator.domain.spec import Domain, Modality, WorkloadSpec


class Imaging(StrEnum):
    """What medical images are."""

    VOLUMES = "volumes"
    """In three dimensions: CT, MRI, PET."""
    PICTURES = "pictures"
    """In two: X-rays, mammograms, slides of tissue, photographs of skin or eye."""


FOCUS: Final = {
    Imaging.VOLUMES: "3-D medical imaging, CT and MRI volumes",
    Imaging.PICTURES: "medical imaging, X-rays and pathology slides",
}
"""What models are searched by."""
_TASK: Final = {Imaging.VOLUMES: "image-segmentation", Imaging.PICTURES: "image-classification"}
_VOLUMES: Final = re.compile(
    r"\b(mri|mrt|ct|cbct|pet[-/ ](?:ct|scans?)|tomogra\w*|magnetic resonance)\b", re.IGNORECASE
)
_PICTURES: Final = re.compile(
    r"\b(x-?rays?|radiographs?|mammogra\w*|patholog\w*|histolog\w*|whole[- ]slide|biops\w*|dermato\w*|dermosc\w*|"
    r"skin lesions?|retina\w*|fundus|endoscop\w*)\b",
    re.IGNORECASE,
)
_MEDICAL: Final = re.compile(
    r"\b(dicom|radiolog\w*|tumou?rs?|cancer|lesions?|nodules?|"
    r"(?:medical|brain|chest|lung|cardiac|body) (?:scans?|images?))\b",
    re.IGNORECASE,
)
_BOXES: Final = re.compile(r"\b(?:bounding[- ]?box\w*|box(?:es)?|object[- ]detection|yolo\w*|detr|retinanet)\b", re.I)
_OF_MODELS: Final = re.compile(
    r"\b(mri|ct|x-?rays?|radiolog\w*|tumou?rs?|nodules?|mammogra\w*|monai|medical|biomed\w*|clinical|anatom\w*|"
    r"histolog\w*|patholog\w*)\b",
    re.IGNORECASE,
)
_SCANNERS: Final = {
    "ct": re.compile(r"\b(?:cb)?ct\b|\bcomputed tomogra", re.IGNORECASE),
    "mri": re.compile(r"\b(?:mri|mrt|magnetic resonance)\b", re.IGNORECASE),
    "pet": re.compile(r"\bpet\b|\bpositron", re.IGNORECASE),
}
_DEEP: Final = re.compile(r"\b(?:3-?d|volum\w*|ct|mri)\b", re.IGNORECASE)
_FLAT: Final = re.compile(r"\b(?:2-?d|slices?|slides?|x-?rays?|frames?|mammogra\w*)\b", re.IGNORECASE)


def imaging_of(spec: WorkloadSpec, words: str) -> Imaging | None:
    """Return what kind of medical images a job is about; None where it is about none."""
    if spec.dataset_modality not in (None, Modality.IMAGE) or spec.domain not in (None, Domain.COMPUTER_VISION):
        return None
    said = _said(spec, words)
    if _VOLUMES.search(said):
        return Imaging.VOLUMES
    if _PICTURES.search(said):
        return Imaging.PICTURES
    return Imaging.VOLUMES if _MEDICAL.search(said) else None


def task_of_images(imaging: Imaging, spec: WorkloadSpec, words: str, told: list[str]) -> str:
    """Return the task on medical images: as stated, but "detect" is outlining or telling apart unless boxes are meant.
    What is assumed is added to told."""
    detects = spec.model_task == "object-detection" and not _BOXES.search(_said(spec, words))
    if spec.model_task and not detects:
        return spec.model_task
    if imaging is Imaging.VOLUMES:
        told.append(
            "Findings in scans are outlined in 3-D (image segmentation), which gives place and size; boxes around them "
            "or a yes or no for each study are other tasks, with other labels."
        )
    else:
        told.append("Pictures are told apart by whether they show the finding (image classification).")
    return _TASK[imaging]


def of_field(models: list[ModelCandidate], imaging: Imaging, task: str, words: str = "") -> list[ModelCandidate]:
    """Return the models that are for medical images, all where none is: named ones, those for the task, and of them
    first those that work on images of the kind, and not of another scanner than the words name. The best of another
    task comes third, for it may be what is meant."""

    scanners = _scanners(words)

    def place(model: ModelCandidate) -> tuple[bool, bool, bool, bool]:
        about = f"{model.model_id} {model.about} {model.passage}"
        deep = bool(_DEEP.search(about)) and not _FLAT.search(about)
        known = _scanners(f"{model.model_id.replace('_', ' ')} {model.about}")
        others = bool(scanners and known) and scanners.isdisjoint(known)
        return (not model.wished_as, model.task != task, deep is not (imaging is Imaging.VOLUMES), others)

    mains = [m for m in models if m.wished_as or _OF_MODELS.search(f"{m.model_id} {m.about} {m.passage}")]
    ordered = sorted(mains or models, key=place)
    other = next((m for m in mains if m.task != task and not m.wished_as), None)
    rest = [m for m in ordered if m is not other]
    return [*rest[:2], *([other] if other else []), *rest[2:]]


def _scanners(text: str) -> set[str]:
    """Return the kinds of scanners that a text names."""
    return {name for name, found in _SCANNERS.items() if found.search(text)}


def _said(spec: WorkloadSpec, words: str) -> str:
    return " ".join([words, *(origin.words for origin in spec.origins.values())])
