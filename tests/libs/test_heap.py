"""What stays is not looked through again, and what comes later is still collected; in a process of its own, whose
collector no other test shares."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, weakref
from libs.heap import settle

class Node: pass

kept = [Node() for _ in range(1000)]
settle()
print(gc.get_freeze_count() >= 1000, not any(isinstance(o, Node) for o in gc.get_objects()))
loop = Node()
loop.itself = loop
gone = weakref.ref(loop)
del loop
gc.collect()
print(gone() is None)
last = weakref.ref(kept[-1])
kept.clear()
print(last() is None)
"""


def test_what_stays_is_not_looked_through_and_what_is_let_go_is_freed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 4
