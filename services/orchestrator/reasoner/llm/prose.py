"""What of a model's prose enters a plan: sentences whose numbers and names stand in the plan or in the user's words."""

from __future__ import annotations

import logging
import re
from typing import Any, Final

from services.orchestrator.domain.grounding import Ground, folded, sentence_grounded, squashed
from services.orchestrator.domain.picks import stands
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from services.orchestrator.reasoner.llm.prompting import leaks_prompt
from services.orchestrator.reasoner.llm.schema import Design

log = logging.getLogger(__name__)

SENTENCE_END: Final = re.compile(r"(?<=[.!?。])\s+")
MAX_CHARS: Final = 700
"""Of one piece of prose; a longer one is cut at a sentence."""
MAX_TRADEOFFS: Final = 5
_UNSHOWN: Final = frozenset(
    {"provenance", "values", "snapshots", "workload", "secrets", "equivalents", "alternatives", "deployment_steps"}
    | {"plan_id", "conversation_id", "schema_version", "connection", "namespace", "repository_url"}
)
"""Parts of a plan that no sentence rests on, and that no model needs to read."""
_ID: Final = re.compile(r"[\w.-]*[\d_-][\w.-]*/[\w.-]+|[\w.-]+/[\w.-]*[\d_-][\w.-]*")
_MARKUP: Final = re.compile(r"https?:|www\.|\]\(|[<>`]")
_LARGE: Final = re.compile(r"\b(?:dozens?|hundreds?|thousands?|millions?|billions?)\b")


def facts(plan: DeploymentPlan) -> dict[str, Any]:
    """Return what a model reads of a plan, and what its sentences must rest on."""
    shown: dict[str, Any] = _shown(plan.model_dump(mode="json"))
    return shown


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _shown(v) for k, v in value.items() if k not in _UNSHOWN and v not in (None, "", [], {})}
    return [_shown(v) for v in value] if isinstance(value, list) else value


def may_be_told(text: str, ground: Ground) -> bool:
    """Tell whether a text may reach the user: its numbers and names stand in the ground, it carries no markup and
    recites no prompt."""
    if _MARKUP.search(text) or not sentence_grounded(text, ground) or leaks_prompt(text):
        return False
    return all(squashed(name) in ground.squashed for name in names_in(text))


def names_in(text: str) -> tuple[str, ...]:
    """Return the GPUs, models, providers and software that a text names, of those the lexicon knows."""
    named = understand(text, spec=WorkloadSpec(), turn=1).named
    return (*named.gpu_models, *named.models, *named.providers, *named.components)


def may_be_planned(sentence: str, ground: Ground) -> bool:
    """Tell whether a sentence may stand in a plan: its ids and large numbers in words stand in the ground as well."""
    if not may_be_told(sentence, ground):
        return False
    names = (*_ID.findall(sentence), *_LARGE.findall(sentence.lower()))
    return all(folded(name.rstrip(".")) in ground.folded for name in names)


def kept(text: str, ground: Ground) -> str:
    """Return the sentences of a text that may be said; empty when none may."""
    out = ""
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        if not sentence:
            continue
        if not may_be_planned(sentence, ground):
            log.info("llm sentence dropped", extra={"chars": len(sentence)})
            continue
        if len(out) + len(sentence) > MAX_CHARS:
            break
        out = f"{out} {sentence}".strip()
    return out


def written(plan: DeploymentPlan, design: Design, *, before: DeploymentPlan, words: str) -> DeploymentPlan:
    """Return a plan with a model's prose beside its own reasons. before: the plan that the picks were made on."""
    ground = Ground(f"{facts(plan)} {words}")
    lead, chosen = plan.gpu_recommendations[0], plan.gpu_recommendations[0].model_id
    reasons = {
        design.machine.id or lead.offer_id: kept(design.machine.why, ground),
        design.model.id or chosen: kept(design.model.why, ground),
    }
    if lead.offer_id != before.gpu_recommendations[0].offer_id:
        _quote(reasons, lead.offer_id, design.machine.id, design.machine.quote, words)
    if chosen != before.gpu_recommendations[0].model_id:
        _quote(reasons, chosen, design.model.id, design.model.quote, words)
    roles = {c.role: kept(c.why, ground) for c in design.components}
    tradeoffs = [t for t in (kept(text, ground) for text in design.tradeoffs) if t]
    return plan.model_copy(
        update={
            "understanding": kept(design.understanding, ground) or plan.understanding,
            "tradeoffs": tuple(tradeoffs[:MAX_TRADEOFFS]) or plan.tradeoffs,
            "gpu_recommendations": tuple(_said(r, reasons.get(r.offer_id)) for r in plan.gpu_recommendations),
            "model_recommendations": tuple(_said(m, reasons.get(m.model_id)) for m in plan.model_recommendations),
            "kubernetes_stack": tuple(_said(c, roles.get(c.role)) for c in plan.kubernetes_stack),
        }
    )


def _quote(reasons: dict[str, str], first: str, picked: str, quote: str, words: str) -> None:
    """Add the user's words that put a pick first."""
    if first == picked and stands(quote, words):
        reasons[first] = f'{reasons[first]} You said: "{" ".join(quote.split())[:200]}".'.strip()


def _said(part: Any, reason: str | None) -> Any:
    """Return a part of the plan with a reason after its own, whose figures come first."""
    return part.model_copy(update={"why": f"{part.why} {reason}"}) if reason else part
