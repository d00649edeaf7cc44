"""Names that go on with the model that was tuned or distilled into: DeepSeek R1 Distill Qwen 7B."""

from __future__ import annotations

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.matcher import Match


def is_made_of(doc: Doc, tuned: Match, base: Match) -> bool:
    """Say whether a name goes on with the model that was tuned: DeepSeek R1 Distill Qwen 7B, Hermes 3 Llama 3.1 8B."""
    between = doc.raw[doc.tokens[tuned.j - 1].end : doc.tokens[base.i].start]
    sized = bool(base.facts["size"]) and not tuned.facts["size"]
    both = tuned.facts["domain"] == base.facts["domain"] == "llm"
    return sized and both and tuned.id != base.id and between in (" ", "-")


def made_of(tuned: Match, base: Match) -> Match:
    """Return both names as one."""
    facts = {
        **base.facts,
        "name": f"{tuned.facts['name']} {base.facts['name']}",
        "precision": tuned.facts["precision"] or base.facts["precision"],
        "variant": (*_texts(tuned.facts["variant"]), *_texts(base.facts["variant"])),
    }
    return Match(base.kind, base.id, tuned.i, base.j, facts)


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
