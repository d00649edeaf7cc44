"""Model names: a family, then version, variant, size and suffixes, as in Qwen2.5-Coder-32B-Instruct."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.model_bases import is_made_of, made_of
from services.orchestrator.domain.understanding.model_facts import params_of
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated

_VARIANTS: Final = words("models.variants")
_BARE_VARIANTS: Final = words("models.takes_variant_bare")
_DROPPED: Final = words("models.dropped")
_AMBIGUOUS: Final = words("models.ambiguous")
_NEEDS_MORE: Final = words("models.needs_more")
_PROPER: Final = words("models.proper")
_FREE_IDS: Final = words("models.free_ids")
_BRANDS: Final = words("models.brands")
_NOT_A_VERSION_BEFORE: Final = words("models.not_a_version_before")
_GLUED_VERSION: Final = frozenset({"qwen", "yolo", "yolov", "wav2vec", "blip"})
_PIECE: Final = re.compile(
    r"(?P<sign>[-_:](?=[a-z0-9])| ?)"
    r"(?:(?P<size>(?:\d{1,2}x)?\d+(?:\.\d+)?[bm](?![a-z0-9])|\d{1,2}b\d(?![a-z0-9]))"
    r"|(?P<active>a\d+(?:\.\d+)?b(?![a-z0-9]))"
    r"|(?P<mode>(?:t|i|ti|v|s)2v(?![a-z0-9]))"
    r"|(?P<version>v?\d+(?:\.\d+){0,2})"
    r"|(?P<word>[a-z]+\d*[a-z]?(?![a-z0-9]))"
    r"|(?P<letters>[a-z]{1,3}(?![a-z])))"
)
"""A part of a name with what stands before it."""
_PATCH: Final = re.compile(r"/(8|14|16|32)(?![\w.])")
"""The pixels of a patch behind the size of a vision transformer: ViT-L/14."""
_SPACED_VERSION: Final = re.compile(r"\d(?:\.\d{1,2})?|1[0-2]|200")
_PRECISIONS: Final = words("models.precisions")
_DATE: Final = re.compile(r"2[0-9](?:0[1-9]|1[0-2])|20\d\d|0\d\d\d")
_PLAIN_WORDS: Final = frozenset({("flux.1", "fr"), ("llama", "es")})
"""Families whose bare name is an everyday word of a language: flux, the streams; llama, the call."""
_SMALL_WORDS: Final = frozenset({("pro", "cs"), ("pro", "it"), ("air", "id"), ("base", "fr")})
"""Names of variants that are small words of a language: Czech pro, for."""
_SHORTEST_ACRONYM: Final = 3
_NUMBERED: Final = 2
_SHAPES: Final = frozenset({"style", "format", "formatted"})
_LIKENESS: Final = ("like", "style", "type", "esque", "ish", "artig", "ahnlich", "inspired")
_EXPLAINING: Final = frozenset(
    {"the", "a", "an", "based", "on", "from", "das", "ein", "le", "un", "el", "il", "uma", "o", "een", "het"}
)
_COUNTED: Final = ("gpu", "bytes", "people", "items", "requests", "time", "per", "currency")


class _Part(NamedTuple):
    kind: str
    text: str
    sign: str
    """What stands before it: nothing, a space, a hyphen."""


def mark_models(doc: Doc) -> None:
    """Grow each family word into the whole model name and mark its tokens."""
    kept: list[Match] = []
    last = 0
    software = {k: m for m in doc.all("component") for k in range(m.i, m.j)}
    for match in doc.all("family"):
        if match.i < last or _is_part_of_another(doc, match, software.get(match.i)):
            continue
        parts, end = _parts(doc, match)
        bare = _compact(doc.words(match.i, match.j).lower()) in (_compact(match.id), "flux")
        if bare and not parts and (match.id, doc.language) in _PLAIN_WORDS:
            continue
        if match.id in _NEEDS_MORE and bare and not parts and not _looks_named(doc, match):
            continue
        model = Match(match.kind, match.id, match.i, end, {**match.facts, **_facts(doc, match, parts)})
        if kept and is_made_of(doc, kept[-1], model):
            model = made_of(kept.pop(), model)
        kept.append(model)
        doc.names.update(range(match.i, end))
        last = end
    doc.replace("family", kept)


def _is_part_of_another(doc: Doc, match: Match, software: Match | None) -> bool:
    """Say whether the word is the tail of another word, a publisher (Qwen/Qwen2.5), a format, or software."""
    before = doc.text(match.i - 1)
    inside = (
        doc.tokens[match.i].glued
        and (before.isalnum() or _is_suffix(doc, match.i))
        and before.isascii()
        and before != "x"
    )
    publisher = doc.text(match.j) == "/" and doc.tokens[match.j].glued and doc.at(match.j + 1, "family") is not None
    of_style = match.j + (doc.text(match.j) == "-")
    shape = doc.text(of_style) in _SHAPES and doc.at(of_style + 1, "items") is not None
    longer = software is not None and software.i not in doc.names and software.j - software.i > match.j - match.i
    return inside or publisher or shape or longer


def _is_suffix(doc: Doc, i: int) -> bool:
    """Say whether token i is the ending of a name, as in "8B'yi"."""
    return doc.text(i - 1) == "'" and doc.tokens[i - 1].glued and doc.text(i - 2).isalnum()


def _looks_named(doc: Doc, match: Match) -> bool:
    """Say whether a family that is also a plain word is meant as a name: capitalised, beside work with models."""
    if len(match.id) > _SHORTEST_ACRONYM and doc.words(match.i, match.j).isupper() and not doc.raw.isupper():
        return True  # CLIP, where the rest is not in capitals
    if match.j - match.i > 1 and doc.words(match.i, match.j).istitle():
        return True  # Command R
    near_work = any(doc.near(match.i, match.j, kind, before=6, after=6) for kind in ("action", "task", "verb"))
    return doc.words(match.i, match.j)[0].isupper() and match.id in _PROPER and near_work


def _parts(doc: Doc, match: Match) -> tuple[list[_Part], int]:
    """Return the parts of the name after the family, and the token after them."""
    parts: list[_Part] = []
    position, end = doc.tokens[match.j - 1].end, match.j
    seen: set[str] = set()
    while (piece := _PIECE.match(doc.folded, position)) is not None:
        kind = str(piece.lastgroup)
        sign, text = piece.group("sign", kind)
        if kind == "active" and "size" not in seen:
            kind, text = "size", text[1:]
        position = piece.end()
        following = bisect_left(doc.starts, position, end)
        if not _belongs(doc, match, kind, text, sign=sign, seen=seen, following=following):
            return parts, end
        seen.add(kind)
        parts.append(_Part(kind, text, sign))
        end = following
    patch = _PATCH.match(doc.folded, position) if seen and doc.folded[position - 1].isalpha() else None
    if patch is not None:
        parts.append(_Part("patch", patch.group(1), "/"))
        end = bisect_left(doc.starts, patch.end(), end)
    return parts, end


def _belongs(doc: Doc, match: Match, kind: str, text: str, *, sign: str, seen: set[str], following: int) -> bool:
    """Say whether a piece of text still is part of the name."""
    touching, joined = sign != " ", sign in ("-", "_", ":")
    match kind:
        case "size":
            if kind in seen or doc.at(following, "cue", "tokens"):
                return False
            return "b" in text or not _counts(doc, following)
        case "active" | "mode":
            return True
        case "version":
            if _DATE.fullmatch(text):
                return joined
            if "version" in seen:
                return touching and (joined or match.id in _FREE_IDS)
            spaced = touching or _SPACED_VERSION.fullmatch(text.removeprefix("v")) is not None
            return touching or (spaced and not _counts(doc, following))
        case "letters":
            return touching and match.id in _FREE_IDS
        case _:
            if text.startswith(_LIKENESS):
                return False
            if text in _DROPPED:
                return touching or text == "instruct"
            if text.startswith("embed") and not touching and match.facts["domain"] == "embeddings":
                return False  # "bge large embedding server": what it does
            if text.rstrip("0123456789") in _VARIANTS or text in _VARIANTS:
                bare = text in _BARE_VARIANTS and (text, doc.language) not in _SMALL_WORDS
                return touching or (bare and doc.at(following, "people") is None)
            card = any(doc.at(k, "gpu") for k in (following - 2, following - 1))
            numbered = len(text) == _NUMBERED and text[-1].isdigit() and not card  # "bge m3"
            short = len(text) <= _NUMBERED and (touching or numbered)
            return match.id in _FREE_IDS and (joined or short)


def _counts(doc: Doc, following: int) -> bool:
    """Say whether the number counts what follows rather than being a version: "Whisper 20 hours"."""
    if doc.text(following).startswith("embedding"):
        return False  # "ESM-2 650M embeddings"
    counted = doc.any_at(following, _COUNTED) or doc.at(following, "cue", "gpu") is not None
    glued_letters = doc.text(following).isalpha() and following < len(doc.tokens) and doc.tokens[following].glued
    return counted or glued_letters or doc.text(following) in _NOT_A_VERSION_BEFORE


def _facts(doc: Doc, match: Match, parts: list[_Part]) -> Mapping[str, object]:
    """Return name, size and the other parts of a model."""
    return _described(match.id, _called(doc, match), tuple(parts))


@lru_cache(maxsize=4096)
def _described(family: str, name: str, parts: tuple[_Part, ...]) -> Mapping[str, object]:
    precision = next((p.text for p in parts if p.text in _PRECISIONS), "")
    kept = [p for p in parts if not (p.text in _DROPPED if p.kind == "word" else _is_release(p))]
    for part in kept:
        name += _joint(family, part) + part.text
    size = next((p.text for p in kept if p.kind == "size"), "")
    if family.startswith("yolo") and size.endswith("m"):
        size = ""  # the m of YOLOv8m is its variant "medium"
    variant = tuple([p.text for p in kept if p.kind != "size"])
    return {"name": name, "size": size, "precision": precision, "variant": variant}


def _is_release(part: _Part) -> bool:
    """Say whether a part names a release of the same model, by its date or as in Mistral-7B-v0.3."""
    return part.kind == "version" and (part.text.startswith("v0.") or _DATE.fullmatch(part.text) is not None)


def _joint(family: str, part: _Part) -> str:
    """Return what joins a part to the name: as written in ids that live by their hyphens, else mostly a space."""
    if part.kind == "patch" or (family in _FREE_IDS and part.sign in ("-", "_")):
        return part.sign
    return "" if not part.sign and family in _GLUED_VERSION else " "


def _called(doc: Doc, match: Match) -> str:
    """Return the family as the user calls it where that holds more than the family's name: "llava next", "sam 2"."""
    first = doc.tokens[match.i]
    if doc.folded[first.start : first.end] != first.text:
        return str(match.facts["called"]).replace("-", " ")  # misspelt
    spoken = doc.folded[first.start : doc.tokens[match.j - 1].end]
    return _longer(spoken, str(match.facts["called"]))


