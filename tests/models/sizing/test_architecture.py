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


def test_embeddings_may_be_most_of_a_small_model_but_not_all_of_it() -> None:
    """Gemma 3 270M: 262,144 x 640 of 268 million parameters; a vocabulary of 64,000 that was assumed, of 10 million."""
    gemma = ModelShape(parameters=268_098_176, layers=18, hidden=640, vocab=262_144, tied_embeddings=True)
    assert complete(gemma).embedding_parameters == 167_772_160
    assert complete(ModelShape(parameters=10e6, layers=4, hidden=256)).embedding_parameters == pytest.approx(6.5e6)


@pytest.mark.parametrize(
    ("arch", "parameters", "tied"),
    [("encoder", 7e9, True), ("decoder", 1.9e9, True), ("decoder", 2e9, False), ("encoder-decoder", 7e9, False)],
)
def test_embedding_and_head_are_one_in_encoders_and_small_models(arch: str, parameters: float, tied: bool) -> None:
    assert complete(ModelShape(parameters=parameters, arch=arch)).tied == tied


@pytest.mark.parametrize(
    ("attention", "arch", "kv_heads"),
    [("", "decoder", 8), ("MQA", "decoder", 1), ("MHA", "decoder", 32), ("", "encoder-decoder", 32)],
)
def test_eight_key_value_heads_are_usual_in_decoders_that_say_nothing(attention: str, arch: str, kv_heads: int) -> None:
    assert complete(ModelShape(parameters=7e9, heads=32, attention=attention, arch=arch)).kv_heads == kv_heads
