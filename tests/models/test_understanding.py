"""Which task a wish is about, and what is shipped so that no start needs to learn it."""

from __future__ import annotations

import numpy as np
import pytest

from services.models import tables
from services.models.domain.tasks import bare_wish, fits, likely_tasks
from services.models.embed.minilm import MiniLm
from services.models.embed.multilingual import MultilingualEncoder
from services.models.embed.shipped import FILE as VECTORS
from services.models.embed.shipped import Shipped
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
    return TaskReader(encoder, english=encoder, multilingual=MultilingualEncoder())


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
    assert likely_tasks(fits((await reader.readings(bare_wish(wish)))[0].tasks))[0] == task


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
    assert english in (await reader.readings(wish))[0].english


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


async def test_the_shipped_head_is_what_the_wishes_teach(reader):
    pairs = read_wishes()
    assert set(head.load().tasks) == {task for task, _ in pairs} <= tables.tasks().keys()
    right = [
        max(p := (await reader.readings(bare_wish(wish)))[0].tasks, key=p.__getitem__) == task
        for task, wish in pairs[::7]
    ]
    assert np.mean(right) > 0.9, "run python -m services.models.understanding.train"


def test_a_head_learns_what_separates_its_labels():
    vectors = np.eye(4, dtype=np.float32)
    tasks, weights = fit(vectors, ["a", "b", "a", "b"])
    scores = vectors @ weights[:-1] + weights[-1]
    assert [tasks[i] for i in scores.argmax(axis=1)] == ["a", "b", "a", "b"]


ONE = np.ones(1, np.float32)


def taught(weights: list[float], near: list[float]) -> head.SpaceHead:
    """A space of one dimension and two tasks, each with one taught wish."""
    rows = np.array([weights, [0, 0]], np.float32)
    return head.SpaceHead.of(rows, np.array(near, np.float32)[:, None], np.array([0, 1]))


def test_the_english_space_counts_as_far_as_it_knows_the_words():
    both = head.TaskHead(("a", "b"), taught([9, -9], [1, 1]), taught([-9, 9], [1, 1]), ("", ""))
    foreign, half, english = (both.probabilities(ONE, ONE, known=share) for share in (0.0, 0.5, 1.0))
    assert foreign["b"] > half["b"] > english["b"] == pytest.approx(0.5)
    assert sum(half.values()) == pytest.approx(1, abs=1e-5)


def test_the_nearest_taught_wish_counts_where_weights_tell_nothing():
    side = taught([0, 0], [0.9, 0.2])
    told = head.TaskHead(("a", "b"), side, side, ("", "")).probabilities(ONE, ONE, known=0.5)
    assert told["a"] > 0.8


def test_a_wish_in_another_language_is_put_in_english_by_the_nearest_of_its_task():
    vectors = np.array([[0.2], [0.9], [0.8], [0.7], [1.0], [1.0]], np.float32)
    side = head.SpaceHead.of(np.zeros((2, 2), np.float32), vectors, np.array([0, 0, 0, 0, 0, 1]))
    both = head.TaskHead(("a", "b"), side, side, ("far", "near", "next", "third", "", "other task"))
    assert both.in_english(ONE, "a") == "near next third"


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


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("wish", "language", "task"),
    [
        ("chuyển giọng nói thành văn bản", "vi", "automatic-speech-recognition"),
        ("กรุณาสรุปเอกสาร", "th", "summarization"),
        ("किसानों के सवालों का अनुवाद", "hi", "translation"),
        ("oversæt kontrakter til engelsk", "da", "translation"),
    ],
)
async def test_a_wish_in_a_language_that_no_encoder_knows_is_read_by_the_glossary(reader, wish, language, task):
    (reading,) = await reader.readings(wish)
    assert reading.language == language
    assert max(reading.tasks, key=reading.tasks.__getitem__) == task
