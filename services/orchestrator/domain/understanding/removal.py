"""Taking back what was said: "forget the budget", "drop MLflow", "any region is fine"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.polarity import negated

_BUDGET: Final = (
    "budget_usd_hour",
    "budget_usd_month",
    "budget_usd_total",
    "budget_currency",
    "budget_amount",
    "budget_period",
)
_FIELDS_BY_WORD: Final = {
    "budget": _BUDGET,
    "region": ("regions", "geos"),
    "regions": ("regions", "geos"),
    "location": ("regions", "geos"),
    "country": ("geos",),
    "deadline": ("deadline_hours",),
    "latency": ("latency_ms_p95",),
    "concurrency": ("concurrency",),
    "users": ("concurrency",),
    "compliance": ("compliance",),
    "provider": ("providers",),
    "providers": ("providers",),
    "license": ("license",),
    "licence": ("license",),
    "precision": ("precision",),
    "quantization": ("precision",),
    "model": ("models", "model_params_b"),
    "components": ("components",),
    "dataset": ("dataset_size_gb", "dataset_items"),
    "spot": ("spot_ok",),
    "context": ("context_tokens",),
    "gpu": ("gpu_models", "gpu_count_min"),
    "card": ("gpu_models",),
    "count": ("gpu_count_min",),
}
_WORDS_OF: Final = {
    "budget": ("money", "budget"),
    "region": ("topic", "region"),
    "deadline": ("topic", "deadline"),
    "latency": ("topic", "latency"),
    "users": ("topic", "users"),
    "provider": ("topic", "provider"),
    "license": ("topic", "license"),
    "model": ("topic", "model"),
    "compliance": ("topic", "compliance"),
    "precision": ("topic", "precision"),
    "context": ("topic", "context"),
    "dataset": ("topic", "dataset"),
    "spot": ("topic", "spot"),
    "components": ("topic", "components"),
    "gpu": ("topic", "gpu"),
}


_ANY: Final = words("removal.any")
_ADJECTIVES: Final = 2
_NAMES_OF: Final = {"region": "place", "provider": "provider", "card": "gpu"}
"""The kinds of names after "it need not be", by what is taken back."""
_DREAMT_OF: Final = {"models": ("models", "model_params_b"), "gpu_models": ("gpu_models", "gpu_count_min")}
"""What is given up for another of its kind, with what goes along."""
_WAIVED: Final = frozenset({"regions", "geos", "providers", "providers_excluded", "gpu_models", "gpu_models_excluded"})


def removed_fields(doc: Doc, spec: WorkloadSpec) -> list[tuple[str, str]]:
    """Return the set fields that the message takes back, with the words that do."""
    found: list[tuple[str, str]] = []
    for cue in doc.all("removal"):
        for topic, (kind, id_) in _WORDS_OF.items():
            named = doc.near(cue.i, cue.j, kind, id_, before=_before(doc), after=5)
            if named is None or (named.i < cue.i and not _before(doc)):
                continue
            if any(
                doc.tokens[k].is_number
                for k in range(cue.j, min(named.j + 4, len(doc.tokens)))
                if doc.clause[k] == doc.clause[cue.i]
            ):
                continue
            found += _set_fields(spec, topic, doc.words(min(cue.i, named.i), max(cue.j, named.j)))
    for match in doc.all("optional"):
        for topic, kind in _NAMES_OF.items():
            names = [m for m in doc.all_names(kind) if doc.clause[m.i] == doc.clause[match.i]]
            if names:
                found += _set_fields(spec, topic, doc.words(min(match.i, names[0].i), max(match.j, names[-1].j)))
    if not doc.spoken.isdisjoint(_ANY) and any(_any_card(doc, k) for k in range(len(doc.tokens))):
        found += _set_fields(spec, "card", doc.raw.strip())
    for match in doc.all("lifted"):
        found += _set_fields(spec, match.id, doc.words(match.i, match.j))
    return list(dict.fromkeys(found))


def _any_card(doc: Doc, k: int) -> bool:
    """Say whether token k begins "any small GPU", "some cheaper card": the type named before is let go."""
    if doc.text(k) not in _ANY or doc.text(doc.sentence_span(k)[-1]) == "?" or negated(doc, k, k + 1):
        return False
    ends = range(k + 2, k + 2 + _ADJECTIVES)
    card = next((n for n in ends if doc.at(n, "cue", "gpu") is not None), None)
    return card is not None and all(doc.text(n).isalpha() and not doc.at(n, "contrast") for n in range(k + 1, card))


def without_waived(doc: Doc, mentions: list[Mention]) -> list[Mention]:
    """Return the mentions without what need not be: "it need not be in Europe" neither asks for it nor forbids it."""
    waived = {doc.clause[m.i] for m in doc.all("optional")}
    last = max((m.i for m in doc.all("lifted", "provider")), default=0)  # "today on AWS, ... any cloud will do"
    mentions = [m for m in mentions if m.field != "providers" or m.negated or m.i >= last]
    return [m for m in mentions if m.field not in _WAIVED or m.j <= m.i or doc.clause[m.i] not in waived]


def without_given_up(doc: Doc, mentions: list[Mention]) -> list[Mention]:
    """Return the mentions without what was dreamt of before a sentence says what it will really be."""
    for match in doc.all("settled"):
        really = {m.field for m in mentions if m.i >= match.i and doc.sentence[m.i] == doc.sentence[match.i]}
        given_up = {field for name, fields in _DREAMT_OF.items() if name in really for field in fields}
        mentions = [m for m in mentions if m.field not in given_up or m.i >= match.i]
    return mentions


def _set_fields(spec: WorkloadSpec, topic: str, words: str) -> list[tuple[str, str]]:
    return [(field, words) for field in _FIELDS_BY_WORD[topic] if getattr(spec, field) not in (None, ())]


def _before(doc: Doc) -> int:
    """Return how far before the verb the topic may stand: in languages whose verb comes last."""
    return 5 if doc.language in ("tr", "ja", "ko", "hi") else 0
