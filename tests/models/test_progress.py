"""What an import tells of itself while it runs."""

from __future__ import annotations

from services.models.ingest.progress import Meter
from services.models.store.imports import Progress


def test_a_line_tells_records_rate_and_time_to_go_at_most_every_two_seconds():
    now, lines = 100.0, []
    meter = Meter(lines.append, clock=lambda: now)
    meter.report(Progress(seen=1_000), position=0.2)
    now = 101.9
    meter.report(Progress(seen=1_500), position=0.3)
    assert lines == []
    now = 110.0
    meter.report(Progress(seen=3_000, unchanged=40, skipped=3, refused=2), position=0.6)
    assert lines == ["3,000 records, 40 unchanged, 3 skipped, 2 refused, 200/s, 60%, about 10 s to go"]
    now = 111.0
    meter.report(Progress(seen=3_100), position=0.7)
    assert lines[1:] == []
    now = 112.0
    meter.report(Progress(seen=3_100), position=None)
    assert lines[1:] == ["3,100 records, 0 unchanged, 0 skipped, 0 refused, 175/s"]
    now = 130.0
    meter.report(Progress(seen=5_000), position=1.0)
    assert lines[2:] == ["5,000 records, 0 unchanged, 0 skipped, 0 refused, 133/s"]


def test_the_time_before_the_first_batch_counts_neither_in_the_rate_nor_in_the_time_to_go():
    now, lines = 100.0, []
    meter = Meter(lines.append, clock=lambda: now)
    now = 120.0
    meter.report(Progress(seen=1_000), position=0.2)
    now = 125.0
    meter.report(Progress(seen=2_000), position=0.4)
    assert lines == [
        "1,000 records, 0 unchanged, 0 skipped, 0 refused",
        "2,000 records, 0 unchanged, 0 skipped, 0 refused, 200/s, 40%, about 15 s to go",
    ]


def test_the_first_refused_records_are_told_with_where_and_why():
    lines: list[str] = []
    meter = Meter(lines.append)
    for number in (1, 4, 7):
        meter.refused([(f"line {n}", "is no JSON") for n in range(number, number + 3)])
    assert lines == [f"refused line {n}: is no JSON" for n in (1, 2, 3, 4, 5)]
