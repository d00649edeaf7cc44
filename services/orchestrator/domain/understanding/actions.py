"""What is done with the model: trained, fine-tuned, served, run once over a heap, asked about documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.action_words import already_done, is_noun
from services.orchestrator.domain.understanding.corrections import corrected_until
from services.orchestrator.domain.understanding.data_kinds import of_recordings
from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.everyday import RAG
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.lineage import made_of, to_be_made
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.meant import on_machine, runs_software
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.model_facts import domains_named, field_of
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.retrieval import asks_documents

_LIVE_FIELDS: Final = words("tasks.live_fields")
_TRANSCRIBING: Final = words("tasks.transcribing")
_WEAK_SERVING: Final = words("tasks.weak_serving")
_BULK_TASKS: Final = words("tasks.bulk_tasks")
OF: Final = ("of", "de", "d", "d'", "di", "von", "van", "worth")
_ADJUSTING: Final = words("tasks.adjusting")
_ARTICLES: Final = words("tasks.articles")
_ONLY: Final = ("only", "just", "nur", "solo", "seulement", "apenas", "alleen", "tylko", "только", "sadece")
_OVER: Final = ("over", "across", "through", "uber")
_TERMS: Final = words("tasks.terms")
"""What is said of machines that something is to run on."""
_FEEDS: Final = words("tasks.feeds")
_FOLDING: Final = frozenset({"predict", "predicting", "predicted", "fold", "folding"})
"""What is done to proteins one after another, by a model that is there: folding is learned by few."""
_EMBEDDED: Final = frozenset({"embeddings", "vectors"})
_MANY_ITEMS: Final = 5_000
_MANY_HOURS: Final = 50
_PRICED: Final = 4
"""Tokens from "one-time" to the sum that it is said of, and no job."""
_SHORT: Final = 14
_SCORING: Final = words("tasks.scoring")
_RESEARCH: Final = words("tasks.research")
_MAKING: Final = ("text-to-image", "text-to-video", "image-to-video", "text-to-speech")
_PERIODS: Final = ("second", "minute", "hour", "day", "week")


class Subject(NamedTuple):
    """What the message is about."""

    tasks: list[Match]
    families: list[Match]
    known: WorkloadSpec
    """The spec before the message."""
    tags: frozenset[str] = frozenset()
    """The pipeline tags read in the message, from a task's name or from a verb and its data."""


def read_action(doc: Doc, mentions: Sequence[Mention], subject: Subject) -> Iterator[Mention]:
    """Read the task type; the words for training beat those for a heap of work, and these the signs of serving."""
    wanted = [m for m in mentions if not m.negated]
    for id_ in ("fine_tuning", "training"):
        refused = next((m for m in doc.all("action", id_) if negated(doc, m.i, m.j)), None)
        if refused is not None:
            yield Mention("task_type", id_, refused.i, refused.j, negated=True)
    histories = made_of(doc)
    made = _made(doc, histories, subject)
    if made is not None:
        yield made
        if made.value == "rag" and not subject.families and not any(t.facts.get("domain") for t in subject.tasks):
            yield Mention("domain", "llm", made.i, made.j, implied=True)
            yield Mention("model_task", "text-generation", made.i, made.j, implied=True)
        return
    fields = {m.field for m in wanted}
    about = bool(subject.tasks or subject.families or subject.known.domain or subject.known.models or histories)
    about = about or bool(subject.tags and fields & _LIVE_FIELDS)
    about = about or "model_params_b" in fields
    works = doc.all("modality") or doc.all("verb", "classify") or not doc.spoken.isdisjoint(_SCORING)
    about = about or (bool(works) and bool(fields & _LIVE_FIELDS))
    learns = any(t.facts.get("domain") == "reinforcement_learning" for t in (*subject.tasks, *subject.families))
    found = _batch(doc, wanted, subject, about=about) or _served(doc, wanted, about=about)
    if found is None or (learns and (found.implied or found.value == "batch_inference")):
        subjects = [*subject.tasks, *subject.families]
        found = Mention("task_type", "training", subjects[0].i, subjects[0].j, implied=True) if learns else None
    terms = fields & _TERMS and "dataset_size_gb" not in fields
    found = found or on_machine(doc, subject.families)
    at_work = found is None and subject.tasks and subject.families and doc.spoken.isdisjoint(_RESEARCH)
    if at_work and (terms or _is_model_at_work(subject)):
        found = Mention("task_type", "inference", subject.families[0].i, subject.families[0].j, implied=True)
    if found is not None:
        yield found


