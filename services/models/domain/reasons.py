"""Why a model was found, and why none was, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.models.domain.ranking import Ranked

NOTHING_PASSES: Final = (
    "No model here satisfies all of the filter; one that does not state what a filter asks about never satisfies it."
)
NOT_NAMED: Final = "No model here bears a name like that; the query may say what the model is for."


def why(ranked: Ranked, fit: Mapping[str, float], *, described: bool, by_name: bool) -> str:
    """Return in words why a model was found. described: its passage was made from its record."""
    candidate = ranked.candidate
    if by_name:
        return "Its name is what was asked for."
    reasons = []
    if fit.get(candidate.task, 0.0) >= 0.3:
        reasons.append(f"its task is {candidate.task}, as the wish was understood")
    elif candidate.task:
        reasons.append(f"its task is {candidate.task}")
    if candidate.cosine > 0:
        near = "what its record states, as it has no telling card," if described else "its card"
        reasons.append(f"{near} is near the wish in meaning (cosine {candidate.cosine:.2f})")
    if candidate.words >= 0.2:
        reasons.append("it shares telling words with the wish")
    if not candidate.satisfied:
        reasons.append("whether it satisfies the conditions in the wish is not stated")
    if candidate.downloads is not None and ranked.popularity >= 0.5:
        reasons.append(f"{candidate.downloads:,} downloads in the last 30 days counted")
    text = "; ".join(reasons)
    return f"{text[:1].upper()}{text[1:]}." if text else "It passes the filter."
