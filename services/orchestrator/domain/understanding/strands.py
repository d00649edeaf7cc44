"""The things that a text names, the lists that they form, and the strands of words that belong together with them."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words

_THINGS: Final = ("gpu", "provider", "component", "family", "place", "region")
_NOUNS: Final = ("gpu", "node", "local")
"""Kinds of cues that are things as well: cards, servers, a cluster of one's own."""
_NO_CLOUDS: Final = ("strong_role", "weak_role", "compliance", "spot", "cue")
"""What is named beside these is a word for a cloud."""
_BOXES: Final = frozenset({"dgx", "hgx"})
_LISTED_REACH: Final = 4
"""Tokens between "and" and the next thing of a list."""
_BRACKET_REACH: Final = 12
REACH: Final = 40
"""Tokens that a strand is looked through: what is longer is no speech, and must not take its square."""
_MARKS: Final = frozenset({",", ":", "(", ";"})
BOUNDS: Final = words("fate.bounds")
"""Words that part what no comma parts."""
_AND: Final = words("fate.and")
SMALL: Final = words("fate.small")
_PASSIVE: Final = words("fate.passive")
_TURNS: Final = words("fate.turns")


class Strands:
    """The things that one text names, and how far words about them reach."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        named = [m for kind in _THINGS for m in doc.all_names(kind)]
        named += [m for id_ in _NOUNS for m in doc.all("cue", id_)]
        boxes = {(k, k + 1) for k in doc.where(_BOXES)}
        others = doc.begins(*_NO_CLOUDS)
        clouds = {(i, j) for i, j in doc.name_ends.items() if i not in others}
        self.groups = self._lists(sorted({(m.i, m.j) for m in named} | boxes | clouds))
        self.starts = [i for i, _ in self.groups]
        self.ends = {j for _, j in self.groups}
        self.within = {k: g for g in self.groups for k in range(*g)}

    def _lists(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the things, those joined by "and" as one; commas join only what "and" closes."""
        groups: list[tuple[int, int]] = []
        run: list[tuple[int, int]] = []
        """Things parted by commas alone, which the next "and" may join."""
        for i, j in spans:
            last = run[-1][1] if run else -1
            if i < last:
                continue
            gap = [self.doc.text(k) for k in range(last, i)] if run and i - last <= _LISTED_REACH + 1 else ["."]
            if not all(t in SMALL or t in _AND or t in (",", "/") or t.isdigit() for t in gap):
                groups += run
                run = [(i, j)]
            elif any(t in _AND or t == "/" for t in gap) or not gap:
                run = [(run[0][0], j)]
            else:
                run.append((i, j))
        return groups + run

    def named_in(self, i: int, j: int) -> list[tuple[int, int]]:
        """Return the lists of things that begin in [i, j)."""
        return self.groups[bisect_left(self.starts, i) : bisect_left(self.starts, j)]

    def start(self, i: int) -> int:
        """Return where the words begin that belong together with token i: its clause, or what joins it to another."""
        doc = self.doc
        k, least = i, max(doc.sentence_span(i).start, i - REACH)
        while k > least:
            group = self.within.get(k - 1)
            if group is not None:
                k = group[0]
            elif doc.text(k - 1) == ")" and (opening := self._opening(k - 1)):
                k = opening
            elif doc.text(k - 1) in _MARKS or self.bounds(k - 1):
                break
            else:
                k -= 1
        return k

    def bounds(self, k: int, *, joining: bool = True) -> bool:
        """Say whether token k ends a clause, as "and" does unless it joins things. joining: it may join them."""
        text = self.doc.text(k)
        if text in _AND and k not in self.within:
            return not (joining and self._joins(k))
        return text in BOUNDS or text in _MARKS

    def _joins(self, k: int) -> bool:
        """Say whether "and" at token k is followed by a thing that is not spoken of anew: "and the 12 L40S there"."""
        doc, n = self.doc, k + 1
        end = min(k + _LISTED_REACH, len(doc.tokens))
        while n < end and n not in self.within and (doc.text(n) in SMALL or doc.tokens[n].is_number):
            n += 1
        group = self.within.get(n)
        after = doc.text(group[1]) if group else ""
        return group is not None and after not in _TURNS and after not in _PASSIVE

    def _opening(self, k: int) -> int:
        """Return the token of the bracket that the one at token k closes, or 0."""
        return next((n for n in range(k - 1, max(0, k - _BRACKET_REACH), -1) if self.doc.text(n) == "("), 0)

    def closing(self, k: int) -> int:
        """Return the token after the bracket that closes the one at token k, or 0."""
        doc = self.doc
        end = min(len(doc.tokens), k + _BRACKET_REACH)
        return next((n + 1 for n in range(k + 1, end) if doc.text(n) == ")"), 0)
