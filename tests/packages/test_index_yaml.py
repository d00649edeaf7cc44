import io
import random
import resource
import string
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.packages.ingest.index_yaml import MalformedIndexError, ParsedIndex, read_index


def read(text: str | bytes) -> ParsedIndex:
    return read_index(io.BytesIO(text if isinstance(text, bytes) else text.encode()), repository="r")


GOOD = """
apiVersion: v1
entries:
  web:
  - name: web
    version: 1.10.0
    appVersion: 1.10
    created: '2026-08-13T20:59:44.568904645Z'
    description: Serves pages
    keywords: [web, pages]
    digest: abc
    urls: [web-1.10.0.tgz]
    kubeVersion: '>=1.25.0-0'
    dependencies:
    - {name: redis, version: 1.x.x, repository: https://example.test, condition: redis.enabled}
    annotations:
      artifacthub.io/category: networking
      artifacthub.io/license: MIT
      artifacthub.io/images: "- name: a\\n  image: registry.example/web:1\\n"
      artifacthub.io/crds: "- kind: Web\\n  name: webs.example.test\\n"
  - version: 2.0.0-rc.1
    deprecated: true
  - version: v1.9.0
generated: '2026-08-20T00:00:00Z'
"""


def test_an_index_becomes_facts_and_releases_newest_first() -> None:
    parsed = read(GOOD)
    ((facts, releases),) = parsed.packages
    assert [r.version for r in releases] == ["2.0.0-rc.1", "1.10.0", "v1.9.0"]
    assert facts.release.version == "1.10.0"
    assert facts.release.app_version == "1.10"
    assert facts.release.kube_version == ">=1.25.0-0"
    assert facts.release.dependencies[0].condition == "redis.enabled"
    assert (facts.category, facts.licence) == ("networking", "MIT")
    assert facts.images == ("registry.example/web:1",)
    assert facts.crds == ("webs.example.test",)
    assert releases[0].prerelease
    assert releases[0].deprecated
    assert parsed.generated is not None
    assert parsed.refused_count == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends too early"),
        ("just text", "mapping"),
        ("- a\n- b", "mapping"),
        ("apiVersion: v1", "no entries"),
        ("entries: []", "mapping of charts"),
        ("entries: text", "mapping of charts"),
        ("entries:\n  a:\n  - version: [1.0.0\n", "not YAML"),
        ("entries: {a: [{version: 1.0.0}]}\n\tbad", "line 2"),
        ("? [a]\n: b", "key"),
        (b"\xff\xfe\x00\x01", "mapping"),
        ("entries:\n  a:\n  - version: 1.0.0", ""),
    ],
)
def test_what_is_no_index_is_refused_with_the_place(text: str | bytes, reason: str) -> None:
    if not reason:
        assert len(read(text).packages) == 1
        return
    with pytest.raises(MalformedIndexError, match=reason):
        read(text)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{name: a}", "no version"),
        ("{version: latest}", "not a semantic version"),
        ("{version: {a: 1}}", "no version"),
        ("text", "not a mapping"),
        ("[1, 2]", "not a mapping"),
        ("{? {a: b} : c, version: 1.0.0}", "bad key"),
        ("{version: 1.0.0, annotations: " + "[" * 30 + "]" * 30 + "}", "nested deeper"),
    ],
)
def test_bad_entries_are_refused_with_place_and_reason_and_the_rest_survives(entry: str, reason: str) -> None:
    parsed = read(f"entries:\n  bad:\n  - {entry}\n  good:\n  - version: 1.0.0\n")
    assert [f.name for f, _ in parsed.packages] == ["good"]
    assert parsed.refused_count == 1
    assert parsed.refused[0].location == "entries.bad[0]"
    assert reason in parsed.refused[0].reason


def test_a_chart_without_versions_is_refused() -> None:
    parsed = read("entries:\n  empty: []\n  good:\n  - version: 1.0.0\n")
    assert [f.name for f, _ in parsed.packages] == ["good"]
    assert [(r.location, r.reason) for r in parsed.refused] == [("entries.empty", "has no versions")]


