"""From what a wish makes what: the direction that it states between media, in plain words.

Vectors hardly tell speech to text from text to speech: they know the words, not their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_KINDS: Final[Mapping[str, str]] = {
    "text": "text", "texts": "text", "speech": "speech", "voice": "speech", "recording": "speech",
    "recordings": "speech", "audio": "audio", "music": "audio",
    "image": "image", "images": "image", "picture": "image", "pictures": "image", "photo": "image", "photos": "image",
    "video": "video", "videos": "video", "3d": "3d",
}  # fmt: skip
_NOUNS: Final = "|".join(_KINDS)
_DIRECTION: Final = re.compile(rf"\b({_NOUNS})[ -]+(?:in)?to[ -]+({_NOUNS})\b")
_DIRECTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("speech", "text"): "automatic-speech-recognition",
    ("audio", "text"): "automatic-speech-recognition",
    ("text", "speech"): "text-to-speech",
    ("text", "audio"): "text-to-audio",
    ("text", "image"): "text-to-image",
    ("text", "video"): "text-to-video",
    ("text", "3d"): "text-to-3d",
    ("image", "text"): "image-to-text",
    ("image", "video"): "image-to-video",
    ("image", "image"): "image-to-image",
    ("image", "3d"): "image-to-3d",
    ("video", "video"): "video-to-video",
    ("speech", "speech"): "audio-to-audio",
    ("audio", "audio"): "audio-to-audio",
}
_WRITTEN: Final = ("prompt", "description", "caption", "sentence", "subtitle", "transcript")
_WORDED: Final[Mapping[str, str]] = {**_KINDS, **{word: "text" for one in _WRITTEN for word in (one, f"{one}s")}}
"""The same for what is made from something, where captions and prompts can only be text."""
_ANY: Final = "|".join(_WORDED)
_MADE: Final = re.compile(
    r"\b(?:mak(?:e|es|ing)|creat\w+|generat\w+|draw\w*|paint\w*|produc\w+|render\w*|synthesi[sz]\w+)"
    rf"(?: [\w-]+){{0,3}}? ({_ANY})(?: [\w-]+)? (?:from|out of) (?:[\w-]+ ){{0,3}}?({_ANY})\b"
)
_TURNED: Final = re.compile(
    rf"\b(?:turn|convert|transform)\w*(?: [\w-]+){{0,4}}? ({_ANY})(?: (?!(?:{_ANY})\b)[\w-]+)?"
    rf" (?:in)?to (?:[\w-]+ ){{0,3}}?({_ANY})\b"
)
_AMBIGUOUS: Final = ("text", "audio")
"""Audio made from text is speech to some and sound to others; the head tells by the rest of the wish."""

_ABROAD: Final = {
    "text": r"text(?:e[ns]?|o|os)?|testo|tekst\w*|текст\w*",
    "speech": r"sprache|gesproch\w+|stimmen?|voz|fala|voix|voce|paroles?|parola|spraak|mow[aęy]|głos|реч[ьи]|голос\w*",
    "audio": r"audio|áudio|аудио\w*",
    "image": r"bild(?:er)?|imagen|imágenes|imagem|imagens|images?|immagin[ei]|afbeelding(?:en)?|obraz\w*|изображени\w+|"
    r"картин\w+",
    "video": r"videos?|vídeos?|видео",
}
"""How languages with spaces between words call media, as patterns."""
_EASTERN: Final = {
    "text": "文字列|文字|文本|文章|テキスト|텍스트|글",
    "speech": "语音|語音|音声|음성",
    "audio": "音频|音頻|오디오",
    "image": "图片|图像|圖片|画像|이미지|그림",
    "video": "视频|動画|동영상|비디오",
}
_ARABIC: Final = {
    "text": "(?:ال)?نصوص|(?:ال)?نص|كتابة",
    "speech": "(?:ال)?كلام|(?:ال)?صوت|(?:ال)?حديث|(?:ال)?تسجيلات",
    "image": "(?:ال)?صور[ةه]?",
    "video": "(?:ال)?فيديو",
}
_TURNED_ABROAD: Final = tuple(
    (re.compile(pattern.format(*(rf"(?:{words[kind]})" for kind in pair))), pair)
    for words, pattern in (
        (
            _ABROAD,
            r"(?=.*(?:umwand|umzuwand|verwand|bekomm|konvert|convert|transform(?!ers?\b)|trasform|omzet|zami[ae]n|"
            r"pass?ar|passer|przekszta|преобраз|превра|перевест|перевод))"
            r".*\b{}\b(?:\W+\w+){{0,3}}?\W+(?:a|à|en|em|in|zu|naar|na|w|в|para)\W+(?:\w+\W+){{0,2}}?{}\b",
        ),
        (_EASTERN, r"(?=.*[转轉変변]).*{}.{{0,6}}?{}"),
        (_ARABIC, r"(?=.*(?:تحويل|[يتن]حو[ّ]?ل)).*{}.{{0,20}}?(?:إلى|الى).{{0,8}}?{}"),
    )
    for pair in _DIRECTIONS
    if set(pair) <= set(words) and pair[0] != pair[1]
)
"""One medium turned into another, in other languages: what it becomes stands behind."""


def stated_direction(query: str) -> str:
    """Return the pipeline tag of the direction that a wish states, as "speech to text" or "make pictures from text";
    empty where it states none.
    """
    words = query.lower()
    if match := _DIRECTION.search(words):
        return _DIRECTIONS.get((_KINDS[match.group(1)], _KINDS[match.group(2)]), "")
    if match := _MADE.search(words):
        direction = _WORDED[match.group(2)], _WORDED[match.group(1)]
    elif match := _TURNED.search(words):
        direction = _WORDED[match.group(1)], _WORDED[match.group(2)]
    else:
        direction = next((pair for pattern, pair in _TURNED_ABROAD if pattern.match(words)), ("", ""))
    return "" if direction == _AMBIGUOUS else _DIRECTIONS.get(direction, "")
