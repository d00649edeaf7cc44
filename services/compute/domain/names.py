"""GPU names of many sources read as one vocabulary."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from services.compute.domain.gpu import GpuType

_NOISE: Final = frozenset(
    (
        *("nvidia", "tesla", "geforce", "quadro", "grid", "amd", "radeon", "instinct", "intel", "habana", "qualcomm"),
        *("google", "cloud", "aws", "amazon", "grace", "blackwell", "hopper", "ampere", "generation", "edition"),
        *("graphics", "gpu", "accelerator", "tensor", "core", "hgx", "dgx", "oam", "vf", "nvlink", "mega", "shared"),
        *("hbm2", "hbm2e", "hbm3", "hbm3e", "gddr6", "gddr6x", "gddr7", "secure", "community", "per"),
    )
)
_MEMORY: Final = re.compile(r"(?<![a-z0-9.])(\d{1,3}(?:\.\d)?) ?(?:gib|gb|g)(?![a-z0-9])")
_FORM: Final = re.compile(r"^(.*?)(sxm\d?|pcie|nvl)(\d{2,3}(?:gb?)?)?$")
_MIG: Final = re.compile(r"\bmig[ -]?\d+g[ .]?\d+gb\b")
_FORMS: Final = {"sxm": "SXM", "pci": "PCIe", "nvl": "NVL"}
TOLERANCE: Final = 0.125
"""Stated memory may differ from the vendor's by this share: drivers report less, marketing counts what is reserved."""


def same_memory(stated_gib: float, type_gib: float) -> bool:
    """Tell whether a stated memory is that of a GPU type, within what drivers and marketing differ."""
    return abs(stated_gib - type_gib) <= TOLERANCE * type_gib


def compact(name: str) -> str:
    """Return the letters and digits of a name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _read(name: str) -> tuple[str, float | None, str | None, float | None]:
    """Split a name into key, memory in GiB, form factor, and a trailing bare number that may be memory."""
    text = re.sub(r"[^a-z0-9.]+", " ", name.lower())
    text = _MIG.sub(" ", text)
    memory = next((float(m) for m in _MEMORY.findall(text)), None)
    form, words = None, []
    for word in _MEMORY.sub(" ", text).replace(".", "").split():
        if word in _NOISE:
            continue
        if found := _FORM.match(word):
            word, form = found[1], _FORMS[found[2][:3]]
            if found[3] and memory is None:
                memory = float(found[3].rstrip("gb"))
        if word:
            words.append(word)
    trailing = float(words.pop()) if len(words) > 1 and words[-1].isdigit() and len(words[-1]) <= 3 else None
    return "".join(words), memory, form, trailing


class GpuNames:
    """Finds the accelerator types that a name means.

    A name is read as key, memory and form factor ("A100 80GB PCIe"); the key finds a family, the rest narrows it.
    Types keep the order of the table, in which the usual variant of a family comes first.
    """

    def __init__(self, types: Iterable[GpuType], aliases: Mapping[str, str]) -> None:
        self.types: Final = {t.name: t for t in types}
        self._by_key: dict[str, list[GpuType]] = {}
        for gpu in self.types.values():
            self._by_key.setdefault(compact(gpu.family), []).append(gpu)
        for gpu in self.types.values():
            self._by_key.setdefault(compact(gpu.name), [gpu])
        for alias, target in aliases.items():
            self._by_key[compact(alias)] = self._by_key[compact(target)]
        self._resolved: dict[str, tuple[GpuType, ...]] = {}

    def resolve(self, name: str) -> tuple[GpuType, ...]:
        """Return every type that a name can mean, the usual one first; empty for a name that is not known."""
        known = self._resolved.get(name)
        if known is None:
            known = self._find(name)
            if len(self._resolved) < 10_000:
                self._resolved[name] = known
        return known

    def identify(self, name: str, *, memory_gib: float | None = None) -> GpuType | None:
        """Return the one type that an offer's GPU is, None when the name is not known.

        The stated memory, in GiB, chooses among variants; where it fits none, the usual one is returned to compare.
        """
        candidates = self.resolve(name)
        if memory_gib is not None:
            candidates = tuple(t for t in candidates if same_memory(memory_gib, t.memory_gib)) or candidates
        return candidates[0] if candidates else None

    def suggest(self, name: str) -> list[str]:
        """Return up to three known names that look like this one."""
        keys = difflib.get_close_matches(_read(name)[0], sorted(self._by_key), n=3, cutoff=0.6)
        return [self._by_key[key][0].family for key in keys]

    def _find(self, name: str) -> tuple[GpuType, ...]:
        if exact := self._by_key.get(compact(name)):
            return tuple(exact)
        key, memory, form, trailing = _read(name)
        found = self._by_key.get(key)
        if trailing is not None:
            whole = self._by_key.get(f"{key}{trailing:.0f}")
            found, memory = (whole, memory) if whole else (found, memory if memory is not None else trailing)
        if not found:
            return ()
        if memory is not None:
            found = [t for t in found if same_memory(memory, t.memory_gib)] or found
        if form is not None:
            found = [t for t in found if form in (t.form_factor, t.name.rpartition("-")[2])] or found
        return tuple(found)
