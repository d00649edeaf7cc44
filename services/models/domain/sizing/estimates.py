"""The answer of every memory estimate."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.terms import GIB, Assumption, Basis, Term

UNSIZED: Final = 1.0
"""Error where neither the record nor the name tells a size and that most used of the kind stands in: of 4,632 decoders
of the Hub whose size is known and whose names tell none 80% have at most twice that, of 942 encoders 84%.
"""


class MemoryEstimate(NamedTuple):
    """Memory to run something. Bytes; `terms` sum to `total_bytes`, as do `shares`, the bytes on each GPU.

    For training, `context_tokens` is the length of a sample and `concurrency` the samples a step on one GPU; for
    networks over pixels, voxels or residues `context_tokens` is the edge of the input. usual: so many assumptions, from
    the first on, are those of the use, the same for any model. error: the true
    total is expected between `total_bytes` divided by and times (1 + error).
    """

    total_bytes: float
    per_gpu_bytes: float
    shares: tuple[float, ...]
    terms: tuple[Term, ...]
    assumptions: tuple[Assumption, ...]
    split: Split
    precision: str
    kv_precision: str
    context_tokens: int
    concurrency: int
    basis: Basis
    error: float
    usual: int = 0

    def noting(self, *notes: Assumption) -> MemoryEstimate:
        """Return the estimate with these assumptions before its own."""
        return self._replace(assumptions=(*notes, *self.assumptions), usual=0) if notes else self

    def term(self, name: str) -> float:
        """Return the bytes of the term of this name; 0 when there is none."""
        return sum(term.bytes for term in self.terms if term.name == name)


def published_estimate(estimate: MemoryEstimate, total: float, basis: Basis, source: str) -> MemoryEstimate:
    """Return the estimate with a stated figure in place of the modelled one, spread over the GPUs as the model's
    was.
    """
    scale = total / estimate.total_bytes
    return estimate._replace(
        total_bytes=total,
        per_gpu_bytes=estimate.per_gpu_bytes * scale,
        shares=tuple(share * scale for share in estimate.shares),
        terms=(Term("requirement", total, f"{total / GIB:.6g} GiB; stated by the source", source),),
        basis=basis,
        error=0.1,
    )
