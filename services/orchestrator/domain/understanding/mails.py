"""What surrounds the own words of a mail and states nothing: forwarded mails, the card of the sender, a disclaimer."""

from __future__ import annotations

import re
from bisect import bisect_right

_FORWARDED = re.compile(
    r"(?im)^[ \t]*(?:-{3,} ?(?:forwarded|original) message ?-{3,}|begin forwarded message:"
    r"|from: .{1,80}\n[ \t]*(?:sent|date|to|subject): )"
)
_PARAGRAPH_END = re.compile(r"\n(?:[ \t]*\n)+")
_GREETINGS = (
    "(?:(?:best|kind|warm|warmest|many) )?(?:regards|wishes)",
    "yours (?:sincerely|faithfully|truly)",
    "sincerely|best|cheers|thanks|thank you|many thanks",
    "(?:mit )?(?:freundlichen|besten|herzlichen|vielen?|liebe|beste|schöne|schoene) gr(?:ü|ue|u)(?:ß|ss)en?",
    "gr(?:ü|ue|u)(?:ß|ss)e|mfg|lg|vg",
    "cordialement|bien (?:à|a) vous|(?:meilleures )?salutations",
    "(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente",
    "cordiali saluti|distinti saluti",
    "atenciosamente|cumprimentos|abra(?:ç|c)os",
    "met vriendelijke groet(?:en)?|groeten",
    "pozdrawiam|z powa(?:ż|z)aniem",
    "sayg(?:ı|i)lar(?:ı|i)mla",
    "с уважением|此致|敬具|よろしくお願いします",
)
_CLOSING = re.compile(rf"(?im)^[ \t]*(?:--|{'|'.join(_GREETINGS)})[ \t]*[,.!]?[ \t]*$")
"""The line with which a mail closes; the sender's card follows."""
_POSTSCRIPT = re.compile(r"(?im)^[ \t]*(?:p\.?[ \t]?s\b|nb\b)")
_DISCLAIMER = re.compile(
    r"(?im)^.*\b(?:this (?:e-?mail|message)(?: and any attachments?)? (?:is|are|may be|may contain|contains)"
    r"|diese e-?mail (?:enth|ist)|ce (?:courriel|message|mail) (?:est|peut)"
    r"|este (?:correo|mensaje|e-?mail)|questa e-?mail).*$"
)
_LINE = re.compile(r"[^\n]+")


def blanked(text: str) -> str:
    """Return a text of blanks in the same lines."""
    return _LINE.sub(lambda line: " " * len(line.group()), text)


def without_forwarded(text: str) -> str:
    """Blank each forwarded mail: its head and the paragraph after it."""
    ends = [m.end() for m in _PARAGRAPH_END.finditer(text)] if _FORWARDED.search(text) else []
    done = 0
    for match in _FORWARDED.finditer(text):
        if match.start() >= done and (n := bisect_right(ends, match.end())) < len(ends):
            done = ends[n + 1] if n + 1 < len(ends) else len(text)
            text = text[: match.start()] + blanked(text[match.start() : done]) + text[done:]
    return text


def without_card(text: str) -> str:
    """Blank the sender's card after the closing line of a mail, down to a postscript, and disclaimers."""
    if (closing := _CLOSING.search(text)) is not None:
        postscript = _POSTSCRIPT.search(text, closing.end())
        end = postscript.start() if postscript else len(text)
        text = text[: closing.end()] + blanked(text[closing.end() : end]) + text[end:]
    return _DISCLAIMER.sub(lambda line: blanked(line.group()), text)
