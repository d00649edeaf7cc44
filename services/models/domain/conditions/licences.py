"""The licence that a wish says models must have, and whether they may be gated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from services.models.domain.conditions.words import Said, pattern
from services.models.domain.model import LicenseClass

_NAME: Final = (
    r"(?:apache(?:[- ]?2(?:\.0)?)?|(?-i:MIT)|mit(?=[ -]licen[cs]|,? ?(?:or|and|/) ?(?:apache|bsd))|(?<=\bor )mit\b|"
    r"bsd(?:-[23]-clause)?|[al]?gpl(?:[- ]?v?[23](?:\.0)?)?|cc[- ]by(?:[- ](?:sa|nc|nd))*(?:[- ]\d\.\d)?|cc0)"
)
_OR: Final = r"\s*(?:,|/|\b(?:or|and|oder|und|ou|et|o|y|of|lub|albo|veya|или|або|hoặc|atau|eller)\b|或|和|か)\s*"
_NAMES: Final = rf"(?P<names>{_NAME}(?:{_OR}{_NAME})*)"
_WORD: Final = (
    r"(?:licen[cs]\w*|lizenz\w*|licença\w*|licenza|licenti\w*|licenc\w*|лиценз\w*|ліценз\w*|lisans\w*|lisensi|"
    r"giấy phép|许可证?|授权|ライセンス|라이선스)"
)
_NAMED: Final = tuple(
    pattern(text)
    for text in (
        rf"\b{_NAMES}(?:[- ]only)?[- ]?{_WORD}",
        rf"{_WORD}(?: (?:must be|is|should be|has to be|of|type|der|du|de)|:)? ?{_NAMES}\b",
        rf"(?:^|[,;(]\s*|\b(?:under|only|with) (?:an? |the )?){_NAMES}(?: only)?(?=\s*(?:[,;)]|\.(?!\d)|$))",
        r"\b(?P<names>apache[- ]?2(?:\.0)?)(?![\d.])",
    )
)
_ALLOWS: Final = rf"{_WORD}(?: \w+){{0,3}} (?:allow|permit)\w*(?: \w+){{0,3}}"
_COMMERCIAL: Final = pattern(
    r"\bcommercial(?:ly)? (?:us\w+|purposes?|licen\w+|products?|work)|"
    r"\b(?:us\w+|sell\w*|deploy\w*)(?: \w+){0,2} commercially|"
    rf"\b{_ALLOWS} (?:sell\w*|commercial\w*|resale)(?: us\w+)?|"
    r"\bkommerziell\w*(?: \w+)? ?(?:nutz|verwend|einsetz|gebrauch)\w*|\b(?:usage|utilisation) commercial\w*|"
    r"\buso comercial|\busar comercialmente|\buso commerciale|\bcommercieel gebruik\w*|"
    r"\buży\w+ komercyjn\w*|\bkomercyjn\w+ uży\w*|\bticari kullan\w*|\bкоммерческ\w+ использ\w*|"
    r"\bкомерційн\w+ використ\w*|\bkommersiellt? bruk|\bsử dụng thương mại|\bpenggunaan komersial|"
    r"商用|商业(?:使用|用途)|商業利用|상업적"
)
_PERMISSIVE: Final = pattern(
    rf"\bpermissive(?:ly)?(?: (?:open[- ]source )?{_WORD})?|"
    rf"\b{_ALLOWS} (?:closed[- ]source|proprietary)(?: (?:us\w+|products?))?|"
    rf"\b(?:no|not|without|non)[- ]copyleft(?: {_WORD})?"
)
"""What asks for a licence under which one's own work may stay closed."""
_OPEN: Final = pattern(rf"\b(?:osi[- ]approved|open[- ]source) {_WORD}")
_NEGATED: Final = pattern(
    r"(?:\bno|\bnot|\bnon|\bwithout|\bexcept|\bbut|\bkeine?|\bsans|\bsin|\bне|非|不可)(?:[- ](?:for|under))?[- ]?$"
)
_ANY: Final = pattern(rf"\b(?:free|commercial)[- ]{_WORD}")
"""Names of licences that say too little."""
_UNGATED: Final = pattern(
    r"\b(?:not|un|non)[ -]?gated\b|\b(?:no|without) (?:an? )?(?:gate|gating|gated access|access request)\b|"
    r"\b(?:sin|sem|sans|senza|ohne|zonder) (?:acceso|acesso|accès|accesso) (?:restringid|restrito|restreint|limita)\w*|"
    r"\b(?:nicht|ohne|kein|pas|no|non|niet) (?:gated|zugangsbeschränk\w*|zugriffsbeschränk\w*)"
)
_CLASSES: Final[Sequence[tuple[re.Pattern[str], Mapping[str, Any]]]] = (
    (_COMMERCIAL, {"license_classes": (LicenseClass.COMMERCIAL, LicenseClass.ATTRIBUTION)}),
    (_PERMISSIVE, {"license_classes": (LicenseClass.COMMERCIAL,)}),
    (_OPEN, {"open_source_only": True}),
    (_ANY, {}),
)


def licences(text: str) -> Iterator[Said]:
    """Yield what a text says of licences and gates. Of one that is not to be nothing is asked."""
    for words in _NAMED:
        for match in words.finditer(text):
            names = tuple(dict.fromkeys(re.findall(_NAME, match["names"], re.IGNORECASE)))
            yield Said(*match.span(), {} if _negated(text, match.start("names")) else {"licenses": names})
    for words, asked in _CLASSES:
        for match in words.finditer(text):
            yield Said(*match.span(), {} if _negated(text, match.start()) else asked)
    yield from (Said(*match.span(), {"gated": False}) for match in _UNGATED.finditer(text))


def _negated(text: str, start: int) -> bool:
    return _NEGATED.search(text[:start]) is not None
