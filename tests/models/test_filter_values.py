"""What users write into a filter: every spelling of a known value means it, and what means nothing is told with what is
near."""

from __future__ import annotations

import pytest

from libs.errors import Violations
from services.models import tables
from services.models.convert import wish_from_proto
from services.models.domain.filter_values import FilterValues, Stated, nearest
from services.models.domain.filters import ModelFilter
from services.models.domain.language_codes import language_code, language_codes
from stack8s.models.v1.models_service_pb2 import ModelFilter as ModelFilterWire
from stack8s.models.v1.models_service_pb2 import SearchModelsRequest
from tests.models.builders import read

STATED = Stated(
    tasks={"text-generation": 3, "home-made-task": 1},
    licenses={"apache-2.0": 2, "llama3.1": 1, "own-terms": 1},
    libraries={"transformers": 3, "NeMo": 1, "nemo": 1},
    languages={"en": 3, "de": 1},
)
VALUES = FilterValues(STATED, tasks=tables.tasks(), licenses=tables.licenses())


def resolved(**wanted) -> ModelFilter:
    bad = Violations()
    found = VALUES.resolved(ModelFilter(**wanted), bad)
    bad.raise_if_any()
    return found


def told(**wanted) -> dict[str, str]:
    bad = Violations()
    VALUES.resolved(ModelFilter(**wanted), bad)
    return {violation.field: violation.description for violation in bad.found}


@pytest.mark.parametrize(
    ("field", "spelled", "meant"),
    [
        ("tasks", "text generation", ("text-generation",)),
        ("tasks", "Text_Generation", ("text-generation",)),
        ("tasks", "Speech to Text", ("automatic-speech-recognition",)),
        ("tasks", "LLM", ("text-generation",)),
        ("tasks", "chat", ("conversational", "text-generation")),
        ("tasks", "embeddings", ("feature-extraction", "sentence-similarity")),
        ("tasks", "STT", ("automatic-speech-recognition",)),
        ("tasks", "reranking", ("text-ranking",)),
        ("tasks", "home made task", ("home-made-task",)),
        ("licenses", "Apache License 2.0", ("apache-2.0",)),
        ("licenses", "MIT License", ("mit",)),
        ("licenses", "own-terms", ("own-terms",)),
        ("licenses", "GPL", ("gpl",)),
        ("languages", "English", ("en",)),
        ("languages", "EN", ("en",)),
        ("languages", "Deutsch", ("de",)),
        ("languages", "en-US", ("en",)),
        ("languages", "zh_Hans_CN", ("zh",)),
        ("languages", "ger", ("de",)),
        ("libraries", "sentence transformers", ("sentence-transformers",)),
        ("libraries", "PyTorch", ("pytorch",)),
        ("libraries", "scikit-learn", ("sklearn",)),
        ("libraries", "Transformers", ("transformers",)),
    ],
)
def test_every_spelling_means_the_value(field: str, spelled: str, meant: tuple[str, ...]):
    assert getattr(resolved(**{field: (spelled,)}), field) == meant


def test_all_spellings_that_models_state_are_asked_for():
    assert set(resolved(libraries=("nemo",)).libraries) == {"NeMo", "nemo"}


def test_two_spellings_of_one_value_are_one():
    assert resolved(languages=("en", "English", "de")).languages == ("en", "de")


@pytest.mark.parametrize(
    ("field", "written", "near"),
    [
        ("tasks", "text-generatoin", "text-generation"),
        ("tasks", "object detectoin", "object-detection"),
        ("licenses", "apache-3.0", "apache-2.0"),
        ("licenses", "own-term", "own-terms"),
        ("languages", "Germn", "de"),
        ("libraries", "transfomers", "transformers"),
    ],
)
def test_what_means_nothing_is_named_with_what_is_near(field: str, written: str, near: str):
    (place, description), *rest = told(**{field: (written,)}).items()
    assert (place, rest) == (f"filter.{field}[0]", [])
    assert written in description
    assert near in description.partition("near it")[2]


def test_at_most_three_values_are_told_as_near():
    assert nearest("gpt", {f"gpt{n}": f"value-{n}" for n in range(9)}) == ("value-0", "value-1", "value-2")


@pytest.mark.parametrize("field", ["tasks", "licenses", "languages", "libraries"])
def test_where_nothing_is_near_the_place_to_look_is_told(field: str):
    description = told(**{field: ("qwzx 99 %",)})[f"filter.{field}[0]"]
    assert "near it" not in description
    assert any(word in description for word in ("ListTasks", "license_classes", "are sure"))


def test_all_values_that_mean_nothing_are_named_at_once():
    found = told(tasks=("llm", "??"), licenses=("mit", "xx"), languages=("en", "??"), libraries=("??",))
    assert set(found) == {"filter.tasks[1]", "filter.licenses[1]", "filter.languages[1]", "filter.libraries[0]"}


def test_what_is_known_but_stated_by_no_model_is_told_and_no_error():
    wanted = resolved(tasks=("graph ml", "llm"), licenses=("EUPL 1.2",), languages=("Zulu",), libraries=("spaCy",))
    notes = VALUES.missing(wanted)
    assert [note.rpartition(" ")[2] for note in notes] == ["graph-ml.", "eupl-1.2.", "zu.", "spacy."]


@pytest.mark.parametrize("text", ["", "tf", "xyz", "klingonese", "unk", "hy-v3", "en-zh", "sql", "e", "en fr", "  "])
def test_what_is_no_language_has_no_code(text: str):
    assert language_code(text) == ""


def test_languages_side_by_side_are_each_taken():
    assert language_codes("French English") == ("fr", "en")
    assert language_codes("en de nl") == ("en", "de", "nl")
    assert language_codes("scientific english") == ()


def test_a_model_states_its_languages_by_their_codes():
    stated = read({"id": "a/b", "cardData": {"language": ["English", "zh-CN", "deu", "unk", "python"]}}).languages
    assert stated == ("en", "zh", "de")


@pytest.mark.parametrize("billions", [1.07, 4.02, 7, 0.3])
def test_a_bound_in_billions_is_met_by_just_so_many(billions: float):
    wanted = ModelFilterWire(parameters_b_min=billions, parameters_b_max=billions)
    read = wish_from_proto(SearchModelsRequest(query="a model", filter=wanted), VALUES).wanted
    assert read.parameters_min == read.parameters_max == round(billions * 100) * 10**7
