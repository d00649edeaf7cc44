"""What the values of a filter mean, whatever their case and separators: values that models of the catalogue state, ones
that are known though no model here states them, or nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from rapidfuzz import fuzz, process

from libs.errors import Violations
from services.models.domain.filters import ModelFilter
from services.models.domain.language_codes import language_code, language_names
from services.models.domain.libraries import LIBRARIES
from services.models.domain.licenses import LicenseTable
from services.models.domain.tasks import TaskInfo

_MOST_NEAR: Final = 3
"""Values that a refusal names."""
_ALIKE: Final = 70.0
"""Least fuzz.ratio of a value and what may have been meant, of 100."""
_SHOWN: Final = 60
"""Characters of a value that an error repeats."""


@dataclass(frozen=True, slots=True)
class Stated:
    """How many models of the catalogue state each value."""

    tasks: Mapping[str, int] = field(default_factory=dict)
    licenses: Mapping[str, int] = field(default_factory=dict)
    libraries: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One field of a filter."""

    noun: str
    stated: Mapping[str, int]
    meant: Callable[[str], tuple[str, ...]]
    """Returns the values that a text means; none where it means nothing."""
    names: Callable[[], Mapping[str, str]]
    """Returns the values by what they are called, for what is near a text that means nothing."""
    hint: str


class FilterValues:
    """The values that filters may have in one catalogue."""

    def __init__(self, stated: Stated, *, tasks: Mapping[str, TaskInfo], licenses: LicenseTable) -> None:
        """tasks and licenses: what is known beside what models state."""
        called = [(name, i.task) for i in tasks.values() for name in (i.title, *i.synonyms)]
        also = [(name, own) for own, others in LIBRARIES.items() for name in others]
        self._kinds: Mapping[str, _Kind] = {
            "tasks": _Kind(
                "task",
                stated.tasks,
                _finder(_themselves(tasks, stated.tasks), called),
                lambda: dict([*called, *_themselves(tasks, stated.tasks)]),
                "ListTasks tells all of them",
            ),
            "licenses": _Kind(
                "licence",
                stated.licenses,
                lambda text: (text.lower(),) if text.lower() in stated.licenses else licenses.ids_of(text),
                lambda: dict([*licenses.names, *_themselves(licenses.ids, stated.licenses)]),
                "ask for what licences permit by license_classes or open_source_only",
            ),
            "languages": _Kind(
                "language",
                stated.languages,
                lambda text: tuple(filter(None, (language_code(text),))),
                lambda: {name: f"{code} ({name})" for name, code in language_names().items()},
                "codes of ISO 639 are sure, such as en",
            ),
            "libraries": _Kind(
                "library",
                stated.libraries,
                _finder(_themselves(LIBRARIES, stated.libraries), also),
                lambda: dict([*also, *_themselves(LIBRARIES, stated.libraries)]),
                "ids of the Hub are sure, such as transformers or sentence-transformers",
            ),
        }

    def resolved(self, wanted: ModelFilter, bad: Violations) -> ModelFilter:
        """Return the filter in the values that models state, and note every value that means nothing."""
        found: dict[str, Any] = {}
        for name, kind in self._kinds.items():
            texts = enumerate(getattr(wanted, name))
            meant = [value for i, text in texts for value in _meant(text, kind, f"filter.{name}[{i}]", bad)]
            found[name] = tuple(dict.fromkeys(meant))
        return replace(wanted, **found)

    def task(self, text: str, field: str, bad: Violations) -> str:
        """Return the task that a text means, noting under the field where it means none."""
        return next(iter(_meant(text, self._kinds["tasks"], field, bad)), "")

    def missing(self, wanted: ModelFilter) -> tuple[str, ...]:
        """Return a sentence for each value of a resolved filter that no model of the catalogue states."""
        return tuple(
            f"No model here states the {kind.noun} {value}."
            for name, kind in self._kinds.items()
            for value in getattr(wanted, name)
            if value not in kind.stated
        )


def nearest(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values whose names are most like a text, nearest first; equally near ones in the names' order."""
    found = process.extract(
        plain(text), {n: plain(n) for n in names}, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=3 * _MOST_NEAR
    )
    return tuple(dict.fromkeys(names[name] for _, _, name in found))[:_MOST_NEAR]


def near_it(values: Sequence[str]) -> str:
    """Return in words what is near; empty where nothing is."""
    return f"near it {'is' if len(values) == 1 else 'are'} {', '.join(values)}" if values else ""


def plain(text: str) -> str:
    """Return the letters and digits of a text in lower case, which all spellings of a name share."""
    return re.sub(r"[\W_]+", "", text.lower())


def _meant(text: str, kind: _Kind, field: str, bad: Violations) -> tuple[str, ...]:
    """Return the values that a text means, noting under the field where there are none."""
    values = kind.meant(text)
    if not values:
        bad.add(field, f"is {text[:_SHOWN]!r}, which is no {kind.noun} that is known; {_instead(text, kind)}")
    return values


def _instead(text: str, kind: _Kind) -> str:
    return "; ".join(filter(None, (near_it(nearest(text, kind.names())), kind.hint)))


def _themselves(*groups: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for group in groups for value in group if value]


def _finder(*levels: Sequence[tuple[str, str]]) -> Callable[[str], tuple[str, ...]]:
    """Return what finds the values that a text spells, by the first level of pairs (name, value) that has it."""
    spelled: list[Mapping[str, dict[str, None]]] = []
    for pairs in levels:
        of: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for name, value in pairs:
            of[plain(name)][value] = None
        spelled.append(of)
    return lambda text: next((tuple(of[plain(text)]) for of in spelled if plain(text) in of), ())
