"""What surrounds the own words of a mail and states nothing: forwarded mails, the card of the sender, a disclaimer."""

from __future__ import annotations

import re
from bisect import bisect_right

from services.orchestrator.domain.understanding.cued import Cued

_FORWARDED = Cued(
    r"(?im)^[ \t]*(?:-{3,} ?(?:forwarded|original) message ?-{3,}|begin forwarded message:"
    r"|from: .{1,80}\n[ \t]*(?:sent|date|to|subject): )",
    "forwarded message|original message|from: ",
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
_CLOSING = Cued(
    rf"(?im)^[ \t]*+(?:--|{'|'.join(_GREETINGS)})[ \t]*[,.!]?[ \t]*$",
    "--|regards|wishes|yours|sincerely|best|cheers|thank|grus|grues|mfg|lg|vg|cordialement|bien|salutations|saludo"
    "|atentamente|saluti|atenciosamente|cumprimentos|abra|groet|pozdrawiam|powa|sayg|уважением|此致|敬具"
    "|よろしくお願いします",
)
"""The line with which a mail closes; the sender's card follows."""
_POSTSCRIPT = re.compile(r"(?im)^[ \t]*(?:p\.?[ \t]?s\b|nb\b)")
_DISCLAIMER = Cued(
    r"(?im)^.*\b(?:this (?:e-?mail|message)(?: and any attachments?)? (?:is|are|may be|may contain|contains)"
    r"|diese e-?mail (?:enth|ist)|ce (?:courriel|message|mail) (?:est|peut)"
    r"|este (?:correo|mensaje|e-?mail)|questa e-?mail).*$",
    "email|e-mail|this message|ce courriel|ce message|ce mail|este correo|este mensaje",
)
_LINE = re.compile(r"[^\n]+")


def blanked(text: str) -> str:
    """Return a text of blanks in the same lines."""
    return _LINE.sub(lambda line: " " * len(line.group()), text)


def without_forwarded(text: str, folded: str) -> str:
    """Blank each forwarded mail: its head and the paragraph after it.

    folded: the text folded, or one that it was blanked from.
    """
    ends = [m.end() for m in _PARAGRAPH_END.finditer(text)] if _FORWARDED.search(text, folded) else []
    done = 0
    for match in _FORWARDED.pattern.finditer(text) if ends else ():
        if match.start() >= done and (n := bisect_right(ends, match.end())) < len(ends):
            done = ends[n + 1] if n + 1 < len(ends) else len(text)
            text = text[: match.start()] + blanked(text[match.start() : done]) + text[done:]
    return text


def without_card(text: str, folded: str) -> str:
    """Blank the sender's card after the closing line of a mail, down to a postscript, and disclaimers."""
    if (closing := _CLOSING.search(text, folded)) is not None:
        postscript = _POSTSCRIPT.search(text, closing.end())
        end = postscript.start() if postscript else len(text)
        text = text[: closing.end()] + blanked(text[closing.end() : end]) + text[end:]
    return _DISCLAIMER.sub(lambda line: blanked(line.group()), text, folded)
