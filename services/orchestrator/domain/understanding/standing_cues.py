"""Around the name of software: the words that say whether it is there, missing, or to go, and how far they reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.matcher import Match, Matcher

_REACH: Final = 6
"""Plain words between a verb and the first name: "we run a fairly large central Prometheus"."""
_LIST_REACH: Final = 3
"""Plain words behind a name of a list: "GitLab CI for builds and Argo CD"."""
_AFTER_REACH: Final = 10
_PARTY_REACH: Final = 4
_LEFT_REACH: Final = 14
_OURS_REACH: Final = 16
"""Tokens between "our" and the last name that it is said of: "our Postgres and the big Redis"."""
_LIST: Final = 40
"""Tokens that a list or a clause is looked through: what is longer is no speech, and must not take its square."""
_CLOSED: Final = ("", ",", ".", ";", "!", ":", ")", "(", "and", "but", "und", "aber", "et", "y", "so", "-", "。")
_WONDERING: Final = frozenset({"why", "warum", "wieso", "pourquoi", "isn't", "aren't", "doesn't", "don't", "wouldn't"})


@cache
def _words(*names: str) -> frozenset[str]:
    """Return the words of all the sets that are named."""
    return frozenset(word for name in names for word in lexicon.table("standing")["words"][name])


@cache
def _phrases() -> Matcher:
    found = lexicon.table("standing")["phrase"]
    return Matcher([lexicon.Entry(kind, "any", tuple(body["words"]), {}) for kind, body in found.items()])


def is_question(doc: Doc, i: int) -> bool:
    """Say whether token i stands in a sentence that asks, rather than states something and asks as well."""
    span = doc.sentence_span(i)
    return doc.text(span[-1]) == "?" and doc.text(span[0]) in _words("asking")


def supposes(doc: Doc, i: int) -> bool:
    """Say whether token i stands in a clause that only supposes: "if we already have Prometheus"."""
    return _speaks_before(doc, "supposing", i)


def _speaks_before(doc: Doc, words: str, i: int) -> bool:
    """Say whether one of the words stands before token i in its clause."""
    return doc.any_word(_words(words), max(doc.clause_span(i).start, i - _LIST), i)


class Cues:
    """The cues of one text. names: all software and roles that are named in it."""

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
        verbs = _words("verbs", "dropping", "inverted", "taken_in")
        spoken = [k for k, token in enumerate(doc.tokens) if token.text in verbs]
        self._held_ends = {k for k in spoken if self._is_verb(k)} | self._ends.get("held_before", set())
        self._lacking_ends = {k for k in spoken if self._is_denied_verb(k)} | self._ends.get("lacking_before", set())
        self._following: dict[int, tuple[int, ...]] = {}
        """Where a predicate of names may begin, by where the first of them ends."""

    def held(self, name: Match, *, question: bool, reach: int | None) -> bool:
        """Say whether the thing is there. reach: the most plain words between a verb and it, where fewer than usual."""
        if self.is_ours(name):
            return True
        if question:
            return False
        beside = self._before(name, self._held_ends, reach=reach or _REACH, headed=True) or self._after(name, "held")
        return beside or any(self._is_last_before(k, name) for k in self._pointing("held_back", name))

    def lacking(self, name: Match) -> bool:
        """Say whether the thing is missing: "we don't have Prometheus"."""
        return self._before(name, self._lacking_ends, reach=_REACH, headed=False) or self._after(name, "lacking")

    def leaving(self, name: Match) -> bool:
        """Say whether the user wants to get away from the thing."""
        doc, before = self._doc, self._ends.get("leaving_before", set())
        k = name.i - 1
        while k >= 0 and doc.text(k) in _words("fillers", "ours", "existing"):
            k -= 1
        if k in before and not self._is_denied(k) and doc.text(name.j) not in _words("staying"):
            return True
        if self._after(name, "leaving"):
            return True
        return any(self._points_back(k, end, name) for k, end in self._pointing("leaving_before", name).items())

    def wonders(self, name: Match) -> bool:
        """Say whether a question merely wonders at a refusal: "why not Milvus?"."""
        return self._doc.text(self._doc.sentence_span(name.i)[0]) in _WONDERING

    def wished_against(self, name: Match) -> bool:
        """Say whether words before a thing say that it is not wanted, rather than that it is to be left as it is."""
        return _speaks_before(self._doc, "wanting", name.i)

    def is_purpose(self, name: Match) -> bool:
        """Say whether a role is what software that was named just before is for: "anything but Kafka for messaging"."""
        doc, k = self._doc, name.i - 1
        k -= doc.text(k) in _words("fillers")
        return doc.text(k) in _words("purpose") and k in self._start

    def is_once_more(self, name: Match) -> bool:
        """Say whether one is there already, of which there is to be no other: "no second Prometheus"."""
        doc = self._doc
        return any(doc.text(k) in _words("once_more") for k in (name.i - 1, name.i - 2))

    def is_anew(self, name: Match) -> bool:
        """Say whether one more is meant than what is there: "a separate Postgres"."""
        doc = self._doc
        return any(doc.text(k) in _words("anew") for k in (name.i - 1, name.i - 2))

    def _is_verb(self, k: int) -> bool:
        """Say whether token k is the verb of a clause in which the user, or his house, has something."""
        doc, word = self._doc, self._doc.text(k)
        if word in _words("dropping") and doc.text(k - 1) != "no":
            return True
        if word in _words("inverted"):
            return doc.text(k - 1) in _words("verbs") and doc.sentence[k - 1] == doc.sentence[k]
        if word not in _words("verbs"):
            return False
        n = k if word in _words("subjects") else k - 1
        while n >= 0 and doc.text(n) in _words("adverbs"):
            n -= 1
        if n < 0 or doc.sentence[n] != doc.sentence[k]:
            return False
        return doc.text(n) in _words("subjects") or self._is_party(n)

    def _is_party(self, n: int) -> bool:
        doc = self._doc
        if doc.text(n) not in _words("parties"):
            return False
        before = [doc.text(k) for k in range(max(0, n - _PARTY_REACH), n) if doc.sentence[k] == doc.sentence[n]]
        return not _words("outsiders").intersection(before) and bool(
            _words("ours").intersection(before) or _words("fillers").intersection(before) or not before
        )

    def _is_denied_verb(self, k: int) -> bool:
        """Say whether token k is a verb of having that a subject of ours denies: "we don't run"."""
        doc = self._doc
        if doc.text(k) not in _words("verbs", "taken_in"):
            return False
        n, denied = k - 1, False
        while n >= 0 and (doc.text(n) in _words("adverbs") or doc.text(n) in _words("denying")):
            denied |= doc.text(n) in _words("denying")
            n -= 1
        return denied and (doc.text(n) in _words("subjects") or self._is_party(n))

    def _is_denied(self, k: int) -> bool:
        """Say whether the phrase that ends at token k is denied: "don't replace"."""
        doc, begins = self._doc, self._begins["leaving_before"]
        start = next((n for n in range(max(0, k - _REACH), k + 1) if begins.get(n) == k + 1), k)
        return any(doc.text(n) in _words("denying") | {"no"} for n in range(max(0, start - 3), start))

    def is_ours(self, name: Match) -> bool:
        """Say whether the name is of what is there: "our own Postgres", "the existing Argo CD"."""
        doc, k = self._doc, name.i - 1
        if doc.spoken.isdisjoint(_words("existing", "ours")):
            return False
        while k >= max(0, name.i - _OURS_REACH) and doc.sentence[k] == doc.sentence[name.i]:
            if doc.text(k) in _words("existing"):
                return True
            if doc.text(k) not in _words("fillers", "joining") and k + 1 not in self._start:
                break
            k = self._start.get(k + 1, k) - 1
        if k < 0 or doc.sentence[k] != doc.sentence[name.i]:
            return False
        if doc.text(k) in _words("existing"):
            return True
        if doc.text(k) not in _words("ours"):
            return False
        for n in range(k - 1, max(-1, k - 6), -1):
            if doc.sentence[n] != doc.sentence[k] or doc.text(n) in _words("using"):
                return True
            if doc.text(n) in _words("building"):
                return False
        return True

    def _before(self, name: Match, ends: set[int], *, reach: int, headed: bool) -> bool:
        """Say whether a cue stands before a name, or before the list that it is in. headed: a heading counts too."""
        doc, k, gap, listed, heading = self._doc, name.i - 1, 0, False, False
        if not ends and not (headed and not doc.spoken.isdisjoint(_words("already", "existing", "headings"))):
            return False
        while k >= max(0, name.i - _LIST):
            word = doc.text(k)
            if doc.sentence[k] != doc.sentence[k + 1] and not (
                doc.text(k + 1) in _words("bullets") or (word == ":" and k + 1 == name.i)
            ):
                return False
            if k in ends and not listed:
                return True
            if headed and not listed and word in _words("already") and self._is_inside(k):
                return True
            if headed and heading and word in _words("existing", "headings") and self._heads(k):
                return True
            if (start := self._start.get(k + 1, k if self._is_short_name(k) else None)) is not None:
                k, gap, listed, reach = start - 1, 0, False, _LIST_REACH if not heading else reach
                continue
            if word == ":" and (listed or gap):
                return False  # "current budget: $500, Qdrant"
            if word == ":":
                heading, listed, gap, reach = True, False, 0, _REACH
            elif word in _words("bullets"):
                gap = 0
            elif word == ",":
                listed, gap = not heading, 0
            elif word in _words("joining"):
                gap = 0
            elif self._stops(k):
                return False
            else:
                gap += word not in _words("fillers", "adverbs", "ours")
                if gap > max(reach, _LIST_REACH):
                    return False
            k -= 1
        return False

    def _is_short_name(self, k: int) -> bool:
        """Say whether token k is written in capitals, as names are that no list knows: EKS."""
        word = self._doc.words(k, k + 1)
        return len(word) > 1 and word.isalpha() and word.isascii() and word.isupper()

    def _is_inside(self, k: int) -> bool:
        """Say whether nobody outside the house is spoken of before token k in its clause."""
        return not _speaks_before(self._doc, "outsiders", k)

    def _heads(self, k: int) -> bool:
        """Say whether token k stands in a heading that wishes for nothing: "current setup:"."""
        return self._doc.text(k) not in _words("wishing") and not _speaks_before(self._doc, "wishing", k)

    def _stops(self, k: int) -> bool:
        doc = self._doc
        if doc.text(k) in _words("wishing"):
            return True
        return any(
            doc.ending(k + 1, kind, id_) is not None
            for kind, id_ in (("negation", "before"), ("negation", "replaced"), ("contrast", None))
        )

    def _after(self, name: Match, what: str) -> bool:
        """Say whether a cue stands behind a name, or behind the list that it begins."""
        sure, closing = self._begins.get(f"{what}_after", {}), self._begins.get(f"{what}_closing", {})
        if not sure and not closing:
            return False
        return any(k in sure or (k in closing and self._closes(closing[k])) for k in self._places_after(name))

    def _places_after(self, name: Match) -> tuple[int, ...]:
        """Return where a predicate of a name, or of the list that it begins, may begin."""
        if name.j not in self._following:
            self._following[name.j] = tuple(self._walk_after(name))
        return self._following[name.j]

    def _walk_after(self, name: Match) -> Iterator[int]:
        doc, k = self._doc, name.j
        end = min(len(doc.tokens), name.j + _AFTER_REACH)
        while k < end and doc.sentence[k] == doc.sentence[name.i] and doc.at(k, "negation", "replaced") is None:
            yield k
            if k in self._end:
                k = self._end[k]
            elif doc.text(k) in _words("joining", "adverbs", "linking") or (doc.text(k) == "," and k + 1 in self._end):
                k += 1
            else:
                return

    def _closes(self, k: int) -> bool:
        doc = self._doc
        while doc.text(k) in _words("adverbs"):
            k += 1
        return doc.text(k) in _CLOSED or doc.sentence[k] != doc.sentence[k - 1]

    def _points_back(self, start: int, end: int, name: Match) -> bool:
        """Say whether words of leaving mean a name before them: "we run Milvus but want to leave it"."""
        doc = self._doc
        if doc.sentence[start] - doc.sentence[name.i] > 1:
            return False
        pronoun = doc.text(end) if doc.text(end) in _words("pronouns") else ""
        if self._is_denied(end - 1) or not (pronoun or doc.text(end) in _CLOSED):
            return False
        if doc.sentence[start] != doc.sentence[name.i] and not pronoun:
            return False
        return pronoun in _words("plural") or self._is_last_before(start, name)

    def _is_last_before(self, start: int, name: Match) -> bool:
        """Say whether no other software is named between a name and token start, in one sentence or the next."""
        near = self._doc.sentence[start] - self._doc.sentence[name.i] <= 1
        return near and (name.kind != "component" or self._software.isdisjoint(range(name.j, start)))

    def _pointing(self, kind: str, name: Match) -> dict[int, int]:
        """Return the phrases of a kind that stand where words that point back at a name may, by their first tokens."""
        begins = self._begins.get(kind)
        return {k: begins[k] for k in range(name.j, name.j + _LEFT_REACH + 1) if k in begins} if begins else {}
