"""A generated Hub: records and cards of any number, the same for the same seed, with topics as real cards have them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from services.models.understanding.train import read_wishes

LICENSES = ("apache-2.0", "mit", "cc-by-nc-4.0", "llama3.1", "cc-by-4.0", "", "openrail", "gpl-3.0")
LIBRARIES = ("transformers", "diffusers", "sentence-transformers", "timm", "gguf", "")
LANGUAGES = ("en", "de", "fr", "zh", "es", "ja", "ru", "pt", "ko", "it", "nl", "fi")
_SYLLABLES = [
    "ba",
    "ke",
    "lo",
    "mi",
    "nu",
    "ra",
    "si",
    "to",
    "ve",
    "zu",
    "cha",
    "dre",
    "fli",
    "gon",
    "hap",
    "jor",
    "kwi",
    "plu",
    "sten",
    "tra",
]


def _invented_words(count: int, dice: random.Random) -> list[str]:
    return ["".join(dice.choices(_SYLLABLES, k=dice.randint(2, 4))) for _ in range(count)]


def records(models: int, *, passages: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield records in the Hub's shape, each with a card of about passages / models passages."""
    dice = random.Random(seed)
    wishes = read_wishes()
    by_task: dict[str, list[str]] = {}
    for task, wish in wishes:
        by_task.setdefault(task, []).append(wish)
    tasks = sorted(by_task)
    common = sorted({word for _, wish in wishes for word in wish.lower().split()})
    rare = _invented_words(20_000, dice)
    topics = [dice.sample(rare, 24) + dice.sample(common, 16) for _ in range(600)]
    ids: list[str] = []
    for number in range(models):
        task = dice.choices(tasks, weights=[40 if t == "text-generation" else 4 for t in tasks])[0]
        size = dice.choice((0.1, 0.3, 1, 3, 7, 8, 14, 32, 70))
        name = f"{dice.choice(rare)}/{dice.choice(rare)}-{dice.choice(rare)}-{size:g}b-{number}"
        base = dice.choice(ids) if ids and dice.random() < 0.2 else None
        wanted = round(passages / models + dice.uniform(-1.5, 1.5))
        card = _card(name, by_task[task], common, dice.choice(topics), dice, wanted)
        record: dict[str, Any] = {
            "id": f"{name}-GGUF" if base and dice.random() < 0.5 else name,
            "pipeline_tag": task if dice.random() < 0.95 else None,
            "library_name": dice.choice(LIBRARIES) or None,
            "tags": [dice.choice(LANGUAGES), task],
            "downloads": int(10 ** dice.uniform(0, 7)),
            "likes": int(10 ** dice.uniform(0, 3.5)),
            "gated": dice.choice((False, False, False, "auto")),
            "cardData": {
                "license": dice.choice(LICENSES) or None,
                "language": dice.sample(LANGUAGES, k=dice.randint(1, 3)),
                "base_model": base,
            },
            "safetensors": {"total": int(size * 1e9)} if dice.random() < 0.8 else None,
            "card": card,
        }
        ids.append(record["id"])
        yield record


def _card(
    name: str, wishes: Sequence[str], common: Sequence[str], topic: Sequence[str], dice: random.Random, passages: int
) -> str:
    """Return a card about one topic: like a real one it repeats itself, and other cards share its topic."""
    paragraphs = [f"# {name}"]
    subject = dice.choice(wishes)
    for _ in range(max(passages, 1) * 2):
        words = dice.choices(topic, k=30) + dice.choices(common, k=8)
        dice.shuffle(words)
        paragraphs.append(f"{subject} {' '.join(words)}. {dice.choice(wishes)}")
    return "\n\n".join(paragraphs)


def write(file: Path, models: int, *, passages: int, seed: int = 1) -> None:
    """Write the records as JSON lines."""
    with file.open("w", encoding="utf-8") as out:
        for record in records(models, passages=passages, seed=seed):
            out.write(json.dumps(record) + "\n")
