"""What was made from a model: as records state it, and packings that name no base but bear the model's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.models.domain.model import REPACKAGINGS, Model, Relation
from services.models.domain.names import FORMATS, STORED, bare_name, name_words, unpacked

HOPS: Final = 4
"""Bases of bases that are looked at for a tokenizer."""


@dataclass(frozen=True, slots=True)
class Kin:
    """A model that may have come from another, or whose name shares the other's words."""

    model_id: str
    downloads: int | None
    base_model: str
    relation: Relation
    packed: bool
    """Its record says that it is quantised, or in a format for one engine."""
    by_name: bool = False
    """That it came from the other is told by its name alone."""


def in_order(found: Iterable[Kin]) -> list[Kin]:
    """Return each once, most downloaded first, then by id; those of unknown downloads last."""
    return sorted({k.model_id: k for k in found}.values(), key=sort_key)


def sort_key(kin: Kin) -> tuple[int, str]:
    """Return what variants are ordered by."""
    return (1 if kin.downloads is None else -kin.downloads, kin.model_id)


def packings_by_name(base: str, alike: Sequence[Kin]) -> list[Kin]:
    """Return the packings that bear a model's name and state no base. alike: models whose ids have the name's words.

    Of several models of one name under different owners the packings go to the most downloaded one.
    """
    if unpacked(base):
        return []
    words = bare_name(base)
    of_name = [kin for kin in alike if bare_name(kin.model_id) == words]
    whole = [kin for kin in of_name if not _packed(kin) and kin.relation not in REPACKAGINGS]
    if whole and in_order(whole)[0].model_id != base:
        return []
    return [_told(kin, base) for kin in of_name if not kin.base_model and kin.model_id != base and _packed(kin)]


def kin_of(model: Model, base: str) -> Kin:
    """Return how a repackaging that stands under a model came from it: as its record says, else as its name tells."""
    packed = model.quantization is not None
    kin = Kin(model.model_id, model.downloads, model.base_model, model.relation, packed)
    return kin if model.base_model else _told(kin, base)


def tokenizer_of(chain: Sequence[Model]) -> tuple[str, str]:
    """Return whose tokenizer goes with a model, and why; empty where no record tells. chain: the model, its base, its
    base's base and so on.
    """
    for hops, model in enumerate(chain[: HOPS + 1]):
        if model.has_tokenizer:
            return model.model_id, "its repository holds tokenizer files" if hops == 0 else (
                f"{chain[0].model_id} came from it and lists no tokenizer files of its own"
            )
        if model.quantization is not None and model.quantization.method == "gguf":
            return model.model_id, "files in GGUF hold their tokenizer"
    return "", ""


def _told(kin: Kin, base: str) -> Kin:
    return Kin(kin.model_id, kin.downloads, base, _how(kin), packed=True, by_name=True)


def _packed(kin: Kin) -> bool:
    return kin.packed or bool(unpacked(kin.model_id))


def _how(kin: Kin) -> Relation:
    """Return how a packing came about: one whose name tells a format of files only is converted."""
    words = name_words(kin.model_id.rpartition("/")[2])
    formats = not FORMATS.isdisjoint(words)
    nothing_else = tuple(w for w in words if w not in FORMATS | STORED) == bare_name(kin.model_id)
    whole = not kin.packed or not STORED.isdisjoint(words) or (formats and nothing_else)
    return Relation.CONVERTED if whole else Relation.QUANTIZED
