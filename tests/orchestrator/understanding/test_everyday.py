"""Jobs told in everyday words, by people who know no names of tasks."""

from __future__ import annotations

import pytest

from tests.orchestrator.understanding.support import stated


@pytest.mark.parametrize(
    ("text", "task"),
    [
        (
            "we're a firm with two lorries, orders come in over the phone and I'd like the calls typed out as text",
            "automatic-speech-recognition",
        ),
        ("minutes of our meetings from the recordings, automatically", "automatic-speech-recognition"),
        ("write down what people say in our interviews", "automatic-speech-recognition"),
        ("live subtitles for our lectures", "automatic-speech-recognition"),
        ("I want my voice memos as text", "automatic-speech-recognition"),
        ("a voice that speaks the announcements at our stations", "text-to-speech"),
        ("give our game characters voices", "text-to-speech"),
        ("split songs into vocals and instruments", "audio-to-audio"),
        ("recognise birds by their song from recordings", "audio-classification"),
        ("it should answer what people ask us on whatsapp", "text-generation"),
        ("a helper that writes code for our developers", "text-generation"),
        ("write first drafts of contracts", "text-generation"),
        ("something like ChatGPT but for our own staff", "text-generation"),
        ("a role playing partner for our language app", "text-generation"),
        ("short versions of court judgments", "summarization"),
        ("shorten podcast transcripts to key points", "summarization"),
        ("boil interview transcripts down to key points", "summarization"),
        ("we need transcripts of our podcasts and short versions of them", "automatic-speech-recognition"),
        ("tl;dr of every support ticket", "summarization"),
        ("our web shop in five languages, automatically", "translation"),
        ("sort incoming mails into 12 folders", "text-classification"),
        ("filter hateful comments out of our forum", "text-classification"),
        ("tell spam from real mail", "text-classification"),
        ("black out names in court files", "token-classification"),
        ("count the sheep on drone pictures", "object-detection"),
        ("see empty shelves on photos from our shops", "object-detection"),
        ("sick or healthy leaf, one label per picture", "image-classification"),
        ("sort photos into good and faulty parts", "image-classification"),
        ("cut out people from photos", "image-segmentation"),
        ("measure the area of roofs on aerial photos pixel by pixel", "image-segmentation"),
        ("read the text on scanned letters", "image-to-text"),
        ("digitise handwritten forms", "image-to-text"),
        ("pictures for our blog posts from a sentence", "text-to-image"),
        ("make logos from descriptions", "text-to-image"),
        ("short clips from a written script", "text-to-video"),
        ("generate 5,000 short video clips a month from text prompts", "text-to-video"),
        ("bring product photos to life as clips", "image-to-video"),
        ("how much power will our solar park make tomorrow", "time-series-forecasting"),
        ("estimate tomorrow's bread sales per branch", "time-series-forecasting"),
        ("which customers are about to leave us", "tabular-classification"),
        ("flag odd card payments", "tabular-classification"),
        ("estimate flat prices from size and location", "tabular-regression"),
        ("a chat where people upload screenshots and get help", "image-text-to-text"),
    ],
)
def test_what_is_to_be_done_to_what_tells_the_task(text: str, task: str) -> None:
    assert stated(text)["model_task"] == task


@pytest.mark.parametrize(
    "text",
    [
        "our staff should be able to ask questions about 40k contracts",
        "engineers ask things in plain words and get the right page of the manual, 12,000 manuals",
        "3 million court decisions. Our lawyers want to ask questions and get answers with sources.",
        "answers must cite the paragraph of our regulations they come from",
        "a helpdesk bot that knows our 8,000 articles",
        "nurses look things up in our guidelines by asking",
        "a search in plain language over all our PDFs that gives answers",
        "employees should get answers from our HR handbook",
    ],
)
def test_answers_from_ones_own_documents_are_retrieval(text: str) -> None:
    assert stated(text)["task_type"] == "rag"


@pytest.mark.parametrize(
    "text",
    [
        "our van needs new tyres, 4 of them",
        "we sort the mail by hand every morning",
        "I read stories aloud to my kids",
        "who picks songs for the wedding",
        "they write letters to the mayor",
    ],
)
def test_what_people_do_themselves_is_no_job(text: str) -> None:
    assert stated(text) == {}


def test_a_task_that_is_named_stands_before_everyday_words() -> None:
    found = stated("sentiment analysis: tell us whether reviews are happy, answers in writing for our calls")
    assert found["model_task"] == "text-classification"


def test_to_spot_things_says_nothing_of_spot_machines() -> None:
    assert "spot_ok" not in stated("spot cars parked on bike lanes in camera pictures")
    assert stated("serve llama 3 8b. spot instances are fine")["spot_ok"] is True


def test_what_is_said_to_be_so_is_no_job() -> None:
    assert "model_task" not in stated("the meeting is in three lines of text")
