"""What the words of a wish say by themselves: direction, languages, and what is not about the task."""

from __future__ import annotations

import pytest

from services.models import tables
from services.models.domain.conditions.reading import without_conditions
from services.models.domain.directions import stated_direction
from services.models.domain.languages import language_name, named_languages, without_languages
from services.models.domain.tasks import bare_wish, informed, is_name_of_task, likely_tasks, says_only_its_task
from services.models.domain.written import written_language


@pytest.mark.parametrize(
    ("wish", "bare"),
    [
        ("I need a model that can describe what a photo shows", "describe what a photo shows"),
        ("Find me something to remove noise from calls", "remove noise from calls"),
        ("We are looking for an AI that writes poems in Welsh", "writes poems in Welsh"),
        ("a language model that runs on a laptop", "a language model that runs on a laptop"),
        ("3D model of a chair from words", "3D model of a chair from words"),
        ("a model for German", "a model for German"),
    ],
)
def test_words_that_only_ask_for_a_model_say_nothing_of_the_task(wish, bare):
    assert bare_wish(wish) == bare


@pytest.mark.parametrize(
    ("wish", "task"),
    [
        ("german speech to text on CPU", "automatic-speech-recognition"),
        ("Text-to-speech for Hindi", "text-to-speech"),
        ("turn a photo into video", "image-to-video"),
        ("text to video", "text-to-video"),
        ("make pictures from text prompts", "text-to-image"),
        ("Create short videos from a few images", "image-to-video"),
        ("generate captions from photos", "image-to-text"),
        ("an AI that turns product descriptions into a picture", "text-to-image"),
        ("convert voice messages into text", "automatic-speech-recognition"),
        ("turn lecture recordings into transcripts", "automatic-speech-recognition"),
        ("turn image captions into Spanish text", ""),
        ("classify images from text descriptions", ""),
        ("generate audio from text", ""),
        ("speech about text", ""),
        ("Sprache in Text umwandeln", "automatic-speech-recognition"),
        ("tekst omzetten naar gesproken spraak", "text-to-speech"),
        ("преобразовать текст в речь", "text-to-speech"),
        ("перевести речь с видео в текст", "automatic-speech-recognition"),
        ("перевести текст с русского на английский", ""),
        ("把视频里的语音转换成文字", "automatic-speech-recognition"),
        ("画像を動画に変換する", "image-to-video"),
        ("نموذج لتحويل النص إلى كلام بالعربية", "text-to-speech"),
        ("تحويل تسجيلات الاجتماعات إلى نص", "automatic-speech-recognition"),
        ("leer texto en imágenes", ""),
        ("des transformers pour classer du texte en images", ""),
    ],
)
def test_the_direction_that_a_wish_states_decides_its_task(wish: str, task: str):
    assert stated_direction(wish) == task
    read = {"automatic-speech-recognition": 0.5, "text-to-speech": 0.5, "image-to-video": 0.0, "text-to-video": 0.0}
    read |= {"text-to-image": 0.0, "image-to-text": 0.0}
    told = informed(read, wish)
    assert sum(told.values()) == pytest.approx(1)
    assert not task or max(told, key=told.__getitem__) == task


def test_languages_are_read_by_their_names():
    assert named_languages("translate English into German, or Mandarin") == ("en", "de", "zh")
    assert named_languages("Polish voices") == ("pl",)
    assert named_languages("polish my text") == ()
    assert named_languages("Latin and Yiddish manuscripts") == ("la", "yi")
    assert named_languages("letters in Latin script, Latin American law") == ()


@pytest.mark.parametrize(
    ("wish", "codes"),
    [
        ("Antworten auf Deutsch", ("de",)),
        ("discurso de odio en español", ("es",)),
        ("распознать русскую речь", ("ru",)),
        ("日本語の会議", ("ja",)),
        ("识别中文新闻", ("zh",)),
        ("한국어 감정 분석", ("ko",)),
        ("مشاعر باللغة العربية", ("ar",)),
        ("a chip that sorts nuts on the go", ()),
    ],
)
def test_languages_are_known_by_what_other_languages_call_them(wish, codes):
    assert named_languages(wish) == codes