def test_fields_of_a_wrong_type_count_as_absent() -> None:
    text = """
entries:
  a:
  - version: 1.0.0
    description: [1, 2]
    keywords: text
    urls: {a: b}
    dependencies: text
    annotations: [x]
    created: yesterday
    home: {}
    deprecated: 17
"""
    ((facts, releases),) = read(text).packages
    assert (facts.description, facts.keywords, facts.home, releases[0].url) == ("", (), "", "")
    assert releases[0].published is None
    assert not releases[0].deprecated


def test_charts_of_a_wrong_shape_are_refused() -> None:
    parsed = read("entries:\n  a: text\n  b: {x: y}\n  ../c:\n  - version: 1.0.0\n  d:\n  - version: 1.0.0\n")
    assert [f.name for f, _ in parsed.packages] == ["d"]
    assert parsed.refused_count == 3


def test_a_billion_laughs_bomb_is_refused_without_being_unfolded() -> None:
    levels = "\n".join(f"  - &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 12))
    text = f"entries:\n  bomb:\n  - &l0 {{version: 1.0.0}}\n{levels}\n  good:\n  - version: 1.0.0\n  - *l0\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    parsed = read(text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    assert {f.name for f, _ in parsed.packages} == {"bomb", "good"}
    assert any("alias" in r.reason or "mapping" in r.reason for r in parsed.refused)


def test_an_alias_inside_an_entry_refuses_the_entry() -> None:
    parsed = read(
        "entries:\n  a:\n  - &x {version: 1.0.0, description: &d text}\n  - {version: 2.0.0, description: *d}\n"
    )
    assert [r.version for r in parsed.packages[0][1]] == ["1.0.0"]
    assert "alias" in parsed.refused[0].reason


def test_ten_thousand_versions_are_read_in_order() -> None:
    rnd = random.Random(7)
    versions = [f"{i // 100}.{i % 100}.0" for i in range(10_000)]
    rnd.shuffle(versions)
    text = "entries:\n  a:\n" + "".join(f"  - version: {v}\n" for v in versions)
    ((facts, releases),) = read(text).packages
    assert (facts.release.version, releases[-1].version, len(releases)) == ("99.99.0", "0.0.0", 10_000)


def test_thirty_megabytes_are_read_as_a_stream_and_never_held() -> None:
    def lines() -> Iterator[bytes]:
        yield b"entries:\n  a:\n"
        for i in range(300):
            yield f"  - version: {i}.0.0\n    description: {'x' * 300}\n    readme: ".encode() + b"y" * 100_000 + b"\n"

    stream = Stream(lines())
    tracemalloc.start()
    try:
        ((_, releases),) = read_index(stream, repository="r").packages
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stream.given > 30_000_000
    assert len(releases) == 300
    assert peak < 5_000_000


class Stream(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._left, self.given = parts, b"", 0

    def read(self, size: int = -1) -> bytes:
        while (size < 0 or len(self._left) < size) and (part := next(self._parts, None)) is not None:
            self._left += part
        out, self._left = (self._left, b"") if size < 0 else (self._left[:size], self._left[size:])
        self.given += len(out)
        return out


def test_repeated_versions_and_charts_count_once() -> None:
    parsed = read("entries:\n  a:\n  - version: 1.0.0\n  - version: 1.0.0\n  a:\n  - version: 9.0.0\n")
    assert [r.version for r in parsed.packages[0][1]] == ["1.0.0"]
    assert parsed.refused_count == 2


def test_refusals_are_all_counted_but_only_a_hundred_kept() -> None:
    parsed = read("entries:\n  a:\n" + "  - {name: x}\n" * 250)
    assert (parsed.refused_count, len(parsed.refused)) == (250, 100)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=string.printable, max_size=200))
def test_any_text_is_an_index_or_malformed(text: str) -> None:
    try:
        parsed = read("entries:\n" + text)
    except MalformedIndexError:
        return
    assert parsed.refused_count >= len(parsed.refused)
