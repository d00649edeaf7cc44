"""How many GPUs: "8xH100", "4 nodes of 8", "a DGX", "one is enough", "A100 4장"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fate import is_gone
from services.orchestrator.domain.understanding.gpu_memory import of_each_card
from services.orchestrator.domain.understanding.lacking import unavailable
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.node_counts import count_nodes
from services.orchestrator.domain.understanding.number_order import NOUN_FIRST
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated

_MOST: Final = 20_000
_ADJECTIVES: Final = words("gpus.adjectives")
_IS_ENOUGH: Final = words("gpus.is_enough")
_COUNTERS: Final = words("gpus.counters")
_NOT_COUNTED: Final = words("gpus.not_counted")
_BOXES: Final = {"dgx": 8, "hgx": 8}
_GROUPS: Final = {
    "single": 1,
    "lone": 1,
    "sole": 1,
    "solitary": 1,
    "einzelne": 1,
    "einzige": 1,
    "unique": 1,
    "unico": 1,
    "unica": 1,
    "dual": 2,
    "pair": 2,
    "trio": 3,
    "quartet": 4,
    "quartett": 4,
    "foursome": 4,
    "quad": 4,
    "octo": 8,
}
_THEM: Final = (
    ("of", "them"),
    ("of", "those"),
    ("of", "these"),
    ("of", "either"),
    ("of", "each"),
    ("von", "denen"),
    ("de", "ellas"),
    ("de", "ellos"),
)
_COUNT: Final = frozenset({"count", "quantity", "qty", "number", "anzahl", "nombre", "cantidad"})
_TIMES: Final = frozenset({"x", "*", ":", "=", "を", "が", "は"})
_COUNTED_KINDS: Final = ("people", "items", "requests", "time", "bytes", "currency", "per", "place")
_ONLY: Final = words("gpu_counts.only")
_CLOSED: Final = words("answers.ends")
_ONE: Final = ("a", "one", "just", "on")
_FEW: Final = 8
_IS: Final = (":", "=", "is")
_APART: Final = 4


def read_counts(doc: Doc, wanted: list[Match]) -> Iterator[Mention]:
    """Read how many GPUs are wanted; of a range its lower end, since more than that is not asked for."""
    starts = {m.i: m for m in wanted}
    seen_count = False
    told: set[int] = set()
    for number in list(doc.free_numbers()) if wanted or doc.all("cue", "gpu") else ():
        if number.value != int(number.value) or not 1 <= number.value <= _MOST or number.billions:
            continue
        end = _gpu_after(doc, number.j, starts)
        if end is None or _per_something_else(doc, number, end) or _counts_nodes(doc, number, end, starts):
            continue
        if number.written and number.value == 1 and doc.at(end + (doc.text(end) == "-"), "cue", "node"):
            continue  # "einen GPU-Server": an article
        corrects = seen_count and doc.ending(number.i, "negation", "before") is not None
        refused = negated(doc, number.i, end) and not corrects
        if refused or unavailable(doc, number.i) or rejected_as_past(doc, number.i):
            doc.claim(number)
            continue
        doc.claim(number)
        seen_count = True
        count = int(number.value if number.low is None else number.low)
        nodes, i, j = count_nodes(doc, number, end)
        told.update(range(i, j))
        yield Mention("gpu_count_min", max(1, count) * nodes, i, j)
        yield Mention("gpu_needed", True, number.i, end, implied=True)
    yield from _counts_after(doc, wanted)
    yield from _single(doc, wanted, told)
    yield from _of_them(doc)
    yield from _alone(doc, wanted)


def _gpu_after(doc: Doc, j: int, starts: dict[int, Match]) -> int | None:
    """Return the end of the GPU that the number just before token j counts, or None."""
    strangers = 0
    for k in range(j, min(j + 6, len(doc.tokens))):
        if not doc.silent(k):
            if match := starts.get(k):
                return match.j
            if (cue := doc.at(k, "cue", "gpu")) is not None and k not in doc.names:
                return cue.j
            if doc.at(k, "bytes") is not None:
                if k == j + (doc.text(j) == "-"):
                    return None  # "a 24-GB card"
                continue
        number_between = doc.tokens[k].is_number and doc.at(k + 1, "bytes") is not None
        if doc.text(k) in _BOXES:
            return None
        cjk = "\u3040" <= doc.text(k) <= "\u9fff"  # words of one character each: 4块自己的RTX 4090
        if doc.text(k) not in _ADJECTIVES and not number_between and not cjk:
            strangers += 1
            if strangers > 1 or not _may_describe(doc, k, starts):
                return None
    return None


def _counts_nodes(doc: Doc, number: Number, end: int, starts: dict[int, Match]) -> bool:
    """Say whether machines are counted whose cards are said apart: "4 A10 servers (1 card each)"."""
    node = doc.at(end, "cue", "node")
    return node is not None and any(
        0 <= other.i - node.j <= _APART and (last := _gpu_after(doc, other.j, starts)) is not None
        and doc.near(other.i, last, "cue", "each", before=2, after=1) is not None
        for other in doc.numbers_near(node.i, node.j, reach=_APART)
    )  # fmt: skip


def _may_describe(doc: Doc, k: int, starts: dict[int, Match]) -> bool:
    """Say whether an unknown word right before a GPU type may describe it, as in "6 idle A5000"."""
    if k + 1 not in starts or len(doc.text(k)) <= 3 or not doc.text(k).isalpha():
        return False
    return not doc.any_at(k, ("cue", *_COUNTED_KINDS))


def _per_something_else(doc: Doc, number: Number, end: int) -> bool:
    """Say whether the number belongs to something before it, such as the 4 of "Llama 4 GPU" or hours of GPU time."""
    following = doc.text(end)
    return end not in doc.names and following in _NOT_COUNTED and doc.tokens[end].start - doc.tokens[end - 1].end <= 1


def _alone(doc: Doc, wanted: list[Match]) -> Iterator[Mention]:
    """Read a count that is a sentence of its own: "B200s. Sixty-four.", "24 GB of VRAM. Count: 4."."""
    gpus = [m.j for m in wanted] + [m.j for kind in ("gpu", "vram") for m in doc.all("cue", kind)]
    spoken_of = {doc.sentence[j - 1] for j in gpus}
    for number in list(doc.free_numbers()) if gpus else ():
        first = number.i == 0 or doc.sentence[number.i - 1] != doc.sentence[number.i]
        if not first and doc.text(number.i - 1) not in _IS:
            continue
        span = doc.sentence_span(number.i)
        start = span[0] + 2 if doc.text(span[0]) in _COUNT and doc.text(span[0] + 1) in _IS else span[0]
        follows = start > span[0] or doc.sentence[number.i] - 1 in spoken_of
        whole = number.i == start and all(
            doc.text(k) in (".", "!", ";", "please") for k in range(number.j, span[-1] + 1)
        )
        if (
            whole
            and follows
            and number.value == int(number.value)
            and 1 <= number.value <= _MOST
            and not number.billions
        ):
            doc.claim(number)
            yield Mention("gpu_count_min", int(number.value), number.i, number.j)


def _counts_after(doc: Doc, wanted: list[Match]) -> Iterator[Mention]:
    """Read counts that follow: "H100 x8", "A100s: 4", "GPU数 4", "gpus: 8"."""
    spans = [(m.i, m.j) for m in wanted] + [(m.i, m.j) for m in doc.all("cue", "gpu")]
    for i, j in spans:
        k = j
        sign = doc.text(k)
        if sign == "," and doc.text(k + 2) in _COUNTERS:
            k, sign = k + 1, ""
        start = _bounded(doc, k)
        spelt_out = sign in _TIMES or start > k
        number = doc.number_from.get(start if start > k else k + spelt_out)
        if number is not None and number.i in doc.claimed:
            continue
        if (
            number is not None
            and not spelt_out
            and not (number.written and doc.language in NOUN_FIRST)
            and doc.text(number.j) not in _COUNTERS
            and doc.text(number.j)[:1] not in _COUNTERS
        ):
            continue
        if number is None or number.value != int(number.value) or not 1 <= number.value <= _MOST:
            continue
        if _measured(doc, number) or negated(doc, i, j) or negated(doc, number.i, number.j):
            continue
        doc.claim(number)
        nodes, first, last = count_nodes(doc, number, number.j)
        yield Mention("gpu_count_min", int(number.value) * nodes, min(i, first), last)
        yield Mention("gpu_needed", True, i, number.j, implied=True)


def _bounded(doc: Doc, k: int) -> int:
    """Return where the number begins in ": at least 4", "count >= 4" from token k on, or k where no bound is said."""
    n = k + (doc.text(k) in _COUNT)
    n += doc.text(n) in _TIMES or doc.text(n) == "-"
    bound = doc.at(n, "bound")
    return bound.j if bound is not None else k


def _measured(doc: Doc, number: Number) -> bool:
    """Say whether the number measures memory, money or time."""
    return doc.any_at(number.j, ("bytes", "currency", "time", "per")) or (doc.ending(number.i, "currency") is not None)


def _single(doc: Doc, wanted: list[Match], told: set[int]) -> Iterator[Mention]:
    """Read counts said in another way: "a DGX H100", "dual 3090". told: tokens of counts already read."""
    for match in wanted:
        if doc.text(match.j) in ("pair", "duo", "couple"):
            yield Mention("gpu_count_min", 2, match.i, match.j + 1)
        for k in range(max(0, match.i - 3), match.i):
            word = doc.text(k)
            if word in _GROUPS and not doc.near(match.i, match.j, "negation", "before", before=3, after=0):
                yield Mention("gpu_count_min", _GROUPS[word], k, match.j)
            elif word in _BOXES and k not in told:
                yield Mention("gpu_count_min", _BOXES[word] * _boxes_before(doc, k), k, match.j)
    beside = {k for m in wanted for k in range(m.i - 3, m.i + 4)} if not doc.spoken.isdisjoint(_BOXES) else set[int]()
    for k, token in enumerate(doc.tokens) if not doc.spoken.isdisjoint(_BOXES) else ():
        if token.text in _BOXES and k not in doc.names and k not in beside and k not in told and not is_gone(doc, k):
            yield Mention("gpu_count_min", _BOXES[token.text] * _boxes_before(doc, k), k, k + 1)
            yield Mention("gpu_needed", True, k, k + 1, implied=True)
    for match in wanted:
        k = match.j + (doc.text(match.j) == ",")
        number = doc.number_from.get(k + 1) if doc.text(k) in _ONLY else None
        if number is not None and number.written and number.value <= _FEW and doc.text(number.j) in _CLOSED:
            doc.claim(number)  # "an L40S, just one"
            yield Mention("gpu_count_min", int(number.value), match.i, number.j)
    for match in doc.all("cue", "each"):
        if doc.text(match.i) == "single" and doc.text(match.i - 1) in _ONE and not negated(doc, match.i, match.j):
            yield Mention("gpu_count_min", 1, match.i, match.j)  # "a single card of 20 GB would do"
    spoken = wanted or doc.all("cue", "gpu") or doc.all("gpu_need")
    if spoken:
        for number in list(doc.free_numbers()):
            if (
                (number.written or _opens_clause(doc, number))
                and doc.text(number.j) in _IS_ENOUGH
                and doc.near(number.j, number.j + 1, "positive", before=0, after=2)
            ):
                doc.claim(number)
                yield Mention("gpu_count_min", int(number.value), number.i, number.j)


def _opens_clause(doc: Doc, number: Number) -> bool:
    """Say whether a small number stands first in its clause, as the 2 of "cards with 96 GB each, 2 would do"."""
    first = number.i == 0 or doc.text(number.i - 1) in (",", ";", ".", "and", "but")
    return first and number.value <= _FEW and number.value == int(number.value)


def _of_them(doc: Doc) -> Iterator[Mention]:
    """Read "two of them" after a GPU was named."""
    spoken = (
        doc.all_names("gpu")
        or doc.all("cue", "gpu")
        or doc.all("cue", "vram")
        or any(of_each_card(doc, m) for m in doc.all("cue", "each"))
    )
    if not spoken:
        return
    for number in list(doc.free_numbers()):
        following = (doc.text(number.j), doc.text(number.j + 1))
        if following in _THEM and doc.text(number.j + 2) in ("", ".", ",", ";", "please") and number.value <= _MOST:
            doc.claim(number)
            yield Mention("gpu_count_min", int(number.value), number.i, number.j)


def _boxes_before(doc: Doc, k: int) -> int:
    number = next(
        (n for n in doc.numbers_near(k, k, reach=2) if n.j in (k, k - 1) and n.value == int(n.value) and n.value < 500),
        None,
    )
    if number is None:
        return 1
    doc.claim(number)
    return int(number.value)
