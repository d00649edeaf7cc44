"""Whether only machines of the user's own may run the workload ("on premises only", "nothing may leave our data
centre"), and whether these are cut off from the internet ("air-gapped"). The spec has a field only for preferring
them."""

from __future__ import annotations

import re
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec

_ON_PREM: Final = (
    r"on[- ]?prem(?:ises?|ise)?|in[- ]house|sur site|en local"
    r"|own (?:hardware|machines|servers|cluster|data ?cent(?:er|re))"
)
_HOME: Final = (
    r"(?:our|the|my|your)\s+(?:own\s+)?(?:\w+\s+)?"
    r"(?:data ?cent(?:er|re)s?|premises|building|network|house|hospital|site|walls|company|cluster|perimeter)"
)
_ALONE: Final = re.compile(
    rf"\b(?:{_ON_PREM})(?:\s+\w+)?\s+(?:only|alone|exclusively)\b"
    rf"|(?<!not )\b(?:only|exclusively|solely|strictly|purely|nur|ausschließlich|uniquement|solo|solamente)\s+"
    rf"(?:on\s+|in\s+|use\s+|run\s+)?(?:our\s+)?(?:{_ON_PREM})\b"
    r"|\b(?:use|on|with)\s+only\s+(?:our own|our existing|our|those|these)\s+"
    r"(?:machines|servers|gpus|hardware|cluster|nodes)\b"
    r"|\b(?:our own|own)\s+(?:[\w-]+\s+){0,3}only\b"
    r"|\b(?:no|without (?:any|the)?|never (?:in )?the|not in the|keine|pas de|sin)\s*(?:public\s+)?(?:cloud|nube)\b"
    r"(?!\s*-?\s*(?:\w+\s+)?(?:preference|provider|vendor|lock|account|experience|costs?|budget|yet))"
    r"|\bcloud\b[^.!?\n]{0,20}\b(?:not (?:allowed|an option|permitted|possible)|forbidden|prohibited|ruled out)\b"
    rf"|\b(?:nothing|no data)\b[^.!?\n]{{0,20}}\b(?:leaves?|leaving|outside)\s+(?:of\s+)?{_HOME}"
    rf"|\b(?:must|may|can|should)\s*(?:not|never|n't)\s+(?:ever\s+)?leave\s+{_HOME}"
    rf"|\b(?:must|has to|have to|needs? to)\s+(?:all\s+)?(?:stay|remain|be kept|be)\s+"
    rf"(?:{_ON_PREM}|in(?:side)? {_HOME})"
    r"|(?:\b(?:instead of|rather than|without|not|never|nothing)|n't)\s+(?:want\s+to\s+|be\s+|to\s+be\s+)?"
    r"rent(?:ed|ing)?\b(?!\s+(?:more|over|above|anything\s+(?:above|bigger|larger)))"
    r"|\b(?:statt|anstatt)\s+zu\s+mieten\b|\bau lieu de louer\b|\ben vez de alquilar\b|\binvece di noleggiare\b"
    r"|\bair[- ]?gap(?:ped)?\b",
    re.IGNORECASE,
)
_RENTED_TOO: Final = re.compile(
    r"\b(?:cloud|rent(?:ed|ing)?|rentals?)\b[^.!?\n]{0,24}"
    r"\b(?:fine|ok(?:ay)?|too|also|allowed|acceptable|as well|possible)\b"
    r"|\b(?:or|else|otherwise|also|allow|accept|burst(?:ing)? (?:in)?to)\s+"
    r"(?:(?:in|from|to|into|use|rent)\s+)?(?:the\s+|a\s+)?(?:cloud|rented)\b|\botherwise\s+rent\b",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(r"\b(?:not|no|never|n't)\b[^.!?\n]{0,24}$", re.IGNORECASE)
_OFFLINE: Final = re.compile(
    r"\bair[- ]?gap(?:ped)?\b|\b(?:no|without(?: an?| any)?)\s+(?:access to the\s+)?internet\b"
    r"|\b(?:fully|completely)\s+offline\b|\b(?:disconnected|isolated) (?:network|environment|site)\b"
    r"|\b(?:kein|ohne)\s+internet\b|\bsans internet\b",
    re.IGNORECASE,
)


def own_alone(spec: WorkloadSpec, words: str) -> bool:
    """Tell whether nothing may be rented; what was said last holds. A provider that is named is to be rented from."""
    if spec.providers or spec.prefers_local_cluster is False:
        return False
    alone = max((m.start() for m in _ALONE.finditer(words)), default=-1)
    too = max((m.start() for m in _RENTED_TOO.finditer(words) if not _refused(words, m)), default=-1)
    return alone > too


def offline(words: str) -> bool:
    """Tell whether the machines have no way to the internet."""
    return bool(_OFFLINE.search(words))


def _refused(words: str, match: re.Match[str]) -> bool:
    """Tell whether what would allow renting is denied: "the cloud is not allowed"."""
    return bool(re.search(r"\bnot\b", match.group(), re.IGNORECASE) or _DENIED.search(words[: match.start()]))
