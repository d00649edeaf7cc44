"""Whether the user wants to be asked: "check with me first", "no questions please"; it holds over the turns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, Literal, NamedTuple

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.matcher import Match, Matcher
from services.orchestrator.domain.understanding.tokens import tokenize

_ABOUT: Final = {
    ("spot", "any"): "spot",
    ("cue", "gpu"): "gpus",
    ("money", "budget"): "budget",
    ("topic", "region"): "geo",
    ("topic", "deadline"): "deadline",
    ("topic", "model"): "model_size",
}
"""The question that words beside the wish to be asked speak of."""
_KINDS: Final = frozenset({"policy"} | {kind for kind, _ in _ABOUT})
_REACH: Final = 12


class Policy(NamedTuple):
    """How the user wants to be asked."""

    kind: Literal["", "ask", "silent"] = ""
    fresh: bool = False
    """Said in the newest message."""
    about: tuple[str, ...] = ()
    """Ids of the questions that the user wants to be asked."""


def asking_policy(messages: Sequence[str]) -> Policy:
    """Return what the messages of a user, oldest first, say about being asked; the last word holds."""
    for age, text in enumerate(reversed(messages)):
        tokens = tokenize(fold(text))
        found = _matcher().find(text, tokens)
        said = [m for m in found if m.kind == "policy"]
        if said:
            last = said[-1]
            about = _about(found, last) if last.id == "ask" else ()
            return Policy("ask" if last.id == "ask" else "silent", age == 0, about)
    return Policy()


def _about(found: Sequence[Match], said: Match) -> tuple[str, ...]:
    near = [m for m in found if abs(m.i - said.i) <= _REACH]
    return tuple(dict.fromkeys(_ABOUT[m.kind, m.id] for m in near if (m.kind, m.id) in _ABOUT))


@cache
def _matcher() -> Matcher:
    return Matcher([e for e in lexicon.entries() if e.kind in _KINDS])
