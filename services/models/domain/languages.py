"""Languages that a wish names, as ISO 639 codes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final

_NAMES: Final = """
af afrikaans|sq albanian|am amharic|ar arabic|hy armenian|az azerbaijani|eu basque|be belarusian|bn bengali,bangla
bs bosnian|bg bulgarian|my burmese|ca catalan|zh chinese,mandarin,cantonese|hr croatian|cs czech|da danish|nl dutch
en english|et estonian|fi finnish|fr french|gl galician|ka georgian|de german|el greek|gu gujarati|ha hausa|he hebrew
hi hindi|hu hungarian|is icelandic|ig igbo|id indonesian|ga irish|it italian|ja japanese|kn kannada|kk kazakh|km khmer
rw kinyarwanda|ko korean|ky kyrgyz|lo lao|lv latvian|lt lithuanian|mk macedonian|ms malay|ml malayalam|mt maltese
mr marathi|mn mongolian|ne nepali|no norwegian|ps pashto|fa persian,farsi|pl polish|pt portuguese,brazilian|pa punjabi
ro romanian|ru russian|sr serbian|si sinhala|sk slovak|sl slovenian|so somali|es spanish,castilian|sw swahili
sv swedish|tl tagalog,filipino|ta tamil|te telugu|th thai|tr turkish|uk ukrainian|ur urdu|uz uzbek|vi vietnamese
cy welsh|xh xhosa|yo yoruba|zu zulu|as assamese|bo tibetan|br breton|ceb cebuano|ckb sorani|dv dhivehi|eo esperanto
fo faroese|fy frisian|gd gaelic|gn guarani|ht haitian,kreyol|jv javanese|ku kurdish|la latin|lb luxembourgish
lg luganda|ln lingala|mg malagasy|mi maori|ny chichewa|oc occitan|om oromo|or odia|qu quechua|sa sanskrit|sd sindhi
sn shona|su sundanese|tg tajik|ti tigrinya|tk turkmen|tn tswana|tt tatar|ug uyghur,uighur|wo wolof|yi yiddish
"""
_ABROAD: Final = r"""
ar arabisch\w*|arabes?|árabes?|arab[oa]|arabsk\w*|арабск\w*|阿拉伯[语文]|アラビア語|아랍어|(?:ال)?عربية|arapça
de deutsch\w*|allemande?s?|alem[aáã][no]?\w*|tedesc\w*|duitse?|niemieck\w*|немецк\w*|德[语文]|ドイツ語|독일어|
   (?:ال)?ألمانية|almanca
en englisch\w*|anglaise?s?|ingl[eéê]se?s?|engelse?|angielsk\w*|английск\w*|英[语文語]|영어|(?:ال)?إنجليزية|
   ingilizce
es spanisch\w*|espagnole?s?|español\w*|espanhol\w*|spagnol\w*|spaanse?|hiszpańsk\w*|испанск\w*|西班牙[语文]|
   スペイン語|스페인어|(?:ال)?إسبانية|ispanyolca
fr französisch\w*|français\w*|franc[eéê]se?s?|franse?|francusk\w*|французск\w*|法[语文]|フランス語|프랑스어|
   (?:ال)?فرنسية|fransızca
it italien\w*|italian[oaie]|italiaanse?|włosk\w*|итальянск\w*|意大利[语文]|イタリア語|이탈리아어|(?:ال)?إيطالية|
   italyanca
ja japanisch\w*|japonaise?s?|japon[eéê]se?s?|giappones[ei]|japanse?|japońsk\w*|японск\w*|日[语文]|日本語|일본어|
   (?:ال)?يابانية|japonca
ko koreanisch\w*|coréen\w*|corean[oaie]|koreaanse?|koreańsk\w*|корейск\w*|韩[语文]|韓国語|한국어|(?:ال)?كورية|
   korece
nl niederländisch\w*|holländisch\w*|néerlandais\w*|neerland[eéê]se?s?|holand[eéê]se?s?|olandes[ei]|nederlandse?|
   niderlandzk\w*|нидерландск\w*|голландск\w*|荷兰[语文]|オランダ語|네덜란드어|felemenkçe
pl polnisch\w*|polonaise?s?|pola[ck]\w*|polon[eéê]se?s?|poolse|polsk[aiu]\w*|польск\w*|波兰[语文]|ポーランド語|
   폴란드어|lehçe
pt portugiesisch\w*|portugaise?s?|portugu[eéê]se?s?|portoghes[ei]|portugees|portugese|portugalsk\w*|
   португальск\w*|葡萄牙[语文]|ポルトガル語|포르투갈어|portekizce
ru russisch\w*|russes?|rus[oa]s?|russ[oa]|rosyjsk\w*|русск\w*|俄[语文]|ロシア語|러시아어|(?:ال)?روسية|rusça
tr türkisch\w*|turque?s?|turc[oa]?|turkse?|tureck\w*|турецк\w*|土耳其[语文]|トルコ語|터키어|튀르키예어|
   (?:ال)?تركية|türkçe
zh chinesisch\w*|chinoise?s?|chin[eê]s|cines[ei]|chinees|chińsk\w*|китайск\w*|中[文国國]語?|[汉漢][语語]|중국어|
   (?:ال)?صينية|çince
