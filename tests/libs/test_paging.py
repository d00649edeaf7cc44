"""Page sizes and tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import InvalidInputError
from libs.paging import decode_page_token, encode_page_token, page_size

keys = st.lists(st.none() | st.text() | st.integers() | st.floats(allow_nan=False), max_size=4)


@given(keys, st.binary())
def test_a_token_gives_back_its_key(key: list[str | int | float | None], query: bytes):
    assert decode_page_token(encode_page_token(key, query=query), query=query) == key


@given(st.binary(), st.binary())
def test_a_token_of_another_query_is_refused(one: bytes, other: bytes):
    if one != other:
        with pytest.raises(InvalidInputError, match="belongs to another query"):
            decode_page_token(encode_page_token(["x"], query=one), query=other)


@given(st.text(min_size=1))
def test_any_other_text_is_refused_with_the_field_named(token: str):
    with pytest.raises(InvalidInputError) as caught:
        decode_page_token(token, query=b"q")
    assert caught.value.violations[0].field == "page_token"


def test_no_token_means_the_first_page():
    assert decode_page_token("", query=b"q") is None


def test_page_sizes_are_defaulted_cut_and_refused():
    assert [page_size(n) for n in (0, 7, 9999)] == [50, 7, 500]
    with pytest.raises(InvalidInputError, match="page_size: is -1"):
        page_size(-1)
