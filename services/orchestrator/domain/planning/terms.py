"""Wishes that the user's words carry and the spec has no field for: spot machines alone, and a load that comes and
goes."""

from __future__ import annotations

import re
from typing import Final

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


def spot_alone(spec: WorkloadSpec, words: str) -> bool:
    """Tell whether only spot machines are wanted; what was said last holds."""
    return bool(spec.spot_ok) and _alone(words)


def changed_by(words: str, text: str) -> bool:
    """Tell whether the last message changes such a wish. words: all that the user said, text: what was said last."""
    return _alone(words) != _alone(words.removesuffix(text))


def _alone(words: str) -> bool:
    return _last(_SPOT_ALONE, words) > _last(_ON_DEMAND_TOO, words)


def _last(found: re.Pattern[str], words: str) -> int:
    """Return where a pattern is found last; -1 where it is not."""
    return max((m.start() for m in found.finditer(words)), default=-1)
