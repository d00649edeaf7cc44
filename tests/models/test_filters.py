"""The memory of weights as filters count it, and what unknown facts satisfy: nothing."""

from __future__ import annotations

import pytest

from services.models.domain.filters import ModelFilter, weight_gib
from services.models.domain.model import LicenseClass, Quantization
from tests.models.builders import model


@pytest.mark.parametrize(
    ("facts", "precision", "gib"),
    [
        ({"precision": "fp32"}, "", 4),
        ({"precision": "fp8"}, "", 1),
        ({}, "", 2),
        ({"precision": "no format"}, "", 2),
        ({"precision": "fp32"}, "int8", 1),
        ({"quantization": Quantization(method="exl2", bits=3)}, "", 3 / 8),
        ({"quantization": Quantization(method="exl2", bits=3)}, "bf16", 2),
        ({"precision": "awq", "quantization": Quantization(method="awq")}, "", 4.156 / 8),
    ],
)
def test_weights_take_parameters_times_the_bits_of_their_format(facts, precision, gib):
    assert weight_gib(model(parameters=2**30, **facts), precision=precision) == pytest.approx(gib)


@pytest.mark.parametrize(
    "wanted",
    [
        ModelFilter(tasks=("translation",)),
        ModelFilter(licenses=("mit",)),
        ModelFilter(license_classes=(LicenseClass.COMMERCIAL,)),
        ModelFilter(parameters_min=0),
        ModelFilter(parameters_max=10**15),
        ModelFilter(memory_gib_max=1e6),
        ModelFilter(languages=("en",)),
        ModelFilter(libraries=("transformers",)),
        ModelFilter(gated=True),
        ModelFilter(gated=False),
        ModelFilter(base_model="owner/base"),
        ModelFilter(downloads_min=0),
        ModelFilter(open_source_only=True),
    ],
)
def test_what_no_source_states_satisfies_no_constraint(wanted):
    assert ModelFilter().accepts(model())
    assert not wanted.accepts(model())
