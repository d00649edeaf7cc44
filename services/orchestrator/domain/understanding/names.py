"""Names that hold digits, GPU types and region ids: found first, so that the digits are never read as numbers."""

from __future__ import annotations

import re
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.cued import Cued
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.namesakes import other_things

_GPU_SUFFIX: Final = words("names.gpu_suffix")
_BARE_NUMBER_GPU = re.compile(r"[1-7]\d{3}")
_MEMORIES: Final = words("names.memories")
_COUNTED: Final = ("currency", "items", "people", "requests", "time", "bytes", "scale")
_CHIPS: Final = ("TPU", "Trainium", "Inferentia", "Gaudi")
"""Accelerators that are counted in chips."""
_BESIDE: Final = 4
_SERIES: Final = words("names.series")
_STANDARDS: Final = frozenset({"iso", "iec", "din", "nist", "ansi", "ieee", "rfc", "astm"})


def mark_cards(doc: Doc, known: WorkloadSpec) -> None:
    """Take words such as Karten and chips for GPUs where memory, GPUs named or a count known say that they are."""
    maybe = doc.all("maybe_gpu")
    if not maybe:
        return
    chips = any(name.startswith(_CHIPS) for name in (*(m.id for m in doc.all_names("gpu")), *(known.gpu_models or ())))
    spoken = bool(doc.all_names("gpu") or doc.all("cue", "vram") or doc.all("cue", "gpu") or known.gpu_count_min)
    units = doc.all("bytes")
    begin, end = {b.i for b in units}, {b.j for b in units}
    each = {"device" in doc.words(m.i, m.j).lower() for m in doc.all("cue", "each")}

    def is_card(m: Match) -> bool:
        if m.id == "chip":
            return chips
        if m.id == "device":
            return True in each and bool(doc.all("cue", "vram"))
        return spoken or m.i in end or m.i - 1 in end or not begin.isdisjoint(range(m.j, m.j + _BESIDE + 1))

    found = [m for m in maybe if is_card(m)]
    taken = {m.i for m in doc.all_names("cue")}
    cues = [*doc.all_names("cue"), *(m._replace(kind="cue", id="gpu") for m in found if m.i not in taken)]
    doc.replace("cue", sorted(cues, key=lambda m: m.i))


def mark_gpus(doc: Doc) -> None:
    """Keep the GPU names that are names, take their suffixes along, and mark their tokens."""
    kept: list[Match] = []
    others = other_things(doc)
    for match in doc.all("gpu"):
        end = _gpu_end(doc, match)
        if end and match.i not in others:
            kept.append(match if end == match.j else match._replace(j=end))
            doc.names.update(range(match.i, end))
    doc.replace("gpu", kept)


def _gpu_end(doc: Doc, match: Match) -> int:
    """Return where the GPU name ends, or 0 when the words are no GPU (A100-BLK, version 4090, a2)."""
    tokens, i, j = doc.tokens, match.i, match.j
    if (
        i
        and tokens[i].glued
        and tokens[i - 1].text.isalnum()
        and tokens[i - 1].text.isascii()
        and doc.text(i - 1) != "x"
    ):
        return 0
    if (
        i > 1
        and tokens[i].glued
        and doc.text(i - 1) in "-_."
        and tokens[i - 1].glued
        and doc.text(i - 2) in ("esm", "evo")
    ):
        return 0
    spelt = len(tokens[i].text) == 1 and j - i > 2 and all(t.text.isalpha() for t in tokens[i:j])
    if spelt and doc.any_at(j, _COUNTED):
        return 0  # "a one hundred dollar budget"
    if tokens[i].is_number and _BARE_NUMBER_GPU.fullmatch(tokens[i].text) and not _bare_is_gpu(doc, i, j):
        return 0
    if _numbered_part(doc, j):
        return 0
    if len(match.id) <= 2 and match.id in ("A2", "P4", "L2") and not _spoken_of_gpus(doc, i, j):
        return 0
    while j < len(tokens) and tokens[j].glued and tokens[j].text in ("s", "'s", "'"):
        j += 1
    if j + 1 < len(tokens) and tokens[j].glued and tokens[j].text in "-_/" and tokens[j + 1].glued:
        word = tokens[j + 1].text
        if word.isascii() and word.isalpha() and word not in _GPU_SUFFIX and tokens[j].text != "/":
            return j if _inflects(doc, j + 1) else 0
        if word in ("sxm", "pcie", "nvl"):
            j += 2
            if j < len(tokens) and tokens[j].glued and tokens[j].is_number:
                j += 1
    elif j < len(tokens) and tokens[j].glued and tokens[j].text.isalpha() and tokens[j].text.isascii():
        return j if tokens[j].text in ("x", "gpus") or (doc.text(j - 1) == "'" and _inflects(doc, j)) else 0
    elif j < len(tokens) and tokens[j].text in ("sxm", "pcie"):
        j += 1
        if j < len(tokens) and tokens[j].glued and tokens[j].is_number:
            j += 1
    return j


