"""Facts of models that their names imply: parameters, domain and task."""

from __future__ import annotations

from functools import cache, lru_cache

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_SMALLER = words("model_facts.smaller")


def params_of(match: Match) -> float | None:
    """Return the billions of parameters that a model's name states or that its family has in only one size."""
    return _params(match.id, str(match.facts["size"]), match.facts["variant"])


@lru_cache(maxsize=4096)
def _params(family: str, size: str, variant: tuple[str, ...]) -> float | None:
    parts = [p for p in variant if p != size]
    known = _known_params(family)
    said = " ".join([*parts, size] if size else parts).removeprefix("v")
    if said and said in known:
        return known[said]
    if size and size in known:
        return known[size]
    if "x" in size:
        count, _, each = size.removesuffix("b").partition("x")
        return float(count) * float(each)
    if "b" in size[:-1]:
        return float(size.replace("b", "."))  # BLOOM's 7b1 has 7.1 billion
    if size.endswith("b"):
        return float(size[:-1])
    if size.endswith("m"):
        return float(size[:-1]) / 1000
    small = [p for p in parts if p in _SMALLER]
    named = {p.removeprefix("v") for p in parts}
    for key in sorted((k for k in known if k), key=len, reverse=True):
        wanted = {w.removeprefix("v") for w in key.split()}
        if wanted <= named and all(p in wanted for p in small):
            return known[key]
    return None if small and "" not in known else known.get("")


@cache
def _known_params(family: str) -> dict[str, float]:
    row = next(r for r in lexicon.rows("models") if r["family"] == family)
    pairs = [p.rpartition("=") for p in row["params"].split(";") if p]
    return {key: float(value) for key, _, value in pairs}


@once
def domains_named(doc: Doc) -> frozenset[str]:
    """Return the domains of the models named in a text."""
    return frozenset(match.facts["domain"] for match in doc.all_names("family"))


def field_of(match: Match) -> tuple[str, str]:
    """Return domain and task of a model; its variant may move it to another domain than its family's."""
    parts = set(match.facts["variant"])
    if parts & {"vl", "vision", "omni"}:
        return "multimodal", "image-text-to-text"
    if parts & {"embed", "embedding"}:
        return "embeddings", "feature-extraction"
    if parts & {"reranker", "rerank"}:
        return "embeddings", "text-ranking"
    if match.id == "qwen" and "image" in parts:
        return "image_generation", "text-to-image"
    if "i2v" in parts:
        return "video", "image-to-video"
    if "seg" in parts:
        return "computer_vision", "image-segmentation"
    if "pose" in parts:
        return "computer_vision", "keypoint-detection"
    if "audio" in parts and match.facts["domain"] == "llm":
        return "multimodal", "audio-text-to-text"
    return match.facts["domain"], match.facts["task"]
