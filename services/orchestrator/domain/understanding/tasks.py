"""What is done with which kind of model on which kind of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.actions import OF, Subject, read_action
from services.orchestrator.domain.understanding.data_kinds import is_at_hand, of_recordings, rows_of_text
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.everyday import everyday_job
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.lineage import made_of
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.model_facts import domains_named, field_of
from services.orchestrator.domain.understanding.models import is_likeness
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.retrieval import asks_documents
from services.orchestrator.domain.understanding.talk import is_talk
from services.orchestrator.domain.understanding.told_apart import amount_predicted, thing, things_told_apart, told_apart

_MAKING_VERBS: Final = words("tasks.making_verbs")
_VISUAL_NOUNS: Final = words("tasks.visual_nouns")

_GENERIC: Final = words("tasks.generic")
_BESIDE_LLM = (None, "embeddings", "tabular", "time_series", "recommendation", "biology")
_CAMERAS: Final = words("tasks.cameras")
_LLM_LEAST_B: Final = 1
"""From this many billions of parameters on, what works on text is a language model."""
_LANGUAGE: Final = (("cue", "tokens"), ("modality", "text"), ("product", None))
_MAKING: Final = ("text-to-image", "text-to-video", "image-to-video", "text-to-speech")
_TASK_BY_DATA: Final = ("computer-vision", "tabular", "speech")
_KIND_OF_DOMAIN: Final = {"computer_vision": "image", "tabular": "tabular", "speech": "audio"}
_TASK_OVER_MODEL: Final = words("tasks.task_over_model")


def read_tasks(doc: Doc, mentions: Sequence[Mention], *, known: WorkloadSpec) -> Iterator[Mention]:
    """Read task, domain, pipeline tag and modality; mentions of the other grammars give further signs.

    known: the spec before the message, which tells what a message is about that names no task.
    """
    tasks = [m for m in doc.all("task") if m.id != "none" and m.i not in doc.names and not is_talk(doc, m)]
    tasks = [m for m in tasks if not (negated(doc, m.i, m.j) or is_at_hand(doc, m) or _foretells_a_time(doc, m))]
    named = {m.i for m in mentions if m.field == "models" and not m.negated}
    families = [m for m in doc.all_names("family") if m.i in named]
    if not families and not tasks:
        families = [m for m in doc.all_names("family") if is_likeness(doc, m)]
    rag = any(not negated(doc, m.i, m.j) for m in doc.all("action", "rag")) or asks_documents(doc) is not None
    if not (families or tasks or rag) and (job := everyday_job(doc)) is not None:
        tasks = [job]
    if rag and all(f.facts["domain"] == "embeddings" for f in families):
        families = []  # what answers is a language model, whatever embeds the documents
    families.sort(key=lambda f: f.facts["domain"] == "embeddings")  # beside an LLM, embeddings are a means
    fields = list(_fields(doc, tasks, families, mentions))
    yield from fields
    modality = list(_modality(doc))
    yield from modality
    if not modality:
        yield from _modality_of_domain(doc, mentions, tasks, families)
    tags = frozenset(str(m.value) for m in fields if m.field == "model_task")
    yield from read_action(doc, mentions, Subject(tasks, families, known, tags))


def _fields(doc: Doc, tasks: list[Match], families: list[Match], mentions: Sequence[Mention]) -> Iterator[Mention]:
    specific = [m for m in tasks if m.id not in _GENERIC]
    chosen = _chosen(specific)
    general = next((m for m in tasks if m.id in _GENERIC), None)
    if families:
        yield from _of_family(families[0], chosen, general)
        if not field_of(families[0])[1] and chosen is None:
            domain_known = bool(field_of(families[0])[0])
            of_kind = field_of(families[0])[0]
            found = [m for m in _by_modality(doc, domain=of_kind) if m.field == "model_task" or not domain_known]
            yield from found or _of_encoder(doc, families[0])
    elif chosen is not None:
        domain = str(chosen.facts.get("domain") or (general.facts["domain"] if general is not None else ""))
        if not domain and any(
            m.field == "model_params_b" and m.value >= _LLM_LEAST_B for m in mentions if not m.negated
        ):
            domain = "llm"
        domain = domain or str(chosen.facts.get("usual_domain") or "")
        if domain:
            yield Mention("domain", domain, chosen.i, chosen.j, implied=True)
        if _tag(chosen):
            yield Mention("model_task", _tag(chosen), chosen.i, chosen.j)
    elif general is not None:
        yield Mention("domain", general.facts["domain"], general.i, general.j)
        if general.id in _TASK_BY_DATA:
            of_kind = str(general.facts["domain"])
            yield from (m for m in _by_modality(doc, mentions, domain=of_kind) if m.field == "model_task")
        elif general.id == "time-series" and (verb := next(iter(doc.all("verb", "predict")), None)) is not None:
            yield Mention("model_task", "time-series-forecasting", verb.i, verb.j, implied=True)
    else:
        yield from list(_of_sensors(doc)) or list(_by_modality(doc, mentions)) or _language_model(doc, mentions)


def _of_family(family: Match, chosen: Match | None, general: Match | None) -> Iterator[Mention]:
    """Read domain and task off a model, where the message names no task that such a model can do as well."""
    domain, task = field_of(family)
    if chosen is not None and (chosen.id in _TASK_OVER_MODEL or not task or chosen.facts.get("domain") != domain):
        if not domain:
            domain = str(chosen.facts.get("domain") or "")
        if _compatible(domain, chosen) and not (chosen.id == "ocr" and task == "image-text-to-text"):
            task = _tag(chosen)  # a vision language model that reads pages is still one
    if not domain and general is not None:
        domain = str(general.facts["domain"])
    if domain:
        yield Mention("domain", domain, family.i, family.j, implied=True)
    if task:
        yield Mention("model_task", task, family.i, family.j, implied=True)


def _of_encoder(doc: Doc, family: Match) -> Iterator[Mention]:
    """Read "a BERT classifier": what such a model of no domain of its own classifies is text."""
    verb = next((v for v in doc.all("verb", "classify") if not negated(doc, v.i, v.j)), None)
    if verb is not None and not field_of(family)[0]:
        yield Mention("model_task", "text-classification", verb.i, verb.j, implied=True)


def _by_modality(doc: Doc, mentions: Sequence[Mention] = (), *, domain: str = "") -> Iterator[Mention]:
    """Read the task from a verb and the kind of data: classify + images; data alone gives at least the domain.

    domain: what the message is known to be about, which tells the kind of data where nothing else does.
    """
    shown = (m for m in doc.all("modality") if not doc.near(m.i, m.j, "cue", "vram", before=0, after=0))
    named = next(((m.id, m.i, m.j) for m in shown if not _is_output_or_other(doc, m)), None)
    counted = next(((m.value, m.i, m.j) for m in mentions if m.field == "dataset_modality"), None)
    apart = things_told_apart(doc) or amount_predicted(doc)
    things = thing(doc) if apart is not None or doc.all("verb", "detect") else None
    if apart is None and things is not None and things[0] != "audio":
        things = None  # what is recognised in a customer or a table is too vague
    apart = apart or told_apart(doc)
    if apart is not None and named is None and counted is None and domain in _KIND_OF_DOMAIN:
        things = (_KIND_OF_DOMAIN[domain], apart.i, apart.j)
    data = named or counted or _filmed(doc) or things
    if data is None:
        return
    kind, i, j = data
    facts = lexicon.table("tasks")["by_modality"][kind]
    verb = next((v for v in doc.all("verb") if v.id in facts and not negated(doc, v.i, v.j)), None)
    if verb is None and told_apart(doc) is not None and "classify" in facts:
        verb = told_apart(doc)
    start, end = (verb.i, verb.j) if verb else (i, j)
    if "domain" in facts:
        yield Mention("domain", facts["domain"], start, end, implied=True)
    if verb is not None:
        yield Mention("model_task", facts[verb.id], start, end, implied=True)
    elif kind == "tabular" and (amount := amount_predicted(doc)) is not None:
        yield Mention("model_task", "tabular-regression", amount.i, amount.j, implied=True)


def _filmed(doc: Doc) -> tuple[str, int, int] | None:
    """Return what cameras see, where something is sought in it: "detect plastic on the belt, 6 cameras"."""
    if doc.spoken.isdisjoint(_CAMERAS) or not doc.all("verb"):
        return None
    k = next(k for k, token in enumerate(doc.tokens) if token.text in _CAMERAS)
    return "image", k, k + 1


def _language_model(doc: Doc, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Take a model that is spoken of in billions of parameters and in tokens or text for a language model."""
    params = next((m for m in mentions if m.field == "model_params_b" and not m.negated), None)
    text = any(m.field == "dataset_modality" and m.value == "text" for m in mentions)
    if params is not None and (text or any(doc.all(*kind) for kind in _LANGUAGE)):
        yield Mention("domain", "llm", params.i, params.j, implied=True)
        yield Mention("model_task", "text-generation", params.i, params.j, implied=True)