"""
"""How those of the wishes' languages call one another, as patterns."""
_CODES: Final = {
    name: code
    for code, _, names in (entry.partition(" ") for entry in re.split(r"[|\n]", _NAMES.strip()))
    for name in names.split(",")
}
_ENGLISH: Final = {code: name.capitalize() for name, code in reversed(_CODES.items())}
"""The first name of each."""
_EASTERN: Final = re.compile(r"[\u3000-\u9fff\uac00-\ud7af]")
"""Writing without spaces, or with endings that follow a name at once."""


def _naming(patterns: Iterable[tuple[str, str]]) -> re.Pattern[str]:
    """Return the pattern of all names, each in the group of its code."""
    return re.compile("|".join(f"(?P<{code}>{names})" for code, names in patterns))


def _abroad() -> Iterator[tuple[str, str]]:
    own = {code: "|".join(n for n, c in _CODES.items() if c == code) for code in _ENGLISH}
    for code, names in (entry.split(" ", 1) for entry in re.sub(r"\|\n +", "|", _ABROAD).strip().split("\n")):
        eastern = [name for name in names.split("|") if _EASTERN.search(name)]
        western = [name for name in names.split("|") if name not in eastern]
        yield code, rf"\b(?:{'|'.join([*western, own.pop(code)])})\b|{'|'.join(eastern)}"
    yield from ((code, rf"\b(?:{names})\b") for code, names in own.items())


_NAMED: Final = _naming(_abroad())
_NO_LANGUAGE: Final = re.compile(
    r"\bpolish\b(?!-)|\b[Ll]atin(?=[ -](?:[Aa]meric|script|alphabet|charact|letters|music|dance))"
)
"""Polish counts with a capital only, Latin not of what else is called so."""
_TRANSLATING: Final = re.compile(
    r"translat|interpret|locali[sz]|übersetz|tradu[cziç]|traduir|vertal|tłumacz|перев[оеё]д|çevir|翻[译譯訳]|번역|ترجم|"
    r"\b(?:what|which) language|\blanguages? (?:ident|detec|recog)|"
    r"\b(?:into|to|from|or|between|vers|nach|ins|al|naar|на|в) (?:in |the )?@"
)
"""Words of wishes that are about languages themselves; @ stands where one is named."""
_MANY: Final = re.compile(r"\b(?:multi|cross|bi)-?lingual\b")
_PLACED: Final = re.compile(r"\b(?:in|of|for|auf|en|em|de|po|на|op|su) @(?=\W*$|[,.;:?!])|@")
_LEAST_LETTERS: Final = 6
"""With fewer the rest of a wish says nothing."""


@lru_cache(maxsize=512)
def named_languages(text: str) -> tuple[str, ...]:
    """Return the codes of languages that a text names, in its order. Polish counts with a capital only: it is a verb.

    >>> named_languages("translate English into German")
    ('en', 'de')
    """
    lowered = _lowered(text)
    if _EASTERN.search(lowered):
        return tuple(dict.fromkeys(m.lastgroup for m in _NAMED.finditer(lowered) if m.lastgroup))
    return tuple(dict.fromkeys(filter(None, map(_language_of, re.findall(r"\w+", lowered)))))


def languages_in_place(text: str) -> list[tuple[str, str]]:
    """Return the code of each language that a text names, once, with what stands between it and the one before."""
    lowered, end, found = _lowered(text), 0, dict[str, str]()
    for match in _NAMED.finditer(lowered):
        found.setdefault(match.lastgroup or "", lowered[end : match.start()])
        end = match.end()
    return list(found.items())


@lru_cache(maxsize=8192)
def _language_of(word: str) -> str:
    """Return the code of the language that a word names; empty for other words."""
    named = _NAMED.fullmatch(word)
    return (named and named.lastgroup) or ""


def without_language_names(wish: str) -> str:
    """Return a wish in lower case without the names of languages, whatever it is about."""
    return _NAMED.sub(" ", _lowered(wish))


def without_languages(wish: str) -> str:
    """Return a wish without the names of the languages that what it asks for shall be in, for telling its task: beside
    them any wish looks like one for translation. One that is about languages themselves stays whole.

    >>> without_languages("sentiment of tweets in Spanish")
    'sentiment of tweets'
    """
    if not named_languages(wish) and not _MANY.search(wish.lower()):
        return wish
    marked = _MANY.sub("@", _NAMED.sub("@", _lowered(wish)))
    if "@" not in marked or _TRANSLATING.search(marked):
        return wish
    bare = " ".join(_PLACED.sub(" ", marked).split())
    return bare if len(bare) >= _LEAST_LETTERS or _EASTERN.search(bare) else wish


def _lowered(text: str) -> str:
    return _NO_LANGUAGE.sub(" ", text).lower().replace("@", " ")


def spoken(named: Collection[str], languages: Collection[str]) -> float | None:
    """Return the share of the named languages that a model states; None where it states none at all."""
    return len(set(named) & set(languages)) / len(named) if named and languages else None


def language_name(code: str) -> str:
    """Return the English name of a language, or the code itself where it is none of those known here."""
    return _ENGLISH.get(code, code)
