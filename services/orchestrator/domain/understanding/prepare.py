"""A text made ready for the grammars: words led back to known ones, names marked, numbers found."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.catalogue import catalogue_entries, with_known_words, without_particles
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.matcher import Matcher, default_matcher, tongue_matcher
from services.orchestrator.domain.understanding.models import mark_models
from services.orchestrator.domain.understanding.names import mark_cards, mark_gpus, mark_standards
from services.orchestrator.domain.understanding.places import mark_clouds, mark_regions
from services.orchestrator.domain.understanding.tokens import tokenize
from services.orchestrator.domain.understanding.types import CatalogueNames

_NOTHING: Final = WorkloadSpec()


@lru_cache(maxsize=4)
def _matcher(names: CatalogueNames | None) -> Matcher:
    if names is None:
        return default_matcher()
    return Matcher((*lexicon.entries(), *catalogue_entries(names)))


def prepare(prose: str, folded: str, code: str, names: CatalogueNames | None, *, known: WorkloadSpec = _NOTHING) -> Doc:
    """Return a text for the grammars. folded: the text folded; code: its language; known: the spec before it."""
    tokens = tokenize(folded)
    tongue = tongue_matcher(code)
    own = tongue.find(prose, without_particles(tokens, tongue.words)) if tongue is not None else []
    doc = Doc(prose, folded, with_known_words(tokens), matcher=_matcher(names), language=code, own=own)
    mark_regions(doc, folded)
    mark_models(doc)
    mark_gpus(doc)
    mark_cards(doc, known)
    mark_standards(doc)
    doc.read_numbers()
    mark_clouds(doc)
    return doc
