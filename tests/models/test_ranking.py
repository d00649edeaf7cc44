"""Order of what was found: relevance and use within the task, and repackagings under the model they repackage."""

from __future__ import annotations

import pytest

from services.models.domain.model import Relation
from services.models.domain.ranking import (
    UNSTATED_TASK,
    Candidate,
    Ranked,
    Scale,
    TaskPeak,
    alternating,
    collapse,
    doubted,
    popularity,
    rank,
)
from services.models.domain.translating import Direction, direction_of, runs_against


def candidate(model_id: str, **more) -> Candidate:
    values = {
        "model_no": 1, "task": "t", "base_model": "", "relation": Relation.UNKNOWN, "downloads": 10, "likes": 1,
        "cosine": 0.5, "words": 0.0, "chunk_no": 1, **more,
    }  # fmt: skip
    return Candidate(model_id=model_id, **values)


def ranked(*candidates: Candidate, weight: float = 0.6):
    return rank(
        candidates,
        tasks={"t": 0.8, "u": 0.1},
        scale=Scale(0.0, 1.0),
        peaks={"t": TaskPeak(1000, 100), "u": TaskPeak(10**7, 10**4)},
        relevance_weight=weight,
    )


def test_the_right_task_comes_before_better_words():
    found = ranked(candidate("right"), candidate("words", task="u", cosine=0.6, words=1.0), weight=1)
    assert [r.candidate.model_id for r in found] == ["right", "words"]


@pytest.mark.parametrize(("cosine", "relevance"), [(0.1, 0.0), (0.2, 0.0), (0.45, 0.31), (0.7, 0.62), (0.9, 0.62)])
def test_meaning_is_how_far_the_cosine_is_from_the_floor_of_its_space_to_the_ceiling(cosine: float, relevance: float):
    scale = Scale(0.2, 0.7)
    (found,) = rank([candidate("m", cosine=cosine)], tasks={}, scale=scale, peaks={}, relevance_weight=1.0)
    assert found.relevance == pytest.approx(relevance)


def test_popularity_decides_among_the_equally_relevant_and_ids_among_the_rest():
    found = ranked(candidate("b"), candidate("a"), candidate("c", downloads=500))
    assert [r.candidate.model_id for r in found] == ["c", "a", "b"]


def test_what_is_much_used_for_other_things_is_no_answer():
    found = ranked(
        candidate("right", downloads=None, likes=None), candidate("popular", task="u", downloads=10**7, cosine=0.2)
    )
    assert found[0].candidate.model_id == "right"


def test_repackagings_collapse_under_their_base_or_the_best_of_them():
    packed = {"base_model": "base", "relation": Relation.QUANTIZED}
    found = collapse(ranked(candidate("gguf", cosine=0.9, **packed), candidate("base"), candidate("awq", **packed)))
    assert [(r.candidate.model_id, set(r.variants)) for r in found] == [("base", {"gguf", "awq"})]
    orphans = collapse(ranked(candidate("gguf", cosine=0.9, **packed), candidate("awq", **packed)))
    assert [(r.candidate.model_id, r.variants) for r in orphans] == [("gguf", ("awq",))]


def test_a_model_of_the_language_asked_for_comes_before_others():
    speakers = [candidate("org/a", languages=("en",)), candidate("org/b", languages=("de", "fr")), candidate("org/c")]
    found = rank(speakers, tasks={}, languages=("de",), scale=Scale(0.0, 1.0), peaks={}, relevance_weight=1.0)
    assert [r.candidate.model_id for r in found] == ["org/b", "org/c", "org/a"]


def test_popularity_of_another_task_counts_little():
    popular = candidate("org/image", task="text-to-image", downloads=1_000, cosine=0.5)
    fitting = candidate("org/text", task="text-classification", downloads=10, cosine=0.5)
    peaks = {"text-to-image": TaskPeak(1_000, 0), "text-classification": TaskPeak(1_000, 0)}
    tasks = {"text-classification": 0.2, "text-to-image": 0.0}
    found = rank([popular, fitting], tasks=tasks, scale=Scale(0.0, 1.0), peaks=peaks, relevance_weight=0.6)
    assert found[0].candidate.model_id == "org/text"


def test_a_packed_copy_without_a_stated_base_stands_under_the_model_of_its_name():
    names = ("org/Nova-7B", "else/Nova-7B-AWQ", "else/Nova-7B-bf16-gguf", "else/Other-7B-4bit")
    models = [candidate(name) for name in names]
    found = rank(models, tasks={}, scale=Scale(0.0, 1.0), peaks={}, relevance_weight=1.0)
    collapsed = {r.candidate.model_id: r.variants for r in collapse(found)}
    assert collapsed == {"org/Nova-7B": ("else/Nova-7B-AWQ", "else/Nova-7B-bf16-gguf"), "else/Other-7B-4bit": ()}


