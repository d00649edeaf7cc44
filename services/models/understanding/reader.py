"""Reads a wish: its task, and in English where it is not."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from services.models.domain.languages import without_languages
from services.models.domain.parts import of_different_tasks, parts_of
from services.models.domain.tasks import informed
from services.models.domain.written import written_language
from services.models.embed.base import Embedder
from services.models.embed.minilm import MiniLm
from services.models.understanding import glossary, head

_FOREIGN: Final = re.compile(
    r"[^\W\d_a-z]|\b(?:das|de[nmrs]?|del|della|dla|een|el|et|ist|für|gli|het|il|la|las|les?|los|met|mit|na|oder|para|"
    r"por|un[ae]?|und|uma|van|ve|von|voor|w|y|z|zu[mr]?)\b"
)
"""What English has not: letters beyond its own, small words of other languages. A word that the encoder has only in
pieces may be English as well."""

_READ: Final = frozenset({"ar", "de", "es", "fr", "it", "ja", "ko", "nl", "pt", "ru", "zh"})
"""Languages that the multilingual encoder knows well. Of Polish, Thai and Turkish it knows less than the glossary."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a wish means."""

    query: str
    """What was read: the wish, or a part of it; in English where the encoders know nothing else of it."""
    language: str
    """That the wish is written in, as ISO 639 code; empty for English and where it is not clear."""
    tasks: dict[str, float]
    """How likely it means each task; the sum is 1."""
    english: str
    """The wish itself; in place of one in another language the wishes in English that come nearest to it."""


class TaskReader:
    """The task head with the encoders of its two spaces."""

    def __init__(self, minilm: MiniLm, *, english: Embedder, multilingual: Embedder) -> None:
        """english: MiniLM's vectors, remembered or not; multilingual: the multilingual encoder's."""
        self._known_share = lru_cache(maxsize=256)(minilm.known_share)
        self._english = english
        self._multilingual = multilingual
        self._head = head.load()

    async def warm(self) -> None:
        """Load the encoders one after the other, first the one whose loading takes most memory for a moment."""
        for encoder in (self._english, self._multilingual):
            await encoder.embed(["a model"])
        glossary.load()

    async def readings(self, wish: str) -> tuple[Reading, ...]:
        """Return what the parts of a wish for several things mean, else what the wish means."""
        wish, language = self._in_known_words(wish)
        read = [await self._read(part.text, language, task=part.task) for part in parts_of(wish)]
        if read and of_different_tasks([reading.tasks for reading in read]):
            return tuple(read)
        return (await self._read(wish, language),)

    def _in_known_words(self, wish: str) -> tuple[str, str]:
        """Return a wish as the encoders can read it, and its language: in English word by word where they cannot."""
        language = written_language(wish)
        if language in _READ or (not language and self._known_share(wish) >= head.ENGLISH):
            return wish, language
        glossed = glossary.gloss(wish)
        return (glossed.english, glossed.language) if glossed else (wish, language)

    async def _read(self, query: str, language: str, *, task: str = "") -> Reading:
        """Return what the query means; task: what it is known to be about."""
        bare = without_languages(query)
        (english,), (multilingual,) = await asyncio.gather(
            self._english.embed([bare]), self._multilingual.embed([bare])
        )
        known = self._known_share(bare)
        tasks = informed(self._head.probabilities(english, multilingual, known=known), query, told=task)
        near = query
        if known < head.ENGLISH and _FOREIGN.search(query.lower()):
            near = self._head.in_english(multilingual, max(tasks, key=tasks.__getitem__)) or query
        return Reading(query, language, tasks, near)
