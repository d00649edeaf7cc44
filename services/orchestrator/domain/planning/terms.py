"""Wishes that the user's words carry and the spec has no field for: spot machines alone, and a load that comes and
goes."""

from __future__ import annotations

import re
from typing import Final

from services.orchestrator.domain.planning.copies import copies_of
from services.orchestrator.domain.spec import WorkloadSpec

_SPOT_ALONE: Final = re.compile(
    r"(?<!not )\b(?:only|exclusively|solely|purely|nur|ausschließlich|uniquement|solo|solamente)\s+"
    r"(?:on\s+|use\s+|auf\s+)?(?:\w+\s+)?spot\b"
    r"|\bspot[- ](?:(?:instances?|machines?|vms?|gpus?|nodes?|servers?|capacity|prices?|pricing)\s+)?"
    r"(?:only|exclusively|alone|or nothing)\b"
    r"|\b(?:no|never|without|refuse|anything but|nothing)\s+(?:\w+\s+)?on[- ]demand\b"
    r"|\b(?:must|has to|have to)\s+(?:all\s+)?(?:be|run)\s+(?:on\s+)?spot\b|\ball[- ]spot\b",
    re.IGNORECASE,
)
_ON_DEMAND_TOO: Final = re.compile(
    r"\bon[- ]demand\s+(?:\w+\s+){0,3}?(?:fine|ok(?:ay)?|too|also|allowed|acceptable|as well)\b"
    r"|\b(?:or|allow|accept|also)\s+(?:\w+\s+)?on[- ]demand\b",
    re.IGNORECASE,
)
_FIGURE: Final = r"\d[\d,]*(?:\.\d+)?"
_REQUESTS: Final = (
    r"(?:req(?:uest)?s?|queries|calls|inferences|anfragen|aufrufe|requêtes|requetes|solicitudes|peticiones|richieste"
    r"|requisições|pedidos|aanvragen|verzoeken|zapytań|запрос\w*)"
)
_RATE: Final = (
    rf"(?:{_REQUESTS}\s*(?:/|per|a|each|pro|par|por|al?|na|в)\s*"
    r"(?:s|sec|second|sekunde|seconde|segundo|secondo|sekundę|секунд\w*|сек)\b|[rq]ps\b)"
)
_UP_TO: Final = r"(?:-|–|—|to|up to|and|bis|à|a|hasta|fino a|até|tot|do|до|\.\.+)"
_LOADS: Final = (
    re.compile(
        rf"(?<![\w.,])(?P<low>{_FIGURE})\s*(?:{_RATE})?\s*{_UP_TO}\s*"
        rf"(?P<high>{_FIGURE})\s*{_RATE}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![\w.,])(?P<low>{_FIGURE})\s*{_RATE}[^.!?\n\d]{{0,40}}?\b(?:peaks?|up to|bursts?|spikes?|max\w*)\b"
        rf"[^.!?\n\d]{{0,20}}(?P<high>{_FIGURE})\s*{_RATE}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![\w.,])(?P<low>{_FIGURE})\s*{_RATE}[^.!?\n\d]{{0,40}}(?P<high>{_FIGURE})\s*{_RATE}\s*"
        r"(?:(?:at|in|on|for)\s+)?(?:the\s+)?(?:peaks?|bursts?|spikes?|max\w*)\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![\w.,])(?P<high>{_FIGURE})\s*{_RATE}\s*(?:(?:at|in|on|for)\s+)?(?:the\s+)?(?:peaks?|bursts?|spikes?)\b"
        rf"[^.!?\n\d]{{0,40}}(?P<low>{_FIGURE})\s*{_RATE}",
        re.IGNORECASE,
    ),
)
"""A low and a high load, in requests a second."""


def low_load(spec: WorkloadSpec, words: str) -> float | None:
    """Return the requests a second of the low load, where the words name one beside the high load that the spec has."""
    found = [(m.end(), _figure(m["low"])) for way in _LOADS for m in way.finditer(words) if _is_peak(m["high"], spec)]
    low = max(found)[1] if found else None
    return low if low and low < (spec.requests_per_second or 0) else None


def _is_peak(figure: str, spec: WorkloadSpec) -> bool:
    return spec.requests_per_second is not None and _figure(figure) == spec.requests_per_second


def _figure(text: str) -> float:
    return float(text.replace(",", ""))


def spot_alone(spec: WorkloadSpec, words: str) -> bool:
    """Tell whether only spot machines are wanted; what was said last holds."""
    return bool(spec.spot_ok) and _alone(words)


def changed_by(words: str, text: str) -> bool:
    """Tell whether the last message changes such a wish. words: all that the user said, text: what was said last."""
    before = words.removesuffix(text)
    return _alone(words) != _alone(before) or copies_of(words) != copies_of(before)


def _alone(words: str) -> bool:
    return _last(_SPOT_ALONE, words) > _last(_ON_DEMAND_TOO, words)


def _last(found: re.Pattern[str], words: str) -> int:
    """Return where a pattern is found last; -1 where it is not."""
    return max((m.start() for m in found.finditer(words)), default=-1)
