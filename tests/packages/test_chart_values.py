"""The values that the role files set are values that the charts take, as far as that can be checked."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from services.packages.knowledge import read_yaml
from services.packages.roles import load_roles

READ = {row["chart"]: row for row in read_yaml(Path(__file__).with_name("chart_values.yaml"))}
SIZES = ("size", "requestedSize", "capacity")


def paths_set() -> dict[str, set[str]]:
    """Return all values that the role files may set, by chart."""
    found: dict[str, set[str]] = defaultdict(set)
    for chart, paths in _paths():
        found[chart].update(re.sub(r"\[\d+\]", "[]", p) for p in paths)
    return dict(found)


def _paths() -> Iterator[tuple[str, list[str]]]:
    for candidate in (c for role in load_roles().values() for c in role.candidates):
        yield candidate.chart, [*candidate.values, *(p for w in candidate.values_when for p in w.set)]
        for connect in candidate.connections:
            taken = [p for p in (connect.value, connect.port_value) if p]
            yield candidate.chart, [*connect.set, *taken, *(f"{p}[0].valueFrom" for p in connect.secret_env_at)]
        for companion in candidate.companions:
            yield companion.chart, [*companion.values, *(p for w in companion.values_when for p in w.set)]


def test_every_chart_whose_values_were_read_is_a_candidate() -> None:
    assert set(READ) <= set(paths_set())
    assert all(row["source"] and row["read"] for row in READ.values())


@pytest.mark.parametrize("chart", sorted(READ))
def test_values_in_sections_that_were_read_are_values_of_the_chart(chart: str) -> None:
    sections = READ[chart]["sections"]
    checked = [p for p in paths_set()[chart] if p.partition(".")[0] in sections]
    assert checked
    for path in checked:
        section, _, rest = path.partition(".")
        patterns = [known.replace("[]", "[[][]]") for known in sections[section]]
        assert any(fnmatchcase(rest, p) for p in patterns), path


def test_sizes_of_volumes_are_set_where_the_charts_values_state_them(shared_data: Path) -> None:
    stated: dict[str, set[str]] = defaultdict(set)
    with (shared_data / "data" / "packages" / "requirements.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["kind"] == "volume":
                stated[f"{row['repo']}/{row['chart']}"].add(row["component"])
    checked = []
    for chart, paths in paths_set().items():
        for path in paths:
            parent, _, leaf = path.rpartition(".")
            if leaf in SIZES and chart in stated:
                checked.append(path)
                assert any(parent == component or component.startswith(f"{parent}.") for component in stated[chart]), (
                    chart,
                    path,
                    sorted(stated[chart]),
                )
    assert len(checked) >= 8
