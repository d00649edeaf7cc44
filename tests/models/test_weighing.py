"""Memory of weights as filters and lists have it: sizing's own figure, of any model in any format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.model import Architecture, Component, Quantization, Relation
from services.models.domain.sizing import Case, Question, Usage, architecture
from services.models.domain.sizing.precision import PRECISIONS
from services.models.domain.sizing.terms import GIB
from services.models.domain.sizing.weight_groups import weights_gib
from services.models.domain.traits import traits_of
from services.models.domain.weighing import weighing, weights_of
from services.models.ingest import starter
from tests.models.builders import model

WEIGHTS = ("weights", "denoiser", "text_encoder", "vae")
LLAMA = Architecture(layers=32, hidden_size=4096, heads=32, kv_heads=8, vocab_size=128_256, tied_embeddings=False)
SIZED = [m for m in starter.models().values() if weights_of(m)]


def sized_gib(one, *, base=None, precision=""):
    traits = traits_of(one, base)
    usage = Usage(precision=precision or traits.precision)
    terms = Question(Case(traits.shape, usage)).on(None).estimate.terms
    return sum(term.bytes for term in terms if term.name in WEIGHTS) / GIB


@given(st.sampled_from(SIZED), st.sampled_from(sorted(PRECISIONS)))
def test_a_format_takes_of_each_starter_model_what_sizing_says(one, precision):
    weights = weights_of(one)
    assert weights_gib(weights.parameters, PRECISIONS[precision]) == pytest.approx(sized_gib(one, precision=precision))


@pytest.mark.parametrize("task", sorted({m.task for m in SIZED}))
def test_weights_as_published_are_those_that_sizing_takes_where_no_precision_is_asked_for(task):
    for one in SIZED:
        if one.task == task:
            assert weights_of(one).published_gib == pytest.approx(sized_gib(one)), one.model_id


@pytest.mark.parametrize(
    ("facts", "bits"),
    [
        ({"precision": "fp32"}, 32),
        ({}, 16),
        ({"precision": "no format"}, 16),
        ({"task": "image-classification"}, 32),
        ({"quantization": Quantization(method="exl2", bits=3)}, 3.16),
        ({"precision": "bf16", "quantization": Quantization(method="gguf", gguf_type="Q8_0")}, 8.5),
    ],
)
def test_weights_as_published_go_by_the_packing_then_the_record_then_what_is_usual(facts, bits):
    bare = Architecture(layers=1, hidden_size=1, heads=1, kv_heads=1, vocab_size=1)
    found = weights_of(model(parameters=2**33, architecture=bare, **facts))
    assert found.published_gib == pytest.approx(bits, rel=0.01)


def test_embeddings_and_head_keep_the_width_that_the_format_leaves_them():
    found = weights_of(model(parameters=8_030_261_248, architecture=LLAMA)).parameters
    assert found.embedding == found.head == 128_256 * 4096
    assert weights_gib(found, PRECISIONS["int8"]) * 2**30 == pytest.approx(8_030_261_248 + 2 * 128_256 * 4096)
    tied = weights_of(model(parameters=10**9, architecture=LLAMA.model_copy(update={"tied_embeddings": True})))
    assert (tied.parameters.embedding, tied.parameters.head) == (0, 128_256 * 4096)


def test_attention_stays_at_16_bit_where_a_format_quantises_the_experts_of_a_mixture_alone():
    mixture = next(m for m in SIZED if m.model_id == "openai/gpt-oss-20b")
    found = weights_of(mixture).parameters
    assert found.attention > 0
    in_mxfp4 = sum(found) * 4.25 + (found.attention + found.embedding + found.head) * (16 - 4.25)
    assert weights_gib(found, PRECISIONS["mxfp4"]) == pytest.approx(in_mxfp4 / 8 / GIB)
    assert weights_gib(found, PRECISIONS["mxfp4"]) == pytest.approx(sized_gib(mixture, precision="mxfp4"))


def test_what_the_record_lacks_is_the_bases_and_an_adapter_is_weighed_with_it():
    base = model(model_id="org/base", parameters=8_030_261_248, architecture=LLAMA)
    packed = model(base_model="org/base", quantization=Quantization(method="awq", bits=4))
    adapter = model(base_model="org/base", parameters=20_000_000, relation=Relation.ADAPTER)
    assert weights_of(packed) is None
    whole = adapter.model_copy(update={"architecture": LLAMA})
    assert weights_of(whole, base).parameters == weights_of(base).parameters
    assert weights_of(packed, base).parameters == weights_of(adapter, base).parameters == weights_of(base).parameters
    own = model(
        base_model="org/base", parameters=8_030_261_248, architecture=LLAMA.model_copy(update={"vocab_size": 9})
    )
    assert weights_of(own, base) == weights_of(own)


def test_the_parts_of_a_generator_are_weighed_each_as_it_is_stored():
    parts = (Component(name="transformer", parameters=12 * 10**9), Component(name="vae", parameters=84 * 10**6))
    encoders = (Component(name="text_encoder", parameters=4_760_000_000),)
    whole = sum(p.parameters for p in (*parts, *encoders))
    made = Architecture(kind="diffusion", components=(*parts, *encoders))
    found = weights_of(model(parameters=whole, task="text-to-image", architecture=made)).parameters
    assert (found.network, found.t5, found.beside) == (12e9, 4.76e9, 84e6)


def test_a_size_that_only_the_name_tells_is_no_size():
    assert weights_of(model(model_id="org/nova-8b")) is None


def test_what_was_weighed_by_other_sums_is_weighed_anew(monkeypatch):
    before = weighing()
    weighing.cache_clear()
    monkeypatch.setattr(architecture, "_MOST_EMBEDDED", 0.6)  # of the smallest models alone
    try:
        assert weighing() != before
    finally:
        weighing.cache_clear()
