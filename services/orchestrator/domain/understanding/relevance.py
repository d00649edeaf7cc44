"""Whether a message speaks of a workload at all, or of other things in words that could mean one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.catalogue import is_known
from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc
from services.orchestrator.domain.understanding.lexicon import table, words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention

_WEAK: Final = words("relevance.weak_fields")
"""Fields that talk of anything may hold: money, places, times, amounts."""
_MACHINES: Final = words("relevance.machine_fields")
_NAMES: Final = words("relevance.name_fields")
"""Fields that a question about a thing fills by naming it."""
_VERBS: Final = frozenset({"task_type"})
"""What everyday verbs such as train, serve and host fill."""
_WORK: Final = frozenset({"domain", "model_task", "dataset_modality"})
_QUOTES: Final = frozenset({'"', ":", "「"})
_FIGURES: Final = words("relevance.figure_fields")
"""Fields of amounts, which a question may hold that wishes for nothing."""
_PLACING: Final = words("relevance.placing")
_FEW_WORDS: Final = 7
_TERMS: Final = frozenset({"task_type", "domain", "model_task", "precision", "dataset_modality"})
_QUESTION_WORDS: Final = words("relevance.question_words")
_ASKING: Final = words("intents.asking")
_COMPARING: Final = words("relevance.comparing")
_FIRST_PERSON: Final = words("relevance.first_person")
_SHORT_QUESTION: Final = 8
_LEAST_ITEMS: Final = 100
_LEAST_FOREIGN: Final = 3
_SHORTEST_WORD: Final = 3


def about_workloads(doc: Doc, mentions: Sequence[Mention], spec: WorkloadSpec, asked: Sequence[Question]) -> bool:
    """Say whether the message speaks of workloads at all."""
    elsewhere = bool(doc.all("off_topic")) and not _wished_beside(doc, mentions)
    begun = bool(spec.stated()) or bool(asked)
    bare = _bare_names(doc) if elsewhere else set[int]()
    fields = {m.field for m in mentions if m.i not in bare or m.field in _WEAK}
    if elsewhere and not begun and fields <= _WEAK | _MACHINES | _VERBS:
        return False
    if elsewhere and not begun and (all(m.implied for m in mentions) or _orders_the_work(doc, fields)):
        return False  # "my doctor looked at my MRI"
    if fields - _WEAK:
        return True
    if not fields:
        return False
    if fields == {"geos"} and _is_told_of(doc):
        return False  # "it rains in Madrid": where something is, not where anything is to run
    if begun:
        return True
    if fields <= {"dataset_items", "dataset_modality"} and all(
        m.value < _LEAST_ITEMS for m in mentions if m.field == "dataset_items"
    ):
        return False  # "the paper has 24 pages"
    asks = "?" in doc.spoken
    return not elsewhere and not _foreign(doc) and not (asks and (fields == {"geos"} or _asks_knowledge(doc)))


def _is_told_of(doc: Doc) -> bool:
    """Say whether a sentence of some length says nothing of placing anything: "we are a team of 6 in Vienna"."""
    spaced = doc.language not in ("zh", "ja")  # there, every sign is a token
    wishes = doc.all("correction") or not doc.spoken.isdisjoint(_PLACING)
    return spaced and len(doc.tokens) > _FEW_WORDS and not wishes


def _bare_names(doc: Doc) -> set[int]:
    """Return where models are named by a single word, which may be an everyday one: Llama, Falcon, Whisper."""
    return {m.i for m in doc.all_names("family") if m.j - m.i == 1 and not doc.words(m.i, m.j).isupper()}


def _wished_beside(doc: Doc, mentions: Sequence[Mention]) -> bool:
    """Say whether a wish stands in a sentence of its own beside talk of other things."""
    wishes = {doc.sentence[m.i] for m in doc.all("told_turned")} - {doc.sentence[m.i] for m in doc.all("off_topic")}
    return any(m.j > m.i and doc.sentence[m.i] in wishes for m in mentions if m.field not in _WEAK)


def without_asides(doc: Doc, mentions: list[Mention]) -> list[Mention]:
    """Return the mentions without those in sentences of other things: "my flight costs 900 euros"."""
    asides = {doc.sentence[m.i] for m in doc.all("off_topic") if not _inside_a_cue(doc, m)}
    if not asides:
        return mentions
    bare = _bare_names(doc)
    said: dict[int, set[str]] = {sentence: set() for sentence in asides}
    for mention in mentions:
        if doc.sentence[mention.i] in asides and mention.i not in bare:
            said[doc.sentence[mention.i]].add(mention.field)
    for sentence, fields in said.items():
        if not (fields <= _WEAK | _MACHINES | _VERBS or _orders_the_work(doc, fields)):
            asides.discard(sentence)
    return [m for m in mentions if doc.sentence[m.i] not in asides]


def _inside_a_cue(doc: Doc, match: Match) -> bool:
    """Say whether a longer phrase of ours holds the word, as "requests in flight" does."""
    cues = doc.between("cue", match.i - LONGEST_CUE, match.i + 1)
    return any(match.j <= c.j and c.j - c.i > match.j - match.i for c in cues)


def _orders_the_work(doc: Doc, fields: set[str]) -> bool:
    """Say whether we are to do ourselves what a model would: 'translate "good morning" into Japanese'."""
    return fields <= _WORK | _WEAK and bool(doc.spoken & _QUOTES)


def asks_knowledge(doc: Doc, mentions: Sequence[Mention]) -> bool:
    """Say whether the message only asks about a thing that it names: "how much memory does an H200 have?"."""
    fields = {m.field for m in mentions}
    explicit = {m.field for m in mentions if not m.implied}
    if _asks_term(doc, explicit) or _asks_of_others(doc, fields):
        return True  # "what is RAG?"
    if fields == {"compliance"} and doc.text(len(doc.tokens) - 1) == "?":
        return True  # "is HIPAA relevant for me?"
    asked = _NAMES | _TERMS if _compares(doc) else _NAMES
    return bool(fields) and explicit <= asked and _asks_knowledge(doc)


def _asks_of_others(doc: Doc, fields: set[str]) -> bool:
    """Say whether a question is of amounts or figures that are nobody's wish: "who approved the order for $9,000?"."""
    asks = doc.text(len(doc.tokens) - 1) == "?" and doc.text(0) in _ASKING | _QUESTION_WORDS | {"who"}
    alone = len(set(doc.sentence)) == 1 and not (doc.all("wish") or doc.all("gpu_need"))
    return asks and alone and bool(fields) and fields <= _FIGURES and doc.spoken.isdisjoint(_FIRST_PERSON)


