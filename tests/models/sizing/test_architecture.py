"""Dimensions that a record lacks: summed, or estimated, as their makers state them elsewhere."""

from __future__ import annotations

import pytest

from services.models.domain.sizing import ModelShape
from services.models.domain.sizing.architecture import complete, expert_width
from tests.models.sizing import shapes


@pytest.mark.parametrize(
    ("shape", "stated"),
    [(shapes.LLAMA_2_7B, 6_738_149_376), (shapes.LLAMA_8B, 8_029_995_008)],
)
def test_parameters_are_summed_over_stated_dimensions(shape: ModelShape, stated: int) -> None:
    """What the makers' weights hold, 6,738,415,616 and 8,030,261,248, less 65 norms of 4,096."""
    summed = complete(shape._replace(parameters=None))
    assert summed.parameters == stated
    assert [note.field for note in summed.assumptions] == ["parameters"]


@pytest.mark.parametrize(
    ("experts", "chosen", "hidden", "stated", "own"),
    [
        (256, 8, 7168, 18_432, 2048),  # DeepSeek V3, whose dense layers are nine experts wide
        (16, 2, 4096, 14_336, 14_336),  # Jamba
        (8, 2, 4096, 14_336, 14_336),  # Mixtral
        (128, 1, 5120, 8192, 8192),  # Llama 4 Maverick
    ],
)
def test_an_expert_is_as_wide_as_its_maker_has_it(
    experts: int, chosen: int, hidden: int, stated: int, own: int
) -> None:
    shape = ModelShape(experts=experts, experts_per_token=chosen)
    assert expert_width(shape, stated, hidden) == own
