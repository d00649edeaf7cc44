"""Languages that a wish names, as ISO 639 codes."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_NAMES: Final = """
af afrikaans|sq albanian|am amharic|ar arabic|hy armenian|az azerbaijani|eu basque|be belarusian|bn bengali,bangla
bs bosnian|bg bulgarian|my burmese|ca catalan|zh chinese,mandarin,cantonese|hr croatian|cs czech|da danish|nl dutch
en english|et estonian|fi finnish|fr french|gl galician|ka georgian|de german|el greek|gu gujarati|ha hausa|he hebrew
hi hindi|hu hungarian|is icelandic|ig igbo|id indonesian|ga irish|it italian|ja japanese|kn kannada|kk kazakh|km khmer
rw kinyarwanda|ko korean|ky kyrgyz|lo lao|lv latvian|lt lithuanian|mk macedonian|ms malay|ml malayalam|mt maltese
mr marathi|mn mongolian|ne nepali|no norwegian|ps pashto|fa persian,farsi|pt portuguese,brazilian|pa punjabi
ro romanian|ru russian|sr serbian|si sinhala|sk slovak|sl slovenian|so somali|es spanish,castilian|sw swahili
sv swedish|tl tagalog,filipino|ta tamil|te telugu|th thai|tr turkish|uk ukrainian|ur urdu|uz uzbek|vi vietnamese
cy welsh|xh xhosa|yo yoruba|zu zulu
"""
_CODES: Final = {
    name: code
    for code, _, names in (entry.partition(" ") for entry in re.split(r"[|\n]", _NAMES.strip()))
    for name in names.split(",")
}
_WORD: Final = re.compile(r"[a-z]+|Polish\b", re.IGNORECASE)


def named_languages(text: str) -> tuple[str, ...]:
    """Return the codes of languages that a text names, in its order. Polish counts with a capital only: it is a verb.

    >>> named_languages("translate English into German")
    ('en', 'de')
    """
    words = (("pl" if word == "Polish" else _CODES.get(word.lower(), "")) for word in _WORD.findall(text))
    return tuple(dict.fromkeys(code for code in words if code))


def spoken(named: Collection[str], languages: Collection[str]) -> float | None:
    """Return the share of the named languages that a model states; None where it states none at all."""
    return len(set(named) & set(languages)) / len(named) if named and languages else None
