"""What a licence permits: by its id where the table knows it, by its family where the name tells, else unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from services.models.domain.model import License, LicenseClass

UNKNOWN: Final = License(note="No licence is stated: ask the owner before any use.")

_FAMILIES: Final = (
    (
        re.compile(
            r"(^|[-_ ])(nc|non-?commercial(-only)?|research(-only)?|noncommercial)([-_ ]|$)|researchrail|^mrl$|amlr"
        ),
        LicenseClass.RESEARCH_ONLY,
        "Its name says research or non-commercial use only: read the text before any other use.",
    ),
    (
        re.compile(r"^cc-by|openrail|^llama|^gemma|^(l|a)?gpl|^odc-by|^bigscience"),
        LicenseClass.ATTRIBUTION,
        "Of a family that allows commercial use under conditions such as attribution or use limits: read the text.",
    ),
)


class LicenseTable:
    """The licences that the catalogue knows."""

    def __init__(self, licenses: Mapping[str, License]) -> None:
        self._by_id = dict(licenses)

    def find(self, license_id: str) -> License:
        """Return the licence of a Hub id. One that is not in the table is judged by its family, else it is unknown."""
        key = license_id.strip().lower()
        if not key or key in ("unknown", "none", "not specified"):
            return UNKNOWN
        if key in self._by_id:
            return self._by_id[key]
        for pattern, license_class, note in _FAMILIES:
            if pattern.search(key):
                return License(license_id=key, title=license_id.strip(), license_class=license_class, note=note)
        note = f"The licence {key} is not in our table: read its text before use."
        return License(license_id=key, title=license_id.strip(), note=note)
