"""Putting what a message wishes into the spec."""

from __future__ import annotations

from collections.abc import Sequence

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.merge import Merger
from services.orchestrator.domain.understanding.removal import removed_fields


def update(
    merger: Merger, doc: Doc, base: WorkloadSpec, mentions: list[Mention], scaled: Sequence[tuple[str, object]]
) -> None:
    """Put what a message wishes into the spec: what it removes, mentions, scales and lets go."""
    for field, said_so in removed_fields(doc, base):
        merger.put(field, None, words=said_so)
    merger.merge(mentions)
    for field, value in scaled:
        merger.put(field, value, words=doc.raw.strip()[:200])
    if doc.all("let_go") and base.models and "models" not in merger.changes:
        merger.put("models", None, words="")
        merger.put("model_params_b", None, words="")
    elif doc.all("let_go") and base.model_params_b and "model_params_b" not in merger.changes:
        merger.put("model_params_b", None, words="")
    _follow_model(merger, base, mentions)


def _follow_model(merger: Merger, before: WorkloadSpec, mentions: Sequence[Mention]) -> None:
    """Keep model, parameters, domain and task of one mind when a later turn changes one of them."""
    changed = merger.changes
    if changed.get("models") and before.model_params_b is not None and "model_params_b" not in changed:
        merger.put("model_params_b", None, words="")
    if changed.get("license") and before.models and "models" not in changed and before.license != changed["license"]:
        merger.put("models", None, words="")
        merger.put("model_params_b", None, words="")
    params = changed.get("model_params_b")
    if params and before.models and "models" not in changed and before.model_params_b not in (None, params):
        resized = tuple(_resized(name, params) for name in before.models)
        merger.put("models", tuple(n for n in resized if n) or None, words="")
    if any(m.field == "models" and m.negated for m in mentions) and "models" in changed and not changed["models"]:
        merger.put("model_params_b", None, words="")


def _resized(name: str, params: float) -> str:
    """Return the model's name with another size, as in "make it the 8B"."""
    parts = name.split()
    kept = [w for w in parts if not (w[:-1].replace(".", "").replace("x", "").isdigit() and w.endswith("b"))]
    return " ".join([*kept, f"{params:g}b"]) if len(kept) < len(parts) else ""
