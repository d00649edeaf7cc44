"""Search: relevance by name, words and meaning; then trust, adoption and freshness; one row a package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.package import Kind, Package, Standing
from services.packages.domain.query import Query, read_query
from services.packages.domain.ranking import KIND, reasons
from services.packages.domain.words import Floats

EVIDENCE_FLOORS: Final = (1.25, 1.15, 1.05, 0.98, 0.9)
"""What meaning (cosine of the nearest phrase) and support (share of the words covered) must add up to for an answer, by
the number of words that matter: a short wish is met by chance more easily."""
SHORT_WISH: Final = 3
UNKNOWN: Final = 0.2
"""How much more a short wish needs that turns on a word which stands nowhere in the catalogue."""
MEANING_FLOOR: Final = 0.44
LOOKED_AT: Final = 256
"""Packages, by a rough look at meaning and by words, that are looked at exactly."""
CANDIDATES: Final = 40
"""Packages of these whose support is looked at."""
_PRIOR: Final = 0.3
"""Share of a package's standing that counts when candidates are chosen."""
WISH_CAP: Final = 0.93
"""What a wish is worth at most, so that an exact name stands before a description of it."""
NAME_FLOOR: Final = 0.6
CUT: Final = 0.55
"""Results below this share of the best relevance are left out."""
CLEARLY: Final = 0.08
_REPOSITORY: Final = 0.12
_KIND: Final = 0.15
_LIKE: Final = 0.2
_LETTERS: Final = re.compile(r"(?<![0-9])[a-z]+(?![0-9])")
_FRAME: Final = re.compile(
    r"^(?:install|installing|deploy|deploying)\s+|\s+(?:on|in|for)\s+(?:kubernetes|k8s)$|\s+(?:helm\s+)?charts?$"
)
"""What people write around a name."""
_CORE: Final = 0.96
"""Share for a name that the wish is, but for words such as chart or a repository's name."""
_TYPO: Final = 0.93


@dataclass(frozen=True, slots=True)
class Hit:
    """A package found."""

    package: Package
    score: float
    """0 to 1; results are ordered by it."""
    why: str
    others: tuple[Package, ...]
    """The same package in other repositories, best first."""


@dataclass(frozen=True, slots=True)
class _Match:
    relevance: Floats
    answers: np.typing.NDArray[np.bool_]
    how: Callable[[int], str]
    named: bool = False
    """True when the whole wish is a name, so that words in it are not conditions."""


def search(
    index: Index,
    raw: str,
    *,
    accepts: Callable[[Package], bool] = lambda _: True,
    limit: int = 10,
    grouped: bool = True,
    deprecated: bool = False,
) -> list[Hit]:
    """Return the packages that answer a wish, best first; none when no package does.

    Order: score, then repository and name. An empty wish lists what is accepted by trust alone. Deprecated packages are
    left out unless asked for, or unless one answers clearly better than all others.
    """
    if not index.packages:
        return []
    query = read_query(_LETTERS.sub(lambda m: index.correct(m[0]), text.fold(raw)), index.lexicon)
    match = _match(index, query) if text.words(raw) or raw.strip() else _everything(index)
    score = match.relevance + index.prior
    answering = np.flatnonzero(match.answers).tolist()
    for i in answering:
        package = index.packages[i]
        score[i] += _REPOSITORY * (package.facts.repository in query.repositories and not match.named)
        if package.kind in query.kinds:
            score[i] += _KIND - KIND[package.kind]
        elif match.relevance[i] >= 1.0:  # the wish is its very name, so that is the kind that is wanted
            score[i] -= KIND[package.kind]
    order = sorted(answering, key=lambda i: (-float(score[i]), index.packages[i].key))
    kept = [i for i in order if query.accepts(index.packages[i]) and accepts(index.packages[i])]
    if not kept:
        return []
    if not deprecated:
        kept = _without_deprecated(index, kept, match.relevance)
    floor = CUT * float(match.relevance[kept].max())
    kept = [i for i in kept if match.relevance[i] >= floor]
    groups = (
        _groups(index, kept, frozenset() if match.named else query.repositories) if grouped else [[i] for i in kept]
    )
    hits = []
    for members in groups[:limit]:
        chosen, *rest = members
        value = float(np.clip(score[chosen] / 1.2, 0.0, 1.0))
        hits.append(
            Hit(
                index.packages[chosen],
                round(value, 4),
                _why(index, members, match.how(chosen)),
                tuple(index.packages[i] for i in rest),
            )
        )
    return hits


