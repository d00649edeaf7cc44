"""What others are quoted with, and what the user waves away: no wish of the user's, unless he makes it his own."""

from __future__ import annotations

import re

from services.orchestrator.domain.understanding.cued import Cued
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.mails import blanked

_OTHERS = (
    r"(?:my|our|the|a|his|her|their|one|another|some)\s+(?:\w+\s+){0,2}?(?:boss|colleague|coworker|friend|vendor"
    r"|sales\s*(?:rep|guy|person|team)?|consultant|competitor|customer|client|manager|article|blog|paper|post|tweet|email"
    r"|mail|documentation|docs|ad|salesman|professor|chatgpt|reddit|forum|website|page|file|document)"
)
_SAYING = (
    r"(?:said|says|wrote|writes|told\s+\w+|claims?|reads?|states?|asks?|asked|goes|is|was|suggested|suggests|recommends?"
    r"|sagt[e]?|schreibt|dit|dice|escribe)"
)
_SPEECH = (
    r"(?:said|says|wrote|writes|forwarded|sent|told\s+\w+|claims?|claimed|states?|stated|suggested|suggests|recommends?"
    r"|recommended|insists|insisted|noted|posted|tweeted|replied|answered|argued|sagte?|schrieb|schreibt|meinte?|behauptet"
    r"|a dit|dit|ecrit|dijo|dice|escribio|escribe|ha detto|scrive|disse|escreveu|schreef|zei|napisal"
    r"|powiedzial|dedi|yazdi)"
)
_QUOTE = re.compile(
    rf"(?is)(?:{_OTHERS}|\b(?:he|she|they|someone|somebody|chatgpt|reddit|der chef|mein kollege|mi jefe|mon chef)\b)"
    rf"[^\"\n.!?]{{0,60}}?{_SAYING}[^\"\n.!?]{{0,25}}?[\"“”«„]([^\"“”»]{{4,600}}+)[\"”“»]"
)


_SAID = (
    "said|says|wrote|writes|forwarded|sent|told|claim|state|suggest|recommend|insist|noted|posted|tweeted|replied|answered"
    "|argued|sagt|schrieb|schreibt|mein|behauptet|dit|ecrit|dijo|dice|escribi|escribe|detto|scrive|disse|escreveu|schreef"
    "|zei|napisal|powiedzial|dedi|yazdi|ask"
)
"""What a text holds that holds a verb of speaking or asking."""
_SPOKEN = Cued(
    rf"(?is)\b(?<!i )(?<!we )(?<!have )(?<!ich )(?<!wir ){_SPEECH}\b"
    r"[^\"\n.!?]{0,25}?[\"“”«„]([^\"“”»]{4,600}+)[\"”“»]",
    _SAID,
)
_SINGLE_QUOTED = Cued(
    rf"(?i)(?<!i )(?<!we )\b(?:{_SPEECH}|asks?|asked|told (?:me|us))(?:\s+(?:me|us|that))?\s*[:,]?\s+"
    r"['‘]([^\n]{4,400}?)['’](?=[\s.,;:!?)]|$)",
    _SAID,
)
_OF_OTHERS = (
    r"\b(?:ticket|issue|e-?mail|mail|letter|memo|slack message|chat message|comment|review|post|tweet|flyer|brochure"
    r"|headline|readme|web ?page|log ?line|prompt|subject line|transcript)s?\b"
    r"(?: (?:text|body|says|reads|said))?(?: #?\d+)?"
)
_LABELLED = Cued(
    rf"(?i){_OF_OTHERS}\s*[:=]?\s*(?:[\"“„«][^\"”»\n]{{8,600}}[\"”»]|['‘][^\n]{{8,600}}?['’](?=[\s.,;:!?)]|$))",
    "ticket|issue|mail|letter|memo|message|comment|review|post|tweet|flyer|brochure|headline|readme|page|log|prompt"
    "|subject|transcript",
)
"""What a ticket, a mail or a page says, in quotation marks behind its name."""