def mark_standards(doc: Doc) -> None:
    """Mark the number of a standard, which counts nothing: "ISO 9001 auditors", "DIN 5008 letters"."""
    for k in () if _STANDARDS.isdisjoint(doc.spoken) else range(len(doc.tokens) - 1):
        if doc.text(k) not in _STANDARDS:
            continue
        n = k + 1 + (doc.text(k + 1) in ("-", ":"))
        if n < len(doc.tokens) and doc.tokens[n].is_number:
            doc.names.add(n)


def _inflects(doc: Doc, k: int) -> bool:
    """Say whether token k is an ending or a noun joined to a name, as in "A100-as", and no code as in A100-BLK."""
    return doc.language != "en" and not doc.words(k, k + 1).isupper()


def _numbered_part(doc: Doc, j: int) -> bool:
    """Say whether a number other than of gigabytes is joined to the name, as in a part called L40-12."""
    if doc.text(j) != "-" or not doc.tokens[j].glued or j + 1 >= len(doc.tokens):
        return False
    number = doc.tokens[j + 1]
    return number.is_number and number.glued and number.text not in _MEMORIES and doc.at(j + 2, "bytes") is None


def _bare_is_gpu(doc: Doc, i: int, j: int) -> bool:
    """Say whether a bare 4090 is a graphics card: "4x 4090s", "a 3090", "RTX 4090", never a sum or a count."""
    after = doc.text(j)
    if after in ("s", "'s") and doc.tokens[j].glued:
        return True
    if doc.at(j, "currency") or doc.at(j, "per") or doc.at(j, "items") or doc.at(j, "people") or doc.at(j, "requests"):
        return False
    if doc.ending(i, "currency") or doc.at(j, "time") or doc.at(j, "bytes"):
        return False
    before = doc.text(i - 1)
    if j - i > 1 or _alone(doc, i, j):
        return True
    if doc.ending(i, "rent") is not None or (doc.tokens[i - 1].is_number and doc.all("rent")):
        return True  # "I'd rent 4090", "renting 2 4090 on Vast"
    return before in _SERIES or (i == 0 and j == len(doc.tokens)) or _spoken_of_gpus(doc, i, j)


def _alone(doc: Doc, i: int, j: int) -> bool:
    """Say whether the number stands between commas in a list of names, as in "comfyui, 5090"."""
    after = doc.text(j)
    listed = doc.text(i - 1) == "," and after in ("", ",", ".")
    return listed and any(m.i not in doc.names for m in doc.all_names("component"))


def _spoken_of_gpus(doc: Doc, i: int, j: int) -> bool:
    return doc.near(i, j, "cue", "gpu", before=4, after=3) is not None or doc.text(i - 1) in ("nvidia", "x")


_REGION = Cued(
    r"(?<![\w-])(?:(?:us|eu|ap|sa|ca|me|af|il|mx|cn)-(?:gov-)?(?:north|south|east|west|central|northeast|northwest|southeast"
    r"|southwest|isob?)-\d[a-f]?"
    r"|(?:us|europe|asia|australia|southamerica|northamerica|me|africa)-(?:north|south|east|west|central|northeast|northwest"
    r"|southeast|southwest)\d{1,2}(?:-[a-f])?"
    r"|(?:us|eu|uk|ap|ca|sa|me|il|af)-[a-z]{4,12}-\d|(?:cn|ap|eu|us|me)-(?:beijing|shanghai|hangzhou|shenzhen|guangzhou|singapore"
    r"|tokyo|frankfurt|ashburn|london|mumbai|seoul|jakarta|bangkok))(?![\w-])",
    "us-|eu-|uk-|ap-|sa-|ca-|me-|af-|il-|mx-|cn-|asia-|europe-|australia-",
)
_ZONE: Final = re.compile(r"(?<=\d)-?[a-f]$")
"""What names a zone within its region: us-east-1a, europe-west4-a."""


def region_ids(folded: str) -> list[tuple[int, int, str]]:
    """Return the region ids such as eu-central-1, us-east1, uk-london-1 with their offsets; of a zone, its region's."""
    found = _REGION.pattern.finditer(folded) if _REGION.may_match(folded) else ()
    return [(m.start(), m.end(), _ZONE.sub("", m.group())) for m in found]