def test_a_wish_read_with_little_certainty_gives_a_model_of_its_likeliest_task_before_a_famous_one_of_another():
    famous = candidate("org/whisper", task="automatic-speech-recognition", downloads=10**7, cosine=0.42)
    fitting = candidate("org/short", task="summarization", downloads=10**4, cosine=0.40)
    peaks = {famous.task: TaskPeak(10**7, 0), fitting.task: TaskPeak(10**6, 0)}
    tasks = {fitting.task: 0.25, famous.task: 0.18}
    found = rank([famous, fitting], tasks=tasks, scale=Scale(0.0, 1.0), peaks=peaks, relevance_weight=0.6)
    assert found[0].candidate.model_id == "org/short"


def test_the_third_place_is_for_what_the_words_say_where_the_task_was_read_with_little_certainty():
    of_task = [candidate(f"org/{name}", model_no=i, cosine=0.3) for i, name in enumerate("abcd")]
    by_words = candidate("org/words", model_no=9, task="u", cosine=0.42)

    def order(likely: float) -> list[str]:
        tasks = {"t": likely, "u": 0.1 * likely}
        found = rank([*of_task, by_words], tasks=tasks, scale=Scale(0.0, 1.0), peaks={}, relevance_weight=1.0)
        shown = doubted(found)
        assert [r.score for r in shown] == sorted((r.score for r in shown), reverse=True)
        return [r.candidate.model_id[-1] for r in shown]

    assert order(0.2) == ["a", "b", "s", "c", "d"]
    assert order(0.9) == ["a", "b", "c", "d", "s"]


@pytest.mark.parametrize(
    ("facts", "tasks", "relevance"),
    [
        ({"cosine": 0.5}, {"t": 1.0}, 0.31 + 0.32),
        ({"cosine": 0.5, "words": 0.5}, {"t": 1.0}, 0.31 + 0.32 + 0.03),
        ({"cosine": 0.5}, {"t": 1 / 16}, 0.31 + 0.16),
        ({"cosine": 0.5}, {"t": 0.4, "u": 1.0}, 0.31 + 0.4 * 0.32),
        ({"cosine": 0.5, "task": ""}, {"t": 1.0}, 0.31 + 0.3 * 0.32),
        ({"cosine": 0.5, "task": "u"}, {"t": 1.0}, 0.31),
        ({"cosine": 9.0}, {}, 0.62),
        ({"cosine": -1.0}, {}, 0.0),
    ],
)
def test_relevance_is_meaning_task_and_words_by_their_shares(facts, tasks, relevance):
    (found,) = rank([candidate("m", **facts)], tasks=tasks, scale=Scale(0.0, 1.0), peaks={}, relevance_weight=1.0)
    assert found.relevance == found.score == pytest.approx(relevance)


@pytest.mark.parametrize(
    ("languages", "kept"), [(("de", "fr"), 1.0), (("de",), 0.7), (("en",), 0.4), ((), 0.6), (("fr", "de", "en"), 1.0)]
)
def test_a_model_keeps_of_its_relevance_what_it_speaks_of_the_languages_asked_for(languages, kept):
    speaker = candidate("m", cosine=1.0, languages=languages)
    given = {"tasks": {}, "scale": Scale(0.0, 1.0), "peaks": {}, "relevance_weight": 1.0}
    (found,) = rank([speaker], languages=("de", "fr"), **given)
    (whole,) = rank([speaker], **given)
    assert found.relevance == pytest.approx(kept * whole.relevance)


def test_popularity_is_downloads_and_likes_on_a_log_scale_and_counts_by_the_square_of_nearness():
    peaks = {"t": TaskPeak(10**6 - 1, 10**4 - 1)}
    known = {(10**6 - 1, 10**4 - 1): 1.0, (10**3 - 1, 10**2 - 1): 0.5, (10**3 - 1, None): 0.35, (None, None): 0.4}
    for (downloads, likes), expected in known.items():
        assert popularity(candidate("m", downloads=downloads, likes=likes), peaks) == pytest.approx(expected)
    peak = {"downloads": 10**6 - 1, "likes": 10**4 - 1}
    near, far = rank(
        [candidate("near", cosine=1.0, **peak), candidate("far", cosine=0.5, **peak)],
        tasks={}, scale=Scale(0.0, 1.0), peaks=peaks, relevance_weight=0.5,
    )  # fmt: skip
    assert (near.popularity, far.popularity) == pytest.approx((1.0, 0.25))
    assert far.score == pytest.approx((far.relevance + far.popularity) / 2)


