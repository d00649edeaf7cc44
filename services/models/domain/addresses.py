"""Ids as people paste them: the address of a model's page."""

from __future__ import annotations

import re
from typing import Final

_PAGE: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/([^/?#\s]+(?:/[^/?#\s]+)?)", re.IGNORECASE
)


def plain_id(text: str) -> str:
    """Return the id in the address of a model's page; of other texts themselves, without blanks around.

    >>> plain_id("https://huggingface.co/Qwen/Qwen3-8B/tree/main"), plain_id(" gpt2 ")
    ('Qwen/Qwen3-8B', 'gpt2')
    """
    text = text.strip()
    page = _PAGE.match(text)
    return page[1] if page else text