def _without_deprecated(index: Index, kept: list[int], relevance: Floats) -> list[int]:
    """Return packages without the deprecated ones, but for those that answer clearly better than all others."""
    alive = [i for i in kept if not index.packages[i].facts.release.deprecated]
    bound = max((float(relevance[i]) for i in alive), default=0.0) + CLEARLY
    return [i for i in kept if not index.packages[i].facts.release.deprecated or relevance[i] >= bound]


def _everything(index: Index) -> _Match:
    count = len(index.packages)
    return _Match(np.full(count, 0.5, np.float32), np.ones(count, np.bool_), lambda _: "listed by trust")


def _match(index: Index, query: Query) -> _Match:
    """Return how relevant each package is, and which answer the wish at all."""
    core = [w for w in query.names if w not in text.GENERIC and w not in query.repositories and not w.isdigit()]
    core = core or [w for w in query.names if not w.isdigit()]
    stems = list(dict.fromkeys(text.stem(w) for part in core for w in text.words(part)))
    weights = {s: index.words.weight(s) for s in stems}
    total = sum(weights.values()) or 1.0
    count = len(index.packages)
    covered, lexical = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for stem in stems:
        if (posting := index.words.postings.get(stem)) is not None:
            ids, impact = posting
            covered[ids] += weights[stem] / total
            lexical[ids] += impact * weights[stem] / total
    name, spelt, named = _names(index, query, core, covered)
    like = _alike(index, query)
    wording = index.phrases.wished(list(dict.fromkeys((query.text, text.meant(query.text)))))

    def met(meaning: Floats, at: slice | list[int]) -> Floats:
        plain: Floats = np.minimum(0.72 * meaning + 0.28 * lexical[at] + 0.06 * covered[at], WISH_CAP)
        return plain + _LIKE * like[at]

    rough = met(index.phrases.roughly(wording), slice(None)) + _PRIOR * index.prior
    rough[(name >= NAME_FLOOR) | (like > 0)] = np.inf
    looked_at = _best(rough, max(LOOKED_AT, int(np.isinf(rough).sum())))
    meaning = index.phrases.meaning(wording, looked_at)
    wish = np.zeros(count, np.float32)
    wish[looked_at] = met(meaning, looked_at)

    floor = EVIDENCE_FLOORS[min(max(len(core), 1), len(EVIDENCE_FLOORS)) - 1]
    if len(core) <= SHORT_WISH and any(text.stem(w) not in index.words.idf for w in core):
        floor += UNKNOWN
    likely = _best(wish[looked_at] + _PRIOR * index.prior[looked_at], CANDIDATES)
    likely = [n for n in likely if meaning[n] >= max(MEANING_FLOOR, floor - 1.0)]
    candidates = [looked_at[n] for n in likely]
    evidence = np.zeros(count, np.float32)
    evidence[candidates] = meaning[likely] + index.words.support(text.meant(" ".join(core)).split(), candidates)
    relevance = np.maximum(name, wish)
    answers = (name >= NAME_FLOOR) | (evidence >= floor) | (like > 0)

    def how(i: int) -> str:
        if name[i] >= relevance[i]:
            return f"read as {spelt[i]}" if i in spelt else "matches the name"
        return "matches what is asked for"

    return _Match(relevance, answers, how, named)


def _best(values: Floats, count: int) -> list[int]:
    """Return the positions of the largest values, in order of position."""
    if len(values) <= count:
        return list(range(len(values)))
    found: list[int] = np.sort(np.argpartition(-values, count)[:count]).tolist()
    return found


def _alike(index: Index, query: Query) -> Floats:
    """Return 1 for packages that do the job of a software that is to be replaced: a role shared, nothing excluded."""
    alike = np.zeros(len(index.packages), np.float32)
    roles = {
        role
        for name in query.like
        for i, _ in index.name_owners.get(name, ())
        if index.packages[i].kind in (Kind.APPLICATION, Kind.OPERATOR)
        for role in index.packages[i].roles
    }
    if roles:
        alike[[i for i, p in enumerate(index.packages) if roles & set(p.roles)]] = 1.0
    return alike


