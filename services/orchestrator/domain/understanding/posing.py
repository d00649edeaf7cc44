"""Text that poses as the system, as a policy or as the result of a tool, rather than as what the user says himself."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from typing import Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.cued import Cued

_LINE = Cued(
    r"(?im)^[ \t]*(?:\[?\(?<?\|?(?:system|assistant|developer|admin|root|im_start|inst)\|?>?\)?\]?"
    r"\s*(?:message|prompt|note|override|instruction)?\s*[:>\]]"
    r"|<\/?(?:system|instructions?|prompt)>"
    r"|#{2,}\s*(?:system|developer|assistant|admin|instruction|new instructions|override|prompt)\b"
    r"|\[INST\]|<\|im_start\|>|<<SYS>>)",
    "system|assistant|developer|admin|root|im_start|inst|prompt|override|<<sys>>",
)
"""A line that begins as the system's."""
_TOOL = Cued(
    r"(?i)\{\s*[\"'](?:role|tool|function|observation|(?:tool|function)[_-]?(?:call|result|response|output|use)s?)[\"']\s*:"
    r"|<\/?(?:tool|function)[_-](?:call|result|response|output|use)s?\b[^>\n]{0,80}>"
    r"|<(?:system|developer|admin|assistant)(?:[-_](?:reminder|note|notice|message|prompt|update|alert|context|memory))?>"
    r"|<\|(?:im_start|im_end|system|assistant|developer|tool|user|end|start_header_id|eot_id)\|>",
    "{|<",
)
"""What tools and the roles of a chat are written as."""
_INLINE = Cued(
    r"(?i)\bSYSTEM(?: MESSAGE| PROMPT| OVERRIDE| NOTE)?\s*:|<\/?system>|\[\/?(?:system|INST)\]|<<\/?SYS>>|<!--"
    r"|(?<=[.!?\"'\n])\s?assistant:\s|\bEND OF (?:USER )?(?:MESSAGE|PROMPT)\b",
    "system|[inst]|[/inst]|<|assistant:|end of ",
)
"""The rest of a line poses behind these."""
_SETS: Final = re.compile(r"\w ?= ?\w|^\s*[{\[<]")
_NEWS: Final = re.compile(
    r"(?:the )?user's (?:[a-z]+ ){0,2}(?:budget|plan|spec|limit|request|quota|provider|region)\w*"
    r" (?:is|are|was|has been|have been)(?: now)? (?:now|set|raised|changed|increased|updated|upgraded)(?!\w)"
)
"""News of what the user has, told to us by nobody: "the user's budget is now ..."."""
_FIRST_UNSPACED: Final = "\u2e80"
"""The first character of the scripts that put no spaces between words."""
_START: Final = re.compile(r"(?m)^|[.!?;>。]")
"""Where a heading may begin behind."""
_MARKS: Final = 6
"""The most spaces and quotation marks before a sentence."""
_BEFORE_SENTENCE: Final = ("", *".!?;>\n。！？")


