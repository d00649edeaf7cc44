"""Around the name of software: the words that say whether it is there, missing, or to go, and how far they reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.standing_reach import COMMAS, Reach
from services.orchestrator.domain.understanding.standing_reach import cue_words as _words

_REACH: Final = 6
"""Plain words between a verb and the first name: "we run a fairly large central Prometheus"."""
_LIST_REACH: Final = 3
"""Plain words behind a name of a list: "GitLab CI for builds and Argo CD"."""
_PARTY_REACH: Final = 4
_OURS_REACH: Final = 16
"""Tokens between "our" and the last name that it is said of: "our Postgres and the big Redis"."""
_LIST: Final = 40
"""Tokens that a list or a clause is looked through: what is longer is no speech, and must not take its square."""
_WONDERING: Final = frozenset({"why", "warum", "wieso", "pourquoi", "isn't", "aren't", "doesn't", "don't", "wouldn't"})


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


class Cues(Reach):
    """The cues of one text."""

    def __init__(self, doc: Doc, names: Sequence[Match]) -> None:
        super().__init__(doc, names)
        verbs = _words("verbs", "dropping", "inverted", "taken_in")
        spoken = [k for k, token in enumerate(doc.tokens) if token.text in verbs]
        self._held_ends = {k for k in spoken if self._is_verb(k)} | self._ends.get("held_before", set())
        self._lacking_ends = {k for k in spoken if self._is_denied_verb(k)} | self._ends.get("lacking_before", set())

    def held(self, name: Match, *, question: bool, reach: int | None) -> bool:
        """Say whether the thing is there. reach: the most plain words between a verb and it, where fewer than usual."""
        if self.is_ours(name):
            return True
        if question or self._is_sought(name):
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
        back = self._pointing("leaving_before", name)
        return any(not self._is_denied(end - 1) and self._points_back(k, end, name) for k, end in back.items())

    def declined(self, name: Match) -> bool:
        """Say whether the thing is not to be used, be it there: "we have Redis but don't want to use it"."""
        with_it, whole = (self._pointing(kind, name) for kind in ("declining", "declining_it"))
        found = [(k, end) for k, end in with_it.items() if self._points_back(k, end, name)]
        found += [(k, end) for k, end in whole.items() if self._is_last_before(k, name)]
        return any(self._declines(k, end, name) for k, end in found)

    def _declines(self, k: int, end: int, name: Match) -> bool:
        """Say whether the words from token k to end mean what they say, and no other thing than the one named."""
        doc = self._doc
        if is_question(doc, k) or supposes(doc, k) or doc.text(k - 1) in _words("pitying"):
            return False
        return doc.text(end) in _words("it") or not self._names_something(name.j, k)

    def _names_something(self, i: int, k: int) -> bool:
        """Say whether another thing is spoken of from token i on in the clause of token k, before it."""
        doc = self._doc
        between = range(max(i, doc.clause_span(k).start), k)
        turn = max((n for n in between if doc.text(n) in _words("but")), default=-1)
        between = range(max(between.start, turn + 1), k)
        return any(doc.words(n, n + 1)[0].isupper() or doc.text(n) in _words("articles") for n in between)

    def _is_sought(self, name: Match) -> bool:
        """Say whether the thing is new, behind others that are there: "we use Qdrant, Langfuse is new"."""
        doc = self._doc
        for k, crossed in self._predicates("sought", name):
            alone = not crossed or (crossed not in COMMAS and doc.text(k) not in _words("single"))
            if alone and not (crossed and self._heads_list(name)):
                return True
        return False

    def _heads_list(self, name: Match) -> bool:
        """Say whether a verb of having stands right before the name."""
        k = name.i - 1
        while self._doc.text(k) in _words("fillers", "adverbs", "ours"):
            k -= 1
        return k in self._held_ends

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
        if doc.text(k) in _words("wishing") or k in self._ends.get("sought_before", ()):
            return True
        return any(
            doc.ending(k + 1, kind, id_) is not None
            for kind, id_ in (("negation", "before"), ("negation", "replaced"), ("contrast", None))
        )
