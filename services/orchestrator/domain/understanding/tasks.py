"""What is done with which kind of model on which kind of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.model_facts import field_of
from services.orchestrator.domain.understanding.polarity import negated

_GENERIC: Final = words("tasks.generic")
_LIVE_FIELDS: Final = words("tasks.live_fields")
_SERVERS = frozenset({"inference_server"})
_BESIDE_LLM = (None, "embeddings", "tabular", "time_series", "recommendation", "biology")
_MANY_ITEMS = 5_000
_MANY_HOURS = 50
_TRANSCRIBING: Final = words("tasks.transcribing")
_WEAK_SERVING: Final = words("tasks.weak_serving")
_TASK_OVER_MODEL: Final = words("tasks.task_over_model")


def read_tasks(doc: Doc, mentions: Sequence[Mention], *, known: WorkloadSpec) -> Iterator[Mention]:
    """Read task, domain, pipeline tag and modality; mentions of the other grammars give further signs.

    known: the spec before the message, which tells what a message is about that names no task.
    """
    tasks = [m for m in doc.all("task") if not negated(doc, m.i, m.j) and not _inside_name(doc, m)]
    named = {m.i for m in mentions if m.field == "models" and not m.negated}
    families = [m for m in doc.all_names("family") if m.i in named]
    rag = any(not negated(doc, m.i, m.j) for m in doc.all("action", "rag"))
    if rag and all(f.facts["domain"] == "embeddings" for f in families):
        families = []  # what answers is a language model, whatever embeds the documents
    families.sort(key=lambda f: f.facts["domain"] == "embeddings")  # beside an LLM, embeddings are a means
    yield from _fields(doc, tasks, families, mentions)
    modality = list(_modality(doc))
    yield from modality
    if not modality:
        yield from _modality_of_domain(mentions, tasks, families)
    yield from _action(doc, mentions, tasks, families, known=known)


def _inside_name(doc: Doc, match: Match) -> bool:
    return match.i in doc.names


def _fields(doc: Doc, tasks: list[Match], families: list[Match], mentions: Sequence[Mention]) -> Iterator[Mention]:
    specific = [m for m in tasks if m.id not in _GENERIC]
    chosen = _chosen(specific)
    general = next((m for m in tasks if m.id in _GENERIC), None)
    if families:
        yield from _of_family(families[0], chosen, general)
        if not field_of(families[0])[1] and chosen is None:
            yield from _by_modality(doc)
    elif chosen is not None:
        domain = str(chosen.facts.get("domain") or (general.facts["domain"] if general is not None else ""))
        if domain:
            yield Mention("domain", domain, chosen.i, chosen.j, implied=True)
        if _tag(chosen):
            yield Mention("model_task", _tag(chosen), chosen.i, chosen.j)
    elif general is not None:
        yield Mention("domain", general.facts["domain"], general.i, general.j)
        if general.id == "computer-vision":
            yield from (m for m in _by_modality(doc) if m.field == "model_task")
    else:
        found = list(_by_modality(doc))
        yield from found or _language_model(doc, mentions)


def _of_family(family: Match, chosen: Match | None, general: Match | None) -> Iterator[Mention]:
    """Read domain and task off a model, where the message names no task that such a model can do as well."""
    domain, task = field_of(family)
    if chosen is not None and (chosen.id in _TASK_OVER_MODEL or not task or chosen.facts.get("domain") != domain):
        if not domain:
            domain = str(chosen.facts.get("domain") or "")
        if _compatible(domain, chosen):
            task = _tag(chosen)
    if not domain and general is not None:
        domain = str(general.facts["domain"])
    if domain:
        yield Mention("domain", domain, family.i, family.j, implied=True)
    if task:
        yield Mention("model_task", task, family.i, family.j, implied=True)


def _by_modality(doc: Doc) -> Iterator[Mention]:
    """Read the task from a verb and the kind of data: classify + images; data alone gives at least the domain."""
    data = next((m for m in doc.all("modality") if not _is_output_or_other(doc, m)), None)
    if data is None:
        return
    facts = lexicon.table("tasks")["by_modality"][data.id]
    verb = next((v for v in doc.all("verb") if v.id in facts and not negated(doc, v.i, v.j)), None)
    start, end = (verb.i, verb.j) if verb else (data.i, data.j)
    if "domain" in facts:
        yield Mention("domain", facts["domain"], start, end, implied=True)
    if verb is not None:
        yield Mention("model_task", facts[verb.id], start, end, implied=True)


def _language_model(doc: Doc, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Take a model that is spoken of in billions of parameters and in tokens or text for a language model."""
    params = next((m for m in mentions if m.field == "model_params_b" and not m.negated), None)
    if params is not None and (doc.all("cue", "tokens") or doc.all("modality", "text") or doc.all("product")):
        yield Mention("domain", "llm", params.i, params.j, implied=True)
        yield Mention("model_task", "text-generation", params.i, params.j, implied=True)


