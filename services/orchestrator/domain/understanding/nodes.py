"""Machines counted anew, where the GPUs known were counted in machines too: "six nodes instead", "two nodes fewer"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.polarity import negated

_ELLIPTIC: Final = 6
_MOST: Final = 2000
_LESS: Final = words("revision.less")
_MORE: Final = words("revision.more")


def read_nodes(doc: Doc, before: Doc, gpus: int) -> Iterator[Mention]:
    """Read how many GPUs are wanted now.

    before: the words that set the count of so many gpus.
    """
    if not (doc.all("correction") or len(doc.tokens) <= _ELLIPTIC):
        return
    known = next((n for n, _ in _counted(before)), None)
    for number, node in _counted(doc):
        if number.i in doc.claimed or known is None or gpus % int(known.value):
            continue
        sign = _direction(doc, number, node)
        nodes = int(known.value) + sign * int(number.value) if sign else int(number.value)
        if nodes >= 1:
            doc.claim(number)
            # a change of the count says no count by itself, from which a later turn could take the GPUs of each node
            end = number.i if sign else node + 1
            yield Mention("gpu_count_min", nodes * (gpus // int(known.value)), number.i, end)
            return


def is_of_nodes(doc: Doc, i: int, j: int) -> bool:
    """Say whether tokens [i, j), such as "fewer", count nodes rather than GPUs."""
    return doc.near(i, j, "cue", "node", before=1, after=1) is not None


def _direction(doc: Doc, number: Number, node: int) -> int:
    """Return -1 for "two nodes fewer" and "two less nodes", 1 for "two nodes more", 0 for a count of its own."""
    around = [k for k in (number.j, node + 1) if k != node]
    if any(doc.at(k, "fewer") or doc.text(k) in _LESS for k in around):
        return -1
    return int(any(doc.at(k, "more") or doc.text(k) in _MORE for k in around))


def _counted(doc: Doc) -> Iterator[tuple[Number, int]]:
    """Yield the numbers of nodes with the token of the node: "four nodes", "two more nodes"."""
    for number in doc.numbers:
        described = doc.at(number.j, "fewer") or doc.at(number.j, "more") or doc.text(number.j) in _LESS | _MORE
        node = number.j + bool(described)
        whole = 1 <= number.value == int(number.value) <= _MOST
        if whole and doc.at(node, "cue", "node") and not negated(doc, number.i, number.j):
            yield number, node
