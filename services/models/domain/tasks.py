"""Tasks: what is known of each pipeline tag, and which tags stand in for others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.models.domain import capabilities
from services.models.domain.directions import stated_direction
from services.models.domain.languages import without_language_names

LIKELY: Final = 0.12
"""A task that a wish means with at least this probability is searched in its own right."""
MOST: Final = 3


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """One pipeline tag of the Hub."""

    task: str
    title: str
    description: str
    synonyms: tuple[str, ...]
    """Words that people use for it."""


STANDS_IN: Final[Mapping[str, Mapping[str, float]]] = {
    "conversational": {"text-generation": 1.1},
    "text2text-generation": {"text-generation": 0.5},
    "text-generation": {"conversational": 0.5},
    "visual-question-answering": {"image-text-to-text": 0.8},
    "document-question-answering": {"image-text-to-text": 0.6, "visual-question-answering": 0.3},
    "image-text-to-text": {"any-to-any": 0.5, "visual-question-answering": 0.4},
    "image-to-text": {"image-text-to-text": 0.6},
    "video-text-to-text": {"image-text-to-text": 0.5},
    "audio-text-to-text": {"any-to-any": 0.5},
    "sentence-similarity": {"feature-extraction": 0.7, "text-ranking": 0.3},
    "feature-extraction": {"sentence-similarity": 0.7},
    "mask-generation": {"image-segmentation": 0.5},
    "image-segmentation": {"mask-generation": 0.3},
    "zero-shot-object-detection": {"object-detection": 0.4},
    "voice-activity-detection": {"speech-segmentation": 0.8},
    "text-to-audio": {"text-to-speech": 0.3},
    "image-to-video": {"text-to-video": 0.5},
    "text-to-video": {"image-to-video": 0.5},
    "summarization": {"text-generation": 0.4},
    "translation": {"text-generation": 0.3},
    "question-answering": {"text-generation": 0.3},
    "unconditional-image-generation": {"text-to-image": 0.4},
    "tabular-classification": {"structured-data-classification": 0.9, "tabular-regression": 0.3},
    "tabular-regression": {"tabular-classification": 0.3},
}
"""For a wish of one task, models of another do as well, to this degree: the Hub split and renamed its tags."""


STATED: Final = 0.9
"""Probability of a task whose direction the wish states, such as text to speech."""


_ASKING: Final = re.compile(
    r"^(?:(?:i|we) (?:need|want|would like|am looking for|are looking for) |looking for |"
    r"(?:find|give|show|suggest|recommend) (?:me |us )?)?(?:an? |some |the |any )?"
    r"(?:models?|ai|networks?|systems?|tools?|something) "
    r"(?:(?:that|which) (?:can |could |will |would )?|to |for |able to |capable of )",
    re.IGNORECASE,
)
_LEAST_WORDS: Final = 3
_MOST_LANGUAGES: Final = 3
_STEM: Final = 5
"""Letters of a word that its forms share."""
_GENERAL: Final = frozenset(
    word[:_STEM]
    for words in (
        "the and for from into with our your they that which can could will need want some any new good best large",
        "small fast quick open local model language assistant chat chatbot bot llm conversation text speech voice",
        "audio sound recording call image picture photo video music document article file table row word sentence name",
        "entity question answer transcribe recognise recognition write read aloud clone cloning synthesis translate",
        "summarise summarize summary classify detect detection segment object generate make create embed vector rerank",
        "search similarity forecast time series predict describe caption extract separate depth estimation",
    )
    for word in words.split()
)
"""Words that tell of no subject."""


def bare_wish(query: str) -> str:
    """Return a wish without words that only ask for a model ("I need a model that can"): to vectors a model is one in
    3D. What would be left of fewer words than three stays whole.
    """
    bare = _ASKING.sub("", query)
    return bare if len(bare.split()) >= _LEAST_WORDS else query


def says_only_its_task(wish: str) -> bool:
    """Tell whether a wish names no subject beside its task, such as "chat assistant" or "translate into German"."""
    others = [word for word in _words(wish) if word[:_STEM] not in _GENERAL]
    if others and len(others) <= _MOST_LANGUAGES:
        others = [word for word in _words(without_language_names(wish)) if word[:_STEM] not in _GENERAL]
    return not others and bool(_words(wish))


def is_name_of_task(text: str, tasks: Mapping[str, TaskInfo]) -> bool:
    """Tell whether a text is what a task is called, such as "speech recognition"."""
    plain = " ".join(_words(text))
    return bool(plain) and any(
        plain in (called := " ".join(_words(name)), f"{called}s")
        for t in tasks.values()
        for name in (t.title, *t.synonyms)
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{3,}", text.lower())


def informed(probabilities: Mapping[str, float], query: str, *, told: str = "") -> dict[str, float]:
    """Return the probabilities of tasks, with most of them given to the one that is told, to a task whose direction the
    wish states, or to the writing of text where it asks for a language model or for what these alone can do.
    """
    asked = capabilities.asked_of_language_model(query) or capabilities.names_language_model(query)
    task = told or stated_direction(query) or (capabilities.TASK if asked else "")
    if not task:
        return dict(probabilities)
    rest = 1 - probabilities.get(task, 0.0)
    return {t: STATED if t == task else p * (1 - STATED) / max(rest, 1e-9) for t, p in probabilities.items()}


def fits(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Return how well models of each task fit a wish, 0 to 1, given how likely the wish means each task."""
    found = dict(probabilities)
    for task, likely in probabilities.items():
        for other, degree in STANDS_IN.get(task, {}).items():
            found[other] = max(found.get(other, 0.0), likely * degree)
    return found


def likely_tasks(fit: Mapping[str, float]) -> list[str]:
    """Return the tasks worth a search of their own, likeliest first, at most MOST."""
    order = sorted(fit, key=lambda task: (-fit[task], task))
    return [task for task in order[:MOST] if fit[task] >= LIKELY] or order[:1]
