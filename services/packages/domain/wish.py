"""A described wish: which packages it may mean, how well they meet it, and whether they answer it at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.naming import whole_names
from services.packages.domain.package import SATELLITES
from services.packages.domain.query import Query
from services.packages.domain.words import Floats

LOOKED_AT: Final = 256
"""Packages, by a rough look at meaning and by words, that are looked at exactly."""
REACH: Final = 4
"""How many times as many are asked whether they meet a condition: what is farther from the wish is no answer to it."""
CANDIDATES: Final = 40
"""Packages of these that may answer."""
CAP: Final = 0.93
"""What a wish is worth at most, so that an exact name stands before a description of it."""
MEANING_FLOOR: Final = 0.42
"""Words alone are no answer."""
_PRIOR: Final = 0.3
"""Share of a package's standing that counts when candidates are chosen."""
_LIKE: Final = 0.2
"""For doing the job that is named: of the software to be replaced, or of the role that the wish is the name of."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What tells whether the candidates answer a wish."""

    candidates: tuple[int, ...]
    meaning: Floats
    support: Floats
    brevity: float
    unknown: float
    bare: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Log-odds that a package answers a wish: a logistic model of five measures.

    Fitted to labelled queries by `python -m tests.evals.packages_fit`, which prints how well it does on those that it
    was not fitted to; the means of two fits, before and after phrases were added for some of the queries, as the second
    is too sure of itself. A short wish needs more, as it is met by chance more easily; so does one whose weight lies in
    words that stand nowhere in the catalogue, as it asks for something else, and one that only names a thing, such as a
    temperature sensor, as it tells nothing of what the software is to do.
    """

    meaning: float = 12.0
    """For the cosine of the nearest phrase."""
    support: float = 8.8
    """For the share of the wish's words that the package's own words cover."""
    brevity: float = -8.5
    """For one over the number of words that matter."""
    unknown: float = -3.8
    """For the share of the wish's weight that lies in words of no package."""
    bare: float = -1.7
    """For a wish of several words that matter with no small word between them: a name of a thing."""
    bias: float = -7.9

    def of(self, measures: Measures) -> Floats:
        """Return the log-odds of each candidate."""
        odds: Floats = self.meaning * measures.meaning + self.support * measures.support
        wish = self.brevity * measures.brevity + self.unknown * measures.unknown + self.bare * measures.bare
        return odds + np.float32(wish + self.bias)


EVIDENCE: Final = Evidence()


class Wish:
    """A query as a description, over the packages of an index."""

    def __init__(self, index: Index, query: Query) -> None:
        """Weigh the words of a query."""
        self._index: Final = index
        self._query: Final = query
        core = [w for w in query.names if w not in text.GENERIC and w not in query.publishers and not w.isdigit()]
        self.core: Final = core or [w for w in query.names if not w.isdigit()]
        """The words that matter, in order."""
        stems = dict.fromkeys(text.stem(w) for part in self.core for w in text.words(part))
        weights = {s: index.words.weight(s) for s in stems}
        total = sum(weights.values()) or 1.0
        self.covered: Final = np.zeros(len(index.packages), np.float32)
        """Share of the wish's weight in words that stand in each package."""
        self._lexical = np.zeros(len(index.packages), np.float32)
        self._unknown = 0.0
        for stem, weight in weights.items():
            if (posting := index.words.postings.get(stem)) is not None:
                ids, impact = posting
                self.covered[ids] += weight / total
                self._lexical[ids] += impact * weight / total
            else:
                self._unknown += weight / total
        said = text.words(query.text)
        self._bare: Final = float(len(self.core) > 1 and text.STOP.isdisjoint(said))
        self.like: Final = _alike(index, query)
        named = any(name in index.name_owners for name in whole_names(query))
        role = index.role_of(query.names) or ("" if named else index.role_of(self.core))
        self.filling: Final = index.filling(role)
        """Which packages fill the role that the wish is the name of."""
        self._does: Final[Floats] = np.maximum(self.like, self.filling.astype(np.float32))

    def relevance(
        self, sure: np.typing.NDArray[np.bool_], taken: Callable[[int], bool] | None = None
    ) -> tuple[Floats, Measures]:
        """Return how well packages meet the wish, and what tells which of them answer it.

        Packages that are sure to be shown are looked at as well; 0 for those that are not looked at. Where a condition
        is given only those that are taken are: else what meets it would be lost among nearer ones that do not.
        """
        index, query = self._index, self._query
        meant = " ".join(map(index.words.known, text.meant(query.text).split()))
        wording = index.phrases.wished(list(dict.fromkeys((query.text, meant))))
        rough = self._met(index.phrases.roughly(wording), slice(None)) + _PRIOR * index.prior
        rough[sure | self.filling | (self.like > 0)] = np.inf
        count = max(LOOKED_AT, int(np.isinf(rough).sum()))
        looked_at = best(rough, count) if taken is None else _best_taken(rough, count, taken)
        meaning = index.phrases.meaning(wording, looked_at)
        met = self._met(meaning, looked_at)
        relevance = np.zeros(len(index.packages), np.float32)
        relevance[looked_at] = met
        likely = best(met + _PRIOR * index.prior[looked_at], CANDIDATES)
        likely = [n for n in likely if meaning[n] >= MEANING_FLOOR and self._may_mean(looked_at[n])]
        candidates = [looked_at[n] for n in likely]
        support = index.words.support(text.meant(" ".join(self.core)).split(), candidates)
        brevity = 1 / max(len(self.core), 1)
        return relevance, Measures(tuple(candidates), meaning[likely], support, brevity, self._unknown, self._bare)

    def _met(self, meaning: Floats, at: slice | list[int]) -> Floats:
        plain: Floats = np.minimum(0.72 * meaning + 0.28 * self._lexical[at] + 0.06 * self.covered[at], CAP)
        return plain + _LIKE * self._does[at]

    def _may_mean(self, i: int) -> bool:
        """A single word asks for a thing itself, not for what watches or extends it, unless it names such a kind."""
        return len(self.core) > 1 or bool(self._query.kinds) or self._index.packages[i].kind not in SATELLITES


def best(values: Floats, count: int) -> list[int]:
    """Return the positions of the largest values, in order of position; of equal ones the first."""
    if len(values) <= count:
        return list(range(len(values)))
    least = np.partition(values, -count)[-count]
    above = np.flatnonzero(values > least)
    equal = np.flatnonzero(values == least)[: count - len(above)]
    found: list[int] = np.sort(np.concatenate((above, equal))).tolist()
    return found


def _best_taken(values: Floats, count: int, taken: Callable[[int], bool]) -> list[int]:
    """Return the positions of the largest values of those taken, in order of position, among REACH times as many."""
    near = np.array(best(values, REACH * count))
    ordered = near[np.argsort(-values[near], kind="stable")].tolist()
    return sorted(islice(filter(taken, ordered), count))


def _alike(index: Index, query: Query) -> Floats:
    """Return 1 for packages that do the job of a software that is to be replaced: a role shared, nothing excluded."""
    roles = {
        role
        for name in query.like
        for i, _ in index.name_owners.get(name, ())
        if index.packages[i].kind not in SATELLITES
        for role in index.packages[i].roles
    }
    does = np.zeros(len(index.packages), np.bool_)
    for role in roles.union(*(index.lexicon.hosted.get(name, ()) for name in query.like)):
        does |= index.filling(role)
    return does.astype(np.float32)