@lru_cache(maxsize=4096)
def _longer(spoken: str, called: str) -> str:
    plain = re.sub(r"[-_\s]+", " ", spoken)
    plain = " ".join(w for w in plain.split() if w.removesuffix("'s") not in _BRANDS)
    longer = _compact(called) in _compact(plain) and _compact(called) != _compact(plain)
    return (plain if longer else called).replace("-", " ").replace("+", " plus")


@lru_cache(maxsize=4096)
def _compact(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name)


_SIZE_IN_NAME: Final = re.compile(r"(?<![\d.a-z])(\d+(?:\.\d+)?)b(?![a-z])")


def _of_catalogue(doc: Doc) -> Iterator[Mention]:
    """Read the models that only the catalogue knows."""
    for match in doc.all("catalogue_model"):
        against = negated(doc, match.i, match.j)
        yield Mention("models", match.id, match.i, match.j, negated=against)
        size = _SIZE_IN_NAME.search(match.id)
        if size and not against:
            yield Mention("model_params_b", float(size.group(1)), match.i, match.j)


def is_likeness(doc: Doc, match: Match) -> bool:
    """Say whether only the like of the model is wanted: "a Grok-like chatbot", "Llama-style"."""
    k = match.j + (doc.text(match.j) == "-")
    return doc.text(k).startswith(_LIKENESS) and not match.facts["size"]


