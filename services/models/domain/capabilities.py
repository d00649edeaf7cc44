"""What people want of a language model beyond its task, such as calling tools; and how cards put it.

The task head knows tasks by their topics. It takes an agent for reinforcement learning and "uncensored" for moderation,
since no task of the Hub is called so; and a card says "steerable" where a user says that a model must not refuse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

TASK: Final = "text-generation"


@dataclass(frozen=True, slots=True)
class Capability:
    """A capability of language models: the pattern of words that ask for it, and those that cards use."""

    asked: re.Pattern[str]
    cards: str


def _capability(asked: str, cards: str) -> Capability:
    return Capability(re.compile(rf"\b(?:{asked})\b"), cards)


_NOT: Final = r"(?:no|not|never|without|does ?n.?t|do ?n.?t|wo ?n.?t|will not|free of)(?: \w+){0,2}"
_CAPABILITIES: Final = (
    _capability(
        r"(?:functions?|tools?|apis?)[ -]?(?:call\w*|us(?:e|es|ing|age))|"
        r"(?:call|calls|calling|use|uses|using) (?:\w+ )?(?:functions|tools|apis)|agentic|mcp",
        "tool use, function calling, agents",
    ),
    _capability(
        rf"uncensored|unfiltered|unaligned|abliterated|jailbroken|nsfw|"
        rf"{_NOT} (?:refus\w*|censor\w*|guard ?rails?|moraliz\w*|moralis\w*)",
        "steerable, neutrally aligned, uncensored, role-playing",
    ),
    _capability(
        r"role[ -]?play\w*|(?:ai|character|virtual|chat) (?:companion|character|girlfriend|boyfriend)|"
        r"companion (?:ai|bot|chat\w*)|(?:dungeon|game) master",
        "role-playing, multi-turn conversation, characters",
    ),
    _capability(
        r"(?:story|stories|fiction|novels?|creative|prose|fantasy|fan ?fic\w*)[ -]?(?:writ\w+|tell\w+|author\w*)|"
        r"writ\w+ (?:\w+ ){0,2}(?:stories|story|fiction|novels?|prose)",
        "creative writing, stories",
    ),
    _capability(r"structured (?:\w+ )?outputs?|json (?:mode|outputs?|schemas?)", "structured output, JSON, tool use"),
)
_OTHER: Final = re.compile(
    r"\b(?:images?|pictures?|photos?|videos?|films?|speech|voices?|spoken|audio|music|songs?|3d|visual|vision|draw\w*|"
    r"illustrat\w*|paint\w*|diffusion|embed\w*|classif\w*|detect\w*|moderat\w*|flag\w*|block\w*|transcri\w*|translat\w*|"
    r"summar\w*|rerank\w*|recogni\w*|segment\w*|forecast\w*|tabular|documents?|scans?|reinforcement|robot\w*|atari|gym)\b"
)
"""Words of other tasks and media: with one of them the head knows better."""
_SEQUENCES: Final = re.compile(
    r"\b(?:protein\w*|dna|rna|gen(?:e|es|om\w*|etic\w*)|molecul\w*|chemi\w*|smiles|cells?|masked|bert)\b"
)
_MOST_WORDS: Final = 16
"""In a longer wish the head finds the task by the rest of it, and such words may be about anything."""


_NAMED: Final = re.compile(r"\b(?:llms?|(?:large )?language models?)\b")


def names_language_model(query: str) -> bool:
    """Tell whether a wish calls what it wants a language model, and names no other task or medium, nor a field whose
    language models read sequences.
    """
    words = query.lower()
    short = len(words.split()) <= _MOST_WORDS
    return short and _NAMED.search(words) is not None and not _OTHER.search(words) and not _SEQUENCES.search(words)


def asked_of_language_model(query: str) -> str:
    """Return how cards put the capabilities of a language model that a wish asks for; empty where it asks for none, or
    for another task or medium.
    """
    words = query.lower()
    if len(words.split()) > _MOST_WORDS or _OTHER.search(words):
        return ""
    return "; ".join(c.cards for c in _CAPABILITIES if c.asked.search(words))
