"""Wishes in languages that no encoder knows, word by word in English."""

from __future__ import annotations

import re

import pytest
import yaml

from services.models.domain.languages import language_name
from services.models.understanding import glossary
from services.models.understanding.glossary import gloss


@pytest.mark.parametrize(
    ("wish", "language", "english"),
    [
        ("nhận dạng giọng nói tiếng Việt", "vi", "transcribe Vietnamese"),
        ("दस्तावेज़ का सारांश", "hi", "document summarise"),
        ("terjemahkan dokumen hukum ke bahasa Inggris", "id", "translate document legal English"),
        ("sammanfatta kundens brev", "sv", "summarise customer document"),
        ("przepisywanie nagrań rozmów", "pl", "transcribe conversation"),
        ("תמלול הקלטות בעברית", "he", "transcribe recording Hebrew"),
        ("สรุปเอกสารภาษาไทย", "th", "summarise document Thai"),
        ("класифікація відгуків клієнтів", "uk", "classify review customer"),
        ("خلاصه اسناد", "fa", "summarise document"),
    ],
)
def test_a_wish_is_put_in_english_word_by_word(wish, language, english):
    found = gloss(wish)
    assert found is not None
    assert (found.language, found.english) == (language, english)


@pytest.mark.parametrize(
    "wish", ["", "42", "Bewertungen unserer Kunden nach Stimmung ordnen", "ตัวเลขสุ่มที่ไม่มีความหมาย", "xq zrt"]
)
def test_of_too_little_that_is_known_nothing_is_said(wish):
    assert gloss(wish) is None


def test_every_word_of_the_glossary_is_found_alone_or_within_a_longer_one():
    entries = yaml.safe_load(glossary.FILE.read_text(encoding="utf-8"))
    for language, meanings in entries.items():
        assert language_name(language) != language, language
        pattern, _ = glossary._matcher(language)
        for words in meanings.values():
            for word in words.split("|"):
                plain = re.sub(r"\\w[+*]", "a", word).replace("\\b", "")
                plain = re.sub(r"\[(.)[^]]*\]", r"\1", plain)
                assert pattern.fullmatch(plain) or pattern.match(plain), (language, word)