def test_of_a_wish_that_says_no_more_than_its_task_use_decides_before_the_words_of_cards():
    near, used = candidate("near", cosine=0.9, downloads=10), candidate("used", cosine=0.2, downloads=900)
    given = {
        "tasks": {"t": 0.9},
        "scale": Scale(0.0, 1.0),
        "peaks": {"t": TaskPeak(1000, 100)},
        "relevance_weight": 0.6,
    }
    assert rank([near, used], **given)[0].candidate.model_id == "near"
    assert rank([near, used], plain=True, **given)[0].candidate.model_id == "used"


def test_a_language_counts_less_for_a_model_of_another_task():
    right, other = candidate("right", task="t"), candidate("other", task="u", languages=("de",))
    given = {"tasks": {"t": 0.9}, "scale": Scale(0.0, 1.0), "peaks": {}, "relevance_weight": 1.0, "languages": ("de",)}
    found = {r.candidate.model_id: r.relevance for r in rank([right, other], **given)}
    assert found["other"] == pytest.approx(0.7 * 0.62 * 0.5)
    assert found["right"] > found["other"]


@pytest.mark.parametrize(
    ("wish", "direction"),
    [
        ("translate 1 million sentences a day from Ukrainian to English", ("uk", "en")),
        ("Ukrainian into English translation", ("uk", "en")),
        ("translate to English from Ukrainian", ("uk", "en")),
        ("translate our German manuals into French", ("de", "fr")),
        ("vom Deutschen ins Französische übersetzen", ("de", "fr")),
        ("traduire de l'anglais vers le français", ("en", "fr")),
        ("traducir del inglés al alemán", ("en", "de")),
        ("translate English and German", None),
        ("translate between English and German", None),
        ("translate into German", None),
        ("translate from English to German and French", None),
        ("sentiment of tweets", None),
    ],
)
def test_a_wish_tells_which_language_is_translated_into_which(wish, direction):
    assert direction_of(wish) == direction


@pytest.mark.parametrize(
    ("name", "against"),
    [
        ("Helsinki-NLP/opus-mt-uk-en", False),
        ("Helsinki-NLP/opus-mt-en-uk", True),
        ("Helsinki-NLP/opus-mt-tc-big-en-zle", True),
        ("Helsinki-NLP/opus-mt-zle-en", False),
        ("gsarti/opus-tatoeba-eng-ukr", True),
        ("facebook/nllb-200-distilled-600M", False),
        ("google-t5/t5-small", False),
    ],
)
def test_a_translator_of_the_other_direction_comes_after_those_of_the_one_asked_for(name, against):
    assert runs_against(name, Direction("uk", "en")) is against
    translators = [candidate(name, task="translation", cosine=0.9), candidate("z/any", task="translation", cosine=0.8)]
    given = {"tasks": {"translation": 0.9}, "scale": Scale(0.0, 1.0), "peaks": {}, "relevance_weight": 1.0}
    found = rank(translators, direction=Direction("uk", "en"), **given)
    assert (found[0].candidate.model_id == name) is not against


@pytest.mark.parametrize(("satisfied", "relevance"), [(True, 0.75 * 0.47), (False, 0.5 * 0.47)])
def test_conditions_count_as_far_as_the_task_fits(satisfied: bool, relevance: float):
    """Half of 0.62 for the meaning, half of 0.32 for a task half as likely; of that half, and half of the rest."""
    other = candidate("other", task="u", satisfied=satisfied)
    given = {"tasks": {"t": 1.0, "u": 0.5}, "scale": Scale(0.0, 1.0), "peaks": {}, "relevance_weight": 1.0}
    (found,) = rank([other], conditional=True, **given)
    assert found.relevance == pytest.approx(relevance)


def test_results_of_several_parts_take_turns_and_no_score_rises():
    first, second = (
        [Ranked(candidate(name, model_no=no), score, score, 0.0) for name, no, score in order]
        for order in ([("a", 1, 0.9), ("b", 2, 0.5)], [("c", 3, 0.8), ("a", 1, 0.8), ("d", 4, 0.7)])
    )
    found = alternating([first, second])
    assert [(r.candidate.model_id, r.score) for r in found] == [("a", 0.9), ("c", 0.8), ("b", 0.5), ("d", 0.5)]


def test_a_model_of_no_stated_task_fits_by_a_share_whatever_the_reading():
    """0.31 for the meaning; 0.32 for the task, by its share and the fourth root of a sixteenth."""
    given = {"tasks": {"t": 1 / 16}, "scale": Scale(0.0, 1.0), "peaks": {}, "relevance_weight": 1.0}
    (found,) = rank([candidate("m", task="")], **given)
    assert found.relevance == pytest.approx(0.31 + 0.32 * UNSTATED_TASK / 2)
