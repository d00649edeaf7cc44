"""Verdicts on whole ranges of cards: a published figure tells of every card whether it holds the job.

Each row is asked as a client asks, with what it prints and nothing else. A card that has less than the figure does not
hold it; one whose usable share has more does; between the two nothing is known. A false "fits" that is said to be
borderline is counted apart: it tells that it depends on what was not said, or is within the error.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from services.models.domain.sizing import GpuShape
from services.models.domain.sizing.capacity import usable_bytes
from tests.evals import sizing_said
from tests.evals.sizing_catalogue import Catalogue
from tests.evals.sizing_memory import stated_bytes

Row = dict[str, Any]
CARDS_GIB: Final = (8, 12, 16, 24, 32, 40, 48, 80, 96, 141, 192)
_PART: Final = re.compile(
    r"weights|checkpoint|download|total size|states|params\+grads|QK\^T|overhead|file", re.IGNORECASE
)
"""Scopes that count a part of the use alone: no verdict follows from them."""


class Judged(NamedTuple):
    """One row's verdicts: the cards we say it fits although the figure is larger, plainly or as borderline, and those
    we say it does not although the figure is smaller. cards: those of which the figure tells. Figures are per GPU.
    """

    row: str
    kind: str
    cards: int
    false_fits: tuple[int, ...]
    borderline: tuple[int, ...]
    false_misfits: tuple[int, ...]
    stated_gb: float
    ours_gb: float


def judged(row: Row, catalogue: Catalogue) -> Judged | None:
    """Return the row's verdicts; None for one that states no whole use of a device."""
    if row.get("stated_gb") is None or not row["score"] or _PART.search(str(row.get("scope") or "")):
        return None
    training, gpus = row["kind"] == "training", int(row["gpus"] or 1)
    each = row["per_gpu"] or "per_" in str(row.get("scope"))
    least, most = (value / (1 if each else gpus) for value in stated_bytes(row))
    found: dict[str, list[int]] = {"fits": [], "borderline": [], "misfits": []}
    known, need = 0, 0.0
    for size in CARDS_GIB:
        gpu = GpuShape(f"{size} GiB", float(size))
        sized = sizing_said.answer(row, catalogue, gpu, gpus)
        capacity = sized.capacity
        assert capacity is not None
        need = capacity.usable_bytes - capacity.headroom_bytes
        beyond, within = least > gpu.memory_bytes, most <= usable_bytes(gpu, training=training)
        known += beyond or within
        if capacity.fits and beyond:
            found["borderline" if capacity.is_borderline(sized.estimate.error) else "fits"].append(size)
        elif within and not capacity.fits:
            found["misfits"].append(size)
    kind = f"training {row['method']}" if training else "inference"
    cards = (tuple(found[name]) for name in ("fits", "borderline", "misfits"))
    return Judged(row["id"], kind, known, *cards, least / 1e9, need / 1e9)


def all_judged(rows: Iterable[Row], catalogue: Catalogue) -> list[Judged]:
    """Return the verdicts of every row that tells."""
    return [found for row in rows if (found := judged(row, catalogue))]


def report(found: list[Judged]) -> None:
    """Print counts by task and method, then every row with a false verdict."""
    print(f"\nfits on cards of {', '.join(map(str, CARDS_GIB))} GiB, asked with what the rows print alone")
    print(f"{'task, method':40} {'rows':>4} {'verdicts':>8} {'false fits':>16} {'said borderline':>16} {'misfits':>16}")
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in found:
        groups[each.kind].append(each)
    names = ("false_fits", "borderline", "false_misfits")
    for kind, rows in [*sorted(groups.items()), ("all", found)]:
        counts = [[len(getattr(row, name)) for row in rows if getattr(row, name)] for name in names]
        shown = " ".join(f"{sum(count):4} in {len(count):3} rows" for count in counts)
        print(f"{kind[:40]:40} {len(rows):4} {sum(row.cards for row in rows):8} {shown}")
    for name in names:
        for row in found:
            if cards := ", ".join(map(str, getattr(row, name))):
                text = f"{row.row}; published {row.stated_gb:.1f} GB, judged on {row.ours_gb:.1f} GB"
                print(f"  {name} on {cards} GiB: {text}")
