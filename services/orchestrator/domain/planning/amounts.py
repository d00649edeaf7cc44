"""How much a batch has to go through: stated in the spec, or in the user's words where the spec has no field for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.orchestrator.domain.candidates import PerformanceEstimate
from services.orchestrator.domain.planning.runs import BYTES_PER_TOKEN, ITEM_MB, modality_of
from services.orchestrator.domain.planning.stated import audio_hours_in, residues_in, tokens_in
from services.orchestrator.domain.spec import Domain, Modality, WorkloadSpec

TOKENS_PER_HOUR: Final = 12_000
"""Of speech: 150 words a minute, four tokens for three words."""
AUDIO_GB_PER_HOUR: Final = 0.06
"""Compressed speech of 128 kbit/s."""
REQUEST_TOKENS: Final = 1280
"""Tokens of the request whose speed the models catalogue assumes: a prompt of 1,024 and an answer of 256."""
PASSAGE_TOKENS: Final = 256
"""Tokens of one input whose speed the models catalogue assumes of encoders, and of a text to translate."""
SENTENCE_TOKENS: Final = 32
"""Tokens of a sentence of 24 words, four for three of them."""
_SENTENCES: Final = re.compile(r"\b(?:sentences?|segments?|subtitles?|phrases|utterances?|tweets?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a batch goes through, in one of these units."""

    items: float | None = None
    text_tokens: float | None = None
    """Read and written by a language model."""
    spoken_tokens: float | None = None
    """Written by a model that hears speech."""
    tokens_each: int = 0
    """Tokens of an item that is a text; 0 where it is none."""

    def hours(self, speed: PerformanceEstimate) -> float | None:
        """Return how long one copy takes; None where its speed is not known in this unit."""
        if self.spoken_tokens is not None:
            return self.spoken_tokens / speed.tokens_per_second / 3600 if speed.tokens_per_second else None
        if not speed.requests_per_second:
            return None
        if self.text_tokens is not None:
            return self.text_tokens / REQUEST_TOKENS / speed.requests_per_second / 3600
        return None if self.items is None else self.items / speed.requests_per_second / 3600


def amount_of(spec: WorkloadSpec, words: str, task: str, *, language: bool, said: list[str]) -> Amount | None:
    """Return what a batch goes through, the last figure that was stated; None where none was. What is assumed is
    added to said."""
    hears = task == "automatic-speech-recognition"
    hours = audio_hours_in(words) if hears else None
    if hears and hours is None and spec.dataset_size_gb and not spec.dataset_items:
        hours = spec.dataset_size_gb / AUDIO_GB_PER_HOUR
        said.append(f"The recordings are about {hours:,.0f} hours ({AUDIO_GB_PER_HOUR:g} GB an hour).")
    if hours is not None:
        said.append(f"An hour of speech is about {TOKENS_PER_HOUR:,} tokens of text (150 words a minute).")
        return Amount(spoken_tokens=hours * TOKENS_PER_HOUR)
    if spec.dataset_items:
        if language:
            said.append("Each item is a prompt of 1,024 tokens and an answer of 256.")
        of_text = not language and modality_of(spec, task) is Modality.TEXT and not task.startswith("text-to-")
        of_life = spec.domain is Domain.BIOLOGY
        each = (translated_tokens(task, words) or PASSAGE_TOKENS) if of_text else 0
        each = (residues_in(words) or each) if of_life else each
        if each:
            said.append(f"Each item is a {f'sequence of about {each:,} residues' if of_life else _text_of(each)}.")
        return Amount(items=spec.dataset_items, tokens_each=each)
    tokens = tokens_in(words)
    text = modality_of(spec, task) is Modality.TEXT
    if tokens is None and spec.dataset_size_gb and text:
        tokens = spec.dataset_size_gb * 1e9 / BYTES_PER_TOKEN
        said.append(f"The dataset has about {tokens / 1e9:,.3g} billion tokens (4 bytes each).")
    if tokens is not None:
        if language:
            said.append("Of every 1,280 tokens 1,024 are read and 256 written.")
            return Amount(text_tokens=tokens)
        each = translated_tokens(task, words) or PASSAGE_TOKENS
        said.append(f"Texts are cut into passages of {each} tokens.")
        return Amount(items=tokens / each, tokens_each=each)
    if spec.dataset_size_gb:
        size = ITEM_MB[modality_of(spec, task)]
        items = max(1, round(spec.dataset_size_gb * 1000 / size))
        said.append(f"The dataset has about {items:,} items of {size:g} MB each.")
        return Amount(items=items)
    return None


def translated_tokens(task: str, words: str) -> int | None:
    """Return the tokens of a text to translate, by what the user calls it; None of other tasks."""
    if task != "translation":
        return None
    return SENTENCE_TOKENS if _SENTENCES.search(words) else PASSAGE_TOKENS


def requests_told(tokens: int) -> str:
    """Return in words what a request to translate is."""
    return f"A request is a {_text_of(tokens)}, and its translation has as many."


def _text_of(tokens: int) -> str:
    return f"{'sentence' if tokens == SENTENCE_TOKENS else 'text'} of about {tokens} tokens"
