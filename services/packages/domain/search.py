"""Search: relevance by name, words and meaning; then trust, adoption and freshness; one row a package."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.naming import read_names
from services.packages.domain.package import Package, Standing
from services.packages.domain.query import Query
from services.packages.domain.query_reading import read_query
from services.packages.domain.ranking import KIND, reasons
from services.packages.domain.wish import EVIDENCE, Wish
from services.packages.domain.words import Floats

NAME_FLOOR: Final = 0.6
CUT: Final = 0.55
"""Results below this share of the best relevance are left out."""
CLEARLY: Final = 0.08
_REPOSITORY: Final = 0.3
_KIND: Final = 0.15
_LETTERS: Final = re.compile(r"(?<![0-9])[a-z]+(?![0-9])")


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
    accepts: Callable[[Package], bool] | None = None,
    limit: int = 10,
    grouped: bool = True,
    deprecated: bool = False,
) -> list[Hit]:
    """Return the packages that answer a wish, best first; none when no package does.

    accepts are conditions beside the words; None for none. Order: score, then repository and name. An empty wish lists
    what is accepted by trust alone. Deprecated packages are left out unless asked for, or unless one answers clearly
    better than all others.
    """
    if not index.packages:
        return []
    query = read(index, raw)
    taken = _taken(index, query, accepts)
    match = _match(index, query, taken) if text.words(raw) or raw.strip() else _everything(index)
    score = match.relevance + index.prior
    answering = np.flatnonzero(match.answers)
    worded = query.kinds or query.repositories  # else the points of only those that are named change
    for i in (answering if worded else answering[match.relevance[answering] >= 1.0]).tolist():
        package = index.packages[i]
        score[i] += _REPOSITORY * (package.facts.repository in query.repositories and not match.named)
        if package.kind in query.kinds:
            score[i] += _KIND - KIND[package.kind]
        elif match.relevance[i] >= 1.0:  # the wish is its very name, so that is the kind that is wanted
            score[i] -= KIND[package.kind]
    order = answering[np.lexsort((index.place[answering], -score[answering]))].tolist()
    kept = order if taken is None else [i for i in order if taken(i)]
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


def _taken(index: Index, query: Query, accepts: Callable[[Package], bool] | None) -> Callable[[int], bool] | None:
    """Return what tells whether a package meets all conditions; None where there are none."""
    packages = index.packages
    if not query.conditional:
        return None if accepts is None else lambda i: accepts(packages[i])
    if accepts is None:
        return lambda i: query.accepts(packages[i])
    return lambda i: query.accepts(packages[i]) and accepts(packages[i])


def read(index: Index, raw: str) -> Query:
    """Return a query understood: roles named in other languages in English, unknown words as the nearest known ones."""
    spoken = index.languages.in_english(text.fold(raw))
    return read_query(_LETTERS.sub(lambda m: index.correct(m[0]), spoken), index.lexicon)


def _without_deprecated(index: Index, kept: list[int], relevance: Floats) -> list[int]:
    """Return packages without the deprecated ones, but for those that answer clearly better than all others."""
    alive = [i for i in kept if not index.packages[i].facts.release.deprecated]
    bound = max((float(relevance[i]) for i in alive), default=0.0) + CLEARLY
    return [i for i in kept if not index.packages[i].facts.release.deprecated or relevance[i] >= bound]


def _everything(index: Index) -> _Match:
    count = len(index.packages)
    return _Match(np.full(count, 0.5, np.float32), np.ones(count, np.bool_), lambda _: "listed by trust")


def _match(index: Index, query: Query, taken: Callable[[int], bool] | None) -> _Match:
    """Return how relevant each package is, and which of those that are taken answer the wish at all."""
    wish = Wish(index, query)
    named = read_names(index, query, wish.core, wish.covered)
    sure = named.score >= NAME_FLOOR
    described, measures = wish.relevance(sure, taken)
    relevance = np.maximum(named.score, described)
    answers = sure | wish.filling | (wish.like > 0)
    answers[[i for i, odds in zip(measures.candidates, EVIDENCE.of(measures), strict=True) if odds >= 0]] = True

    def how(i: int) -> str:
        if named.score[i] < relevance[i]:
            return "matches what is asked for"
        return f"read as {named.spelt[i]}" if i in named.spelt else "matches the name"

    return _Match(relevance, answers, how, named.whole)


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

    ranked = [sorted(members, key=place) if len(members) > 1 else members for members in groups.values()]
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
