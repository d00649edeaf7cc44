"""Prompts and their data: instructions from files, everything else in marked blocks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.orchestrator.domain.conversation import Message

_PROMPTS: Final = Path(__file__).parent / "prompts"
_MARK: Final = re.compile(r"</?\s*data\b[^>]*>", re.IGNORECASE)
_HISTORY_CHARS: Final = 12_000
"""What a prompt holds of earlier messages; the store keeps them all."""
_MESSAGE_CHARS: Final = 3_000
_GIST_CHARS: Final = 160
_GISTS: Final = 20
"""Older messages are cut to their beginning, this many of the user's; the spec holds what they stated."""
_TELLING: Final = 8
"""Words in a row of a prompt that give it away."""


@cache
def prompt(name: str) -> str:
    """Return the instructions of a name."""
    return (_PROMPTS / f"{name}.md").read_text(encoding="utf-8")


@cache
def _all_prompts() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(_PROMPTS.glob("*.md")))


@cache
def prompt_version() -> str:
    """Return the version of the prompts: a hash of their texts, so that no change goes unnoticed."""
    return hashlib.sha256(_all_prompts().encode()).hexdigest()[:12]


def leaks_prompt(text: str) -> bool:
    """Tell whether a text repeats our instructions."""
    words = _words(text)
    return any(tuple(words[i : i + _TELLING]) in _runs() for i in range(len(words) - _TELLING + 1))


@cache
def _runs() -> frozenset[tuple[str, ...]]:
    words = _words(_all_prompts())
    return frozenset(tuple(words[i : i + _TELLING]) for i in range(len(words) - _TELLING + 1))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def data(**parts: Any) -> str:
    """Return the data of a prompt in marked blocks; a mark within the data is taken out."""
    blocks = []
    for name, value in parts.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        blocks.append(f"<data name={name!r}>\n{_MARK.sub('[data]', text)}\n</data>")
    return "\n".join(blocks)


def summarised(history: Sequence[Message]) -> list[dict[str, str]]:
    """Return the earlier messages within the budget, oldest first: the newest as they stand, of older ones the gist."""
    kept: list[dict[str, str]] = []
    left = _HISTORY_CHARS
    for message in reversed(history):
        text = message.text[:_MESSAGE_CHARS]
        left -= len(text)
        if left < 0:
            break
        kept.append({"role": message.role, "text": text})
    older = history[: len(history) - len(kept)]
    said = [m.text for m in older if m.role == "user"]
    gists = [" ".join(text.split())[:_GIST_CHARS] for text in said]
    if older:
        first, last = gists[:1], gists[1:][-_GISTS:]
        summary = {"messages": len(older), "the user first said": first, "and later": last}
        kept.append({"role": "summary", "text": json.dumps(summary, ensure_ascii=False)})
    return kept[::-1]
