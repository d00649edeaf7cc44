"""In which order equally relevant packages stand: trust, then adoption, then freshness."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from services.packages.domain.licence import is_closed
from services.packages.domain.package import Kind, Package, Standing

OFFICIAL: Final = 0.05
VERIFIED: Final = 0.02
SIGNED: Final = 0.005
CNCF: Final = {"graduated": 0.03, "incubating": 0.02, "sandbox": 0.01, "": 0.0}
PREFERRED: Final = 0.05
CLOSED: Final = -0.03
"""For software that is not open source."""
DEPRECATED: Final = -0.25
REPLACED: Final = -0.2
STANDING: Final = {Standing.MAINTAINED: 0.0, Standing.SAMPLE: -0.06, Standing.ARCHIVED: -0.12, Standing.FROZEN: -0.15}
KIND: Final = {
    Kind.APPLICATION: 0.0, Kind.OPERATOR: 0.0, Kind.AGENT: 0.0, Kind.TOOL: -0.03, Kind.UI: -0.05, Kind.EXPORTER: -0.06,
    Kind.ADDON: -0.07, Kind.DEMO: -0.2, Kind.CRDS: -0.2, Kind.LIBRARY: -0.25,
}  # fmt: skip
STARS: Final = 0.006
"""For ten times the stars, at most five times."""
STALE_DAYS: Final = ((1095, -0.1), (730, -0.06), (365, -0.03))
"""Points by days since the newest release, counted to the date of the snapshot."""


def trust(package: Package) -> float:
    """Return points for who stands behind a package; negative for what a user should not begin with."""
    facts = package.facts
    points = OFFICIAL * package.official + VERIFIED * facts.verified + SIGNED * facts.signed + CNCF[package.cncf_level]
    points += PREFERRED * package.preferred + STANDING[package.standing] + KIND[package.kind]
    points += (
        CLOSED * is_closed(package.licence) + DEPRECATED * facts.release.deprecated + REPLACED * bool(package.instead)
    )
    return points


def adoption(package: Package) -> float:
    """Return points for stars, logarithmic; none where they are unknown."""
    return STARS * min(5.0, math.log10(1 + package.facts.stars)) if package.facts.stars else 0.0


def freshness(package: Package, *, now: datetime | None) -> float:
    """Return points lost by age of the newest release at the time of the snapshot; none where a date is unknown."""
    published = package.facts.release.published
    if now is None or published is None:
        return 0.0
    days = (now - published).days
    return next((points for limit, points in STALE_DAYS if days > limit), 0.0)


def prior(package: Package, *, now: datetime | None) -> float:
    """Return all points that do not depend on the query."""
    return trust(package) + adoption(package) + freshness(package, now=now)


def reasons(package: Package, *, now: datetime | None) -> list[str]:
    """Return why a package stands where it stands, in words, most weighty first."""
    found: list[str] = []
    if package.facts.release.deprecated:
        found.append("deprecated by its publisher")
    if package.standing is Standing.FROZEN:
        found.append("no longer maintained for free use")
    if package.standing is Standing.ARCHIVED:
        found.append("archived by its publisher")
    if package.instead:
        found.append(f"replaced by {package.instead}")
    if package.official:
        found.append("published by the makers of the software")
    elif package.facts.verified:
        found.append("by a verified publisher")
    if package.cncf_level:
        found.append(f"CNCF {package.cncf_level}")
    if package.facts.signed:
        found.append("signed")
    if package.facts.stars:
        found.append(f"{package.facts.stars} stars")
    if freshness(package, now=now) < 0 and (published := package.facts.release.published):
        found.append(f"last release {published:%Y-%m}")
    return found
