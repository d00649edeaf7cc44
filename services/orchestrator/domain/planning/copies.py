"""How many copies of a server the user's words ask for: "2 to 6 replicas", "at least 3 replicas", "maxReplicas: 8".

The spec has no field for it. What is said last holds; copies of a database or of data are none of a server.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

MOST: Final = 10_000
"""A larger number is no number of copies."""
_WORDS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "deux": 2, "trois": 3, "quatre": 4, "dos": 2, "tres": 3,
    "cuatro": 4,
}  # fmt: skip
_FIGURE: Final = rf"(?:\d{{1,4}}|{'|'.join(_WORDS)})(?![\w%]|[.,:]\d)"
_NOUN: Final = (
    r"(?:r[eé]plicas?|r[eé]pliques?|replikate?n?|repliken|replik\w*|pods?"
    r"|(?:copies|instances|kopien|instanzen)\s+(?:of|von|des)\s+(?:(?:the|my|our|it)\s*)?(?:model\w*|server|service)?"
    r"|(?:model|server|serving|inference)\s+(?:copies|instances))(?!\w)"
)
_NAMED: Final = rf"(?:[\w.-]+\s+)?{_NOUN}"
"""The noun with a word before it at most: "3 vLLM replicas"."""
_LEAST: Final = (
    r"\b(?:min(?:imum|imal\w*|\.)?(?:\s+of)?|at least|no fewer than|not less than|mindestens|au moins|al menos|almeno)"
)
_MOST: Final = (
    r"\b(?:max(?:imum|imal\w*|\.)?(?:\s+of)?|at most|up to|no more than|höchstens|bis zu|au plus|jusqu'à|hasta"
    r"|como máximo|al massimo|fino a)"
)
_TO: Final = r"(?:-|–|—|\.\.+|to|up to|and|through|until|bis|und|à|et|a|y|e)"
_IS: Final = r"\s*(?:of|is|to|=|:)?\s*"
_WAYS: Final = (
    re.compile(
        rf"(?<![\w.,])(?P<low>{_FIGURE})\s*(?:{_NOUN}\s*)?{_TO}\s*(?:{_MOST}\s*)?(?P<high>{_FIGURE})\s*{_NAMED}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_LEAST}{_IS}(?P<low>{_FIGURE})\s*[,;/]?\s*(?:and\s+)?{_MOST}{_IS}(?P<high>{_FIGURE})\s*{_NAMED}", re.I
    ),
    re.compile(
        rf"{_LEAST}{_IS}(?P<low>{_FIGURE})\s*{_NAMED}(?:\s*(?:,|;|/|and|und|et|y)?\s*{_MOST}{_IS}(?P<high>{_FIGURE}))?",
        re.I,
    ),
    re.compile(rf"{_MOST}{_IS}(?P<high>{_FIGURE})\s*{_NAMED}", re.IGNORECASE),
    re.compile(rf"\bmin[_ -]?(?:replicas?|replicacount|pods){_IS}(?P<low>{_FIGURE})", re.IGNORECASE),
    re.compile(rf"\bmax[_ -]?(?:replicas?|replicacount|pods){_IS}(?P<high>{_FIGURE})", re.IGNORECASE),
    re.compile(
        rf"\bscal\w+\s+(?:\w+\s+){{0,4}}?(?:from|between|von|de)\s+(?P<low>{_FIGURE})\s*{_TO}\s*(?P<high>{_FIGURE})\s*"
        r"(?:instances|copies|instanzen|kopien)\b",
        re.IGNORECASE,
    ),
    re.compile(rf"(?<![\w.,-])(?P<exact>{_FIGURE})\s*{_NAMED}", re.IGNORECASE),
    re.compile(rf"(?<![\w-])replicas?\s*[:=]\s*(?P<exact>{_FIGURE})", re.IGNORECASE),
)
"""The wider ways first: what one of them takes is not read again by those after it."""
_OTHERS: Final = re.compile(
    r"\b(?:read|databases?|db|postgres\w*|mysql|maria\w*|redis|valkey|kafka|nats|qdrant|milvus|weaviate|mongo\w*|"
    r"elastic\w*|opensearch|clickhouse|etcd|vault|cache|brokers?|replication|storage|data|backups?|competitors?|"
    r"currently|today|now|instead of|rather than)\b",
    re.IGNORECASE,
)
"""Words near by that tell of copies of something else, or of those of another time."""
_BEFORE, _AFTER = 28, 16
"""Characters in which such a word counts."""
_BREAK: Final = re.compile(r"[.;!?\n]|,\s|\s(?:and|und|et|y)\s")


class Copies(NamedTuple):
    """Copies of a server, at least and at most; None where that was not said."""

    least: int | None = None
    most: int | None = None


NOT_SAID: Final = Copies()


@lru_cache(maxsize=64)
def copies_of(words: str) -> Copies:
    """Return the copies that the user's messages, one a line, ask for."""
    found = list[tuple[int, re.Match[str]]]()
    taken = list[tuple[int, int]]()
    for way in _WAYS:
        for match in way.finditer(words):
            if any(match.start() < end and begin < match.end() for begin, end in taken):
                continue
            taken.append(match.span())
            if not _of_others(words, match):
                found.append((match.start(), match))
    said = NOT_SAID
    for _, match in sorted(found, key=lambda pair: pair[0]):
        named = {name: _number(figure) for name, figure in match.groupdict().items() if figure}
        low, high = (named.get(end, named.get("exact")) for end in ("low", "high"))
        if max(low or 0, high or 0) > MOST or (low and high and low > high):
            continue
        said = Copies(said.least if low is None else low, said.most if high is None else high)
        if said.least and said.most is not None and said.least > said.most:
            said = Copies(low, high)  # what was said before does not go with it
    return said


def _of_others(words: str, match: re.Match[str]) -> bool:
    """Tell whether the clause around a match tells of copies of something else."""
    before = _BREAK.split(words[max(0, match.start() - _BEFORE) : match.start()])[-1]
    after = _BREAK.split(words[match.end() : match.end() + _AFTER])[0]
    return bool(_OTHERS.search(f"{before} {match.group()} {after}"))


def _number(figure: str) -> int:
    return int(figure) if figure.isdigit() else _WORDS[figure.lower()]
