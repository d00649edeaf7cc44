"""Searches that name a role in another language find what fills it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from services.packages import knowledge
from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.languages import ENGLISH, Languages
from services.packages.domain.search import search
from services.packages.knowledge import load_knowledge, read_yaml
from services.packages.roles import load_roles

SPOKEN = read_yaml(Path(knowledge.__file__).with_name("languages.yaml"))


def in_english(wish: str) -> str:
    return load_knowledge().languages.in_english(text.fold(wish))


def test_every_role_has_names_in_other_languages_and_each_name_means_one_role() -> None:
    assert set(SPOKEN["roles"]) == set(load_roles())
    names = [text.fold(name) for names in SPOKEN["roles"].values() for name in names]
    assert [n for n, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("role", sorted(SPOKEN["roles"]))
def test_the_name_of_a_role_in_any_language_finds_what_fills_it(starter_index: Index, role: str) -> None:
    wanted = search(starter_index, role.replace("_", " "), limit=3)
    assert wanted
    for name in SPOKEN["roles"][role]:
        assert [h.package.key for h in search(starter_index, name, limit=3)] == [h.package.key for h in wanted], name


@pytest.mark.parametrize(
    ("wish", "english"),
    [
        ("Vektordatenbank", "vector db"),
        ("Ich suche eine Vektordatenbank ohne Milvus", "vector db without milvus"),
        ("une base de données vectorielle sans qdrant", "vector db without qdrant"),
        ("我需要一个向量数据库", "vector db"),
        ("消息队列 不要 kafka", "messaging without kafka"),
        ("벡터 데이터베이스를", "vector db"),
        ("Векторная база данных для Python", "vector db python"),
    ],
)
def test_roles_are_read_whole_with_what_is_ruled_out(wish: str, english: str) -> None:
    assert [w for w in in_english(wish).split() if w.isascii()] == english.split()


@pytest.mark.parametrize("wish", ["gateway api", "surveillance camera", "vector database", "sin city", "notebook", ""])
def test_english_stays_as_it_is(wish: str) -> None:
    assert in_english(wish) == wish


def test_a_name_within_a_longer_word_is_no_name() -> None:
    languages = Languages({"cache": ["memoria cache"]})
    assert languages.in_english("memoria cachet") == "memoria cachet"
    assert languages.in_english("memoria cache") == "cache"
    assert ENGLISH.in_english("memoria cache") == "memoria cache"
