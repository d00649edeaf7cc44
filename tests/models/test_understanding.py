"""Which task a wish is about, and what is shipped so that no start needs to learn it."""

from __future__ import annotations

import numpy as np
import pytest

from services.models.domain.conditions import without_conditions
from services.models.domain.directions import stated_direction
from services.models.domain.languages import language_name, named_languages, without_languages
from services.models.domain.model import Relation
from services.models.domain.ranking import Candidate, Scale, TaskPeak, collapse, rank
from services.models.domain.tasks import bare_wish, fits, informed, likely_tasks
from services.models.domain.written import written_language
from services.models.embed.minilm import MiniLm
from services.models.embed.shipped import FILE as VECTORS
from services.models.embed.shipped import Shipped
from services.models.embed.use import Use
from services.models.embed.wordllama import WordLlama
from services.models.ingest import starter
from services.models.ingest.prepare import cut
from services.models.ingest.source import digest
from services.models.understanding import head
from services.models.understanding.reader import TaskReader
from services.models.understanding.train import fit, read_wishes


@pytest.fixture(scope="module")
def encoder() -> MiniLm:
    return MiniLm(threads=2)


@pytest.fixture(scope="module")
def reader(encoder: MiniLm) -> TaskReader:
    return TaskReader(encoder, english=encoder, multilingual=Use())


@pytest.mark.parametrize(
    ("wish", "task"),
    [
        ("Write down what patients say in recorded consultations", "automatic-speech-recognition"),
        ("Which of these e-mails are spam?", "text-classification"),
        ("Put boxes around every bicycle in traffic camera pictures", "object-detection"),
        ("Paint a picture of a dragon from my description", "text-to-image"),
        ("Predict next week's demand from past sales", "time-series-forecasting"),
        ("Outline the liver in abdominal CT volumes", "image-segmentation"),
        ("Something like Llama 70B for our chatbot", "text-generation"),
        ("Turn our articles into spoken audio", "text-to-speech"),
        ("a model that describes photos for blind people", "image-to-text"),
        ("a tool to find out whether anyone speaks in a recording", "voice-activity-detection"),
        ("multilingual embeddings for commercial use", "feature-extraction"),
        ("order the results of a search by relevance", "text-ranking"),
        ("say in which language a letter is written", "text-classification"),
        ("recognise spoken words like open, close and halt on a cheap chip", "audio-classification"),
        ("find things in pictures that I name in words, of any class", "zero-shot-object-detection"),
        ("people ask things about a picture they took", "visual-question-answering"),
        ("which of our subscribers will leave, by the columns of our table", "tabular-classification"),
        ("a robot arm that learns to put cups on a shelf", "robotics"),
        ("write unit tests for Java classes", "text-generation"),
        ("Telefonate mit Kunden in Text umwandeln", "automatic-speech-recognition"),
        ("détecter des voitures sur des photos", "object-detection"),
        ("resumir informes largos", "summarization"),
        ("tradurre contratti dall'italiano all'inglese", "translation"),
        ("prever o preço de um carro a partir de uma tabela", "tabular-regression"),
        ("发现垃圾短信", "text-classification"),
        ("bullet points from transcripts of our talks", "summarization"),
        ("how many boats are in the picture", "object-detection"),
        ("gesprochene Notizen in Text verwandeln", "automatic-speech-recognition"),
        (
            "Our choir has tapes from fifty years, all of them are on a disk by now, and we would like to have in "
            "writing what is said between the songs, as nobody can listen to all of it",
            "automatic-speech-recognition",
        ),
        ("отличить спам от обычных писем", "text-classification"),
    ],
)
async def test_a_wish_is_read_as_its_task(reader, wish, task):
    assert likely_tasks(fits((await reader.read(bare_wish(wish))).tasks))[0] == task


@pytest.mark.parametrize(
    ("wish", "english"),
    [
        ("Gesprochene Befehle wie „an“ und „aus“ erkennen", "command"),
        ("detectar cascos en una obra", "helmets"),
        ("判断评论是正面还是负面", "positive or negative"),
        ("find helmets on a building site", "find helmets on a building site"),
        ("uncensored roleplay", "uncensored roleplay"),
        ("photogrammetry orthomosaics", "photogrammetry orthomosaics"),
    ],
)
async def test_a_wish_in_another_language_is_put_in_english_by_the_wishes_nearest_to_it(reader, wish, english):
    assert english in (await reader.read(wish)).english


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("count the cars in a picture", 1.0, 1.0),
        ("Gespräche im Callcenter verschriftlichen", 0.0, 0.3),
        ("把会议录音转成文字", 0.0, 0.0),
        ("", 0.0, 0.0),
        ("12, 7!", 0.0, 0.0),
    ],
)
def test_the_english_encoder_knows_what_share_of_a_wish_it_has_words_for(encoder, text, least, most):
    assert least <= encoder.known_share(text) <= most


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


