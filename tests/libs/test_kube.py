"""Ranges of Kubernetes versions, one by one and together."""

from __future__ import annotations

import pytest

from libs.kube import Span, common, takes


@pytest.mark.parametrize(
    ("constraint", "version", "expected"),
    [
        (">=1.25.0-0", "v1.33.2-eks-1", True),
        (">= 1.19, < 1.30", "1.29.4", True),
        (">=1.19.0-0 <1.30.0-0", "1.30.0", False),
        ("^1.22", "1.33.0", True),
        ("~1.22", "1.23.0", False),
        ("1.28.x || 1.30.x", "1.30.5", True),
        ("1.26 - 1.29", "1.28.1", True),
        ("", "1.20", True),
        ("*", "1.20", True),
        ("!=1.20.0", "1.20.0", False),
        (">1.20", "1.20.5", False),
        (">=1.28.3", "1.28", True),
        ("<=1.28.3", "1.28", True),
        (">=1.28.3", "1.27", False),
        ("what", "1.20", None),
        (">=1.20", "new", None),
    ],
)
def test_kube_versions_are_read_as_helm_reads_them(constraint: str, version: str, expected: bool | None) -> None:
    assert takes(constraint, version) is expected


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ({">=1.25.0-0", ">= 1.27.3", ""}, Span(27, None)),
        ({">=1.25.0-0", "<1.32"}, Span(25, 31)),
        ({"<1.32"}, Span(None, 31)),
        ({"", "whatever you like"}, Span(None, None)),
        ({">=1.30", "<1.28"}, None),
    ],
)
def test_ranges_have_releases_in_common_or_none(ranges: set[str], expected: Span | None) -> None:
    assert common(frozenset(ranges)) == expected