def _is_model_at_work(subject: Subject) -> bool:
    """Say whether a certain model is named with its task, or one that makes things is: "images with SDXL"."""
    family = subject.families[0]
    return family.j - family.i > 1 or any(task.id in _MAKING for task in subject.tasks)


def _positive(doc: Doc, id_: str) -> list[Match]:
    shelved = {doc.sentence[m.i] for m in doc.all("shelved")}
    shelved |= {doc.sentence[m.i] - back for m in doc.all("withdrawn") for back in (1, 2)}
    found = [m for m in doc.all("action", id_) if doc.sentence[m.i] not in shelved and not negated(doc, m.i, m.j)]
    corrected = corrected_until(doc)
    return [m for m in found if m.i >= corrected and m.i not in doc.names and not is_noun(doc, m)]


def _made(doc: Doc, histories: Sequence[range], subject: Subject) -> Mention | None:
    """Return fine-tuning, training or answering from documents, where one of them is to be done."""
    told = {said.start for said in histories}
    tuning = next((m for m in _positive(doc, "fine_tuning") if not already_done(doc, m, told)), None)
    tuning = tuning or _adjusted(doc)
    training = next((m for m in _positive(doc, "training") if not already_done(doc, m, told)), None)
    training = training or to_be_made(doc)
    rag = next(iter(_positive(doc, "rag")), None) or asks_documents(doc)
    rag = rag or next((t for t in subject.tasks if t.id == RAG), None)  # told in everyday words
    if rag is None and doc.all("modality", "text"):
        rag = next(iter(doc.all("verb", "answer")), None)
    for match, value in ((tuning, "fine_tuning"), (training, "training"), (rag, "rag")):
        if match is not None:
            return Mention("task_type", value, match.i, match.j)
    return None


def _adjusted(doc: Doc) -> Match | None:
    """Return the verb of "ajustar Llama 3.1 8B": what is adjusted by it is a model, so that it is fine-tuning."""
    for family in doc.all_names("family") if not doc.spoken.isdisjoint(_ADJUSTING) else ():
        k = family.i - 1 - (doc.text(family.i - 1) in _ARTICLES)
        if doc.text(k) in _ADJUSTING and not negated(doc, k, k + 1):
            return Match("action", "fine_tuning", k, k + 1, {})
    return None


def _batch(doc: Doc, wanted: Sequence[Mention], subject: Subject, *, about: bool) -> Mention | None:
    """Return batch inference, where the words say so or a heap of items is to be worked through once."""
    heap = next((m for m in wanted if m.field in ("dataset_items", "dataset_size_gb")), None)
    said = _positive(doc, "batch_inference")
    added = (
        {m.i for m in wanted if m.field == "components"} if subject.known.task_type or subject.known.domain else set()
    )
    if added and heap is None and not subject.tasks and not subject.families:
        said = []  # "and Airflow for the nightly run": that is when the component runs
    if said and (about or heap is not None or any(m.j - m.i > 1 for m in said)):
        return Mention("task_type", "batch_inference", said[0].i, said[0].j)
    if {m.field for m in wanted} & _LIVE_FIELDS:
        return None
    hours = next((n for n in doc.numbers if doc.at(n.j, "time", "h") and n.value >= _MANY_HOURS), None)
    once = next(iter(doc.all("once")), None)
    if hours is not None and any(m.field == "deadline_hours" for m in wanted) and about:
        return Mention("task_type", "batch_inference", hours.i, hours.j, implied=True)
    recorded = hours is not None and (doc.text(hours.j + 1) in OF or of_recordings(doc, hours))
    transcribes = [t.id for t in subject.tasks] + [field_of(f)[1] for f in subject.families]
    transcribed = "automatic-speech-recognition" in transcribes and recorded
    if transcribed or (hours is not None and any(doc.words(t.i, t.j).lower() in _TRANSCRIBING for t in subject.tasks)):
        assert hours is not None
        return Mention("task_type", "batch_inference", hours.i, hours.j, implied=True)
    priced = once is not None and doc.near(once.i, once.j, "currency", before=_PRICED, after=_PRICED) is not None
    if once is not None and not priced and doc.all("modality") and (subject.families or subject.tags):
        return Mention("task_type", "batch_inference", once.i, once.j, implied=True)
    known = subject.known.dataset_items or subject.known.dataset_size_gb or subject.known.dataset_modality
    if once is not None and (heap is not None or hours is not None or known) and (about or subject.tags):
        return Mention("task_type", "batch_inference", once.i, once.j, implied=True)
    if heap is not None and subject.families and doc.text(heap.i - 1) in _OVER:
        return Mention("task_type", "batch_inference", heap.i, heap.j, implied=True)
    if heap is not None and (about or subject.tags) and _is_bulk(doc, heap, subject):
        return Mention("task_type", "batch_inference", heap.i, heap.j, implied=True)
    return None


