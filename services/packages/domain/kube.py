"""Kubernetes versions that a chart takes: Helm's range syntax."""

from __future__ import annotations

import re
from typing import Final

import semver

from services.packages.domain.version import parse_version

_COMPARATOR: Final = re.compile(r"(?P<op><=|>=|!=|=|<|>|~|\^)?\s*v?(?P<version>[0-9xX*][\w.*+-]*)")
_HYPHEN: Final = re.compile(r"v?([\w.+-]+)\s+-\s+v?([\w.+-]+)")


def takes(constraint: str, kube_version: str) -> bool | None:
    """Tell whether a chart's kubeVersion takes a cluster's version; None where either cannot be read.

    Pre-release parts are ignored on both sides, as managed clusters append their own (v1.33.2-eks-1).
    """
    try:
        have = _bare(kube_version)
        return any(_all_hold(part, have) for part in constraint.split("||")) if constraint.strip() else True
    except ValueError:
        return None


def _bare(text: str) -> semver.Version:
    return parse_version(text.strip()).semantic.finalize_version()


def _all_hold(part: str, have: semver.Version) -> bool:
    part = _HYPHEN.sub(r">=\1 <=\2", part.strip())
    position = 0
    holds = True
    while position < len(part):
        if part[position] in " ,":
            position += 1
            continue
        match = _COMPARATOR.match(part, position)
        if match is None:
            raise ValueError(f"{part!r} is not a version range")
        holds &= _holds(match["op"] or "=", match["version"], have)
        position = match.end()
    return holds


def _holds(operator: str, text: str, have: semver.Version) -> bool:
    numbers = re.split(r"[.+-]", text)
    stated = [int(n) for n in _until_wild(numbers)]
    floor = semver.Version(*[*stated, 0, 0, 0][:3])
    if operator in ("=", "~", "^") and not stated:
        return True
    if operator == "^":
        ceiling = floor.bump_major() if stated[0] else floor.bump_minor()
        return floor <= have < ceiling
    if operator == "~" or (operator == "=" and len(stated) < 3):
        ceiling = floor.bump_major() if len(stated) < 2 else floor.bump_minor()
        return floor <= have < ceiling
    if operator in ("<=", ">") and len(stated) < 3:
        ceiling = floor.bump_major() if len(stated) < 2 else floor.bump_minor()
        return have < ceiling if operator == "<=" else have >= ceiling
    return {
        "=": have == floor,
        "!=": have != floor,
        "<": have < floor,
        "<=": have <= floor,
        ">": have > floor,
        ">=": have >= floor,
    }[operator]


def _until_wild(numbers: list[str]) -> list[str]:
    """Return the leading numbers, at most three, up to x or *."""
    found: list[str] = []
    for number in numbers[:3]:
        if not number.isdigit():
            break
        found.append(number)
    return found
