"""What of a passage says why it was found: the sentences that hold most of the wish, not how the passage begins."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final

_SENTENCE: Final = re.compile(r"\s(?:(?<=[.!?]\s)\s*(?=[A-Z0-9\"'(])|(?<=\n)\n*|\s*[-*•]\s+)")
"""Where one begins. That every way begins with a space has most letters passed over at once."""
_MOST: Final = 320
"""Characters of the excerpt."""
_LEAST: Final = 25
"""Characters with which a piece of a passage may be a sentence."""
_SENTENCES: Final = 24
"""Of a passage that are looked at."""
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_STEM: Final = 5
"""Letters of a word that its forms share."""
_OF_TASK: Final = 0.6
"""What a word of the task counts beside one of the wish."""
_SAYING: Final = 0.5
"""What it counts that a sentence tells what a model is, does or was made for."""
_SAYS: Final = re.compile(
    r"\b(?:is|are|was|were|can|performs?|predicts?|generates?|supports?|trained|fine-tuned|designed|intended|built|used)\b|"
    r"\b(?:model|it|this|which|that) [a-z]+s\b"
)
_OTHER: Final = re.compile(
    r"https?://|\b(?:pip install|import |from_pretrained|arxiv|et al|doi|cite|citation|bibtex|copyright)\b|"
    r"[{}<>\[\]=|]+|"
    r"[\U0001f300-\U0001faff\u2600-\u27bf]|(?:\b[a-z]\. )|\d+ · "
)
"""In lower case. Links, code, references, emblems and lists of authors: they say nothing of what a model does."""


def excerpt(passage: str, *, wish: str, task: str, own_task: str = "") -> str:
    """Return the sentence or two of a passage that hold most words of the wish and of its task; empty where none does.

    passage: its first line is the model's id, the next may be facts of its record, the first its own task. Of equal
    sentences the first is taken.

    >>> excerpt("a/b\\nNews: see our blog today.\\nThe model transcribes calls.", wish="transcribe calls", task="")
    'The model transcribes calls.'
    """
    pieces = [piece.strip() for piece in _SENTENCE.split(passage.partition("\n")[2])]
    facts = f"{own_task.replace('-', ' ')}. " if own_task else "\n"
    sentences = [piece for piece in pieces if len(piece) >= _LEAST and not piece.startswith(facts)][:_SENTENCES]
    asked = _stems(wish.lower())
    meant = _stems(task.replace("-", " ").lower()) - asked
    lowered = [sentence.lower() for sentence in sentences]
    held = [_held(sentence, asked, meant) for sentence in lowered]
    best, most = -1, _SAYING
    for place, (sentence, words) in enumerate(zip(lowered, held, strict=True)):
        if words + _SAYING > most and (says := _score(sentence, words, least=most)) > most:
            best, most = place, says
    if best < 0:
        return ""
    told = sentences[best]
    after = sentences[best + 1] if best + 1 < len(sentences) and held[best + 1] else ""
    told = f"{told} {after}" if after and told.endswith((".", "!", "?")) and len(told) + len(after) < _MOST else told
    return told if len(told) <= _MOST else f"{told[: _MOST - 1].rsplit(' ', 1)[0]}…"


def _held(sentence: str, asked: Set[str], meant: Set[str]) -> float:
    """Return how many words of the wish a sentence holds, and of its task as far as they count."""
    return sum(_has(sentence, stem) for stem in asked) + _OF_TASK * sum(_has(sentence, stem) for stem in meant)


def _has(sentence: str, stem: str) -> bool:
    """Tell whether a sentence has a word of a stem: letters are looked for sooner than all words are cut."""
    place = sentence.find(stem)
    while place >= 0:
        after = place + len(stem)
        whole = len(stem) == _STEM or not sentence[after : after + 1].isalpha()
        if whole and not sentence[place - 1 : place].isalpha():
            return True
        place = sentence.find(stem, place + 1)
    return False


def _score(sentence: str, held: float, *, least: float) -> float:
    """Return how much a sentence that holds words says of the wish: never more than they and that it tells at all.

    least: what matters; of less, how much less is not told.
    """
    if not held:
        return 0.0
    tells = bool(_SAYS.search(sentence))
    whole = 1.0 if tells or sentence.endswith((".", "!", "?")) else _SAYING
    says = whole * (held + _SAYING * tells)
    return says / (1 + len(_OTHER.findall(sentence))) if says > least else says


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text)}