def _is_bulk(doc: Doc, heap: Mention, subject: Subject) -> bool:
    """Say whether the heap is large and the task one that is done item by item."""
    if doc.text(heap.j - 1) in _EMBEDDED:
        return False  # "search over 50M embeddings"
    large = heap.field == "dataset_size_gb" or heap.value >= _MANY_ITEMS
    ids = [t.id for t in subject.tasks] + [field_of(f)[1] for f in subject.families] + sorted(subject.tags)
    folded = not doc.spoken.isdisjoint(_FOLDING) and any(
        "protein" in doc.words(t.i, t.j).lower() for t in subject.tasks
    )
    named = any(f.facts["domain"] == "biology" for f in subject.families)
    counted = heap.field == "dataset_items" and (named or folded)
    return large and (counted or any(id_ in _BULK_TASKS for id_ in ids))


def _served(doc: Doc, wanted: Sequence[Mention], *, about: bool) -> Mention | None:
    """Return inference, where a model is served by the words, by its server, or by how it is used."""
    serving = [m for m in _positive(doc, "inference") if not runs_software(doc, m)]
    strong = next((m for m in serving if doc.text(m.i) not in _WEAK_SERVING), None)
    fields = {m.field for m in wanted}
    alone = len(doc.tokens) < _SHORT and "components" not in fields
    alone = alone or (strong is not None and doc.text(strong.i) == "inference" and "gpu_models" in fields)
    if strong is not None and (about or alone or doc.text(strong.i - 1) in _ONLY):
        return Mention("task_type", "inference", strong.i, strong.j)
    named = {m.i for m in wanted if m.field == "components"}
    server = next((m for m in doc.all("component") if m.facts.get("role") == "inference_server" and m.i in named), None)
    talk = {k for m in doc.all("task", "none") for k in range(m.i, m.j)}
    products = [m for m in doc.all("product") if not negated(doc, m.i, m.j) and m.i not in talk]
    signs = [*serving, *_streams(doc), *products, *doc.all("cloud"), *doc.all("local"), *doc.all("rent"), *_steady(doc)]
    spans = [(m.i, m.j) for m in signs] + [(m.i, m.j) for m in wanted if m.field in _LIVE_FIELDS]
    if server is not None:
        return Mention("task_type", "inference", server.i, server.j, implied=True)
    return Mention("task_type", "inference", *spans[0], implied=True) if about and spans else None


def _steady(doc: Doc) -> list[Match]:
    """Return the periods in which requests or items keep coming, such as the "a day" of "300 clips a day"."""
    return [
        m
        for m in doc.all("per")
        if m.id in _PERIODS
        and not doc.ending(m.i, "currency")
        and (
            doc.ending(m.i, "items")
            or doc.ending(m.i, "requests")
            or (m.i in doc.number_to and (m.id != "hour" or _makes(doc)))
            or _counts_follow(doc, m)
            or (m.id != "hour" and _hours_beside(doc, m))
        )
    ]


@once
def _makes(doc: Doc) -> bool:
    """Say whether the message is about making things, so that "20 per hour" counts those."""
    tasks = [m.id for m in doc.all("task")] + [f.facts["task"] for f in doc.all_names("family")]
    return any(task in _MAKING for task in tasks)


def _hours_beside(doc: Doc, match: Match) -> bool:
    """Say whether it reads "200 hours of audio a day"."""
    hours = doc.near(match.i, match.j, "time", "h", before=3, after=2)
    heard = any(doc.all("modality", k) for k in ("audio", "video")) or "speech" in domains_named(doc)
    return hours is not None and hours.i in doc.number_to and heard


def _streams(doc: Doc) -> list[Match]:
    """Return the live feeds that are counted: "on 20 camera streams"."""
    feeds = (doc.at(n.j + k, "requests") for n in doc.numbers for k in (0, 1))
    return [m for m in feeds if m is not None and doc.text(m.j - 1) in _FEEDS]


def _counts_follow(doc: Doc, match: Match) -> bool:
    """Say whether it reads "täglich 50.000 Dokumente"."""
    number = doc.number_from.get(match.j)
    return number is not None and (doc.at(number.j, "items") or doc.at(number.j, "requests")) is not None
