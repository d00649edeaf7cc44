"""Model cards: front matter apart, markup away, text cut into passages. Card text is data and is never trusted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import yaml

CHUNKER: Final = "paragraphs-2"
"""Version of the cutting below and of the passages from records: a change means that all are made and embedded anew."""

PASSAGE_CHARS: Final = 900
MAX_PASSAGES: Final = 8
MAX_CARD_CHARS: Final = 200_000

_FRONT: Final = re.compile(r"\A\ufeff?\s*---\r?\n(.*?)(?:\r\n|\r|\n)?---[ \t]*(?:\r\n|\r|\n|\Z)", re.DOTALL)
_FENCE: Final = re.compile(r"^(```|~~~).*?(?:^\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_HIDDEN: Final = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|svg)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_IMAGE: Final = re.compile(r"!\[[^\]]*\]\([^()\s]*(?:\([^()]*\))?[^()]*\)")
_LINK: Final = re.compile(r"\[([^\]\[]*)\]\([^()\s]*(?:\([^()]*\))?[^()]*\)")
_URL: Final = re.compile(r"https?://\S+")
_RULE: Final = re.compile(r"^[\s|:=_*-]{3,}$")
_MARKS: Final = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
_HEADING: Final = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_SENTENCE: Final = re.compile(r"(?<=[.!?。])\s+")
_STATED_TASK: Final = re.compile(
    r"^\W*(?:pipeline[ _-]?tag|tasks?)\W*[:=]\s*([^.\n]{3,120})", re.IGNORECASE | re.MULTILINE
)


def split_front_matter(card: str) -> tuple[dict[str, Any], str]:
    """Return the YAML front matter and the body. Front matter that is no mapping is dropped, the body kept."""
    card = card[:MAX_CARD_CHARS].replace("\x00", "")
    match = _FRONT.match(card)
    if match is None:
        return {}, card.lstrip("\ufeff")
    try:
        data = yaml.load(match.group(1), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError):
        data = None
    return (data if isinstance(data, dict) else {}), card[match.end() :]


@lru_cache(maxsize=4)
def paragraphs(body: str) -> tuple[tuple[str, bool], ...]:
    """Return the readable paragraphs of Markdown, and whether each is a heading; code and markup are left out."""
    return tuple(_paragraphs(body))


def _paragraphs(body: str) -> Iterator[tuple[str, bool]]:
    text = _HIDDEN.sub(" ", _FENCE.sub("\n\n", body))
    text = html.unescape(_TAG.sub(" ", _LINK.sub(r"\1", _IMAGE.sub(" ", text))))
    for block in re.split(r"\n\s*\n", text.replace("\r", "")):
        lines: list[str] = []
        for line in block.split("\n"):
            line = line.strip()
            if heading := _HEADING.match(line):
                if lines:
                    yield " ".join(lines), False
                    lines = []
                yield _plain(heading.group(1)), True
            elif line and not _RULE.match(line):
                lines.append(_plain(line))
        joined = " ".join(filter(None, lines))
        if joined:
            yield joined, False


def _plain(line: str) -> str:
    if "://" in line:
        line = _URL.sub(" ", line)
    if "*" in line or "_" in line or "`" in line:
        line = _MARKS.sub("", line)
    return " ".join(line.replace("|", " ").split()).strip(" >#")


def passages(body: str, *, head: str) -> list[str]:
    """Return the card cut into passages of at most PASSAGE_CHARS characters, at paragraphs where possible.

    head is what the model is, in a few words; it begins the first passage, and its first line begins the others.
    """
    title = head.split("\n", 1)[0]
    found: list[str] = []
    current, limit = head, PASSAGE_CHARS
    section = ""
    for text, heading in paragraphs(body):
        if heading:
            section = "" if text.lower() in title.lower() or title.lower().endswith(text.lower()) else text
            continue
        for piece in _pieces(f"{section}: {text}" if section else text):
            if len(current) + len(piece) + 1 > limit and len(current) > len(title) + 1:
                found.append(current)
                if len(found) == MAX_PASSAGES:
                    return found
                current = title
            current = f"{current}\n{piece}"
        section = ""
    found.append(current)
    return found


def _pieces(text: str) -> Iterator[str]:
    """Yield a paragraph whole, or cut at sentences where it is longer than half a passage, or else at its length."""
    limit = PASSAGE_CHARS // 2
    if len(text) <= limit:
        yield text
        return
    current = ""
    for sentence in _SENTENCE.split(text):
        if current and len(current) + len(sentence) + 1 > limit:
            yield current
            current = ""
        current = f"{current} {sentence}".strip()
        while len(current) > limit:
            yield current[:limit]
            current = current[limit:]
    if current:
        yield current


def summary(body: str, *, limit: int) -> str:
    """Return the first paragraph of some length, cut at a word; empty where there is none."""
    for text, heading in paragraphs(body):
        if not heading and len(text) >= 40 and " " in text and not _STATED_TASK.match(text):
            return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"
    for text, heading in paragraphs(body):
        if not heading:
            return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"
    return ""


def stated_task(body: str, tasks: frozenset[str]) -> str:
    """Return the task that a line such as `Task: Image Classification` names, as a pipeline tag; empty where none does.

    The name may be wrapped in others ("Computer Vision Image Classification"); the last one counts, the longest first.
    """
    match = _STATED_TASK.search(body)
    if match is None:
        return ""
    phrase = _stem(match.group(1))
    ends = [(phrase.rfind(_stem(task)) + len(_stem(task)), len(task), task) for task in tasks if _stem(task) in phrase]
    return max(ends)[2] if ends else ""


def _stem(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").removesuffix("ing")
