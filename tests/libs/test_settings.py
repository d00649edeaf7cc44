"""Settings of a service."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from libs.settings import ServiceSettings

URL = "postgresql://me:hunter2@127.0.0.1/db"


def test_the_password_of_the_database_is_not_printed():
    assert "hunter2" not in repr(ServiceSettings(port=0, database_url=URL))


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        ServiceSettings(port=0, database_url=URL).port = 1


def test_an_address_of_another_kind_is_refused_with_an_example():
    with pytest.raises(ValidationError, match="must begin with postgresql://"):
        ServiceSettings(port=0, database_url="mysql://x/y")
