"""What became of the things that are named: given away, dead, refused, out of reach, disliked; or kept after all.

Phrases of a few classes (lexicon/fate.toml) say it, by what they do to a thing:

- parted, refused, tried, lacked, disliking: somebody does it to the thing, which stands right behind the phrase ("we
  sold the T4s"), or before it where nothing does ("the T4s were sold", "the T4s we sold", "die T4 verkauft").
- over, state, unattainable, disliked: the thing is so, and stands before the phrase ("the T4s died").
- allowed: a refusal where it is denied ("they won't approve H100s").
- priced: what nobody pays for it stands behind ("SageMaker would have cost 7,200 a month").
- bygone: what was, for all that follows in the sentence until it turns to the present.

A pronoun, or nothing at all, in place of the thing points back at what the clause before names ("They are gone.").
Denied, the thing is there still ("not sold yet", "we never left OVH"), whatever other words around it deny.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import word_sets, words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.strands import BOUNDS, REACH, SMALL, Strands
from services.orchestrator.domain.understanding.superseded import left_for, rivals

_DEEDS: Final = frozenset({"parted", "refused", "tried", "lacked", "disliking", "allowed"})
_OUT_OF_REACH: Final = frozenset({"refused", "allowed", "lacked", "unattainable", "priced"})
_PRICING: Final = frozenset({"priced", "refused"})
_PRICE_REACH: Final = 4
"""Tokens between what says a price and the amount: "balked at the $14,000"."""
_KEPT: Final = "kept"
_VERB_LAST: Final = frozenset({"ja", "ko", "hi", "tr"})
_ONLY_BEHIND: Final = frozenset({"lacked", "disliking"})
_PARTICLE_REACH: Final = 8
"""Tokens between a verb and its particle: "gave our eight old V100s back"."""
_DENIED_REACH: Final = 4
_NEAR: Final = 4
"""Tokens behind "sick of", "can't get" and their like within which the thing begins."""
_ENDING_REACH: Final = 6
"""Signs of a Japanese verb behind its stem, the last of which deny it."""
_POINTED_REACH: Final = 3
_PASSIVE_REACH: Final = 3
_WITH: Final = frozenset({"with", "mit", "avec", "con", "com"})
_AT: Final = words("fate.at")
_SENTENCES_BACK: Final = 1
_PRAISED_REACH: Final = 16

_PIVOTS: Final = words("fate.pivots")
_WHO: Final = words("fate.who")
_POINTING: Final = words("fate.pointing")
_LIGHT: Final = words("fate.light")
_PASSIVE: Final = words("fate.passive")
_AFTERWARDS: Final = words("fate.afterwards")
_DENYING: Final = words("fate.denying")
_SOME: Final = words("fate.some")
_TURNS: Final = words("fate.turns")
_PLEASED: Final = words("fate.pleased")
_STILL: Final = frozenset({"still"})
_PARTICLES: Final = word_sets("fate.particles")


class _Head(NamedTuple):
    """A phrase that says what became of a thing, tokens [i, j); with a particle at token `closed` where it has one."""

    id: str
    i: int
    j: int
    closed: int


def is_gone(doc: Doc, i: int) -> bool:
    """Say whether token i is part of what is gone, refused, out of reach or disliked, and so no wish."""
    return _fates(doc).get(i, _KEPT) != _KEPT


def is_kept(doc: Doc, i: int) -> bool:
    """Say whether token i is part of what is said not to be gone, whatever words of denial stand beside it."""
    return _fates(doc).get(i) == _KEPT


def is_out_of_reach(doc: Doc, i: int) -> bool:
    """Say whether token i is part of what others refuse or nobody can get, rather than of what the user turns down."""
    return _fates(doc).get(i) in _OUT_OF_REACH


@once
def _fates(doc: Doc) -> dict[int, str]:
    """Return the class of what is said of a thing by its tokens, _KEPT where that is denied; the last word holds."""
    found: dict[int, str] = {}
    pairs = rivals(doc)
    if not pairs and not doc.speaks_of("fate", "fate_split"):
        return found
    things = _Telling(doc)
    for span in left_for(things, pairs):
        found.update(dict.fromkeys(span, "left"))
    for head in _heads(doc):
        if head.id == "tried" and _pleased(doc, head):
            continue
        denied = things.denies(head)
        for k in (k for span in things.told_by(head) for k in span):
            if head.id == "allowed" and not denied:
                found.pop(k, None)
            else:
                found[k] = _KEPT if denied and head.id != "allowed" else head.id
    return found


def _heads(doc: Doc) -> Iterator[_Head]:
    """Yield the phrases that say what became of something, in order; a verb with its particle from its own table."""
    found = [_Head(m.id, m.i, m.j, m.j) for m in doc.all("fate") if m.id != "not" and not _names_next(doc, m)]
    taken = {h.i for h in found}
    for verb in doc.all("fate_split"):
        end = min(doc.clause_span(verb.i).stop, verb.j + _PARTICLE_REACH)
        closed = next((k for k in range(verb.j, end) if doc.text(k) in _PARTICLES[verb.id]), None)
        if closed is not None and verb.i not in taken and doc.text(verb.j) not in ("us", "me"):
            found.append(_Head("parted", verb.i, verb.j, closed))
    return iter(sorted(found, key=lambda h: h.i))


def _names_next(doc: Doc, match: Match) -> bool:
    """Say whether it reads "Lambda or RunPod; never again Vast": what is disliked follows, and is negated."""
    return doc.text(match.j - 1) == "again" and match.j in doc.name_ends


def _pleased(doc: Doc, head: _Head) -> bool:
    """Say whether what was tried was liked, or is gone on with: "we tried Qdrant and stayed"."""
    end = min(len(doc.tokens), head.j + _PRAISED_REACH)
    near = range(head.j, end)
    return any(
        (doc.text(k) in _PLEASED or doc.at(k, "praise")) and doc.sentence[k] - doc.sentence[head.i] <= _SENTENCES_BACK
        for k in near
    )


class _Telling(Strands):
    """What a text says of the things that it names."""

    def denies(self, head: _Head) -> bool:
        """Say whether a phrase is denied: "not sold yet", "返却していません"; not so "nobody but OVH is allowed"."""
        doc = self.doc
        start = max(self.start(head.i), head.i - _DENIED_REACH)
        if doc.any_between("except", start, head.i):
            return False
        ends = range(head.j, head.j + _ENDING_REACH) if doc.language == "ja" else range(0)
        never = any(doc.text(k) in ("ん", "な") and doc.text(k + 1) in ("", ".", ",", "い") for k in ends)
        return never or doc.any_word(_DENYING, start, head.i)

    def told_by(self, head: _Head) -> Iterator[range]:
        """Yield the tokens of the things that a phrase is said of, with the numbers that count them."""
        if head.id == "bygone":
            yield from self._bygone(head)
            return
        behind = None if self.doc.language in _VERB_LAST else self._behind(head)
        if head.id in _PRICING and (price := self._price(head)):
            yield price
        if head.id in _ONLY_BEHIND:
            near = behind and self.named_in(head.j, head.j + _NEAR)  # not "done with the first tests of Milvus"
            yield from [behind] if behind and near else self._before_it(head)
            return
        deed = head.id in _DEEDS
        if deed and behind and not self._is_passive(head):
            yield behind
            return
        start = self.start(head.i)
        said = self._is_passive(head) or self._is_light(start, head.i) or head.i in self.ends
        if head.id == "state" and not said:
            return
        if not deed or self._is_closed(head):
            near = [g for g in self.named_in(start, head.i) if not self._is_some(g, start)]
            if near:
                yield range(start, near[-1][1])
                return
            if self.named_in(start, head.i):
                return
        pointed = list(self._before_it(head))
        yield from pointed
        if behind and not pointed and not deed and self._is_light(start, head.i):
            yield behind

    def _bygone(self, head: _Head) -> Iterator[range]:
        """Yield what the sentence names, from the clause of the phrase on, until it turns to the present."""
        doc = self.doc
        start, sentence = self.start(head.i), doc.sentence_span(head.i)
        if doc.any_word(_STILL, head.j, sentence.stop):
            return  # "we originally planned for two H100 and that still holds"
        end = next((k for k in range(head.j, sentence.stop) if self._turns(k)), sentence.stop)
        yield range(start, end)

    def _price(self, head: _Head) -> range | None:
        """Return the rest of the clause where an amount of money stands right behind a phrase."""
        doc = self.doc
        end = min(doc.clause_span(head.j - 1).stop, head.j + _PRICE_REACH)
        paid = any(doc.at(k, "currency") or doc.tokens[k].is_number for k in range(head.j, end))
        return range(head.j, doc.clause_span(head.j - 1).stop) if paid else None

    def _turns(self, k: int) -> bool:
        return self.doc.text(k) in _TURNS or self.doc.at(k, "contrast") is not None

    def _behind(self, head: _Head) -> range | None:
        """Return the tokens of what stands right behind a phrase, or between a verb and its particle."""
        doc = self.doc
        end, seen = min(doc.sentence_span(head.i).stop, head.j + REACH), False
        k = head.j
        describes = not any(doc.text(n) in _WHO for n in range(self.start(head.i), head.i))  # "a stolen box with 4 T4"
        while k < end:
            group = self.within.get(k)
            if group is not None:
                k, seen = group[1], True
            elif k <= head.closed and head.closed > head.j:
                k += 1  # what stands between a verb and its particle is its object
            elif doc.text(k) == "(" and (closing := self.closing(k)):
                k = closing
            elif self._ends(k, head, seen=seen, describes=describes):
                break
            else:
                k += 1
        return range(head.j, k) if seen else None

    def _ends(self, k: int, head: _Head, *, seen: bool, describes: bool) -> bool:
        """Say whether the thing meant ends before token k: "swapped the P100s for two L4s", "sold it and want ..."."""
        if self.bounds(k, joining=head.closed == head.j) or self._is_anew(k):
            return True
        if self.doc.text(k) not in _PIVOTS or (seen and self._locates(k)):
            return False
        return not (describes and self.doc.text(k) in _WITH)

    def _locates(self, k: int) -> bool:
        """Say whether token k says where the thing stood: "the A100 node at OVH"."""
        n = k + 1 + (self.doc.text(k + 1) in SMALL)
        return self.doc.text(k) in _AT and n in self.within

    def _is_anew(self, k: int) -> bool:
        """Say whether another clause begins at token k, by who acts in it or by a turn to what is wanted."""
        return self.doc.text(k) in _WHO or self._turns(k)

    def _before_it(self, head: _Head) -> Iterator[range]:
        """Yield the tokens of what a pronoun, or nothing in place of the thing, points back at."""
        doc = self.doc
        start = self.start(head.i)
        said_of_it = any(doc.text(k) in _POINTING for k in range(head.j, head.j + _POINTED_REACH) if k <= head.closed)
        alone = self._is_light(start, head.i) and not (
            head.id in _DEEDS and any(doc.text(k) in _WHO - _POINTING for k in range(start, head.i))
        )
        if not (said_of_it or alone):
            return
        last = bisect_left(self.starts, start) - 1
        if last < 0:
            return
        group = self.groups[last]
        if doc.sentence[head.i] - doc.sentence[group[0]] > _SENTENCES_BACK:
            return
        first = self.start(group[0]) if group[0] else 0
        if doc.text(start - 1) in BOUNDS and doc.clause[start - 1] == doc.clause[group[0]]:
            before = self.groups[last - 1][1] if last else 0
            first = max(first, before)  # "Qwen on the A100s that died"
        yield range(first, group[1])

    def _is_light(self, start: int, end: int) -> bool:
        """Say whether nothing but pronouns, auxiliaries and adverbs stands in [start, end)."""
        said = (self.doc.text(k) for k in range(start, end))
        return all(t in _LIGHT or t in _POINTING or t in _WHO or t in _PASSIVE or not t.isalnum() for t in said)

    def _is_passive(self, head: _Head) -> bool:
        doc = self.doc
        start = max(self.start(head.i), head.i - _PASSIVE_REACH)
        return not doc.text(head.i).endswith("ing") and doc.any_word(_PASSIVE, start, head.i)

    def _is_closed(self, head: _Head) -> bool:
        """Say whether the thing of a deed may stand before it: "the T4s were sold", "the T4s we sold last year".

        Not so of a word that describes another one: "train YOLOv8 on stolen cars".
        """
        doc, k = self.doc, head.i - 1
        while doc.text(k) in _LIGHT:
            k -= 1
        after = max(head.j, head.closed + 1 if head.closed > head.j else 0)
        text = doc.text(after)
        ended = after >= len(doc.tokens) or not text.isalpha() or not text.isascii() or self.bounds(after)
        return ended or self._is_passive(head) or doc.text(k) in _WHO or text in _AFTERWARDS or text in _PIVOTS

    def _is_some(self, group: tuple[int, int], start: int) -> bool:
        """Say whether only some of the things are meant: "one of the two 3090s"."""
        doc = self.doc
        return any(doc.text(k) in _SOME and doc.text(k + 1) == "of" for k in range(start, group[0]))
