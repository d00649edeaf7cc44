"""Conditions that a wish states in words beside what it wants: size, memory at a precision, licence, gate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from services.models.domain.filters import ModelFilter
from services.models.domain.model import LicenseClass

_WORDED: Final = {
    "half a": 0.5, "half": 0.5, "one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
_NUMBER: Final = rf"(?:\d+(?:[.,]\d+)?|\b(?:{'|'.join(_WORDED)})\b)"
_BILLION: Final = (
    r"bn?\b|billions?|milliard\w*|mil(?: de)? millones|bilh\w+|miliard\w*|miljard\w*|milyar|mld|мілья?рд\w*|"
    r"мільярд\w*|миллиард\w*|млрд|tỷ|miliar|अरब|พันล้าน|میلیارد"
)
_MILLION: Final = (
    r"mn?\b|millions?|millionen|millones|milh\w+|milion\w*|miljo\w+|milyon|мільйон\w*|миллион\w*|млн|triệu|juta|"
    r"ล้าน|میلیون"
)
_HUNDRED_MILLION: Final = "[亿億억]"
_PARAMETERS: Final = (
    r"param\w*|parám\w*|parâm\w*|paramètres?|параметр\w*|tham số|参数|參數|パラメータ|매개변수|파라미터|พารามิเตอร์|"
    r"पैरामीटर|پارامتر"
)
_AT_MOST: Final = (
    r"under|below|within|at most|up to|less than|fewer than|(?:no|not) (?:more|larger|bigger) than|not over|"
    r"max(?:imum|imal|imaal|imo|imálně)?(?: of)?\.?|smaller than|<=?|≤|höchstens|bis(?: zu)?|unter|weniger als|"
    r"au plus|moins de|jusqu['’]à|(?:como |no )?máximo(?: de)?|hasta|menos de|até|al massimo|fino a|meno di|"
    r"hoogstens|tot|minder dan|do|maksymalnie|poniżej|co najwyżej|en fazla|до|не более|не больше|максимум|менее|"
    r"tối đa|dưới|không quá|max|högst|upp till|under|maks(?:imal)?|maksimum|"
    r"不超过|不大于|最多|最大|小于|最高"
)
_AT_LEAST: Final = (
    r"at least|more than|over|above|larger than|bigger than|min(?:imum)?(?: of)?|>=?|≥|mindestens|ab|über|au moins|"
    r"plus de|al menos|mínimo|pelo menos|almeno|minstens|co najmniej|en az|не менее|от|至少|超过|大于"
)
_ABOUT: Final = r"about|around|roughly|approximately|circa|ca\.?|etwa|environ|unos|cerca de|около|~"
_NEAR: Final = 0.25
"""How far from a size said with "about" a model's may be, as a share of it."""
_NOMINAL: Final = 0.05
"""How far sizes are from those that models are called by: one of "8B" has up to 8.3 billion parameters."""
_LIKE_COUNT: Final = (
    r"(?=\s*(?:$|[,.;:!?)、，。]|(?:and|or|with|that|which|for|in|on|und|oder|mit|et|ou|y|i|e|и|以[下内]|이하)\b))"
)
"""What follows a size that does not say of what: else it may be of tokens or customers."""
_NUMBERED: Final = re.compile(rf"\d|{_NUMBER} ?(?:{_BILLION}|{_MILLION}|{_HUNDRED_MILLION})", re.IGNORECASE)
"""Without which a text states no size and no memory."""
_APART: Final = r"(?<![a-zà-žа-яіїєґ])"
"""Where a word begins: Chinese has no spaces before it."""
_SIZE: Final = re.compile(
    rf"(?<![$€£\d.])(?:(?P<most>{_APART}(?:{_AT_MOST}))|(?P<least>{_APART}(?:{_AT_LEAST}))|"
    rf"(?P<about>{_APART}(?:{_ABOUT})))?"
    rf"(?: ?(?:an?|de|of|von) )? ?(?P<low>{_NUMBER}) ?(?:(?:{_BILLION}|{_MILLION}) ?)?"
    rf"(?:(?:-|–|to|and|bis|à) ?(?P<high>{_NUMBER}) ?)?"
    rf"(?:(?P<billion>{_BILLION})|(?P<million>{_MILLION})|(?P<hundred>{_HUNDRED_MILLION}))"
    rf"(?:(?:[ -]|(?: de ))?(?P<parameters>{_PARAMETERS})|{_LIKE_COUNT})"
    r"(?P<after> ?(?:以下|以内|이하|or less|or smaller|or fewer|at most|max\b|oder weniger))?",
    re.IGNORECASE,
)