def _explains(doc: Doc, match: Match) -> bool:
    """Say whether the model explains the one before it: "UNI (the ViT-L foundation model)"."""
    k = match.i - 1
    explains = doc.text(k) in _EXPLAINING and doc.text(k - 1) == "("
    return explains and any(doc.ending(j, "family") is not None for j in (k - 1, k - 2))


def read_models(doc: Doc) -> Iterator[Mention]:
    """Read model names, and the parameters that their names state."""
    yield from _of_catalogue(doc)
    full = {m.id for m in doc.all_names("family") if m.facts["size"] or m.facts["variant"]}
    for match in doc.all_names("family"):
        if match.id in full and not (match.facts["size"] or match.facts["variant"]):
            continue  # the family spoken of again, beside one of its models
        if is_likeness(doc, match) or _explains(doc, match):
            continue
        against = negated(doc, match.i, match.j)
        if not against and rejected_as_past(doc, match.i):
            continue
        if match.id in _AMBIGUOUS and against and match.j - match.i == 1:
            continue
        yield Mention("models", match.facts["name"], match.i, match.j, negated=against)
        if match.facts["precision"] and not against:
            yield Mention("precision", match.facts["precision"], match.i, match.j)
        params = params_of(match)
        if not params and (inside := _SIZE_IN_NAME.search(str(match.facts["name"]))):
            params = float(inside.group(1))
        if not against and params:
            stated = bool(match.facts["size"])
            yield Mention("model_params_b", params, match.i, match.j, implied=not stated)
