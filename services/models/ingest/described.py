"""A model in words from its record alone, for one whose card says little: the passage that it is then found by."""

from __future__ import annotations

import re
from typing import Final

from services.models.domain.languages import language_name
from services.models.domain.model import Model, Relation
from services.models.ingest.card import PASSAGE_CHARS, paragraphs
from services.models.ingest.hub_record import telling_tags

LEAST_CARD_CHARS: Final = 60
"""A card with less readable text than this says little."""
_MOST_LANGUAGES: Final = 8
_MOST_DATASETS: Final = 6
_PLACEHOLDER: Final = re.compile(
    r"\W*(?:more information (?:is )?needed|needs? more information|information (?:is )?missing|to ?do|tb[ad]|n/?a|wip|"
    r"(?:coming|available) soon|work in progress|to be (?:added|announced|continued|done|filled|updated|released)|"
    r"under construction|this model card .{0,40}automatically generated.*)\W*",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    r"(?:(?:model )?(?:card|description|details|sources?|usage|in action)|how to use.*|examples?(?: usage)?|"
    r"train(?:ing)?(?: data| procedure| parameters)?|eval(?:uation)?(?: results| output)?|results?|limitations?.*|"
    r"(?:citations?|citing|intended uses?)\b.*|references?|licen[cs]e|authors?|see also|todo|installation|requirements|"
    r"framework versions|acknowledge?ments?|contact|introduction|overview|uses?|demo.*|.*notebook)\W*",
    re.IGNORECASE,
)
"""Headings that cards of every kind have."""
_COMMON: Final = ("transformers", "pytorch")
"""Libraries of most models: they tell none from others."""
_FROM: Final = {
    Relation.QUANTIZED: "a quantised copy of",
    Relation.CONVERTED: "a converted copy of",
    Relation.ADAPTER: "an adapter for",
    Relation.FINE_TUNE: "fine-tuned from",
    Relation.DISTILLED: "distilled from",
    Relation.MERGE: "merged from",
}
_WORDS: Final = re.compile(r"[^\W_]+(?:\.\d[^\W_]*)*")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")


def says_little(body: str) -> bool:
    """Tell whether the body of a card has next to no readable text: placeholders and headings do not count."""
    return sum(len(text) for text, heading in paragraphs(body) if not heading and not _says_nothing(text)) < (
        LEAST_CARD_CHARS
    )


def described(model: Model, body: str) -> str:
    """Return what a record says of its model, in sentences, and the little that its card says: at most PASSAGE_CHARS.

    First its id, as every passage begins. Nothing is added that the record does not state.
    """
    name = " ".join(_WORDS.findall(_CAMEL.sub(" ", model.model_id.rpartition("/")[2])))
    kind = f"{model.task.replace('-', ' ')} model" if model.task else "model"
    languages = [language_name(code) for code in model.languages]
    spoken = _and(languages[:_MOST_LANGUAGES])
    more = f" and {len(languages) - _MOST_LANGUAGES} more languages" if len(languages) > _MOST_LANGUAGES else ""
    origin = f", {_FROM.get(model.relation, 'made from')} {model.base_model}" if model.base_model else ""
    datasets = [t.removeprefix("dataset:") for t in model.tags if t.startswith("dataset:")][:_MOST_DATASETS]
    beside = {model.architecture.model_type, *_COMMON}
    tags = [t.replace("-", " ").replace("_", " ") for t in telling_tags(model) if t not in beside]
    sentences = [
        f"{name}: {kind}{f' for {spoken}{more}' if spoken else ''}{origin}",
        model.summary.rstrip(".") if len(model.summary) >= LEAST_CARD_CHARS else "",
        *_little(model, body),
        f"Trained on {', '.join(datasets)}" if datasets else "",
        ", ".join(tags),
        f"Architecture {model.architecture.model_type}" if model.architecture.model_type else "",
        f"Library {model.library}" if model.library not in ("", *_COMMON) else "",
    ]
    text = f"{model.model_id}\n{'. '.join(filter(None, sentences))}."
    return text if len(text) <= PASSAGE_CHARS else text[:PASSAGE_CHARS].rsplit(" ", 1)[0]


def _little(model: Model, body: str) -> list[str]:
    """Return what a card that says little does say, its headings too but those that any card has."""
    title = model.model_id.rpartition("/")[2].lower()
    return [
        text.rstrip(" .:")
        for text, heading in paragraphs(body)
        if not _says_nothing(text) and text.lower() != title and not (heading and _PART.fullmatch(text))
    ]


def _says_nothing(text: str) -> bool:
    return _PLACEHOLDER.fullmatch(text) is not None


def _and(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