def _compatible(domain: str, task: Match) -> bool:
    """Say whether a task can be done by a model of that domain: translation by an LLM, but no chat by YOLO."""
    wanted = task.facts.get("domain")
    return (
        wanted is None
        or wanted == domain
        or domain == ""
        or {wanted, domain} <= {"computer_vision", "image_generation", "multimodal", "video"}
    )


def _tag(task: Match) -> str:
    return str(task.facts.get("model_task", task.id))


def _chosen(specific: list[Match]) -> Match | None:
    """Return what the message is about: a concrete task beats talk of an LLM that does it by the way."""
    llm = next((m for m in specific if m.id == "text-generation"), None)
    named = [m for m in specific if m.id != "text-generation"]
    concrete = next((m for m in named if m.id != "robotics"), next(iter(named), None))
    if llm is not None and concrete is not None and concrete.facts.get("domain") in _BESIDE_LLM:
        return llm
    return concrete or llm


def _modality(doc: Doc) -> Iterator[Mention]:
    found = [
        m
        for m in doc.all("modality")
        if not negated(doc, m.i, m.j) and doc.near(m.i, m.j, "task", before=0, after=0) is None
    ]
    found = [m for m in found if not _is_output_or_other(doc, m)]
    kinds = list(dict.fromkeys(m.id for m in found))
    if not kinds:
        return
    stated = [m for m in found if _is_data(doc, m)]
    if not stated:
        return
    kinds = list(dict.fromkeys(m.id for m in stated))
    value = (
        kinds[0]
        if len(kinds) == 1 or set(kinds) <= {"image", "video"}
        else ("mixed" if _joined(doc, stated) else kinds[0])
    )
    yield Mention("dataset_modality", value, stated[0].i, stated[0].j, implied=True)


def _modality_of_domain(mentions: Sequence[Mention], tasks: list[Match], families: list[Match]) -> Iterator[Mention]:
    """Take the data of a task whose kind is not said for what such tasks work on."""
    size = next((m for m in mentions if m.field in ("dataset_size_gb", "dataset_items") and not m.negated), None)
    domain = next((str(f.facts.get("domain") or "") for f in (*families, *tasks) if f.facts.get("domain")), "")
    kind = {"speech": "audio", "computer_vision": "image", "llm": "text"}.get(domain)
    if size is not None and kind and not any(m.field == "dataset_modality" for m in mentions):
        yield Mention("dataset_modality", kind, size.i, size.j, implied=True)


def _is_output_or_other(doc: Doc, match: Match) -> bool:
    before = {doc.text(k) for k in range(max(0, match.i - 3), match.i)}
    return bool(
        before
        & {
            "generate",
            "generates",
            "generating",
            "create",
            "creating",
            "docker",
            "container",
            "produce",
            "base",
            "to",
            "erzeugen",
        }
    ) and doc.text(match.i) in ("image", "images", "pictures", "photos", "videos", "video", "bilder")


def _is_data(doc: Doc, match: Match) -> bool:
    """Say whether the words speak of data at hand rather than of what a service takes in."""
    if doc.near(match.i, match.j, "bytes", before=6, after=3) or doc.near(match.i, match.j, "items", before=0, after=0):
        return True
    if doc.near(match.i, match.j, "cue", "data", before=0, after=2) or doc.near(
        match.i, match.j, "action", "training", before=8, after=8
    ):
        return True
    return (
        doc.near(match.i, match.j, "action", "fine_tuning", before=10, after=8) is not None
        or match.j - match.i > 1
        or match.id == "audio"
    )


def _joined(doc: Doc, found: list[Match]) -> bool:
    return any(b.i - a.j <= 2 and a.id != b.id for a, b in pairwise(found))


