"""The parts of a wish for several things, such as writing down recordings and summarising what was said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.models.domain.tasks import STANDS_IN

_ACTS: Final[Sequence[tuple[str, str]]] = (
    (
        "automatic-speech-recognition",
        r"transcri\w+|dictat\w+|subtitl\w+|(?:write|writes|written|take|takes) down|talks?|speaks?|"
        r"(?:speech|voice|audio|recordings?)(?: [\w']+){0,8}? (?:to|into|become|as) text",
    ),
    (
        "summarization",
        r"summar\w+|sum up|condens\w+|(?:short|brief|handover|meeting|show) (?:\w+ )?(?:notes?|report|minutes)|"
        r"minutes|key points|page of (?:decisions|notes|minutes)",
    ),
    ("translation", r"translat\w+"),
    (
        "",
        r"classif\w+|sentiment|(?:tell|say|decide|check|find out) (?:whether|if|what \w+ (?:is|are) about)|"
        r"categori[sz]\w+|(?:sort|label|flag|route)s?\b|angry|moderat\w+",
    ),
    (
        "",
        r"extract\w*|pick(?:s|ed)? (?:\w+ ){0,4}?(?:names?|drugs?|dates?|words?|numbers?)|pull\w* out|"
        r"redact\w*|anonymi[sz]\w+|mask (?:the )?names",
    ),
    (
        "text-to-speech",
        r"(?:read|reads|say|says|speak)(?: [\w']+){0,4} (?:aloud|out loud|with a voice)|voice over|dub(?:s|bing)?",
    ),
    (
        "text-to-image",
        r"draw\w*|illustrat\w+|(?:make|generate|paint)s? (?:\w+ ){0,3}?(?:images?|pictures?|illustrations?)",
    ),
    (
        "audio-to-audio",
        r"denois\w+|(?:clean|remove|strip|reduce)\w*(?: [\w']+){0,5} (?:noise|music|hum|recordings?|audio)",
    ),
    (
        "voice-activity-detection",
        r"diari[sz]\w+|who (?:spoke|speaks|said)|speakers apart|separate (?:the )?speakers",
    ),
    (
        "",
        r"(?:answer|reply|repl(?:y|ies) to|draft|drafts|write|writes)(?: [\w']+){0,3} "
        r"(?:answers?|repl(?:y|ies)|questions?|letters?|emails?|e-mails?)",
    ),
    ("", r"ocr|(?:read|scan)\w*(?: [\w']+){0,4} (?:pages?|invoices?|receipts?|letters|documents?|forms?)"),
    ("", r"(?:detect|count|locate)\w*(?: [\w']+){0,4} (?:objects?|people|cars?|faces?|plates?)"),
    ("", r"(?:caption|describe)\w*(?: [\w']+){0,3} (?:images?|pictures?|photos?|videos?)"),
    ("", r"embed\w*|semantic search|rerank\w*"),
    ("", r"animat\w+|(?:make|generate)s? (?:\w+ ){0,3}?(?:videos?|clips?)"),
)
"""Different things to do: the task of each where its words tell it, and those words."""
_ACT: Final = re.compile("|".join(rf"(?P<a{i}>\b(?:{words})\b)" for i, (_, words) in enumerate(_ACTS)), re.IGNORECASE)
_BREAK: Final = re.compile(
    r"\s*[,;:]\s+(?:and |but )?(?:then |afterwards |after that |finally |next )?|"
    r"\.\s+(?:then|afterwards|after that|finally|next),? |"
    r"\s+(?:and|then)\s+(?:then |afterwards |after that |finally |also )?|(?<=[。；])",
    re.IGNORECASE,
)
MOST: Final = 3
"""Parts that are searched for."""
_LEAST_WORDS: Final = 2
_SURE: Final = 0.3
"""Probability of its task with which a part is one of its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a wish is about one thing to do."""

    text: str
    task: str = ""
    """That its words tell; empty where they leave it open."""


def parts_of(wish: str) -> tuple[Part, ...]:
    """Return the parts of a wish that tell of different things to do, in their order; none where it tells of one.

    >>> [part.text for part in parts_of("transcribe our meetings and summarise them")]
    ['transcribe our meetings', 'summarise them']
    """
    found: list[tuple[str, str]] = []
    for clause in filter(None, _BREAK.split(wish)):
        told = _ACT.search(clause)
        act = told.lastgroup or "" if told and len(clause.split()) >= _LEAST_WORDS else ""
        if found and (not act or found[-1][0] in ("", act)):
            found[-1] = (found[-1][0] or act, f"{found[-1][1]}, {clause}")
        else:
            found.append((act, clause))
    parts = tuple(Part(text, _ACTS[int(act[1:])][0]) for act, text in found if act)
    return parts[:MOST] if len(parts) > 1 else ()


def of_different_tasks(readings: Sequence[Mapping[str, float]]) -> bool:
    """Tell whether parts with these probabilities of tasks mean tasks of which none does for another."""
    tasks = [max(reading, key=reading.__getitem__) for reading in readings]
    sure = all(reading[task] >= _SURE for reading, task in zip(readings, tasks, strict=True))
    alike = any(a == b or a in STANDS_IN.get(b, {}) for i, a in enumerate(tasks) for j, b in enumerate(tasks) if i != j)
    return sure and not alike
