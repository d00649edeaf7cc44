"""What holds for any text whatever."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.orchestrator.domain import asking
from services.orchestrator.domain.answers import replies
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.secrets import MASK, mask
from services.orchestrator.domain.understanding.snippets import split
from services.orchestrator.domain.understanding.tokens import tokenize
from tests.orchestrator.understanding.support import read, stated

ANY = st.text(max_size=300)
WORDS = st.sampled_from(
    [
        "8",
        "x",
        "H100",
        "A100",
        "80GB",
        "70B",
        "no",
        "not",
        "AWS",
        "or,",
        ".",
        ";",
        "?",
        "4",
        "GPUs",
        "per",
        "month",
        "$",
        "€",
        "2.500",
        "3k",
        "between",
        "and",
        "to",
        "1",
        "million",
        "Bilder",
        "images",
        "llama",
        "3.1",
        "qwen2.5-72b",
        "yes",
        "2",
        "make",
        "it",
        "spot",
        "月",
        "万",
        "元",
        "張",
        "장",
        "विंडो",
        "٣",
        "```\n",
        "yaml:",
        "{}",
        ">",
        '"said',
        "SYSTEM:",
        "budget",
        "forget",
        "half",
        "twice",
        "-1",
        "0",
        "1e9",
        "99.9%",
    ]
)
MIXED = st.lists(WORDS, max_size=40).map(" ".join)


@given(st.one_of(ANY, MIXED))
@settings(max_examples=150, deadline=None)
def test_no_text_raises_and_every_text_has_an_action(text: str) -> None:
    understood = read(text)
    action = asking.decide_action(understood, understood.spec, asked=())
    questions = asking.next_questions(understood.spec, open_points=understood.open_points)
    assert len(questions) <= 3
    assert action in asking.Action
    assert replies.clarify(understood, questions)


@given(MIXED)
@settings(max_examples=60, deadline=None)
def test_the_same_text_always_reads_the_same(text: str) -> None:
    assert read(text) == read(text)


@given(
    st.lists(
        st.sampled_from(["$900 a month", "on AWS", "Llama 3.1 8B", "no Azure", "in Germany", "MLflow"]), max_size=4
    )
)
@settings(max_examples=40, deadline=None)
def test_saying_the_same_again_changes_nothing(parts: list[str]) -> None:
    text = ", ".join(parts)
    once = read(text).spec
    assert read(text, before=once, turn=2).changes == {}


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_folding_and_splitting_keep_every_offset(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    for token in tokenize(folded):
        assert 0 <= token.start < token.end <= len(text)
    parts = split(text)
    assert len(parts.prose) == len(text)


@given(st.integers(1, 999), st.sampled_from(["B", "GB", " GB", "b model", " people", "B parameters", " TB of data"]))
@settings(max_examples=60, deadline=None)
def test_sizes_and_people_are_never_a_budget(number: int, unit: str) -> None:
    got = stated(f"we have {number}{unit} and want to train")
    assert not [field for field in got if field.startswith("budget")]


@given(st.integers(1990, 2060))
@settings(max_examples=30, deadline=None)
def test_a_year_is_never_a_budget_nor_a_count(year: int) -> None:
    assert stated(f"since {year} we have been working on chips") == {}


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
PREFIXES = ("AKIA", "hf_", "sk-", "sk-proj-", "ghp_", "glpat-", "xoxb-", "AIza", "nvapi-", "sk-ant-", "gsk_", "npm_")


@given(st.sampled_from(PREFIXES), st.text(ALPHABET, min_size=36, max_size=40), ANY)
@settings(max_examples=100, deadline=None)
def test_a_masked_secret_never_survives(prefix: str, body: str, around: str) -> None:
    secret = prefix + (body.upper()[:16] if prefix == "AKIA" else body)
    masked, kinds = mask(f"{around} {secret} {around}")
    assert secret not in masked
    assert kinds
    assert MASK in masked