def _asks_term(doc: Doc, explicit: set[str]) -> bool:
    """Say whether a short question asks what a term means."""
    return bool(explicit) and explicit <= _TERMS and len(doc.tokens) <= _SHORT_QUESTION and _asks_knowledge(doc)


def _asks_knowledge(doc: Doc) -> bool:
    asks = doc.text(len(doc.tokens) - 1) == "?" or doc.text(0) in _QUESTION_WORDS
    wishes = doc.all("gpu_need") or (doc.all("wish") and not _compares(doc))
    if len(set(doc.sentence)) > 1 or wishes or not asks:
        return False
    return any(m.i <= 1 for m in doc.all("knowledge")) or _of_machines(doc)


def _compares(doc: Doc) -> bool:
    """Say whether it reads "what's the difference between an A100 and an H100 for inference?"."""
    return not doc.spoken.isdisjoint(_COMPARING)


def _of_machines(doc: Doc) -> bool:
    """Say whether a question is about GPUs and nobody's workload: "will the B300 be available this year?"."""
    machines = (
        bool(doc.all_names("gpu") or doc.all("precision")) and not doc.all_names("family") and not doc.all("task")
    )
    return machines and doc.text(0) in _ASKING and doc.spoken.isdisjoint(_FIRST_PERSON)


def _foreign(doc: Doc) -> bool:
    """Say whether most of the words are none that talk of workloads needs."""
    spoken = [t.text for t in doc.tokens if t.text.isalpha() and t.text.isascii() and len(t.text) >= _SHORTEST_WORD]
    unknown = [w for w in spoken if w not in _small_words() and w not in doc.own_words and not is_known(w)]
    return len(unknown) >= _LEAST_FOREIGN and 2 * len(unknown) >= len(spoken)


@cache
def _small_words() -> frozenset[str]:
    return frozenset(word for found in table("languages").values() for word in found)