_LICENSE_NAME: Final = (
    r"(?:apache(?:[- ]?2(?:\.0)?)?|(?-i:MIT)|mit(?=[ -]licen[cs]|,? ?(?:or|and|/) ?(?:apache|bsd))|(?<=\bor )mit\b|"
    r"bsd(?:-[23]-clause)?|[al]?gpl(?:[- ]?v?[23](?:\.0)?)?|cc[- ]by(?:[- ](?:sa|nc|nd))*(?:[- ]\d\.\d)?|cc0)"
)
_OR: Final = r"\s*(?:,|/|\b(?:or|and|oder|und|ou|et|o|y|of|lub|albo|veya|или|або|hoặc|atau|eller)\b|或|和|か)\s*"
_LICENSES: Final = rf"(?P<names>{_LICENSE_NAME}(?:{_OR}{_LICENSE_NAME})*)"
_LICENSE_WORD: Final = (
    r"(?:licen[cs]\w*|lizenz\w*|licença\w*|licenza|licenti\w*|licenc\w*|лиценз\w*|ліценз\w*|lisans\w*|lisensi|"
    r"giấy phép|许可证?|授权|ライセンス|라이선스)"
)
_UNDER_LICENSES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_LICENSES}(?:[- ]only)?[- ]?{_LICENSE_WORD}",
        rf"{_LICENSE_WORD}(?: (?:must be|is|should be|has to be|of|type|der|du|de)|:)? ?{_LICENSES}\b",
        rf"(?:^|[,;(]\s*|\b(?:under|only|with) (?:an? |the )?){_LICENSES}(?: only)?(?=\s*(?:[,.;)]|$))",
        r"\b(?P<names>apache[- ]?2(?:\.0)?)(?![\d.])",
    )
)
_NEGATED: Final = re.compile(
    r"(?:\bno|\bnot|\bnon|\bwithout|\bexcept|\bbut|\bkeine?|\bsans|\bsin|\bне|非|不可)(?:[- ](?:for|under))?[- ]?$",
    re.IGNORECASE,
)
_COMMERCIAL: Final = re.compile(
    r"\bcommercial(?:ly)? (?:us\w+|purposes?|licen\w+|products?)|"
    r"\b(?:us\w+|sell\w*|deploy\w*)(?: \w+){0,2} commercially|"
    r"\blicen[cs]e\w*(?: \w+){0,3} (?:allow|permit)\w*(?: \w+){0,3} (?:sell\w*|commercial\w*|resale)|"
    r"\bkommerziell\w*(?: \w+)? ?(?:nutz|verwend|einsetz|gebrauch)\w*|\b(?:usage|utilisation) commercial\w*|"
    r"\buso comercial|\busar comercialmente|\buso commerciale|\bcommercieel gebruik\w*|"
    r"\buży\w+ komercyjn\w*|\bkomercyjn\w+ uży\w*|\bticari kullan\w*|\bкоммерческ\w+ использ\w*|"
    r"\bкомерційн\w+ використ\w*|\bkommersiellt? bruk|\bsử dụng thương mại|\bpenggunaan komersial|"
    r"商用|商业(?:使用|用途)|商業利用|상업적",
    re.IGNORECASE,
)
_PERMISSIVE: Final = re.compile(r"\bpermissive(?:ly)?(?: (?:open[- ]source )?licen[cs]\w*)?", re.IGNORECASE)
_OPEN: Final = re.compile(r"\b(?:osi[- ]approved|open[- ]source) licen[cs]\w*", re.IGNORECASE)
_UNGATED: Final = re.compile(
    r"\b(?:not|un|non)[ -]?gated\b|\b(?:no|without) (?:an? )?(?:gate|gating|access request)\b", re.IGNORECASE
)

