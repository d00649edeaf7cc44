"""Named algorithms and libraries that are no models of the Hub: trees over tables, statistics, reinforcement learning.

They are trained from the user's data by a program, so what they need of a machine follows from the data.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.spec import WorkloadSpec

VALUE_BYTES: Final = 8
"""Of one value of a table as text."""
TREES_GROWN: Final = 500
VALUES_A_SECOND: Final = 11.3e6
"""Values that LightGBM goes through for one tree, a second and thread: 1.7 billion rows of 67 features took 627.8 s a
tree on 16 threads. A virtual CPU counts as such a thread of 2013. Source: LightGBM's documentation, Experiments, the
parallel experiment on Criteo's click log, one machine."""
HELD: Final = 0.25
"""Share of a table as text that main memory holds of it in bins: 176 GB in the same experiment are 1.55 bytes of 8 for
each value, rounded up for labels and gradients."""
PLAIN_HELD: Final = 0.75
"""The same where the library keeps the 32-bit numbers too."""
FREE: Final = 0.8
"""Share of a machine that the pod of a run gets."""
LEAST_GIB: Final = 8.0


class Trees(NamedTuple):
    """A library that grows trees over a table."""

    engine: str
    held: float
    """Share of the table as text that it needs in main memory."""
    speed: float | None
    """As a share of VALUES_A_SECOND; None where nothing is published that can be compared."""


TREES: Final = {
    "lightgbm": Trees("lightgbm", HELD, 1.0),
    # 551.9 s beside 238.5 s over Higgs, 500 trees of 255 leaves on 16 threads (the same page, speed).
    "xgboost": Trees("xgboost", HELD, 0.43),
    "catboost": Trees("catboost", PLAIN_HELD, None),
    "random forest": Trees("scikit-learn", PLAIN_HELD, None),
}
"""By the name that the lexicon gives them."""
USUAL: Final = "lightgbm"
"""What learns a table where nothing was named: the fastest on CPUs by its published figures."""
TREE_ENGINES: Final = frozenset(trees.engine for trees in TREES.values())
STATISTICS: Final = frozenset({"prophet", "neuralprophet", "arima", "sarima"})
_OWN_DATA: Final = "reinforcement-learning"


class Algorithm(NamedTuple):
    """What a job trains or serves in place of a model of the Hub."""

    name: str
    trees: Trees | None = None

    @property
    def engine(self) -> str:
        """What runs it; python is the user's own program."""
        return self.trees.engine if self.trees else "python"

    @property
    def makes_data(self) -> bool:
        """Tell whether it learns from what it tries rather than from data."""
        return self.name == _OWN_DATA

    def memory_gib(self, dataset_gb: float) -> float:
        """Return the main memory of a machine that learns a dataset, in GiB."""
        if self.trees is None:
            return LEAST_GIB
        return max(LEAST_GIB, dataset_gb * 1e9 / 2**30 * self.trees.held / FREE)

    def hours(self, dataset_gb: float, vcpus: float | None) -> float | None:
        """Return how long growing the trees takes on a machine, in hours; None where that is not known."""
        if self.trees is None or self.trees.speed is None or not dataset_gb or not vcpus:
            return None
        values = dataset_gb * 1e9 / VALUE_BYTES * TREES_GROWN
        return round(values / (VALUES_A_SECOND * self.trees.speed * vcpus) / 3600, 2)


def hub_names(spec: WorkloadSpec) -> tuple[str, ...]:
    """Return the models that were named and that the Hub may have."""
    return tuple(name for name in spec.models if name not in TREES and name not in STATISTICS)


def algorithm_of(spec: WorkloadSpec, task: str, kind: WorkloadKind) -> Algorithm | None:
    """Return the algorithm of a job: the first that was named, else what learns tables; None where a model of the Hub
    does the job."""
    if hub_names(spec):
        return None
    named = next(iter(spec.models), "")
    if named in STATISTICS:
        return Algorithm(named)
    if named in TREES or task.startswith("tabular"):
        return Algorithm(named or USUAL, TREES[named or USUAL])
    return Algorithm(_OWN_DATA) if task == _OWN_DATA and kind is WorkloadKind.TRAINING else None


def told(algorithm: Algorithm, spec: WorkloadSpec, kind: WorkloadKind) -> list[str]:
    """Return what is assumed of an algorithm, in sentences."""
    if algorithm.makes_data:
        return [
            "An agent makes its own data by trying, so nothing tells how long a run takes; simulations need many CPUs."
        ]
    said = []
    if algorithm.trees and not spec.models:
        said.append("Tables are learned by gradient-boosted trees (LightGBM), which CPUs train fast.")
    if algorithm.trees and algorithm.trees.speed and kind is WorkloadKind.TRAINING:
        rate = VALUES_A_SECOND * algorithm.trees.speed / 1e6
        said.append(
            f"{TREES_GROWN} trees are grown; for each a virtual CPU goes through {rate:.3g} million values a second "
            f"(LightGBM's published experiments), {VALUE_BYTES} bytes of the table each."
        )
    return said
