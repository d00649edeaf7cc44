"""Commands of libraries that train what no program of ours does: what the user's code may consist of.

Sources: the documentation of Ultralytics (train mode of its command line) and the folders of examples in the
repositories of transformers and diffusers, as of 2026.
"""

from __future__ import annotations

import re
from typing import Final

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.render.text import code

_YOLO: Final = re.compile(r"yolo-?v?(\d{1,2})", re.IGNORECASE)
_SMALLEST: Final = {
    "8": "yolov8n.pt",
    "9": "yolov9t.pt",
    "10": "yolov10n.pt",
    "11": "yolo11n.pt",
    "12": "yolo12n.pt",
}
"""The smallest weights of each version that the command takes by name."""
_YOLO_TASKS: Final = {"object-detection": "detect", "image-segmentation": "segment", "image-classification": "classify"}
_EXAMPLES: Final = {
    "object-detection": ("transformers", "examples/pytorch/object-detection/run_object_detection.py"),
    "automatic-speech-recognition": (
        "transformers",
        "examples/pytorch/speech-recognition/run_speech_recognition_seq2seq.py",
    ),
    "text-to-image": ("diffusers", "examples/text_to_image/train_text_to_image_lora.py"),
}
"""Library and example by task; what it takes and writes has to be set to the folders of the job."""


def own_command(work: Workload) -> str:
    """Return the sentence on what a library brings for a training; empty where none is known to."""
    yolo = _YOLO.search(work.model_id)
    weights = _SMALLEST.get(yolo[1], "") if yolo else ""
    if weights and work.model_task in _YOLO_TASKS:
        options = f"model={weights} data=/data/data.yaml project=/checkpoints"
        command = f"yolo {_YOLO_TASKS[work.model_task]} train {options}"
        return (
            f"Ultralytics has a command for it, {code(command)} (package {code('ultralytics')}; {code(weights)} is the "
            "smallest of its weights), which the code may start."
        )
    if found := _EXAMPLES.get(work.model_task):
        library, path = found
        return f"{library} has an example for it to begin from, {code(path)} in its repository."
    return ""