def _action(
    doc: Doc, mentions: Sequence[Mention], tasks: list[Match], families: list[Match], *, known: WorkloadSpec
) -> Iterator[Mention]:
    def positive(id_: str) -> list[Match]:
        return [
            m
            for m in doc.all("action", id_)
            if not negated(doc, m.i, m.j) and not _inside_name(doc, m) and not _noun_only(doc, m)
        ]

    fields = {m.field for m in mentions if not m.negated}
    tuning, training, batch, rag = (positive(a) for a in ("fine_tuning", "training", "batch_inference", "rag"))
    serving = positive("inference")
    about = bool(tasks or families or "model_params_b" in fields or known.domain or known.models)
    if not rag and (doc.all("verb", "answer") and doc.all("modality", "text")):
        rag = doc.all("verb", "answer")
    for found, value in ((tuning, "fine_tuning"), (training, "training"), (rag, "rag")):
        if found and not _already_done(doc, found[0]):
            if value == "training" and tuning and not _already_done(doc, tuning[0]):
                continue
            yield Mention("task_type", value, found[0].i, found[0].j)
            if value == "rag" and not families and not any(t.facts.get("domain") for t in tasks):
                yield Mention("domain", "llm", found[0].i, found[0].j, implied=True)
                yield Mention("model_task", "text-generation", found[0].i, found[0].j, implied=True)
            return
    if batch and (
        about or any(m.j - m.i > 1 for m in batch) or "dataset_items" in fields or "dataset_size_gb" in fields
    ):
        yield Mention("task_type", "batch_inference", batch[0].i, batch[0].j)
        return
    items = next((m for m in mentions if m.field in ("dataset_items", "dataset_size_gb") and not m.negated), None)
    live = fields & _LIVE_FIELDS
    hours = next((n for n in doc.numbers if doc.at(n.j, "time", "h") and n.value >= _MANY_HOURS), None)
    if hours is not None and not live and any(doc.words(t.i, t.j).lower() in _TRANSCRIBING for t in tasks):
        yield Mention("task_type", "batch_inference", hours.i, hours.j, implied=True)
        return
    once = next(iter(doc.all("once")), None)
    if once is not None and (items is not None or hours is not None) and about and not live:
        yield Mention("task_type", "batch_inference", once.i, once.j, implied=True)
        return
    if items is not None and about and not live and _is_bulk(doc, items, tasks, families):
        yield Mention("task_type", "batch_inference", items.i, items.j, implied=True)
        return
    strong = [m for m in serving if doc.text(m.i) not in _WEAK_SERVING]
    if strong and (about or len(doc.tokens) < 14 or "components" in fields):
        yield Mention("task_type", "inference", strong[0].i, strong[0].j)
        return
    server = next(
        (
            m
            for m in doc.all("component")
            if m.facts.get("role") in _SERVERS
            and any(x.field == "components" and x.i == m.i and not x.negated for x in mentions)
        ),
        None,
    )
    signs: list[Match | Mention] = [
        *serving,
        *positive_products(doc),
        *doc.all("cloud"),
        *doc.all("local"),
        *_steady(doc),
    ]
    sign = next(iter(signs), None) or next((m for m in mentions if m.field in _LIVE_FIELDS and not m.negated), None)
    if server is not None:
        yield Mention("task_type", "inference", server.i, server.j, implied=True)
    elif about and sign is not None:
        yield Mention("task_type", "inference", sign.i, sign.j, implied=True)


def _steady(doc: Doc) -> list[Match]:
    """Return the periods in which requests or items keep coming, such as the "a day" of "300 clips a day"."""
    counted = [m for m in doc.all("per") if doc.ending(m.i, "items") or doc.ending(m.i, "requests")]
    return [m for m in counted if m.id in ("second", "minute", "hour", "day", "week")]


def positive_products(doc: Doc) -> list[Match]:
    """Return the words for things with users, such as bot or service."""
    return [m for m in doc.all("product") if not negated(doc, m.i, m.j)]


_BULK_TASKS: Final = words("tasks.bulk_tasks")


def _is_bulk(doc: Doc, items: Mention, tasks: list[Match], families: list[Match]) -> bool:
    """Say whether a model is to be run once over a heap of items."""
    heap = items.field == "dataset_size_gb" or items.value >= _MANY_ITEMS
    return heap and any(t in _BULK_TASKS for t in (*(t.id for t in tasks), *(field_of(f)[1] for f in families)))


def _noun_only(doc: Doc, match: Match) -> bool:
    """Say whether the word does not name what is wanted: "training data", "inference server", "batch size"."""
    word, following = doc.text(match.i), doc.text(match.j)
    if word == "batch" and following in ("size", "sizes", "of"):
        return True
    if word in ("training", "train", "trained") and following in (
        "data",
        "set",
        "materials",
        "course",
        "courses",
        "station",
        "tickets",
        "video",
        "videos",
    ):
        return doc.near(match.i, match.j, "action", "training", before=0, after=0) is None or following in (
            "course",
            "courses",
            "station",
            "tickets",
            "materials",
        )
    return word in ("run", "running") and following in ("out", "into", "a", "late", "away") and doc.text(match.j) != "a"


def _already_done(doc: Doc, match: Match) -> bool:
    """Say whether the training lies in the past: "we already fine-tuned", "our fine-tuned model", "already trained"."""
    words = {doc.text(k) for k in range(max(0, match.i - 3), match.i)}
    word = doc.text(match.j - 1)
    if words & {"already", "bereits", "deja", "ya", "gia", "ja", "al", "juz", "zaten", "уже"} and (
        word.endswith("ed") or word == "tuned"
    ):
        return True
    is_participle = word in (
        "tuned",
        "finetuned",
        "trained",
        "pretrained",
        "preentraine",
        "entraine",
        "vortrainiertes",
        "vortrainierte",
    )
    nearby = {doc.text(k) for k in range(max(0, match.i - 2), match.i)}
    return (
        is_participle
        and bool(nearby & {"our", "my", "a", "the", "own", "existing", "your"})
        and doc.text(match.j) not in ("on", "with", "for")
    )
