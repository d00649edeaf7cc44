"""The words that the grammars know: readable tables, read once when first needed.

TOML files hold `[kind.id]` tables in which scalars are facts and every list holds phrases; CSV files hold one entry a
row. In a phrase, `*` at the end of a word stands for any ending, and a phrase that begins with `=` counts only in that
very spelling.

The tables here hold English and the languages most written in, all at once, and so only words that mean nothing else in
another of them. What further languages call the same things stands in `tongues`, a file for each, and counts only in
messages in that language. Word sets that a grammar looks for around a number or a name (words that join, that stop,
that change the meaning) stand in `guards`, a file for each grammar.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One meaning and the phrases that carry it."""

    kind: str
    id: str
    phrases: tuple[str, ...]
    facts: Mapping[str, Any]


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


@cache
def table(name: str) -> dict[str, Any]:
    """Return a TOML file of this folder."""
    return tomllib.loads(_text(f"{name}.toml"))


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a CSV file of this folder."""
    return tuple(csv.DictReader(_text(f"{name}.csv").splitlines()))


def _from_toml(name: str) -> Iterator[Entry]:
    for kind, ids in table(name).items():
        for id_, body in ids.items():
            phrases = body if isinstance(body, list) else [w for v in body.values() if isinstance(v, list) for w in v]
            facts = {} if isinstance(body, list) else {k: v for k, v in body.items() if not isinstance(v, list)}
            yield Entry(kind, id_, tuple(phrases), facts)


def _from_csv(name: str, *, kind: str, id_column: str, words_column: str) -> Iterator[Entry]:
    for row in rows(name):
        facts = {k: v for k, v in row.items() if k not in (id_column, words_column)}
        yield Entry(kind, row[id_column], tuple(row[words_column].split(";")), facts)


def _families() -> Iterator[Entry]:
    """Yield the model families; in their aliases `|` parts models of their own, `;` spellings of one model."""
    for row in rows("models"):
        for n, group in enumerate(row["aliases"].split("|")):
            spellings = tuple(group.split(";"))
            called = spellings[0].lstrip("=").lower() if n else row["family"]
            facts = {"domain": row["domain"], "task": row["task"], "called": called}
            yield Entry("family", row["family"], spellings, facts)


@cache
def entries() -> tuple[Entry, ...]:
    """Return every entry of the lexicon."""
    names = ("units", "nouns", "tasks", "retrieval", "nations", "cues", "intents", "told", "whose", "fate", "dates")
    found = [e for name in names for e in _from_toml(name)]
    found += [e._replace(kind=f"{e.kind}_role") for e in _from_toml("roles")]
    found += [Entry("compliance", id_, tuple(words), {}) for id_, words in table("compliance").items()]
    found += [e for e in _from_toml("numbers") if e.kind != "only"]
    found += _families()
    found += _from_csv("gpus", kind="gpu", id_column="name", words_column="aliases")
    found += _from_csv("providers", kind="provider", id_column="name", words_column="words")
    found += _from_csv("places", kind="place", id_column="name", words_column="words")
    found += _from_csv("currencies", kind="currency", id_column="code", words_column="words")
    found += _from_csv("components", kind="component", id_column="name", words_column="words")
    return tuple(found)


def words(path: str) -> frozenset[str]:
    """Return a set of folded words by its dotted name: the file in guards and the key there."""
    grammar, _, name = path.partition(".")
    return frozenset(table(f"guards/{grammar}")[name])


def word_sets(path: str) -> dict[str, frozenset[str]]:
    """Return the named sets of one table, by its dotted name: the file in guards and the table there."""
    grammar, _, name = path.partition(".")
    return {key: frozenset(found) for key, found in table(f"guards/{grammar}")[name].items()}


@cache
def tongues() -> frozenset[str]:
    """Return the codes of the languages that have a file of their own."""
    return frozenset(p.name.removesuffix(".toml") for p in files(__name__).joinpath("tongues").iterdir())


@cache
def tongue(code: str) -> tuple[Entry, ...]:
    """Return the entries of a language with a file of its own, their facts from the other tables; else none."""
    if code not in tongues():
        return ()
    facts = {(e.kind, e.id): e.facts for e in entries()}
    named = ((kind, id_, found) for kind, ids in table(f"tongues/{code}").items() for id_, found in ids.items())
    return tuple(Entry(kind, id_, tuple(found), facts[kind, id_]) for kind, id_, found in named)
