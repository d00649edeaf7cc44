"""What the acceptance tests of a session share: records and replies are read once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.scenario import Told


@pytest.fixture(scope="session")
def records() -> dict[Any, Any]:
    """Catalogue records that were read before."""
    return {}


@pytest.fixture(scope="session")
def by_rules() -> Told:
    """Conversations by rules alone."""
    return Told()
