"""What unknown facts satisfy: nothing."""

from __future__ import annotations

import pytest

from services.models.domain.filters import ModelFilter
from services.models.domain.model import LicenseClass
from tests.models.builders import model


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
    assert ModelFilter().accepts(model(), None)
    assert not wanted.accepts(model(), None)
