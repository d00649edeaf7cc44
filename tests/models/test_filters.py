"""What unknown facts satisfy: nothing."""

from __future__ import annotations

import pytest

from services.models.domain.columns import CATEGORIES, NUMBERS, WEIGHTS, Columns
from services.models.domain.filters import ModelFilter
from services.models.domain.model import LicenseClass
from services.models.domain.sizing.weight_groups import Groups
from services.models.domain.weighing import Weights
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


@pytest.mark.parametrize(
    ("wanted", "passing"),
    [
        (ModelFilter(parameters_min=7), [7, 8]),
        (ModelFilter(parameters_max=7), [6, 7]),
        (ModelFilter(downloads_min=7), [7, 8]),
        (ModelFilter(memory_gib_max=7.0), [6, 7]),
    ],
)
def test_a_bound_is_within_what_it_bounds(wanted, passing):
    columns = Columns(3)
    rows = [dict.fromkeys(CATEGORIES, "") | dict.fromkeys((*NUMBERS, WEIGHTS), n) for n in (6, 7, 8)]
    columns.add([row | {WEIGHTS: None} for row in rows])
    assert [n for n, passes in zip((6, 7, 8), columns.passing(wanted), strict=True) if passes] == passing
    weighed = {n: Weights(Groups(), float(n)) for n in (6, 7, 8)}
    assert [n for n in (6, 7, 8) if wanted.accepts(model(parameters=n, downloads=n), weighed[n])] == passing


def test_what_is_not_stated_breaks_no_condition():
    columns = Columns(3)
    facts = ((LicenseClass.UNKNOWN, None), (LicenseClass.RESEARCH_ONLY, 9), (LicenseClass.COMMERCIAL, 7))
    columns.add(
        [
            dict.fromkeys(CATEGORIES, "")
            | dict.fromkeys((*NUMBERS, WEIGHTS))
            | {"license_class": kind, "parameters": size, "open_source": kind is LicenseClass.COMMERCIAL}
            for kind, size in facts
        ]
    )
    for said in (ModelFilter(parameters_max=8), ModelFilter(open_source_only=True)):
        assert columns.allowing(said).tolist() == [True, False, True]
        assert columns.passing(said).tolist() == [False, False, True]
