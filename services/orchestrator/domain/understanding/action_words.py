"""Words for training and serving that name no wish: training data, train.py, what is done already."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_BATCH_NOUNS: Final = words("tasks.batch_nouns")
_TRAINING_NOUNS: Final = words("tasks.training_nouns")
_NO_JOB: Final = words("tasks.no_job")
_DISTILLED: Final = ("distilled", "destilliert", "distille", "destilad", "distillat")
_DISTILL: Final = frozenset({"distill", "distil", "distills"})
_ADAPTERS: Final = frozenset({"lora", "loras", "qlora", "peft"})
_FROM: Final = ("from", "into", "aus", "auf", "a", "de", "da", "on")
_VEHICLE_BEFORE: Final = words("tasks.vehicle_before")
_OF_TRAINS: Final = words("tasks.of_trains")
_VEHICLES_BEFORE: Final = words("tasks.vehicles_before")
_VEHICLES_DO: Final = words("tasks.vehicles_do")
_MADE: Final = frozenset({"existing", "downloaded", "finished", "readymade", "published", "civitai"})
_SPLITS: Final = words("tasks.splits")
_RUN_VERBS: Final = words("tasks.run_verbs")
_ALREADY: Final = words("parts.already")
_COMMAND: Final = 16
"""How many tokens of a command may stand before the file that it runs."""
_ENDINGS: Final = frozenset({"py", "sh", "ipynb", "yaml", "yml", "json", "md", "cpp", "rs", "go", "js"})
_ARTICLES: Final = words("tasks.articles")
_RUNNERS: Final = frozenset(
    {"python", "bash", "srun", "torchrun", "accelerate", "deepspeed", "launch", "run", "sbatch", "sh"}
)
_EVERYDAY_VERBS: Final = words("tasks.everyday_verbs")
_EVERYDAY: Final = words("tasks.everyday")
"""What is trained, served or hosted without any model."""
_PARTICIPLES: Final = words("tasks.participles")
_OWN: Final = words("tasks.own")
_AIMS: Final = frozenset({"goal", "aim", "target", "objective", "deliverable", "outcome", "ziel"})
_MANY_ITEMS: Final = 5_000
"""Fewer are worked on at a time; from here on it is a heap."""


def is_noun(doc: Doc, match: Match) -> bool:
    """Say whether the word does not name what is wanted: "training data", "train.py", "serve meals"."""
    word, following = doc.text(match.i), doc.text(match.j)
    if word in _EVERYDAY_VERBS and any(doc.text(k) in _EVERYDAY for k in _beside(doc, match)):
        return True
    if _is_file(doc, match) or (word == "batch" and doc.text(match.i - 1) in ("(", "[", "_")):
        return True
    if word in _DISTILL and (match.i in doc.number_to or doc.text(match.i - 1) in _ARTICLES):
        return True  # "the 14B distill": a model
    if word.startswith(_DISTILLED):
        return following not in _FROM
    if word == "train" and doc.text(match.i - 1) in _VEHICLE_BEFORE:
        return following not in _SPLITS
    if word in ("train", "trains") and (following in _OF_TRAINS or _are_vehicles(doc, match)):
        return True
    if word == "batch" and following == "of" and (number := doc.number_from.get(match.j + 1)) is not None:
        return number.value < _MANY_ITEMS  # what is worked on at a time, not a heap
    if word == "batch":
        return following in _BATCH_NOUNS or (following in ("-", "_") and doc.text(match.j + 1) in _BATCH_NOUNS)
    if word in _ADAPTERS:
        return _is_served(doc, match)
    if word in ("training", "train", "trained"):
        return following in _NO_JOB or (match.j - match.i == 1 and following in _TRAINING_NOUNS and word == "training")
    return word in ("run", "running") and following in _RUN_VERBS


def _are_vehicles(doc: Doc, match: Match) -> bool:
    """Say whether it reads "our trains", "trains should ...": what runs on rails."""
    several = doc.text(match.i) == "trains"
    return several and (doc.text(match.i - 1) in _VEHICLES_BEFORE or doc.text(match.j) in _VEHICLES_DO)


def _is_served(doc: Doc, match: Match) -> bool:
    """Say whether it reads "serving 40 LoRA adapters", "multi-LoRA": adapters that are there, none to be trained."""
    if doc.text(match.i - 1) == "-" and doc.text(match.i - 2) == "multi":
        return True
    if doc.text(match.i - 1) in _MADE or doc.text(match.i - 2) == "ready":
        return True  # "with a ready made lora"
    if not doc.text(match.j).startswith("adapter"):
        return False
    beside = doc.sentence_span(match.i)
    learns = [m for id_ in ("training", "fine_tuning") for m in doc.all("action", id_) if m.i in beside]
    trained = any(doc.text(m.i) not in _ADAPTERS for m in learns)
    return not trained and any(m.i in beside for m in doc.all("action", "inference"))


def _is_file(doc: Doc, match: Match) -> bool:
    """Say whether the word names a file that is not run: the train.py of a diff, not of "python train.py"."""
    dotted = doc.text(match.j) == "." and doc.tokens[match.j].glued and doc.text(match.j + 1) in _ENDINGS
    return dotted and not any(doc.text(k) in _RUNNERS for k in range(max(0, match.i - _COMMAND), match.i))


def _beside(doc: Doc, match: Match) -> range:
    """Return the words that may be the verb's object: those after it, the one before it."""
    clause = doc.clause_span(match.i)
    return range(max(clause.start, match.i - 1), min(clause.stop, match.j + 4))


def already_done(doc: Doc, match: Match, told: set[int]) -> bool:
    """Say whether the training lies in the past: "we already fine-tuned", "our fine-tuned model"."""
    if any(k in told for k in range(match.i, match.j + 1)):
        return True  # "fine-tuned on 12k tickets", "a LoRA trained on 4k chats"
    word = doc.text(match.j - 1)
    before = [doc.text(k) for k in range(max(0, match.i - 3), match.i)]
    done = word.endswith("ed") and any(w in _ALREADY for w in before)
    owned = word in _PARTICIPLES and any(w in _OWN for w in before[-2:]) and not _aimed_at(before)
    return done or (owned and doc.text(match.j) not in ("on", "with", "for"))


def _aimed_at(before: list[str]) -> bool:
    """Say whether it reads "Goal: a fine-tuned ResNet": what is aimed at is not there yet. before: the three words."""
    return len(before) == 3 and before[0] in _AIMS and before[1] in (":", "=", "is") and before[2] in _ARTICLES