def _of_sensors(doc: Doc) -> Iterator[Mention]:
    """Read the odd among what sensors measure as time series."""
    sought = next(iter(doc.all("verb", "anomaly")), None)
    if sought is not None and doc.all("sensor"):
        yield Mention("domain", "time_series", sought.i, sought.j, implied=True)


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


def _are_made(doc: Doc, match: Match) -> bool:
    """Say whether images come at a rate from a model that makes them: "SDXL, 2 images per second"."""
    rate = doc.at(match.j, "per")
    makes = rate is not None and any(f.facts["task"] in _MAKING for f in doc.all_names("family"))
    return makes and not (doc.all("action", "fine_tuning") or doc.all("action", "training"))


def _modality(doc: Doc) -> Iterator[Mention]:
    found = [
        m
        for m in doc.all("modality")
        if not negated(doc, m.i, m.j)
        and doc.near(m.i, m.j, "task", before=0, after=0) is None
        and doc.near(m.i, m.j, "cue", "vram", before=0, after=0) is None  # "video memory"
        and doc.near(m.i, m.j, "intent", "render", before=0, after=0) is None  # "the plan as PDF"
    ]
    found += [m for m in doc.all("items") if m.id != "any" and _is_measured(doc, m)]
    found.sort(key=lambda m: m.i)
    made = {k for said in made_of(doc) for k in said}
    found = [m for m in found if not (m.i in made or _is_output_or_other(doc, m) or rows_of_text(doc, m.j))]
    found = [m for m in found if not _are_made(doc, m)]
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


