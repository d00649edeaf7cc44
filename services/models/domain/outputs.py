"""What a model makes where that is no text: sound, or the actions of a robot.

Tokens a second say nothing of such a model, or the wrong thing. Where its steps per second of sound or per action are
published, the speed of a language model of its size tells how much of either it makes; else it is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_OF_SOUND: Final = ("text-to-speech", "text-to-audio")
_ROBOTICS: Final = "robotics"
_SECOND: Final = "second of sound"
ACTION: Final = "action"
_SPEAKERS: Final = re.compile(
    r"(?i)(?<![a-z])(?:x?tts|kokoro|musicgen|audiogen|bark|orpheus|parler|styletts\d?|bert[-_]?vits\d?|piper)(?![a-z])"
)
"""Words of names of models that make sound: repackagings of them often bear the tag of language models, or none."""
_POLICIES: Final = re.compile(r"(?i)(?<![a-z])(?:open-?vla|smol-?vla|vla|pi0|pi05|gr00t|octo)(?![a-z0-9]*[a-z]{3})")
"""The same of policies that steer robots."""
_UNTOLD: Final = ("", "other", "text-generation", "image-text-to-text", "any-to-any", "feature-extraction")


@dataclass(frozen=True, slots=True)
class Output:
    """What a model makes: its steps, each a pass like that of a language model's token, per unit of it."""

    unit: str
    """second of sound, or action."""
    steps: float | None
    """None where no source that is known here tells."""
    source: str = ""
    usual: int = 1
    """Units of a request where the request does not say."""
    prompt: int = 64
    """Tokens that it reads before, where the request does not say."""
    why: str = "not said; about two sentences"


_STEPS: Final = (
    (
        re.compile(r"(?i)musicgen"),
        Output(_SECOND, 50, "MusicGen writes 50 steps a second of sound (its model card; arXiv:2306.05284)", 10),
    ),
    (
        re.compile(r"(?i)orpheus"),
        Output(_SECOND, 7 * 24_000 / 2_048, "Orpheus writes 7 tokens for 2,048 samples at 24 kHz (SNAC's frames)", 10),
    ),
    (
        re.compile(r"(?i)open-?vla(?!.?oft)"),
        Output(
            ACTION,
            7,
            "OpenVLA writes an action as 7 tokens, one a dimension (arXiv:2406.09246)",
            1,
            288,
            "256 patches of one picture and an instruction (arXiv:2406.09246)",
        ),
    ),
)


def output_of(task: str, model_id: str) -> Output | None:
    """Return what a model makes where that is sound or actions; None where it is text, pictures, vectors or labels.

    The name tells where the task is none, or one of models that write text.
    """
    name = model_id.rpartition("/")[2]
    sound = task in _OF_SOUND or (task in _UNTOLD and _SPEAKERS.search(name))
    acts = task == _ROBOTICS or (task in _UNTOLD and _POLICIES.search(name))
    if not sound and not acts:
        return None
    unit = ACTION if acts else _SECOND
    known = (output for pattern, output in _STEPS if output.unit == unit and pattern.search(name))
    return next(known, Output(unit, None))
