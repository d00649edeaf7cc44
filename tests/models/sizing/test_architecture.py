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


@pytest.mark.parametrize(("parameters", "hidden", "layers"), [(1e9, 2176, 18), (7e9, 4096, 35), (70e9, 9216, 69)])
def test_dimensions_are_those_of_a_network_128_times_as_wide_as_deep(
    parameters: float, hidden: int, layers: int
) -> None:
    """The cube root of parameters x 128 / 12, to the next 64, or beyond 4,096 to the next 1,024."""
    model = complete(ModelShape(parameters=parameters))
    assert (model.hidden, model.layers) == (hidden, layers)
    assert model.guessed


def test_two_experts_of_eight_are_active_and_all_that_is_no_expert() -> None:
    """Mixtral: of 46.7 billion 45.1 are experts, 32 x 8 x 3 x 4,096 x 14,336; 12.9 by its paper."""
    assert complete(shapes.MIXTRAL._replace(active_parameters=None)).active_parameters == pytest.approx(
        12.88e9, rel=1e-3
    )
    small = shapes.MIXTRAL._replace(
        active_parameters=None, parameters=30e9
    )  # dimensions of a larger model: 97% at most
    assert complete(small).active_parameters == pytest.approx(30e9 * (1 - 0.97 * 0.75))
