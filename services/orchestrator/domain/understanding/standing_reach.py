"""How far words reach that are said of software: on through lists, and back to what was named before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.matcher import Match, Matcher

_AFTER_REACH: Final = 10
"""Tokens between a name and what is said of the list that it begins."""
_BACK_REACH: Final = 14
"""Tokens between a name and words that point back at it."""
COMMAS: Final = (",", "，")
"""Unlike 、, they join what is no list as well."""
_CLOSED: Final = ("", ",", ".", ";", "!", ":", ")", "(", "and", "but", "und", "aber", "et", "y", "so", "-", "。")


@cache
def cue_words(*names: str) -> frozenset[str]:
    """Return the words of all the sets that are named."""
    return frozenset(word for name in names for word in lexicon.table("standing")["words"][name])


@cache
def _phrases() -> Matcher:
    found = lexicon.table("standing")["phrase"]
    return Matcher([lexicon.Entry(kind, "any", tuple(body["words"]), {}) for kind, body in found.items()])


class Reach:
    """The names and cues of one text. names: all software and roles that are named in it."""

    def __init__(self, doc: Doc, names: Sequence[Match]) -> None:
        self._doc, self.names = doc, names
        self._start = {m.j: m.i for m in sorted(names, key=lambda m: -m.i)}
        self._end = {m.i: m.j for m in sorted(names, key=lambda m: m.j)}
        self._software = {m.i for m in names if m.kind == "component"}
        self._ends: dict[str, set[int]] = {}
        """The last tokens of phrases, by kind."""
        self._begins: dict[str, dict[int, int]] = {}
        """The ends of phrases by their first tokens, by kind."""
        for found in _phrases().find(doc.raw, doc.tokens):
            self._ends.setdefault(found.kind, set()).add(found.j - 1)
            self._begins.setdefault(found.kind, {})[found.i] = found.j
        self._following: dict[int, tuple[tuple[int, str], ...]] = {}
        """Where a predicate of names may begin, by where the first of them ends."""

    def _after(self, name: Match, what: str) -> bool:
        """Say whether a cue stands behind a name, or behind the list that it begins."""
        single = cue_words("single")  # "we run Prometheus, Grafana is missing": that is said of the last one
        return any(
            crossed not in COMMAS or self._doc.text(k) not in single for k, crossed in self._predicates(what, name)
        )

    def _predicates(self, what: str, name: Match) -> Iterator[tuple[int, str]]:
        """Yield where cues begin behind a name, and what joins the list between that it begins, if there is one."""
        sure, closing = self._begins.get(f"{what}_after", {}), self._begins.get(f"{what}_closing", {})
        if not sure and not closing:
            return
        if name.j not in self._following:
            self._following[name.j] = tuple(self._walk_after(name))
        for k, crossed in self._following[name.j]:
            if k in sure or (k in closing and self._closes(closing[k])):
                yield k, crossed

    def _walk_after(self, name: Match) -> Iterator[tuple[int, str]]:
        doc, k, joint, crossed = self._doc, name.j, "", ""
        end = min(len(doc.tokens), name.j + _AFTER_REACH)
        while k < end and doc.sentence[k] == doc.sentence[name.i] and doc.at(k, "negation", "replaced") is None:
            yield k, crossed
            if k in self._end:
                k, crossed = self._end[k], joint
            elif doc.text(k) in cue_words("joining", "adverbs", "linking") or (
                doc.text(k) == "," and k + 1 in self._end
            ):
                joint, k = doc.words(k, k + 1), k + 1
            else:
                return

    def _closes(self, k: int) -> bool:
        doc = self._doc
        while doc.text(k) in cue_words("adverbs"):
            k += 1
        return doc.text(k) in _CLOSED or doc.sentence[k] != doc.sentence[k - 1]

    def _points_back(self, start: int, end: int, name: Match) -> bool:
        """Say whether words of leaving mean a name before them: "we run Milvus but want to leave it"."""
        doc = self._doc
        if doc.sentence[start] - doc.sentence[name.i] > 1:
            return False
        pronoun = doc.text(end) if doc.text(end) in cue_words("pronouns") else ""
        if not (pronoun or doc.text(end) in _CLOSED):
            return False
        if doc.sentence[start] != doc.sentence[name.i] and not pronoun:
            return False
        return pronoun in cue_words("plural") or self._is_last_before(start, name)

    def _is_last_before(self, start: int, name: Match) -> bool:
        """Say whether no other software is named between a name and token start, in one sentence or the next."""
        near = self._doc.sentence[start] - self._doc.sentence[name.i] <= 1
        return near and (name.kind != "component" or self._software.isdisjoint(range(name.j, start)))

    def _pointing(self, kind: str, name: Match) -> dict[int, int]:
        """Return the phrases of a kind that stand where words that point back at a name may, by their first tokens."""
        begins = self._begins.get(kind)
        return {k: begins[k] for k in range(name.j, name.j + _BACK_REACH + 1) if k in begins} if begins else {}