def posing(text: str, folded: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of a text that pose, in order, apart from one another. folded: the text folded."""
    done = 0
    for start, end in sorted({*_lines(text, folded), *_tools(text, folded), *_headed(text, folded), *_third(folded)}):
        if end > done:
            yield max(start, done), end
            done = end


def _lines(text: str, folded: str) -> Iterator[tuple[int, int]]:
    for match in _LINE.pattern.finditer(text) if _LINE.may_match(folded) else ():
        yield match.start(), _paragraph_end(text, match.end())


def _tools(text: str, folded: str) -> Iterator[tuple[int, int]]:
    for match in _TOOL.pattern.finditer(text) if _TOOL.may_match(folded) else ():
        yield match.start(), _paragraph_end(text, match.end())
    for match in _INLINE.pattern.finditer(text) if _INLINE.may_match(folded) else ():
        line_end = text.find("\n", match.end())
        cased = match.group()[:1].isalpha() and not match.group()[:6].isupper()
        named = cased and text[max(0, match.start() - 2) : match.start() - 1].isalnum()
        if not named:  # "our operating system: Ubuntu"
            yield match.start(), line_end if line_end >= 0 else len(text)


def _headed(text: str, folded: str) -> Iterator[tuple[int, int]]:
    """Yield what stands under a heading such as "SECURITY NOTICE:", unless the user speaks for himself under it."""
    cues, pattern = _headings()
    starts = _START.finditer(folded) if any(cue in folded for cue in cues) else ()
    for match in filter(None, (pattern.match(folded, start.end()) for start in starts)):
        end = _paragraph_end(text, match.end())
        body = folded[match.end() : end]
        told = _has("third", body) or _has("acknowledge", body) or _SETS.search(body)
        name = text[match.start("name") : match.end("name")]
        loud = name == name.upper() or match.group("open")[:1] in ("[", "<")
        if told or (loud and not match.group("neutral") and not _has("first", body)):
            yield match.start(), end


def _third(folded: str) -> Iterator[tuple[int, int]]:
    """Yield where a sentence tells us of "the user" as of somebody else, and wants a yes or is news of his budget."""
    orders = sorted(_places("acknowledge", folded))
    if not orders and "user's" not in folded:
        return
    done = 0
    for start in sorted(_places("third", folded)):
        before = folded[max(0, start - _MARKS) : start].rstrip(" \"'*")[-1:]
        if start < done or before not in _BEFORE_SENTENCE:
            continue
        end = _paragraph_end(folded, start)
        ordered = bisect_left(orders, start) < bisect_left(orders, end)
        opening = folded.rfind("\n\n", 0, start) + 1
        if _NEWS.match(folded, start) or (ordered and not _has("first", folded[opening:end])):
            yield start, end
        done = end


def _paragraph_end(text: str, start: int) -> int:
    end = text.find("\n\n", start)
    return end if end >= 0 else len(text)


@cache
def _headings() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return pieces of which one is in every heading, and the pattern of headings in folded text."""
    words = lexicon.table("posing")
    one_of = {key: f"(?:{'|'.join(words[key])})" for key in words}
    of = "(?:(?:de|du|del|da|do|di)(?: la)? |de l'|dell'|della )?"
    name = (
        rf"(?:{one_of['who']}[ _-]){{1,3}}(?:{one_of['notices']}|(?P<neutral>{one_of['neutral']}))"
        rf"|{one_of['joined_who']}-?{one_of['joined_notices']}"
        rf"|{one_of['led_notices']} {of}{one_of['led_who']}|{one_of['headings']}"
    )
    opening = r"[ #*=>-]{0,12}(?P<open>[\[(<]{0,3})[ *]{0,4}"
    closing = r"[ *]{0,4}(?:\([^\n)]{0,20}\)[ ]*)?(?:[:\])>=]|\*{2}|[ ]-{1,3}[ ])"
    cues = (*words["who"], *words["joined_who"], *words["led_who"], *words["headings"])
    return cues, re.compile(rf"{opening}(?P<name>{name}){closing}")


@cache
def _phrases(key: str) -> tuple[tuple[str, bool, bool], ...]:
    """Return the phrases of a list, each with whether a word begins at its start and ends at its end."""
    listed = lexicon.table("posing")[key]
    return tuple((p.rstrip("*"), p[0] < _FIRST_UNSPACED, not p.endswith("*")) for p in listed)


def _places(key: str, folded: str) -> Iterator[int]:
    """Yield where the phrases of a list begin in a text; to look for each is far faster than a pattern of all."""
    for phrase, begins, ends in _phrases(key):
        k = folded.find(phrase)
        while k >= 0:
            inside = begins and k > 0 and folded[k - 1].isalnum()
            if not inside and not (ends and folded[k + len(phrase) : k + len(phrase) + 1].isalnum()):
                yield k
            k = folded.find(phrase, k + 1)


def _has(key: str, folded: str) -> bool:
    return next(_places(key, folded), None) is not None