@pytest.mark.parametrize(
    ("wish", "bare"),
    [
        ("sentiment of German reviews", "sentiment of reviews"),
        ("detectar odio en español", "detectar odio"),
        ("распознать русскую речь", "распознать речь"),
        ("translate contracts into Czech", "translate contracts into Czech"),
        ("Is this text written in Dutch or in Afrikaans?", "Is this text written in Dutch or in Afrikaans?"),
        ("Put our manual into Czech", "Put our manual into Czech"),
        ("BERT for Finnish", "BERT for Finnish"),
        ("polish my text", "polish my text"),
    ],
)
def test_a_task_is_told_without_the_languages_that_the_wish_is_not_about(wish, bare):
    assert without_languages(wish) == bare


@pytest.mark.parametrize(
    ("wish", "bare"),
    [
        ("an image classifier for phones, under 6M parameters", "an image classifier for phones"),
        ("chat about charts, apache 2.0, up to 9B", "chat about charts"),
        ("code completion that runs in 16 GiB at int4", "code completion"),
        (
            "It reads claims. It may have at most 12 billion parameters and must be under Apache 2.0.",
            "It reads claims",
        ),
        ("text embedder, MIT licensed, for commercial use", "text embedder"),
        ("an encoder with 7 to 13B parameters", "an encoder"),
        ("gemma 3 with 12B that fits a 16 GiB card at int4", "gemma 3 with 12B"),
        ("reads x-rays, at most 8B, our own 24 GB card, half precision, not gated", "reads x-rays"),
        ("qwen coder 32B", "qwen coder 32B"),
        ("Antworten mit Zitaten aus Verträgen", "Antworten mit Zitaten aus Verträgen"),
        ("cut 30 minutes of video into 5 clips", "cut 30 minutes of video into 5 clips"),
        ("under 8B", "under 8B"),
    ],
)
def test_a_task_is_told_without_the_conditions_that_are_for_the_filter(wish, bare):
    assert without_conditions(wish) == bare


def test_languages_have_their_first_name_and_unknown_codes_stay():
    assert [language_name(code) for code in ("zh", "pl", "pt", "xx")] == ["Chinese", "Polish", "Portuguese", "xx"]


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("clasificar reseñas de clientes en positivas y negativas", "es"),
        ("müşteri mesajlarındaki hakaretleri bulmak istiyoruz", "tr"),
        ("wir wollen Briefe der Bürger sortieren", "de"),
        ("résumer les comptes rendus de nos réunions", "fr"),
        ("leggere il testo delle fatture", "it"),
        ("resumo das notícias em poucas frases", "pt"),
        ("vragen van klanten over onze producten beantwoorden met een model", "nl"),
        ("odczytywanie tekstu ze skanów starych dokumentów", "pl"),
        ("ставить диагноз по снимку", "ru"),
        ("розпізнати мовлення клієнтів", "uk"),
        ("商品レビューの感情分析", "ja"),
        ("情感分析", "zh"),
        ("리뷰의 감정 분석", "ko"),
        ("تلخيص المقالات", "ar"),
        ("สรุปข่าว", "th"),
        ("answer patients' open questions as a doctor would", ""),
        ("count apples on trees in photos", ""),
        ("qwen3 8b", ""),
        ("de la", ""),
        ("", ""),
    ],
)
def test_the_language_that_a_wish_is_written_in_is_told_by_letters_and_small_words(wish, language):
    assert written_language(wish) == language


def test_the_likeliest_task_is_searched_however_unlikely_it_is_and_others_only_where_they_are_likely():
    assert likely_tasks({"a": 0.05, "b": 0.04}) == ["a"]
    assert likely_tasks({"a": 0.2, "b": 0.3, "c": 0.11, "d": 0.15, "e": 0.24}) == ["b", "e", "a"]


def test_a_wish_may_say_no_more_than_its_task():
    tasks = tables.tasks()
    assert says_only_its_task("chat assistant")
    assert says_only_its_task("translate English to German")
    for wish in ("sentiment of tweets", "segment organs in CT", "", "12"):
        assert not says_only_its_task(wish), wish
    assert is_name_of_task("Speech recognition", tasks)
    assert is_name_of_task("text embeddings", tasks)
    assert not is_name_of_task("speech recognition for Welsh", tasks)
    assert not is_name_of_task("", tasks)


@pytest.mark.parametrize(
    ("wish", "task"),
    [
        ("financial question answering LLM", "text-generation"),
        ("vision LLM that describes images", ""),
        ("protein language model", ""),
    ],
)
def test_a_wish_for_a_language_model_means_text_unless_it_names_another_medium(wish, task):
    told = informed({"text-generation": 0.2, "fill-mask": 0.8}, wish)
    assert (max(told, key=told.__getitem__) == "text-generation") == bool(task)