_ANY_QUOTE = re.compile(r"[\"“”«„]((?:[^\s\"“”»]++\s++){2,100}+[^\"“”»]{0,600}+)[\"”“»]")
"""A quotation of several words, which is no name."""
_ADOPTED = re.compile(
    r"[\"'”’»]\W{0,4}(?:and |so |well,? )?"
    r"(?:(?:(?:exactly |just )?(?:that|this)|which)(?:'s| is) (?:exactly |just )?what (?:we|i) (?:need|want|would like)"
    r"|(?:please |pls )?plan (?:exactly |just )?(?:that|this|for that)|we (?:need|want) exactly (?:that|this)"
    r"|(?:genau )?das (?:brauchen|wollen|suchen) wir|(?:bitte )?genau das(?: bitte)?[.!]"
    r"|c'est (?:exactement )?ce qu(?:'il nous faut|e nous voulons|'on veut)"
    r"|eso es (?:exactamente )?lo que (?:necesitamos|queremos)|e (?:esattamente )?quello che (?:vogliamo|ci serve)"
    r"|e (?:exatamente )?(?:isso )?o que (?:queremos|precisamos)|(?:precies )?dat (?:willen|zoeken) we"
    r"|tego (?:wlasnie )?(?:chcemy|potrzebujemy)|именно это нам нужно"
    r"|(?:i|we)(?: have| see| get| run)?(?: exactly)?(?: the)?(?: very| exact)? same\b)"
)
"""What the user makes his own right after quoting it."""
_IGNORED = Cued(
    r"(?:\b(?:ignore|disregard|skip|forget|pay no attention to|never ?mind|ignorier\w*|vergiss|ignore[zr]?|oublie[zr]?"
    r"|ignor[ae]|olvida|dimentica|esquec[ea]|negeer|vergeet|zignoruj\w*|pomin|yok say|игнорируй\w*|забудь\w*)"
    r"\W{1,3}(?:it|that|this|them|all of (?:it|that)|das|es|dies|den text|ca|cela|eso|lo|esto|quello|questo|isso|isto"
    r"|dat|dit|to|bunu|onu|это|его)\b|\b(?:ignoralo|ignorala|olvidalo|ignore-o|l'ignore[zr]?|ignore-le|ignorez-le)\b"
    r"|忽略(?:它|这|那)|不用管|(?:これ|それ)は?無視|무시하|تجاهله|تجاهل ذلك|(?:इसे|उसे) (?:अनदेखा|नज़रअंदाज़))",
    "ignor|disregard|skip|forget|pay no attention|mind|vergiss|oublie|olvida|dimentica|esquec|negeer|vergeet|pomin"
    "|yok say|игнорируй|забудь|忽略|不用管|無視|무시하|تجاهل|अनदेखा|नज़रअंदाज़",
)
"""What the user waves away; looked for in folded text."""
_CLOSING = '"“”»'
"""The marks that end a quotation."""


def without_quotes(text: str, folded: str) -> str:
    """Blank what others are quoted with and what the user waves away, unless he makes it his own.

    folded: the text folded, or one that it was blanked from.
    """
    double = folded.count('"') > 1 and any(mark in text for mark in _CLOSING)
    single = any(before[-1:].isspace() for before in folded.split("'")[:-1])
    if not double and not single and not ("'" in folded and _LABELLED.may_match(folded)):
        return text
    if _ADOPTED.search(fold(text)) is None:
        text = _SPOKEN.sub(_blank_inner, _QUOTE.sub(_blank_inner, text), folded) if double else text
        text = _SINGLE_QUOTED.sub(_blank_inner, text, folded) if single else text
        text = _LABELLED.sub(_blank, text, folded)
    if double and _waved_away(text, folded):
        unquoted = _ANY_QUOTE.sub(_blank_inner, text)
        text = unquoted if _waved_away(unquoted, folded) else text
    return text


def _waved_away(text: str, folded: str) -> bool:
    return _IGNORED.may_match(folded) and _IGNORED.pattern.search(fold(text)) is not None


def _blank(match: re.Match[str]) -> str:
    return blanked(match.group())


def _blank_inner(match: re.Match[str]) -> str:
    whole, inner = match.group(), match.group(1)
    at = match.start(1) - match.start()
    return whole[:at] + blanked(inner) + whole[at + len(inner) :]
