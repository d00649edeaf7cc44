"""The language that a wish is written in, where it is not English: who asks in Turkish has Turkish texts in mind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_SCRIPTS: Final = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"[\u3040-\u30ff]", "ja"),
        (r"[\uac00-\ud7af]", "ko"),
        (r"[\u4e00-\u9fff]", "zh"),
        (r"[\u0e00-\u0e7f]", "th"),
        (r"[\u0900-\u097f]", "hi"),
        (r"[\u0590-\u05ff]", "he"),
        (r"[\u0370-\u03ff]", "el"),
        (r"[іїєґ]", "uk"),
        (r"[\u0400-\u04ff]", "ru"),
        (r"[پچژگ]", "fa"),
        (r"[\u0600-\u06ff]", "ar"),
    )
)
"""Letters that tell a language, those of fewer languages first: Japanese has Chinese characters, too."""
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    code: frozenset(words.split())
    for code, words in {
        "de": "auf aus das dem den der des die ein eine einem einen einer für im ist mit nicht oder soll sollen über "
        "und uns unsere unserer von vom was welche wie wir wird zu zum zur",
        "fr": "à au aux avec ce ces dans de des du en est et je la le les leur l d nos notre nous ou par pour "
        "qu que qui sans ses sont sur un une veut vers",
        "es": "al como con de del el en es la las los mi mis para pero por que se sin sobre su sus un una uno y",
        "it": "al alla che con da dal dei del della delle di e è gli il in la le lo nei nel nella nostri per più se "
        "si sono su un una",
        "pt": "a ao as com da das de do dos e em é mais na nas no nos o os ou para por que se sem são sobre um uma",
        "nl": "aan als bij dat de die een en het hun ik in is met naar niet of om onze op te uit van voor wat we wij "
        "wordt zijn",
        "pl": "aby czy dla do i jak jest lub ma na nie o od oraz po przez się są w we z za ze że",
        "tr": "bir bu da daha de için ile istiyoruz istiyorum mi ne olan olarak ve veya",
        "vi": "bằng các cho có của đến được không là một này những thành tiếng trong từ và văn với",
        "en": "a an and are as at be by can do for from has have how i in is it me my not of on or our that the their "
        "they this to us we what when where which who will with without would you your",
    }.items()
}
"""Small words of each."""
_OWN: Final[Mapping[str, frozenset[str]]] = {
    "de": frozenset("äöüß"), "fr": frozenset("èêçàùâîôœé"), "es": frozenset("ñáéíóú¿¡"), "it": frozenset("àèìòù"),
    "pt": frozenset("ãõçáâéêíóôú"), "pl": frozenset("ąćęłńóśźż"), "tr": frozenset("ğışçöü"),
    "vi": frozenset("ăđơưạảấầẩậắằẵặẹẻếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỹ"),
}  # fmt: skip
"""Letters of each that English lacks; shared ones count for all that have them."""
_LEAST: Final = 2
"""Signs that it takes, and one more than for any other language."""


def written_language(text: str) -> str:
    """Return the ISO 639 code of the language that a text is written in; empty for English and where it is not clear.

    >>> written_language("clasificar reseñas de clientes en positivas y negativas")
    'es'
    """
    lowered = text.lower()
    for letters, code in _SCRIPTS:
        if len(letters.findall(lowered)) >= _LEAST:
            return code
    words = re.findall(r"[^\W\d_]+", lowered)
    signs = {
        code: sum((word in small) + bool(_OWN.get(code, frozenset()) & set(word)) for word in words)
        for code, small in _WORDS.items()
    }
    best, second = sorted(signs, key=lambda code: (-signs[code], code))[:2]
    clear = signs[best] >= _LEAST and signs[best] > signs[second]
    return best if clear and best != "en" else ""
