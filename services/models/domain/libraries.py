"""Libraries that load models, by the ids that the Hub gives them, and other names of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "adapters", "allennlp", "asteroid", "audiocraft", "autogluon", "bertopic", "big_vision", "catboost",
            "chatterbox", "chronos-forecasting", "coreml", "ctranslate2", "diffusion-single-file", "esm", "espnet",
            "exllamav2", "exllamav3", "f5-tts", "fairseq", "fastai", "fasttext", "flair", "flax", "gguf", "gliner",
            "gluonts", "granite-tsfm", "hunyuan3d-2", "jax", "joblib", "keras-hub", "kokoro", "lerobot", "lightgbm",
            "litert", "llama-cpp-python", "llama.cpp", "mamba-ssm", "ml-agents", "mlx", "mlx-audio", "mlx-image",
            "mlx-lm", "mlx-vlm", "monai", "moshi", "onnx", "onnxruntime", "open_clip", "openvino", "outetts",
            "paddlenlp", "paddleocr", "parler-tts", "peft", "pyannote-audio", "pythae", "pytorch", "rf-detr", "rwkv",
            "safetensors", "sam2", "sam3", "sample-factory", "sentence-transformers", "setfit", "sglang", "spacy",
            "span-marker", "speechbrain", "stable-audio-tools", "stable-baselines3", "stanza", "tabicl", "tabpfn",
            "tensorboard", "tensorflow", "tensorflowtts", "tensorrt", "tf-keras", "tflite", "timesfm",
            "transformers.js", "trellis", "trl", "ultralytics", "uni2ts", "unsloth", "vllm", "voxcpm", "whisperkit",
            "xgboost", "zonos",
        ),
        (),
    ),
    "adapter-transformers": ("adapter hub", "adapterhub"),
    "diffusers": ("hugging face diffusers", "hf diffusers"),
    "keras": ("keras 3",),
    "nemo": ("nvidia nemo", "nemo toolkit", "nemo framework"),
    "sklearn": ("scikit-learn", "scikit"),
    "timm": ("pytorch image models",),
    "transformers": ("hugging face transformers", "hf transformers", "huggingface"),
}  # fmt: skip
"""Other names of each id, beside those that differ only in case and separators."""
