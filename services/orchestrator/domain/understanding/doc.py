"""A message prepared for the grammars: tokens, the phrases found in them, clauses and numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from itertools import chain
from operator import itemgetter
from typing import Any, Final, TypeVar

from services.orchestrator.domain.understanding.matcher import Match, Matcher, joined
from services.orchestrator.domain.understanding.numbers import Number, find_numbers, past_fillers
from services.orchestrator.domain.understanding.segments import segment
from services.orchestrator.domain.understanding.tokens import Token

_FRENCH_BYTES = frozenset({"go", "to", "mo", "ko"})
_NAMES = ("provider", "gpu", "component", "family", "place", "strong_role", "weak_role", "compliance", "spot", "cue")
"""Kinds of things that one can want or reject, one by one or in a list."""
LONGEST_CUE: Final = 8
"""How many tokens a phrase may have."""
_START: Final = itemgetter(Match._fields.index("i"))
_END: Final = itemgetter(Match._fields.index("j"))
_PHRASES = ("cue", "per", "deadline_word", "latency_word", "delegate")
"""Kinds whose phrases may hold a number word that counts nothing, as in "at one time"."""


class _Texts(dict[int, str]):
    """The texts of tokens by place, empty beyond the ends."""

    def __missing__(self, i: int) -> str:
        return ""


class Doc:
    """Tokens and what stands on them; positions are token indices, spans are half open."""

    def __init__(
        self,
        raw: str,
        folded: str,
        tokens: Sequence[Token],
        *,
        matcher: Matcher,
        language: str,
        own: Sequence[Match] = (),
    ) -> None:
        """own: what is found besides, in the message's own language."""
        self.raw = raw
        self.folded = folded
        self.language = language
        self.tokens = tokens
        self.text = _Texts(enumerate(t.text for t in tokens)).__getitem__
        """Returns the folded text of token i, or an empty string beyond the ends."""
        self.starts = [t.start for t in tokens]
        """Where each token starts in the text."""
        sentences, clauses = segment(folded, tokens, self.starts)
        self.sentence, self.clause = sentences.numbers, clauses.numbers
        self.sentence_span, self.clause_span = sentences.of, clauses.of
        """Return the tokens of the sentence or the clause of token i."""
        self.sentence_numbered = sentences.numbered
        """Returns the tokens of a sentence by its number."""
        self.spoken = frozenset(t.text for t in tokens)
        """Every token's text."""
        self._kept: dict[tuple[str, str | None], list[Match]] = {}
        self._named = False
        """All names are marked, so that what is part of none can be kept."""
        self._matches: dict[str, list[Match]] = defaultdict(list)
        self._ordered: dict[tuple[str, str | None], tuple[list[Match], list[int]]] = {}
        """The matches of a kind (and id) with their first tokens, once they are asked for."""
        self._starting: dict[str, dict[int, list[Match]]] = {}
        """The matches of a kind by their first token, once they are asked for; those that end, likewise."""
        self._ending: dict[str, dict[int, list[Match]]] = {}
        self.own_words = frozenset(tokens[k].text for m in own for k in range(m.i, m.j))
        """The words that count in the message's own language."""
        found = matcher.find(raw, self.tokens)
        for match in joined(found, own) if own else found:
            if match.kind != "bytes" or self._measures(match):
                self._matches[match.kind].append(match)
        self._begun = {match.i for match in found} | {match.i for match in own}
        """The tokens at which any match starts."""
        self.names: set[int] = set()
        """Tokens that belong to a name (model, GPU, region) and so are neither numbers nor units."""
        self.claimed: set[int] = set()
        """Starts of the numbers that a grammar has already read."""
        self.numbers: list[Number] = []
        self._free: list[Number] | None = None
        """The numbers that are not claimed, once they are asked for."""
        self._number_starts: list[int] = []
        self.number_from: dict[int, Number] = {}
        """The numbers by their first token."""
        self.number_to: dict[int, Number] = {}
        """The numbers by the token after them."""
        self.name_ends: dict[int, int] = {}
        """Where a thing that one can want or reject ends, by its first token."""
        self.billions = False
        """A number is written with a b, as in 70B."""
        self._where: dict[str, list[int]] = {}
        """Where each word stands, once any is asked for."""
        self._places: dict[frozenset[str], list[int]] = {}
        """Where the words of a set stand that were asked for."""
        self.found: dict[Callable[[Doc], Any], Any] = {}
        """What the functions marked `once` have found."""

    def _measures(self, match: Match) -> bool:
        """Say whether the words are bytes: French Go and To are everyday words elsewhere."""
        token = self.tokens[match.i]
        if self.language == "fr" or token.text not in _FRENCH_BYTES or (token.glued and match.i > 0):
            return True
        counted = match.i > 0 and self.tokens[match.i - 1].is_number
        return counted and self.raw[token.start : token.start + 2] == "Go"

    def read_numbers(self) -> None:
        """Find the numbers outside of names, once the names are marked."""
        for kind in _NAMES:
            for match in self._matches[kind]:
                self.name_ends[match.i] = max(match.j, self.name_ends.get(match.i, 0))
        scaled = {m.i for kind in ("scale", "bytes") for m in self._matches[kind]}
        # "a quarter of a million" is no quarter of a year
        fixed = [
            m for kind in _PHRASES for m in self._matches[kind]
            if m.j - m.i > 1 and past_fillers(self.tokens, m.j) not in scaled
        ]  # fmt: skip
        phrases = {k for m in fixed for k in range(m.i, m.j)}
        self._named = True
        scales = {m.i: m for kind in ("value", "scale", "half") for m in self._matches[kind] if m.i not in phrases}
        self.numbers = find_numbers(self.tokens, scales, blocked=self.names, language=self.language)
        self._number_starts = [n.i for n in self.numbers]
        self._free = None
        self.billions = any(n.billions for n in self.numbers)
        self.number_from = {n.i: n for n in self.numbers}
        self.number_to = {n.j: n for n in self.numbers}

    def free_numbers(self) -> Sequence[Number]:
        """Return the numbers that no grammar has read yet."""
        if self._free is None:
            self._free = [n for n in self.numbers if n.i not in self.claimed]
        return self._free

    def numbers_near(self, i: int, j: int, *, reach: int) -> list[Number]:
        """Return the unread numbers that begin or end at most so many tokens away from [i, j)."""
        return [n for n in self.numbers_around(i, j, reach=reach) if n.i not in self.claimed]

    def numbers_around(self, i: int, j: int, *, reach: int) -> list[Number]:
        """Return the numbers, read or not, that begin or end at most so many tokens away from [i, j)."""
        first = bisect_left(self._number_starts, i - reach - 12)
        last = bisect_left(self._number_starts, j + reach + 1)
        return [n for n in self.numbers[first:last] if n.j >= i - reach]

    def claim(self, number: Number) -> None:
        """Mark a number as read."""
        self.claimed.add(number.i)
        self._free = None

    def all(self, kind: str, id_: str | None = None) -> list[Match]:
        """Return the matches of a kind (and id) that are not part of a name."""
        kept = self._kept.get((kind, id_))
        if kept is None:
            found = self._matches.get(kind, ())
            kept = [m for m in found if (id_ is None or m.id == id_) and m.i not in self.names]
            if self._named:
                self._kept[kind, id_] = kept
        return kept

    def speaks_of(self, *kinds: str) -> bool:
        """Say whether any phrase of these kinds stands in the text, be it part of a name."""
        return any(self._matches.get(kind) for kind in kinds)

    def all_names(self, kind: str) -> Sequence[Match]:
        """Return the matches of a kind of names, in order."""
        return self._matches.get(kind, ())

    def replace(self, kind: str, matches: Sequence[Match]) -> None:
        """Put checked matches in place of the raw ones of a kind."""
        self._matches[kind] = list(matches)
        self._begun.update(match.i for match in matches)
        for known in (self._starting, self._ending):
            known.pop(kind, None)
        self._ordered.clear()

    def at(self, i: int, kind: str, id_: str | None = None) -> Match | None:
        """Return the match of a kind that starts at token i."""
        places = self._starting.get(kind)
        if places is None:
            places = self._starting[kind] = _by_place(self._matches.get(kind, ()), _START)
        found = places.get(i)
        return None if not found else found[0] if id_ is None else _of_id(found, id_)

    def silent(self, i: int) -> bool:
        """Say whether no match of any kind starts at token i, so that none need be asked for."""
        return i not in self._begun

    def any_at(self, i: int, kinds: Iterable[str], ids: Iterable[str | None] = (None,)) -> bool:
        """Say whether a match of any of the kinds (and ids) starts at token i."""
        return i in self._begun and any(self.at(i, kind, id_) for kind in kinds for id_ in ids)

    def begins(self, *kinds: str) -> set[int]:
        """Return the tokens at which matches of these kinds start."""
        return {m.i for kind in kinds for m in self._matches.get(kind, ())}

    def ending(self, j: int, kind: str, id_: str | None = None) -> Match | None:
        """Return the match of a kind that ends just before token j."""
        places = self._ending.get(kind)
        if places is None:
            places = self._ending[kind] = _by_place(self._matches.get(kind, ()), _END)
        found = places.get(j)
        return None if not found else found[0] if id_ is None else _of_id(found, id_)

    def near(self, i: int, j: int, kind: str, id_: str | None = None, *, before: int, after: int) -> Match | None:
        """Return the match of a kind nearest to [i, j): in its sentence, at most so many tokens away."""
        if not self._matches.get(kind):
            return None
        best: tuple[int, Match] | None = None
        matches, starts = self._of(kind, id_)
        for n in range(bisect_left(starts, i - before - LONGEST_CUE), len(matches)):
            match = matches[n]
            if match.i > j + after:
                break
            if self.sentence[match.i] != self.sentence[i]:
                continue
            if match.j <= i:
                distance = i - match.j
                if distance > before:
                    continue
            elif match.i >= j:
                distance = match.i - j
                if distance > after:
                    continue
            else:
                distance = 0
            if best is None or distance < best[0]:
                best = (distance, match)
        return best[1] if best else None

    def any_between(self, kind: str, i: int, j: int, id_: str | None = None) -> bool:
        """Say whether a match of a kind (and id) starts at a token from i to before j."""
        if not self._matches.get(kind):
            return False
        starts = self._of(kind, id_)[1]
        n = bisect_left(starts, i)
        return n < len(starts) and starts[n] < j

    def _of(self, kind: str, id_: str | None) -> tuple[list[Match], list[int]]:
        """Return the matches of a kind (and id), and their first tokens."""
        known = self._ordered.get((kind, id_))
        if known is None:
            found = [m for m in self._matches.get(kind, ()) if id_ is None or m.id == id_]
            known = self._ordered[kind, id_] = (found, [m.i for m in found])
        return known

    def where(self, words: frozenset[str]) -> list[int]:
        """Return the tokens that are one of the words, in order."""
        places = self._places.get(words)
        if places is None:
            said = words & self.spoken
            places = self._places[words] = sorted(chain.from_iterable(self._spoken_at(word) for word in said))
        return places

    def _spoken_at(self, word: str) -> list[int]:
        """Return the tokens that are a word, in order."""
        if not self._where:
            for k, token in enumerate(self.tokens):
                self._where.setdefault(token.text, []).append(k)
        return self._where[word]

    def any_word(self, words: frozenset[str], i: int, j: int) -> bool:
        """Say whether a token from i to before j, however far that is, is one of the words."""
        places = self.where(words)
        n = bisect_left(places, i)
        return n < len(places) and places[n] < j

    def between(self, kind: str, i: int, j: int, id_: str | None = None) -> list[Match]:
        """Return the matches of a kind (and id) that are not part of a name and start from token i to before j."""
        found = self.all(kind, id_)
        return found[bisect_left(found, i, key=_START) : bisect_left(found, j, key=_START)]

    def words(self, i: int, j: int) -> str:
        """Return the user's own words of tokens [i, j)."""
        return self.raw[self.tokens[i].start : self.tokens[j - 1].end]


T = TypeVar("T")


def once(find: Callable[[Doc], T]) -> Callable[[Doc], T]:
    """Let a function look for something in a whole text once, however many names and numbers it is asked about.

    For what depends neither on the names still to be marked nor on the numbers claimed.
    """

    @wraps(find)
    def found(doc: Doc) -> T:
        if find not in doc.found:
            doc.found[find] = find(doc)
        known: T = doc.found[find]
        return known

    return found


def _by_place(matches: Sequence[Match], place: Callable[[Match], int]) -> dict[int, list[Match]]:
    found: dict[int, list[Match]] = defaultdict(list)
    for match in matches:
        found[place(match)].append(match)
    return dict(found)


def _of_id(found: Sequence[Match], id_: str) -> Match | None:
    for match in found:
        if match.id == id_:
            return match
    return None
