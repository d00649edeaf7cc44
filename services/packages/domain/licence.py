"""Licences: what a user means by a family of them."""

from __future__ import annotations

from typing import Final

FAMILIES: Final = {
    "apache": ("Apache-",),
    "mit": ("MIT",),
    "bsd": ("BSD-",),
    "mpl": ("MPL-",),
    "agpl": ("AGPL-",),
    "lgpl": ("LGPL-",),
    "gpl": ("GPL-",),
    "sspl": ("SSPL-",),
    "busl": ("BUSL-", "LicenseRef-BUSL"),
    "bsl": ("BUSL-", "LicenseRef-BUSL"),
    "postgresql": ("PostgreSQL",),
    "elastic": ("Elastic-",),
}
"""SPDX prefixes by the word that people use."""
_PERMISSIVE: Final = ("Apache-", "MIT", "BSD-", "PostgreSQL", "ISC", "Unlicense", "Zlib")
_NOT_OPEN: Final = ("BUSL-", "SSPL-", "Elastic-", "LicenseRef-")


def is_closed(licence: str) -> bool:
    """Tell whether a licence is known not to be open source."""
    return licence.startswith(_NOT_OPEN)


def is_permissive(licence: str) -> bool:
    """Tell whether a licence asks for hardly more than attribution."""
    return licence.startswith(_PERMISSIVE)


def in_family(licence: str, family: str) -> bool:
    """Tell whether a licence belongs to a family of FAMILIES."""
    return licence.startswith(FAMILIES[family])
