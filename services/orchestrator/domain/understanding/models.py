"""Model names: a family, then version, variant and size in any order, as in Qwen2.5-Coder-32B-Instruct."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.polarity import negated, rejected_as_past

_VARIANTS: Final = words("models.variants")
_DROPPED: Final = words("models.dropped")
_TAKES_VARIANT_BARE: Final = words("models.takes_variant_bare")
_NAME_OF_ANOTHER = {"llama", "qwen", "nemotron", "nemo"}
_VERSIONS_SPACED = re.compile(r"\d(?:\.\d{1,2})?|1[0-2]|200")
_SIZE = re.compile(r"\d+(?:\.\d+)?")
_COUNTED = ("gpu", "bytes", "people", "items", "requests", "time", "per", "currency")
_AMBIGUOUS: Final = words("models.ambiguous")
_NEEDS_MORE: Final = words("models.needs_more")


def mark_models(doc: Doc) -> None:
    """Grow each family word into the whole model name and mark its tokens."""
    kept: list[Match] = []
    last = 0
    for match in sorted(doc.all("family"), key=lambda m: (m.i, -m.j)):
        software = doc.at(match.i, "component")
        if (
            match.i < last
            or _inside_word(doc, match)
            or _publisher(doc, match)
            or (software is not None and software.j > match.j)
        ):
            continue
        end, parts = _grow(doc, match)
        if match.id in _NEEDS_MORE and end == match.j and not _looks_named(doc, match):
            continue
        name, size = _name(match, parts)
        kept.append(match._replace(j=end, facts={**match.facts, "name": name, "size": size, "variant": parts}))
        doc.names.update(range(match.i, end))
        last = end
    doc.replace("family", kept)


def _inside_word(doc: Doc, match: Match) -> bool:
    """Say whether the family word is the tail of another word, such as the t5 of flan-t5 spelt as one."""
    token = doc.tokens[match.i]
    before = doc.text(match.i - 1)
    return token.glued and before.isalnum() and before.isascii() and before != "x"


def _publisher(doc: Doc, match: Match) -> bool:
    """Say whether the word is the owner in an id such as Qwen/Qwen2.5-7B."""
    return doc.text(match.j) == "/" and doc.tokens[match.j].glued and doc.at(match.j + 1, "family") is not None


def _looks_named(doc: Doc, match: Match) -> bool:
    words = doc.words(match.i, match.j)
    return (
        words[0].isupper()
        and match.id in ("falcon", "bloom", "phi", "e5", "clip", "wan", "solar", "canary", "sd", "opt", "yi")
        and (
            doc.near(match.i, match.j, "action", before=6, after=6) is not None
            or doc.near(match.i, match.j, "task", before=6, after=6) is not None
        )
    )


def _grow(doc: Doc, match: Match) -> tuple[int, list[str]]:
    """Return the end of the name and its parts after the family."""
    tokens = doc.tokens
    parts: list[str] = []
    j = match.j
    has_version = has_size = False
    while j < len(tokens):
        k = j
        joined = False
        while (
            k < len(tokens)
            and tokens[k].text in ("-", "_", ":", "/")
            and tokens[k].glued
            and k + 1 < len(tokens)
            and tokens[k + 1].glued
        ):
            k += 1
            joined = True
        if k >= len(tokens) or doc.sentence[k] != doc.sentence[match.i]:
            break
        token = tokens[k]
        touching = joined or token.glued
        text = token.text
        size = _size_at(doc, k)
        if size and not has_size:
            parts.append(size[1])
            has_size, j = True, size[0]
        elif text == "v" and k + 1 < len(tokens) and tokens[k + 1].glued and tokens[k + 1].is_number:
            if not tokens[k + 1].text.startswith("0."):
                parts.append("v" + tokens[k + 1].text)
            has_version, j = True, k + 2
        elif token.is_number and not has_version and _version_at(doc, k, touching=touching):
            parts.append(text)
            has_version, j = True, k + 1
        elif (text in _DROPPED and touching) or text == "instruct":
            j = k + 1
        elif (
            text in _VARIANTS
            and (touching or text in _TAKES_VARIANT_BARE)
            and not _role_of_word(doc, k, touching=touching)
        ):
            parts.append(text)
            j = k + 1
        elif (
            touching
            and joined
            and text == "a"
            and k + 2 < len(tokens)
            and tokens[k + 1].is_number
            and tokens[k + 2].text == "b"
        ):
            parts.append(f"a{tokens[k + 1].text}b")
            j = k + 3  # active parameters of a mixture of experts, as in 30B-A3B
        elif (
            touching
            and len(text) <= 3
            and text.isalpha()
            and text.isascii()
            and (not joined)
            and match.id in ("yolo", "esm", "bge", "gte", "vit", "resnet", "t5")
        ) or (
            joined
            and text.isalnum()
            and text.isascii()
            and not token.is_number
            and match.id
            in (
                "bge",
                "gte",
                "minilm",
                "mpnet",
                "vit",
                "chronos",
                "esm",
                "e5",
                "whisper",
                "yolo",
                "swin-unetr",
                "resnet",
                "efficientnet",
                "sam",
            )
        ):
            parts.append(text)
            j = k + 1
        elif touching and token.is_number and (joined or match.id in ("yolo", "esm", "bge", "resnet", "vit", "minilm")):
            if not _date_like(text):
                parts.append(text)
            j = k + 1
        elif touching and text == "+":
            parts.append("+")
            j = k + 1
        elif joined and _date_like(text):
            j = k + 1
        else:
            break
    return j, parts


def _mode_at(doc: Doc, k: int) -> str | None:
    """Return i2v, t2v, ti2v or v2v at token k, which are letters around a digit."""
    mode = "".join(doc.text(n) for n in range(k, k + 3))
    return mode if mode in ("i2v", "t2v", "ti2v", "v2v", "s2v") and doc.tokens[k + 2].glued else None


def _date_like(text: str) -> bool:
    return bool(re.fullmatch(r"2[0-9](?:0[1-9]|1[0-2])|20\d\d|0\d\d\d", text))


def _role_of_word(doc: Doc, k: int, *, touching: bool) -> bool:
    """Say whether a variant word is rather the next word of the sentence, as in "whisper, small team"."""
    return not touching and doc.at(k + 1, "people") is not None


def _size_at(doc: Doc, k: int) -> tuple[int, str] | None:
    """Return the end and the text of a size such as 72b, 8x7b, 1.5b, 650m at token k."""
    tokens = doc.tokens
    if not tokens[k].is_number or not _SIZE.fullmatch(tokens[k].text):
        return None
    unit = doc.text(k + 1)
    if unit == "b" and not _followed_by_tokens(doc, k + 2):
        return k + 2, tokens[k].text + "b"
    if (
        unit == "x"
        and k + 3 < len(tokens)
        and tokens[k + 2].is_number
        and tokens[k + 3].text == "b"
        and tokens[k + 3].glued
    ):
        return k + 4, f"{tokens[k].text}x{tokens[k + 2].text}b"
    if unit == "m" and tokens[k + 1].glued and not doc.at(k + 2, "items") and not doc.at(k + 2, "people"):
        return k + 2, tokens[k].text + "m"
    return None


def _followed_by_tokens(doc: Doc, k: int) -> bool:
    return doc.at(k, "cue", "tokens") is not None


def _version_at(doc: Doc, k: int, *, touching: bool) -> bool:
    tokens = doc.tokens
    text = tokens[k].text
    after = k + 1
    if (
        after < len(tokens)
        and tokens[after].glued
        and tokens[after].text.isalpha()
        and tokens[after].text.isascii()
        and tokens[after].text not in _VARIANTS | {"s", "b"} | set("nlxm")
    ):
        return False
    if touching:
        return len(text) <= 5
    if not _VERSIONS_SPACED.fullmatch(text):
        return False
    if doc.text(after) in ("x", "%", "times", "nodes", "more", "replicas"):
        return False
    return not any(doc.at(after, kind) for kind in _COUNTED) and doc.at(after, "cue", "gpu") is None


def _name(match: Match, parts: list[str]) -> tuple[str, str]:
    size = next((p for p in parts if _is_size(p)), "")
    words = list(parts)
    family = match.id
    text = str(match.facts["called"])
    if (
        words
        and (words[0][0].isdigit() or words[0] == "+" or re.fullmatch(r"v\d.*", words[0]))
        and family in ("qwen", "yolo", "yolov", "wav2vec", "blip")
    ):
        text, words = text + words[0], words[1:]
    name = " ".join([text, *words]).replace("-", " ")
    return re.sub(r"\s+", " ", name), size


def _is_size(part: str) -> bool:
    return bool(re.fullmatch(r"(?:\d+x)?\d+(?:\.\d+)?[bm]", part))


def params_of(match: Match) -> float | None:
    """Return the billions of parameters that a model's name states or that its family has in only one size."""
    size = str(match.facts["size"])
    parts = [p for p in match.facts["variant"] if p != size]
    known = _known_params(match.id)
    for key, value in known.items():
        if key and key == " ".join([*parts, size] if size else parts).removeprefix("v"):
            return value
    if size and size in known:
        return known[size]
    if "x" in size:
        count, _, each = size.removesuffix("b").partition("x")
        return float(count) * float(each)
    if size.endswith("b"):
        return float(size[:-1])
    if size.endswith("m"):
        return float(size[:-1]) / 1000
    joined = " ".join(p.removeprefix("v") for p in parts)
    for key in sorted((k for k in known if k), key=len, reverse=True):
        if joined == key or joined == key.removeprefix("v") or (key in parts):
            return known[key]
    return known.get("")


@cache
def _known_params(family: str) -> dict[str, float]:
    row = next(r for r in lexicon.rows("models") if r["family"] == family)
    pairs = [p.rpartition("=") for p in row["params"].split(";") if p]
    return {key: float(value) for key, _, value in pairs}


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


def read_models(doc: Doc) -> Iterator[Mention]:
    """Read model names, and the parameters that their names state."""
    for match in doc.all_names("family"):
        against = negated(doc, match.i, match.j)
        if not against and rejected_as_past(doc, match.i):
            continue
        if match.id in _AMBIGUOUS and against and match.j - match.i == 1:
            continue
        yield Mention("models", match.facts["name"], match.i, match.j, negated=against)
        params = params_of(match)
        if not against and params:
            stated = bool(match.facts["size"])
            yield Mention("model_params_b", params, match.i, match.j, implied=not stated)
