"""The collector of garbage in a server: what is loaded by now stays, so it is not looked through again."""

from __future__ import annotations

import gc
from typing import Final

_COLLECT_AFTER: Final = (50_000, 10, 10)
"""Objects between collections, by generation: an answer to a thousand cases, or a plan over thousands of machines,
makes 50,000 of them, and they live no longer than it does."""


def settle() -> None:
    """Take all that is alive for what stays; for use when a server is warm, again when it has loaded more.

    A full collection would pause answers by some 100 ms. What stays is still freed once nothing refers to it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