def _modality_of_domain(
    doc: Doc, mentions: Sequence[Mention], tasks: list[Match], families: list[Match]
) -> Iterator[Mention]:
    """Take the data of a task whose kind is not said for what such tasks work on."""
    size = next((m for m in mentions if m.field in ("dataset_size_gb", "dataset_items") and not m.negated), None)
    counted = (n for n in doc.numbers if doc.at(n.j, "time", "h") and doc.ending(n.i, "per") is None)
    hours = next((n for n in counted if doc.text(n.j + 1) in (*OF, "") or of_recordings(doc, n)), None)
    domain = next((str(f.facts.get("domain") or "") for f in (*families, *tasks) if f.facts.get("domain")), "")
    kind = {"speech": "audio", "computer_vision": "image", "llm": "text"}.get(domain)
    kind = kind or ("text" if any(t.id == "text-classification" for t in tasks) else None)
    if hours is not None and kind == "audio":
        yield Mention("dataset_modality", kind, hours.i, hours.j, implied=True)
    elif size is not None and kind and not any(m.field == "dataset_modality" for m in mentions):
        yield Mention("dataset_modality", kind, size.i, size.j, implied=True)


def _foretells_a_time(doc: Doc, task: Match) -> bool:
    """Say whether it reads "predict how many days a delivery takes": no course of something over time."""
    return task.id == "time-series-forecasting" and doc.at(task.j, "time") is not None


def _is_measured(doc: Doc, match: Match) -> bool:
    """Say whether it reads "30 GB of court rulings"."""
    size = doc.near(match.i, match.j, "bytes", before=3, after=0)
    return size is not None and doc.text(size.j) in OF and "tabular" not in domains_named(doc)


def _is_output_or_other(doc: Doc, match: Match) -> bool:
    before = {doc.text(k) for k in range(max(0, match.i - 3), match.i)}
    return bool(before & _VISUAL_NOUNS) and doc.text(match.i) in _MAKING_VERBS


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
