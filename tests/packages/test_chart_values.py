"""The values that the role files set, and the Services and Secrets that they name, are those of the charts.

Each row of chart_values/*.yaml is a chart with its source; version is the chart's where what was read says one, which
may be older than the catalogue's. service and secret are what the chart makes, or the operator that it installs; a
Secret that the user makes stands in the role file. Names may hold {release} and {fullname}, which is the release's name
where that has the chart's in it, else both joined by a hyphen. A section is a key at the top of the values with the
keys below it that the role files may set: [] stands for any place of a list, * for any name, an empty list for the key
itself.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from services.packages.domain.connect import connections_of
from services.packages.domain.index import Index
from services.packages.domain.roles import Candidate
from services.packages.knowledge import read_yaml
from services.packages.roles import load_roles

ROWS = [row for path in sorted(Path(__file__).with_name("chart_values").glob("*.yaml")) for row in read_yaml(path)]
READ = {row["chart"]: row for row in ROWS}
SIZES = ("size", "requestedSize", "capacity")


def candidates() -> list[Candidate]:
    """Return all candidates of all roles."""
    return [c for role in load_roles().values() for c in role.candidates]


def paths_set() -> dict[str, set[str]]:
    """Return all values that the role files may set, by chart."""
    found: dict[str, set[str]] = defaultdict(set)
    for chart, paths in _paths():
        found[chart].update(re.sub(r"\[\d+\]", "[]", p) for p in paths)
    return dict(found)


def _paths() -> Iterator[tuple[str, list[str]]]:
    for candidate in candidates():
        yield candidate.chart, [*candidate.values, *(p for w in candidate.values_when for p in w.set)]
        for connect in candidate.connections:
            taken = [p for p in (connect.value, connect.port_value) if p]
            yield candidate.chart, [*connect.set, *taken, *(f"{p}[0].valueFrom" for p in connect.secret_env_at)]
        for companion in candidate.companions:
            yield companion.chart, [*companion.values, *(p for w in companion.values_when for p in w.set)]


def _is_listed(path: str, sections: dict[str, list[str]]) -> bool:
    section = re.split(r"[.\[]", path, maxsplit=1)[0]
    rest = path[len(section) :].removeprefix(".")
    known = sections.get(section)
    if known is None:
        return False
    return any(fnmatchcase(rest, p.replace("[]", "[[][]]")) for p in known or [""])


def test_each_chart_is_read_once_and_says_where() -> None:
    charts = [row["chart"] for row in ROWS]
    assert sorted(charts) == sorted(set(charts))
    assert all(row["source"] for row in ROWS)
    used = {c.chart for c in candidates()} | {k.chart for c in candidates() for k in c.companions}
    assert set(charts) <= used


@pytest.mark.parametrize("chart", sorted(paths_set()))
def test_a_value_that_is_set_is_one_of_the_chart_or_the_answer_says_that_it_is_unchecked(chart: str) -> None:
    unchecked = {c.chart for c in candidates() if c.unchecked}
    sections = READ.get(chart, {}).get("sections", {})
    assert [p for p in sorted(paths_set()[chart]) if not _is_listed(p, sections)] == [] or chart in unchecked


def _fullname(candidate: Candidate) -> str:
    name, release = candidate.name, candidate.release
    return str(candidate.values.get("fullnameOverride") or (release if name in release else f"{release}-{name}"))


def _named(name: str, candidate: Candidate) -> str:
    return name.format(release=candidate.release, fullname=_fullname(candidate))


@pytest.mark.parametrize("candidate", candidates(), ids=lambda c: f"{c.chart}-{c.release}")
def test_a_service_is_named_as_the_chart_names_it_or_the_answer_says_that_it_is_unchecked(candidate: Candidate) -> None:
    service = candidate.service
    if service is None or candidate.unchecked:
        return
    read = READ[candidate.chart]["service"]
    assert (service.name, service.port) == (_named(read["name"], candidate), read["port"])


@pytest.mark.parametrize(
    "candidate", [c for c in candidates() if c.service and c.service.secret], ids=lambda c: c.chart
)
def test_a_secret_is_one_that_the_chart_makes_or_that_the_user_is_told_to_make(candidate: Candidate) -> None:
    service = candidate.service
    assert service is not None
    made = {s.name: s.keys for s in candidate.secrets}
    if (read := READ[candidate.chart].get("secret")) is not None:
        made.setdefault(_named(read["name"], candidate), tuple(read["keys"]))
    assert {service.username_key, service.password_key} - {""} <= set(made[service.secret])


def test_a_neighbour_without_a_service_is_told_in_words_and_never_as_an_empty_address(starter_index: Index) -> None:
    told = set()
    starter_packages = {p.facts.record_id: p for p in starter_index.packages}
    for neighbour in candidates():
        role = next(r.role for r in load_roles().values() if neighbour in r.candidates)
        for candidate in candidates():
            package = starter_packages[neighbour.chart]
            for link in connections_of(candidate, {role: (neighbour, package)})[0]:
                assert not re.search(r"http://[:.]| :\d| at :|=;|= ", link.description), (candidate.chart, link)
                if neighbour.service is None and link.description == neighbour.reached:
                    told.add(neighbour.chart)
    assert "kserve/kserve-resources" in told


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
