"""Parts of the stack: software by name, and roles by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.polarity import negated, rejected_as_past

_ALREADY: Final = words("parts.already")
_WISH: Final = words("parts.wish")
_NOT_THE_SOFTWARE = {
    "ray": frozenset({"tracing", "tracer", "traced", "ban", "of", "charles"}),
    "kong": frozenset({"king", "hong", "film", "movie"}),
    "envoy": frozenset({"un", "special"}),
    "loki": frozenset({"marvel", "god"}),
    "triton": frozenset({"kernel", "kernels", "language", "compiler", "island"}),
    "chroma": frozenset({"key", "subsampling"}),
    "faiss": frozenset(),
}
_WEAK_SKIP = {
    "cache": frozenset({"kv", "prompt", "prefix", "l2", "cpu", "memory", "size", "hit", "blocks"}),
    "monitoring": frozenset(
        {
            "wildlife",
            "patient",
            "patients",
            "traffic",
            "crop",
            "crops",
            "condition",
            "health",
            "media",
            "network",
            "security",
            "fraud",
            "forest",
            "environmental",
            "heart",
            "machine",
            "pipeline",
            "grid",
            "air",
        }
    ),
    "workflow": frozenset({"our", "business", "clinical", "existing", "current", "approval", "my"}),
    "database": frozenset(
        {
            "image",
            "protein",
            "our",
            "customer",
            "patient",
            "product",
            "imagenet",
            "existing",
            "a",
            "my",
            "their",
            "genome",
            "sql",
        }
    ),
    "registry": frozenset({"patient", "cancer", "land", "civil"}),
    "logging": frozenset(
        {
            "illegal",
            "forest",
            "access",
            "server",
            "tree",
            "our",
            "chat",
            "call",
            "error",
            "these",
            "the",
            "from",
            "click",
            "search",
        }
    ),
    "messaging": frozenset({"instant", "customer", "text", "app"}),
    "notebook": frozenset({"my", "paper", "laptop"}),
    "secrets": frozenset({"trade", "no", "state"}),
    "api_gateway": frozenset(),
    "object_storage": frozenset({"in", "from", "on", "our", "an", "the"}),
}


def read_parts(doc: Doc) -> Iterator[Mention]:
    """Read the named components and the roles."""
    named = [m for m in doc.all("component") if not _is_something_else(doc, m)]
    for match in named:
        if match.facts.get("care") == "ignore":
            continue
        against = negated(doc, match.i, match.j)
        if not against and rejected_as_past(doc, match.i):
            continue
        yield Mention("components", match.id, match.i, match.j, negated=against)
    strong = doc.all("strong_role")
    for match in strong:
        if rejected_as_past(doc, match.i) or _has_already(doc, match):
            continue
        yield Mention(
            "component_roles",
            match.id,
            match.i,
            match.j,
            negated=negated(doc, match.i, match.j) or _replaced(doc, match),
        )
    anchors = [m.i for m in (*named, *strong)]
    for match in doc.all("catalogue_component"):
        if not any(n.i < match.j and match.i < n.j for n in named) and _is_wished(doc, match, anchors):
            yield Mention("components", match.id, match.i, match.j, negated=negated(doc, match.i, match.j))
    for match in doc.all("weak_role"):
        inside = any(s.i <= match.i < s.j for s in (*strong, *named)) or match.i in doc.names
        if inside or _has_already(doc, match) or not _is_wished(doc, match, anchors):
            continue
        yield Mention("component_roles", match.id, match.i, match.j, negated=negated(doc, match.i, match.j))


def _has_already(doc: Doc, match: Match) -> bool:
    return any(doc.text(k) in _ALREADY for k in range(max(0, match.i - 3), match.i))


def _replaced(doc: Doc, match: Match) -> bool:
    return doc.near(match.i, match.j, "negation", "before", before=3, after=0) is not None and doc.text(
        match.i - 1
    ) in ("separate", "dedicated", "extra", "own")


def _is_something_else(doc: Doc, match: Match) -> bool:
    if match.i in doc.names:
        return True
    skipped = _NOT_THE_SOFTWARE.get(match.id)
    if skipped and ({doc.text(match.i - 1), doc.text(match.j)} & skipped):
        return True
    if doc.text(match.i - 1) == "-" and doc.tokens[match.i].glued and doc.text(match.i - 2) in ("x", "gamma", "ex"):
        return True
    return match.id == "tgi" and False


def _is_wished(doc: Doc, match: Match, anchors: list[int]) -> bool:
    around = {doc.text(match.i - 1), doc.text(match.i - 2), doc.text(match.j)}
    if around & _WEAK_SKIP.get(match.id, frozenset()):
        return False
    if any(abs(a - match.i) <= 6 and doc.sentence[a] == doc.sentence[match.i] for a in anchors if a != match.i):
        return True
    before = {
        doc.text(k)
        for k in range(max(0, match.i - 6), match.i)
        if doc.clause[k] == doc.clause[match.i] or match.i - k < 6
    }
    return bool(before & _WISH)