async def test_the_shipped_head_is_what_the_wishes_teach(reader):
    pairs = read_wishes()
    assert set(head.load()[0].tasks) == {task for task, _ in pairs}
    right = [
        max(p := (await reader.read(bare_wish(wish))).tasks, key=p.__getitem__) == task for task, wish in pairs[::7]
    ]
    assert np.mean(right) > 0.9, "run python -m services.models.understanding.train"


def test_a_head_learns_what_separates_its_labels():
    vectors = np.eye(4, dtype=np.float32)
    tasks, weights = fit(vectors, ["a", "b", "a", "b"])
    scores = vectors @ weights[:-1] + weights[-1]
    assert [tasks[i] for i in scores.argmax(axis=1)] == ["a", "b", "a", "b"]


def test_the_english_space_counts_as_far_as_it_knows_the_words():
    says_a, says_b = np.array([[9, -9], [0, 0]], np.float32), np.array([[-9, 9], [0, 0]], np.float32)
    both = head.TaskHead(("a", "b"), english=says_a, multilingual=says_b)
    one = np.ones(1, np.float32)
    foreign, half, english = (both.probabilities(one, one, known=share) for share in (0.0, 0.5, 1.0))
    assert foreign["b"] > half["b"] > english["b"] == pytest.approx(0.5)
    assert sum(half.values()) == pytest.approx(1, abs=1e-5)


async def test_every_starter_passage_has_its_shipped_vector(encoder):
    with np.load(VECTORS) as arrays:
        known = {bytes(key) for key in arrays["keys"]}
    source = starter.StarterSource()
    missing = [
        raw.model_id
        async for batch in source.batches("")
        for raw in batch.records
        for text in cut(source.convert(raw, str(raw.data["card"])), str(raw.data["card"])).texts
        if digest(text)[:16] not in known
    ]
    assert missing == [], "run python -m services.models.embed.shipped"


async def test_shipped_vectors_are_the_encoders_own(encoder):
    source = starter.StarterSource()
    (batch,) = [b async for b in source.batches("")]
    texts = [cut(source.convert(r, str(r.data["card"])), str(r.data["card"])).texts[0] for r in batch.records[:3]]
    ours = await Shipped(encoder).embed([*texts, "a text that is not shipped"])
    cosines = (ours * encoder.embed_now([*texts, "a text that is not shipped"])).sum(axis=1)
    assert cosines == pytest.approx(np.ones(4), abs=0.01)


def test_static_vectors_have_length_one_and_near_texts_are_near():
    near, other, far, empty = WordLlama().embed_now(
        ["a dog barks in the garden", "the dog is barking in a garden", "quarterly revenue of the bank", ""]
    )
    assert np.linalg.norm(near) == pytest.approx(1, abs=1e-5)
    assert near @ other > near @ far + 0.3
    assert not empty.any()


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
        ("turn image captions into Spanish text", ""),
        ("classify images from text descriptions", ""),
        ("generate audio from text", ""),
        ("speech about text", ""),
        ("Sprache in Text umwandeln", "automatic-speech-recognition"),
        ("tekst omzetten naar gesproken spraak", "text-to-speech"),
        ("преобразовать текст в речь", "text-to-speech"),
        ("把视频里的语音转换成文字", "automatic-speech-recognition"),
        ("画像を動画に変換する", "image-to-video"),
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
        ("", ""),
    ],
)
def test_the_language_that_a_wish_is_written_in_is_told_by_letters_and_small_words(wish, language):
    assert written_language(wish) == language


def test_a_wish_read_with_little_certainty_gives_a_model_of_its_likeliest_task_before_a_famous_one_of_another():
    famous = candidate("org/whisper", task="automatic-speech-recognition", downloads=10**7, cosine=0.42)
    fitting = candidate("org/short", task="summarization", downloads=10**4, cosine=0.40)
    peaks = {famous.task: TaskPeak(10**7, 0), fitting.task: TaskPeak(10**6, 0)}
    tasks = {fitting.task: 0.25, famous.task: 0.18}
    found = rank([famous, fitting], tasks=tasks, scale=Scale(0.0, 1.0), peaks=peaks, relevance_weight=0.6)
    assert found[0].candidate.model_id == "org/short"
