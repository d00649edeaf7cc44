"""The search index of one snapshot: names, words and meaning of every package, in memory."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from services.packages.domain import text
from services.packages.domain.knowledge import CATEGORIES, CATEGORY_NAMES
from services.packages.domain.languages import ENGLISH, Languages
from services.packages.domain.package import Package
from services.packages.domain.phrases import Phrases
from services.packages.domain.query import Lexicon
from services.packages.domain.ranking import prior
from services.packages.domain.roles import Role
from services.packages.domain.spelling import Spelling
from services.packages.domain.words import Embedder, Words

_NAME: Final = 1.0
_ALIAS: Final = 0.97
_SOFTWARE: Final = 0.95
_STEMMED: Final = 0.98
"""Share of a name's weight for its stem, so that metric server names metrics-server."""
_CORRECTED: Final = 5
"""Letters that a word needs to be taken for a misspelt one."""

_CATEGORY: Final = "category "
"""Stands before a category where roles are meant too."""
_COMPANY: Final = re.compile(r"\s+(?:project|labs|community)$|\s*\(.*\)$", re.IGNORECASE)
"""What stands behind the name that people use for a publisher."""

Flags = np.typing.NDArray[np.bool_]
Owners = Mapping[str, tuple[tuple[int, float], ...]]


class Index:
    """Arrays over the packages of a snapshot; never changed after it is built."""

    def __init__(
        self,
        packages: Sequence[Package],
        embedder: Embedder,
        *,
        now: datetime | None = None,
        languages: Languages = ENGLISH,
        roles: Iterable[Role] = (),
    ) -> None:
        """Build the index. now is the date of the snapshot, from which ages are counted; languages may ask too.

        roles tell what else the roles of the packages are called.
        """
        self.packages: Final = tuple(packages)
        self.now: Final = now
        self.languages: Final = languages
        self.prior: Final = np.array([prior(p, now=now) for p in packages], np.float32)
        self.by_key: Final = {p.key: i for i, p in enumerate(self.packages)}
        self.place: Final = np.argsort(sorted(range(len(packages)), key=lambda i: self.packages[i].key))
        """Place of each package by repository and name."""
        self.name_owners: Final = _owners(self.packages)
        roles = tuple(roles)
        named = {**_category_names(), **{n: r.role for r in roles for n in (r.title, *r.aliases)}}
        self._roles: Final = _role_names(self.packages, named, self.name_owners)
        self._filling: Final = _filling(self.packages)
        self.words: Final = Words(self.packages, embedder)
        self.phrases: Final = Phrases(self.packages, embedder)
        self._known: Final = {*self.words.vocabulary, *text.GENERIC, *text.STOP}
        self._known.update(word for name in named for word in text.words(name.replace("_", " ")))
        self.spelling: Final = Spelling(self._known, sorted(self.name_owners))
        self.lexicon: Final = _lexicon(self.packages, self.name_owners, roles)

    def role_of(self, words: Sequence[str]) -> str:
        """Return the role, or else the category, that words are a name of; empty where they name none."""
        return self._roles.get(_spoken(" ".join(words)), "")

    def filling(self, role: str) -> Flags:
        """Return which packages fill a role: none of them for a role that no package has. Not to be changed."""
        return self._filling.get(role, self._filling[""])

    def correct(self, word: str) -> str:
        """Return the known word that a misspelt one is nearest to, or the word itself."""
        known = word in self._known or text.stem(word) in self.words.idf
        return word if known or len(word) < _CORRECTED or not word.isalpha() else self.spelling.word(word)


def _category_names() -> dict[str, str]:
    """Return what fills a category by its names, but for applications, which says nothing."""
    return {
        name: _CATEGORY + category
        for name, category in {**{c: c for c in CATEGORIES}, **CATEGORY_NAMES}.items()
        if category != "application"
    }


def _role_names(packages: Sequence[Package], named: Mapping[str, str], taken: Container[str]) -> dict[str, str]:
    """Return roles by their squashed names, words stemmed; what names a software, such as redis, names no role."""
    more = ((spoken, role) for name, role in named.items() if (spoken := _spoken(name)) not in taken)
    return {**dict(more), **{_spoken(role): role for p in packages for role in p.roles}}


def _spoken(role: str) -> str:
    """Return the name of a role as it is looked up."""
    return text.stemmed(text.meant(" ".join(w for w in text.words(role.replace("_", " ")) if w not in text.STOP)))


def _filling(packages: Sequence[Package]) -> dict[str, Flags]:
    """Return for each role and category, and for none, which packages fill it."""
    filling = defaultdict(lambda: np.zeros(len(packages), np.bool_), {"": np.zeros(len(packages), np.bool_)})
    for i, package in enumerate(packages):
        for role in (*package.roles, _CATEGORY + package.category):
            filling[role][i] = True
    return dict(filling)


def _owners(packages: Sequence[Package]) -> Owners:
    """Return squashed names, each with the packages that it names and how well."""
    owners: dict[str, dict[int, float]] = defaultdict(dict)
    for i, package in enumerate(packages):
        own = [(package.facts.name, _NAME), (package.software, _SOFTWARE), *((a, _ALIAS) for a in package.aliases)]
        for name, weight in own:
            for spelling, share in ((text.squash(name), 1.0), (text.stemmed(name), _STEMMED)):
                if spelling:
                    owners[spelling][i] = max(weight * share, owners[spelling].get(i, 0.0))
    return {name: tuple(sorted(named.items())) for name, named in owners.items()}


def _lexicon(packages: Sequence[Package], name_owners: Owners, roles: Iterable[Role]) -> Lexicon:
    """Return the names that a query may use."""
    repositories: dict[str, set[str]] = defaultdict(set)
    spoken_of: dict[str, set[str]] = defaultdict(set)
    for p in packages:
        spoken_of[p.facts.repository].update(map(text.squash, text.words(f"{p.facts.name} {p.software}")))
        for named in (p.facts.repository, _COMPANY.sub("", p.publisher)):
            repositories[text.squash(named)].add(p.facts.repository)
    own = {
        named: frozenset(of)
        for named, of in sorted(repositories.items())
        if named and named not in name_owners and not any(named in spoken_of[r] for r in of)
    }
    software = {
        name: frozenset(text.squash(packages[i].software) for i, weight in owners if weight >= _SOFTWARE)
        for name, owners in name_owners.items()
    }
    spoken = {a.lower() for p in packages for a in p.aliases if " and " in a or "&" in a}
    hosted: dict[str, set[str]] = defaultdict(set)
    for role in roles:
        for name in role.hosted:
            hosted[text.squash(name)].add(role.role)
    return Lexicon(software, own, tuple(sorted(spoken)), {name: frozenset(of) for name, of in hosted.items()})
