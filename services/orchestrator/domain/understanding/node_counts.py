"""By how many machines the GPUs of each multiply: "2 nodes of 8 GPUs", "per node 2 GPUs, and there are five nodes"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.numbers import Number

_NODE: Final = ("node", "machine", "server", "box", "knoten", "noeud", "nodo")
_PARTING: Final = frozenset({".", ";", "and", "und", "et", "y"})


def count_nodes(doc: Doc, number: Number, end: int) -> tuple[int, int, int]:
    """Return by how many nodes the GPUs multiply, and where that is said: "2 nodes of 8 GPUs"."""
    if not doc.any_between("cue", 0, len(doc.tokens), "node"):
        return 1, number.i, end
    if per_node := _nodes_said_apart(doc, number, end):
        return per_node, number.i, end
    for other in doc.numbers_near(number.i, end, reach=8):
        if other.i == number.i or doc.sentence[other.i] != doc.sentence[number.i] or other.value != int(other.value):
            continue
        if doc.at(other.j, "bytes"):
            continue  # "a 64 GB machine with one L4"
        named = next((doc.name_ends[k] for k in (other.j, other.j + 1) if doc.at(k, "gpu")), other.j)
        node = next((m for k in range(named, named + 3) if (m := doc.at(k, "cue", "node"))), None)
        if node is None or not 1 <= other.value <= 2000:
            continue
        gap = number.i - node.j if node.j <= number.i else other.i - end
        if 0 <= gap <= 4 and not any(doc.text(k) in _PARTING for k in range(min(node.j, end), max(number.i, other.i))):
            doc.claim(other)
            joined = range(end, other.i) if other.i > number.i else range(0)
            if joined and not any(doc.text(k) in ("x", "*") or doc.at(k, "cue", "each") for k in joined):
                return 1, number.i, end  # "8 GPUs across 2 nodes" are eight
            return int(other.value), min(number.i, other.i), max(end, node.j)
    return 1, number.i, end


def _nodes_said_apart(doc: Doc, number: Number, end: int) -> int:
    """Return the nodes of "per node 2 GPUs, and there are five nodes", 0 where the count is not for each node."""
    for_each = next((m for k in (end, end + 1) if (m := doc.at(k, "cue", "each"))), None)
    for_each = doc.ending(number.i, "cue", "each") or for_each
    if for_each is None or not doc.text(for_each.j - 1).startswith(_NODE):
        return 0
    for other in doc.numbers_near(number.i, end, reach=14):
        counted = doc.at(other.j, "cue", "node")
        if other.i != number.i and counted is not None and other.value == int(other.value) and 1 < other.value <= 2000:
            doc.claim(other)
            return int(other.value)
    return 0