def _names(index: Index, query: Query, core: list[str], covered: Floats) -> tuple[Floats, dict[int, str], bool]:
    """Return how well each package is named, how a misspelt name was read, and whether the whole wish is a name."""
    score = np.zeros(len(index.packages), np.float32)
    spelt: dict[int, str] = {}
    bare = _FRAME.sub(" ", query.text).strip()
    full = {text.squash("".join(query.names)), text.squash(query.text), text.squash(bare)} - {""}
    full |= {text.stemmed(" ".join(query.names)), text.stemmed(bare)} - {""}
    part = {text.squash("".join(core)), text.stemmed(" ".join(core))} - full - {""}

    def give(name: str, strength: float, *, reading: str = "", coverage: bool = False) -> None:
        for i, weight in index.name_owners[name]:
            value = strength * weight * (float(covered[i]) if coverage else 1.0)
            if value > score[i]:
                score[i] = value
                if reading:
                    spelt[i] = reading
                else:
                    spelt.pop(i, None)

    exact = [w for w in sorted(full) if w in index.name_owners]
    nearly = [w for w in sorted(part) if w in index.name_owners]
    for squashed in exact:
        give(squashed, 1.0)
    for squashed in nearly:
        give(squashed, _CORE)
    for span in _spans(core):
        if span in index.name_owners and span not in full | part:
            give(span, 0.95, coverage=True)
    if not exact and not nearly:
        joined = text.squash("".join(core))
        for name in index.spelling.beginning(joined) if len(joined) >= 3 else ():
            give(name, 0.62 + 0.3 * len(joined) / len(name))
        if len(core) <= 4:
            for name, similarity in index.spelling.names(joined):
                give(name, _TYPO * similarity, reading=name)
            for word in core:
                rest = [w for w in core if w != word]
                if rest and text.stem(word) not in index.words.idf:
                    for name, similarity in index.spelling.names(text.squash(word)):
                        share = _share(index, rest, name)
                        give(name, _TYPO * similarity * (0.6 + 0.4 * share) if share >= 0.5 else 0.0, reading=name)
    return score, spelt, bool(exact)


def _spans(words: list[str]) -> Iterable[str]:
    """Return the squashed runs of one to four words."""
    for length in range(1, 5):
        for start in range(len(words) - length + 1):
            yield text.squash("".join(words[start : start + length]))


def _share(index: Index, words: list[str], name: str) -> float:
    """Return the share of words that stand in the best package of a name."""
    owners = [i for i, _ in index.name_owners[name]]
    best = 0.0
    for i in owners:
        postings = [index.words.postings.get(text.stem(w)) for w in words]
        found = sum(1 for p in postings if p is not None and bool(np.any(p[0] == i)))
        best = max(best, found / len(words))
    return best


def _groups(index: Index, order: list[int], repositories: frozenset[str]) -> list[list[int]]:
    """Return the packages of each group, best repository first; groups stand by their best member's place."""
    groups: dict[str, list[int]] = {}
    for i in order:
        groups.setdefault(index.packages[i].group, []).append(i)

    def place(i: int) -> tuple[object, ...]:
        package = index.packages[i]
        return (
            package.facts.repository not in repositories,
            not package.preferred,
            package.discouraged,
            package.standing is not Standing.MAINTAINED,
            -float(index.prior[i]),
            package.key,
        )

    ranked = [sorted(members, key=place) for members in groups.values()]
    position = {i: n for n, i in enumerate(order)}
    return sorted(ranked, key=lambda members: position[members[0]])


def _why(index: Index, members: list[int], how: str) -> str:
    """Return why this package, and why this repository where several have it."""
    chosen = index.packages[members[0]]
    parts = [how, *reasons(chosen, now=index.now)]
    sentence = "; ".join(parts)
    if len(members) > 1:
        others = ", ".join(dict.fromkeys(index.packages[i].facts.repository for i in members[1:]))
        sentence += f"; chosen over {others}"
    return sentence[:1].upper() + sentence[1:] + "."
