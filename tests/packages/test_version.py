import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.packages.domain.version import newest, parse_version


def test_versions_are_ordered_as_semver_orders_them() -> None:
    written = ["1.0.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0-alpha", "1.0.0-1", "0.9.9", "10.0.0", "9.0.0"]
    ordered = [v.text for v in sorted(map(parse_version, written))]
    assert ordered == ["0.9.9", "1.0.0-1", "1.0.0-alpha", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "9.0.0", "10.0.0"]


def test_a_leading_v_and_missing_parts_are_taken_and_kept_as_written() -> None:
    assert [parse_version(t).text for t in ("v1.2.3", "1.2", "v3", "2021.01.05")] == [
        "v1.2.3",
        "1.2",
        "v3",
        "2021.01.05",
    ]
    assert parse_version("v1.2") < parse_version("1.2.1")


def test_build_metadata_does_not_count_but_breaks_ties() -> None:
    one, other = parse_version("1.0.0+a"), parse_version("1.0.0+b")
    assert one.semantic.compare(other.semantic) == 0
    assert sorted([other, one]) == [one, other]


def test_the_newest_is_stable_where_there_is_a_stable_one() -> None:
    assert newest(map(parse_version, ["1.0.0", "2.0.0-rc.1"])).text == "1.0.0"
    assert newest(map(parse_version, ["2.0.0-rc.1", "2.0.0-beta"])).text == "2.0.0-rc.1"


@pytest.mark.parametrize(
    "text", ["", "latest", "1.2.3.4", "1.2.3-", "1.2.3-01", "1." + "9" * 30, "x" * 300, "1.0.0 ", "１.0.0"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"version|digits|characters|leading zero"):
        parse_version(text)


@given(st.text(max_size=40))
def test_any_text_is_a_version_or_a_value_error(text: str) -> None:
    try:
        version = parse_version(text)
    except ValueError:
        return
    assert version.text == text
    assert not version < version
