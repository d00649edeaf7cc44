"""What models are trained on: "our classifier, trained on 3 million X-rays, needs hosting" asks for no training."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_PARTICIPLES: Final = words("lineage.participles")
_TUNED: Final = frozenset({"tuned", "finetuned", "feinabgestimmt"})
_TRAINED: Final = _PARTICIPLES - _TUNED
_ON: Final = words("lineage.on")
_PAST: Final = words("lineage.past")
_DOERS: Final = words("lineage.doers")
_WISHES: Final = words("lineage.wishes")
_OPEN: Final = frozenset({"be", "is", "are", "get", "getting"})
"""What makes of a participle something to be done: "to be trained", "is trained on our cluster"."""
_ON_REACH: Final = 3
_BY: Final = frozenset({"by", "von", "par", "por", "da", "door", "przez", "last", "in"})
_BY_REACH: Final = 7
_PAST_REACH: Final = 3
_WISH_REACH: Final = 25
_OURS: Final = words("lineage.ours")
_OURS_REACH: Final = 3
_MODELS: Final = words("sizes.model_nouns") | words("lineage.models")
_LONGEST: Final = 20
_ENDS: Final = frozenset({",", ";", ")", "and", "und", "et", "y", "e", "en", "i", "и"})


def made_of(doc: Doc) -> list[range]:
    """Return the tokens that say what a model at hand was trained on, in order: "trained on 40k images of pallets"."""
    served = _served(doc)
    return [said for said in _said(doc) if _told_as_done(doc, said.start) or _at_hand(doc, said.start, served)]


def to_be_made(doc: Doc) -> Match | None:
    """Return the participle by which training is wished for: the trained of "we need a YOLO trained on 40k images"."""
    served = _served(doc)
    for said in _said(doc):
        k = said.start
        counted = any(number.i in said for number in doc.numbers_around(said.start, said.stop, reach=0))
        if not counted or doc.text(k) not in _TRAINED or _wish(doc, k) is None:
            continue
        if not _told_as_done(doc, k) and not _at_hand(doc, k, served):
            return Match("action", "training", k, k + 1, {})
    return None


def _served(doc: Doc) -> list[int]:
    """Return where something is to be served: not the deployed of "trained on 40k images and deployed"."""
    return [m.i for m in doc.all("action", "inference") if not doc.text(m.j - 1).endswith("ed")]


def _said(doc: Doc) -> Iterator[range]:
    """Yield the tokens of "trained on so many things", up to where the sentence goes on to something else."""
    if doc.spoken.isdisjoint(_PARTICIPLES):
        return
    for k, token in enumerate(doc.tokens):
        if token.text not in _PARTICIPLES:
            continue
        sentence = doc.sentence_span(k)
        reach = _BY_REACH if doc.text(k + 1) in _BY else _ON_REACH  # "trained by an intern on 6,000 photos"
        on = next((n for n in range(k + 1, min(k + 1 + reach, sentence.stop)) if doc.text(n) in _ON), None)
        if on is not None:
            last = min(sentence.stop, on + _LONGEST)
            yield range(k, next((n for n in range(on, last) if doc.text(n) in _ENDS), last))


def _told_as_done(doc: Doc, k: int) -> bool:
    """Say whether it reads "was trained", "which we fine-tuned", "has already been trained"."""
    start = doc.sentence_span(k).start
    before = [doc.text(n) for n in range(max(start, k - _PAST_REACH), k) if doc.text(n) not in ("fine", "-")]
    if not before or any(word in _OPEN for word in before):
        return False
    return before[-1] in _DOERS or any(word in _PAST for word in before)


def _at_hand(doc: Doc, k: int, served: list[int]) -> bool:
    """Say whether the model is had or served; a wish before the participle is for serving it then."""
    wish = _wish(doc, k)
    if wish is not None:
        return bisect_right(served, wish) < bisect_left(served, k)
    return bool(served) or _is_ours(doc, k) or doc.any_between("owning", doc.sentence_span(k).start, k)


def _is_ours(doc: Doc, k: int) -> bool:
    """Say whether it reads "our model, trained on 3 TB of images, ...": the participle at k tells what one has."""
    noun = k - 1 - (doc.text(k - 1) == ",")
    return doc.text(noun) in _MODELS and doc.any_word(_OURS, noun - _OURS_REACH, noun)


def _wish(doc: Doc, k: int) -> int | None:
    """Return the nearest word before token k in its sentence that wishes for something."""
    before = range(k - 1, max(doc.sentence_span(k).start, k - _WISH_REACH) - 1, -1)
    return next((n for n in before if doc.text(n) in _WISHES or doc.text(n) in _OPEN), None)
