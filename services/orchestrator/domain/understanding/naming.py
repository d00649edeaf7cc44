"""Messages that are read for names of some kinds alone: most name none, which is told without preparing them."""

from __future__ import annotations

from functools import cache

from services.orchestrator.domain.understanding import lexicon, secrets, snippets
from services.orchestrator.domain.understanding.catalogue import with_known_words, without_particles
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.language import detect
from services.orchestrator.domain.understanding.matcher import Matcher
from services.orchestrator.domain.understanding.prepare import prepare
from services.orchestrator.domain.understanding.safety import clean
from services.orchestrator.domain.understanding.tokens import tokenize
from services.orchestrator.domain.understanding.told import without_told


def naming(text: str, kinds: frozenset[str]) -> Doc | None:
    """Return messages, one a line, without what is pasted, told of others or secret; None where no entry of the
    lexicon of these kinds is named in them."""
    prose = snippets.split(clean(secrets.mask(text)[0]).text).prose
    folded = fold(prose)
    code = detect(folded)
    if not _names_any(prose, folded, code, kinds):
        return None
    doc = prepare(prose, folded, code, None)
    if (wished := without_told(doc)) == prose:
        return doc
    folded = fold(wished)
    return prepare(wished, folded, code, None) if _names_any(wished, folded, code, kinds) else None


def _names_any(prose: str, folded: str, code: str, kinds: frozenset[str]) -> bool:
    tokens = tokenize(folded)
    names, own = _matchers(code, kinds)
    return bool(names.find(prose, with_known_words(tokens))) or bool(
        own and own.find(prose, without_particles(tokens, own.words))
    )


@cache
def _matchers(code: str, kinds: frozenset[str]) -> tuple[Matcher, Matcher | None]:
    """Return the matchers over names alone: of all languages together, and of one that has a file of its own."""
    everywhere, own = ([e for e in found if e.kind in kinds] for found in (lexicon.entries(), lexicon.tongue(code)))
    return Matcher(everywhere), Matcher(own) if own else None
