"""Reads a Helm repository's index.yaml as a stream of YAML events: one chart in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from services.packages.domain.package import Facts, Release
from services.packages.domain.snapshot import Refusal
from services.packages.ingest.entries import Refusals, chart_of, moment_of

MAX_DEPTH: Final = 20
MAX_NODES: Final = 20_000
"""Of one version entry."""
_NULL: Final = frozenset(("", "~", "null", "Null", "NULL"))
_WANTED: Final = frozenset((
    "version", "appVersion", "created", "deprecated", "kubeVersion", "digest", "urls", "dependencies", "description",
    "home", "keywords", "sources", "type", "annotations",
))  # fmt: skip
_OPENING: Final = (MappingStartEvent, SequenceStartEvent)
_CLOSING: Final = (MappingEndEvent, SequenceEndEvent)


class MalformedIndexError(ValueError):
    """The file is not an index; the message says where and why."""


@dataclass(slots=True)
class ParsedIndex:
    """What an index holds."""

    packages: list[tuple[Facts, list[Release]]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    refused_count: int = 0
    generated: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        """When the newest release of all was published."""
        return max((r.published for _, rs in self.packages for r in rs if r.published), default=None)


class _Refused(Exception):
    """An entry that is not taken; the stream stands behind it."""


class _Events:
    """Events of one document, with values built from them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(stream, Loader=yaml.CSafeLoader))

    def next(self) -> Any:
        event = next(self._events, None)
        if event is None:
            raise MalformedIndexError("the file ends too early")
        return event

    def skip(self, event: Any) -> None:
        """Go behind the value that begins with an event."""
        depth = int(isinstance(event, _OPENING))
        while depth:
            event = self.next()
            if isinstance(event, _OPENING):
                depth += 1
            elif isinstance(event, _CLOSING):
                depth -= 1

    def entry(self, event: Any) -> dict[str, Any]:
        """Return the wanted fields of a mapping; numbers and switches stay text. Raises _Refused behind a bad one."""
        if not isinstance(event, MappingStartEvent):
            self.skip(event)
            raise _Refused("is not a mapping")
        problem = ""
        fields: dict[str, Any] = {}
        self._nodes = 0
        while not isinstance(key := self.next(), MappingEndEvent):
            if not isinstance(key, ScalarEvent):
                self.skip(key)
                problem = problem or _why_not(key)
                self.skip(self.next())
                continue
            value = self.next()
            if key.value not in _WANTED or problem:
                problem = problem or (_why_not(value) if isinstance(value, AliasEvent) else "")
                self.skip(value)
                continue
            built, trouble = self._build(value, 1)
            problem = problem or trouble
            fields.setdefault(key.value, built)
        if problem:
            raise _Refused(problem)
        return fields

    def _build(self, event: Any, depth: int) -> tuple[Any, str]:
        """Return a value and what is wrong with it; the whole value is read either way."""
        if isinstance(event, ScalarEvent):
            self._nodes += 1
            return (None if event.implicit[0] and event.value in _NULL else event.value), ""
        if isinstance(event, AliasEvent):
            return None, _why_not(event)
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            self.skip(event)
            return None, f"is nested deeper than {MAX_DEPTH} or has more than {MAX_NODES} values"
        self._nodes += 1
        problem = ""
        if isinstance(event, SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := self.next(), SequenceEndEvent):
                built, trouble = self._build(item, depth + 1)
                problem = problem or trouble
                items.append(built)
            return items, problem
        fields: dict[str, Any] = {}
        while not isinstance(key := self.next(), MappingEndEvent):
            name, trouble = self._build(key, depth + 1)
            built, worse = self._build(self.next(), depth + 1)
            problem = problem or trouble or worse
            if isinstance(name, str):
                fields.setdefault(name, built)
        return fields, problem


def _why_not(event: Any) -> str:
    return "uses a YAML alias, which indexes are not taken with" if isinstance(event, AliasEvent) else "has a bad key"


def read_index(stream: IO[bytes], *, repository: str) -> ParsedIndex:
    """Read an index. Raises MalformedIndexError for what is none, with line and column where YAML itself is broken."""
    parsed = ParsedIndex()
    refusals = Refusals()
    events = _Events(stream)
    seen: set[str] = set()
    try:
        event = events.next()
        while not isinstance(event, (*_OPENING, ScalarEvent, AliasEvent)):
            event = events.next()
        if not isinstance(event, MappingStartEvent):
            raise MalformedIndexError("is not a mapping with entries")
        found = False
        while not isinstance(key := events.next(), MappingEndEvent):
            value = events.next() if isinstance(key, ScalarEvent) else None
            if value is None:
                raise MalformedIndexError("has a key that is not a text")
            if key.value == "entries" and not found:
                if not isinstance(value, MappingStartEvent):
                    raise MalformedIndexError("entries is not a mapping of charts")
                found = True
                _read_charts(events, repository, parsed, refusals, seen)
            elif key.value == "generated" and isinstance(value, ScalarEvent):
                parsed.generated = moment_of(value.value)
            else:
                events.skip(value)
    except yaml.YAMLError as error:
        raise MalformedIndexError(f"is not YAML: {_one_line(error)}") from None
    except (UnicodeError, RecursionError) as error:
        raise MalformedIndexError(f"cannot be read: {type(error).__name__}") from None
    if not found:
        raise MalformedIndexError("has no entries")
    parsed.packages.sort(key=lambda p: p[0].name)
    parsed.refused, parsed.refused_count = refusals.kept, refusals.count
    return parsed


def _read_charts(events: _Events, repository: str, parsed: ParsedIndex, refusals: Refusals, seen: set[str]) -> None:
    while not isinstance(key := events.next(), MappingEndEvent):
        if not isinstance(key, ScalarEvent):
            events.skip(key)
            events.skip(events.next())
            refusals.add("entries", "has a chart whose name is not a text")
            continue
        name = key.value
        value = events.next()
        if not isinstance(value, SequenceStartEvent):
            events.skip(value)
            refusals.add(f"entries.{name}", "is not a list of versions")
            continue
        entries: list[dict[str, Any]] = []
        position = 0
        while not isinstance(item := events.next(), SequenceEndEvent):
            try:
                entries.append(events.entry(item))
            except _Refused as refused:
                refusals.add(f"entries.{name}[{position}]", str(refused))
            position += 1
        if not position:
            refusals.add(f"entries.{name}", "has no versions")
        if name in seen:
            refusals.add(f"entries.{name}", "is listed twice; the first one counts")
            continue
        seen.add(name)
        chart = chart_of(repository, name, entries, refusals)
        if chart is not None:
            parsed.packages.append(chart)


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    return f"{getattr(error, 'problem', None) or 'malformed'}{where}"


def read_index_file(path: Path, repository: str) -> ParsedIndex:
    """Read an index file. Raises MalformedIndexError as read_index does."""
    with path.open("rb") as stream:
        return read_index(stream, repository=repository)