_GB: Final = r"(?P<gib>\d+(?:[.,]\d+)?) ?(?:gib|gb|go|гб)\b(?! of (?!v?ram|memory|gpu|video|graphics))"
_MEMORY_WORD: Final = r"(?:v?ram|memory|cards?|gpus?|graphics|video|speicher|karte|grafikkarte|carte|tarjeta|placa)"
_WITHIN: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:fit\w*|runs?|running|works?|passt|läuft|tient|cabe|entra|mieści\w*|помеща\w+)"
        rf"(?: [\w']+){{0,5}}? ?{_GB}",
        rf"{_GB}(?: (?:of )?(?:gpu |video |graphics )?|-)?{_MEMORY_WORD}\b",
        rf"\b{_MEMORY_WORD} (?:with|of|has|holds|mit|de|von|avec) (?:\w+ )?{_GB}",
        rf"\b(?:{_AT_MOST}) {_GB}",
        rf"[,;] {_GB}(?=\s*(?:[,.;]|$|at|with|in|und|et))",
    )
)
_SEVERAL: Final = re.compile(
    r"\b(?:\d+ ?x|x ?\d+|two|three|four|eight|zwei|vier|deux|quatre|dos|each|cluster|nodes?|cards|gpus)\b",
    re.IGNORECASE,
)
"""Of several cards a model may take more than one."""
_PRECISIONS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), precision)
    for pattern, precision in (
        (r"\bint ?4\b|\b(?:4|four)[- ]?bits?\b|\bnf4\b", "int4"),
        (r"\bint ?8\b|\b(?:8|eight)[- ]?bits?\b", "int8"),
        (r"\bfp ?8\b", "fp8"),
        (r"\bbf ?16\b", "bf16"),
        (r"\b(?:fp|f) ?16\b|\bhalf precision\b|\b16[- ]?bits?\b|\bhalber genauigkeit\b", "fp16"),
        (r"\bfp ?32\b|\b(?:full|single) precision\b|\b32[- ]?bits?\b", "fp32"),
    )
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a wish states in words of the models that it is about."""

    wanted: ModelFilter
    """Licences as they are named."""
    spans: tuple[tuple[int, int], ...]
    """Where in the text it says so."""


@lru_cache(maxsize=256)
def stated_conditions(text: str) -> Conditions:
    """Return the conditions that a wish states. What it says of money, data or several cards is none of them.

    >>> in_words(stated_conditions("chat model under 8B parameters, MIT or Apache").wanted)
    ('at most 8.4 billion parameters', 'licence MIT or Apache')
    """
    found: dict[str, Any] = {}
    spans: list[tuple[int, int]] = []
    numbered = _NUMBERED.search(text)
    for match in _SIZE.finditer(text) if numbered else ():
        low, high = _bounds(match)
        if low is not None:
            found["parameters_min"] = max(low, found.get("parameters_min", 0))
        if high is not None:
            found["parameters_max"] = min(high, found.get("parameters_max", high))
        if low is not None or high is not None:
            spans.append(match.span())
    for name, value, span in (*_licenses(text), *(_memory(text) if numbered else ())):
        found.setdefault(name, value)
        spans.append(span)
    if ungated := _UNGATED.search(text):
        found["gated"] = False
        spans.append(ungated.span())
    return Conditions(ModelFilter(**found), tuple(sorted(spans)))


def _bounds(match: re.Match[str]) -> tuple[int | None, int | None]:
    """Return the least and the largest number of parameters that a size means, None for no bound."""
    unit = 1e9 if match["billion"] else 1e8 if match["hundred"] else 1e6
    low = _number(match["low"]) * unit
    high = _number(match["high"]) * unit if match["high"] else low
    if match["most"] or match["after"]:
        return None, round(high * (1 + _NOMINAL))
    if match["least"]:
        return round(low * (1 - _NOMINAL)), None
    if not match["high"] and not match["about"]:
        return None, None
    share = _NEAR if match["about"] else _NOMINAL
    return round(low * (1 - share)), round(high * (1 + share))


def _licenses(text: str) -> Iterator[tuple[str, Any, tuple[int, int]]]:
    """Yield what of a licence is stated: field of the filter, value and span."""
    names: dict[str, None] = {}
    for pattern in _UNDER_LICENSES:
        for match in pattern.finditer(text):
            if not _NEGATED.search(text[: match.start("names")]):
                names |= dict.fromkeys(re.findall(_LICENSE_NAME, match["names"], re.IGNORECASE))
                yield "licenses", tuple(names), match.span()
    classes = (LicenseClass.COMMERCIAL, LicenseClass.ATTRIBUTION)
    for pattern, field, value in (
        (_COMMERCIAL, "license_classes", classes),
        (_PERMISSIVE, "license_classes", classes[:1]),
        (_OPEN, "open_source_only", True),
    ):
        if (found := pattern.search(text)) and not _NEGATED.search(text[: found.start()]):
            yield field, value, found.span()


def _memory(text: str) -> Iterator[tuple[str, Any, tuple[int, int]]]:
    """Yield the memory that the weights may take, and the precision that is named beside it."""
    found = next(filter(None, (pattern.search(text) for pattern in _WITHIN)), None)
    if found is None or _SEVERAL.search(text):
        return
    yield "memory_gib_max", _number(found["gib"]), found.span()
    for pattern, precision in _PRECISIONS:
        if at := pattern.search(text):
            yield "precision", precision, at.span()
            return


def _number(text: str) -> float:
    return _WORDED.get(text.lower()) or float(text.replace(",", "."))


def beside(wanted: ModelFilter, stated: ModelFilter) -> ModelFilter:
    """Return what of the stated conditions the filter of the request leaves open: of each kind its own word counts."""
    licensed = bool(wanted.licenses or wanted.license_classes or wanted.open_source_only)
    sized = wanted.parameters_min is not None or wanted.parameters_max is not None
    return replace(
        stated,
        licenses=() if licensed else stated.licenses,
        license_classes=() if licensed else stated.license_classes,
        open_source_only=not licensed and stated.open_source_only,
        parameters_min=None if sized else stated.parameters_min,
        parameters_max=None if sized else stated.parameters_max,
        memory_gib_max=None if wanted.memory_gib_max is not None else stated.memory_gib_max,
        precision="" if wanted.memory_gib_max is not None else stated.precision,
        gated=None if wanted.gated is not None else stated.gated,
    )


def in_words(stated: ModelFilter) -> tuple[str, ...]:
    """Return each condition in words."""
    low, high = stated.parameters_min, stated.parameters_max
    classes = {LicenseClass.COMMERCIAL: "commercial use", LicenseClass.ATTRIBUTION: "commercial use with attribution"}
    told = (
        low is not None and f"at least {low / 1e9:.3g} billion parameters",
        high is not None and f"at most {high / 1e9:.3g} billion parameters",
        stated.memory_gib_max is not None
        and f"weights within {stated.memory_gib_max:g} GiB at {stated.precision or 'their published precision'}",
        stated.licenses and f"licence {' or '.join(stated.licenses)}",
        stated.license_classes and f"licence for {' or '.join(classes[c] for c in stated.license_classes)}",
        stated.open_source_only and "open-source licence",
        stated.gated is False and "not gated",
    )
    return tuple(text for text in told if text)
