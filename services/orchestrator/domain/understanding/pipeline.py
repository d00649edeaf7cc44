"""Understanding a message: mask, clean, split, read, merge, name the intent."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from functools import partial
from typing import Final

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import (
    answers,
    disputes,
    intents,
    language,
    money,
    secrets,
    snippets,
)
from services.orchestrator.domain.understanding.choices import read_choice, read_count_of_them
from services.orchestrator.domain.understanding.corrections import (
    moved,
    read_currency,
    read_share,
    read_variant,
    without_nth,
    without_taken_back,
)
from services.orchestrator.domain.understanding.deadlines import read_deadline
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.gpus import read_gpus
from services.orchestrator.domain.understanding.latency import read_latency
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.merge import Merger
from services.orchestrator.domain.understanding.models import read_models
from services.orchestrator.domain.understanding.nodes import read_nodes
from services.orchestrator.domain.understanding.params import read_params
from services.orchestrator.domain.understanding.parts import read_parts
from services.orchestrator.domain.understanding.pasted import with_snippet
from services.orchestrator.domain.understanding.picked import expand
from services.orchestrator.domain.understanding.places import read_places
from services.orchestrator.domain.understanding.prepare import prepare
from services.orchestrator.domain.understanding.prices import Amount
from services.orchestrator.domain.understanding.relevance import about_workloads, asks_knowledge, without_asides
from services.orchestrator.domain.understanding.removal import without_given_up, without_waived
from services.orchestrator.domain.understanding.revision import drops_count, find_revision, starts_over
from services.orchestrator.domain.understanding.safety import clean
from services.orchestrator.domain.understanding.said_anew import with_figures_anew
from services.orchestrator.domain.understanding.selfasked import answered
from services.orchestrator.domain.understanding.service import read_concurrency, read_rates
from services.orchestrator.domain.understanding.sizes import read_context, read_dataset
from services.orchestrator.domain.understanding.tasks import read_tasks
from services.orchestrator.domain.understanding.told import without_told
from services.orchestrator.domain.understanding.traits import read_traits
from services.orchestrator.domain.understanding.types import CatalogueNames, Intent, OpenPoint, Understanding
from services.orchestrator.domain.understanding.update import update

_NOTHING: Final = WorkloadSpec()
_FEW_WORDS: Final = 8


def understand(
    text: str,
    *,
    spec: WorkloadSpec,
    turn: int,
    asked: Sequence[Question] = (),
    names: CatalogueNames | None = None,
    has_plan: bool = False,
    now: datetime | None = None,
) -> Understanding:
    """Return what a message says, given the spec before it and the questions asked before it.

    now: when the message was sent, from which days such as Friday are counted; without it they are no deadlines.
    Pure and deterministic; never raises on any text.
    """
    masked, kinds = secrets.mask(text)
    cleaned = clean(masked)
    parts = snippets.split(cleaned.text)
    doc, folded, code = _document(parts.prose, spec, asked, names)
    mentions, found_amounts = _read(doc, folded, spec, now)
    mentions = without_given_up(doc, without_waived(doc, mentions))
    if parts.snippet:
        mentions = with_snippet(mentions, parts.snippet, doc, names)
    mentions = _corrected(doc, spec, [*mentions, *_of_nodes(doc, spec, code, names)])
    mentions = _with_answers(doc, spec, mentions, asked, turn=turn)
    mentions, disputed = disputes.settle(doc, mentions)
    open_points = [*disputed, *(_open_budgets(found_amounts, mentions, asked, spec) if not disputed else ())]
    about = bool(disputed) or about_workloads(doc, mentions, spec, asked)
    about = about or (bool(open_points) and not cleaned.attack and _speaks_of_budget(doc))
    knowledge = asks_knowledge(doc, mentions)
    if (cleaned.attack and cleaned.emptied) or not about:
        mentions, open_points = [], []
    mentions = without_asides(doc, mentions)
    named = mentions
    if knowledge:
        mentions, open_points = [], []
    revision, scaled = find_revision(doc, spec, mentions, has_plan=has_plan)
    mentions = drops_count(mentions, revision)
    stated = {m.field for m in mentions if not m.implied and not m.negated}
    delegates = _delegates(doc, asked)
    base = WorkloadSpec() if starts_over(doc) and spec.stated() else spec
    merger = Merger(doc, base, turn=turn)
    wishes = _wishes(doc, mentions, stated, has_plan=has_plan)
    if wishes:
        update(merger, doc, base, mentions, scaled)
    after = merger.result()
    by_itself = wishes and base == _NOTHING and not scaled and mentions == named
    changes = _difference(spec, after)
    intent = intents.of(
        doc,
        attack=cleaned.attack,
        about_workloads=about and not cleaned.emptied,
        knowledge=knowledge,
        has_plan=has_plan,
        changed=bool(changes),
        stated=stated,
        revision=revision,
        delegates=delegates,
    )
    return Understanding(
        spec=after,
        changes=changes,
        origins=dict(merger.origins),
        intent=intent,
        revision=revision if intent in (Intent.REVISE, Intent.PLAN) else None,
        wants_plan_now=delegates,
        skipped=tuple(q.field for q in asked if getattr(after, q.field, None) in (None, ())) if delegates else (),
        open_points=(*merger.open_points, *open_points),
        masked_text=masked,
        secrets=kinds,
        language=code,
        has_plan=has_plan,
        named=after if by_itself else _named(doc, named, turn=turn),
    )


def _document(
    said: str, spec: WorkloadSpec, asked: Sequence[Question], names: CatalogueNames | None
) -> tuple[Doc, str, str]:
    """Return the prose of a message as the grammars read it, folded, and its language."""
    prose = answered(expand(said, asked))
    folded = fold(prose)
    code = language.detect(folded, prose)
    doc = prepare(prose, folded, code, names, known=spec)
    for rewritten in (with_figures_anew, without_told):
        if (wished := rewritten(doc)) != prose:
            prose, folded = wished, fold(wished)
            doc = prepare(prose, folded, code, names, known=spec)
    return doc, folded, code


def _of_nodes(doc: Doc, spec: WorkloadSpec, code: str, names: CatalogueNames | None) -> list[Mention]:
    """Read nodes beside a count of GPUs that was said before."""
    counted = spec.origins.get("gpu_count_min")
    if not (counted and spec.gpu_count_min and doc.all("cue", "node")):
        return []
    before = prepare(counted.words, fold(counted.words), code, names)
    return list(read_nodes(doc, before, spec.gpu_count_min))


def _corrected(doc: Doc, spec: WorkloadSpec, mentions: list[Mention]) -> list[Mention]:
    """Return the mentions with what takes up earlier ones, without those that were taken back."""
    mentions = [*mentions, *read_currency(doc, spec), *read_variant(doc, spec)]
    mentions += [*answers.read_restated(doc, mentions), *read_share(doc, mentions)]
    return without_nth(doc, without_taken_back(doc, moved(doc, spec, mentions)))


def _with_answers(
    doc: Doc, spec: WorkloadSpec, mentions: list[Mention], asked: Sequence[Question], *, turn: int
) -> list[Mention]:
    """Return the mentions with what answers questions, and chooses among or corrects what was said in earlier turns."""
    mentions, said = list(mentions), {m.field for m in mentions}
    if doc.all("correction"):
        mentions += answers.read_correction(doc, spec, mentions, turn=turn)
    mentions += [*read_choice(doc, spec, turn=turn), *read_count_of_them(doc, spec, turn=turn)]
    mentions += answers.read_answers(doc, asked, said=said)
    mentions += answers.read_correction(doc, spec, mentions, turn=turn)
    return answers.as_requests(doc, spec, _of_memory(doc, spec, mentions))


def _wishes(doc: Doc, mentions: Sequence[Mention], stated: Set[str], *, has_plan: bool) -> bool:
    """Say whether a message wishes something, rather than ask about the plan alone."""
    question = intents.question_intent(doc, has_plan=has_plan, stated=stated)
    return (
        question is None
        or (question is Intent.PRICE and not has_plan and not stated <= intents.MACHINE)
        or _states_wish(doc, question, has_plan=has_plan)
        or _supposes(doc, question, mentions)
    )


def _named(doc: Doc, mentions: Sequence[Mention], *, turn: int) -> WorkloadSpec:
    """Return the spec that the mentions make by themselves."""
    merger = Merger(doc, WorkloadSpec(), turn=turn)
    merger.merge(list(mentions))
    return merger.result()


def _read(doc: Doc, folded: str, spec: WorkloadSpec, now: datetime | None) -> tuple[list[Mention], list[Amount]]:
    """Run the grammars in the order in which they claim numbers."""
    mentions: list[Mention] = list(read_models(doc))
    mentions += read_gpus(doc)
    amounts = money.amounts(doc)
    mentions += money.budgets(amounts)
    for read in (
        partial(read_context, known=spec),
        read_rates,
        partial(read_latency, known=spec),
        partial(read_concurrency, known=spec),
        read_params,
        partial(read_deadline, known=spec, now=now),
        read_dataset,
        partial(read_places, wanted=spec.providers),
        read_parts,
    ):
        mentions += read(doc)
    mentions += read_traits(doc, folded)
    mentions += read_tasks(doc, mentions, known=spec)
    return mentions, amounts


def _of_memory(doc: Doc, spec: WorkloadSpec, mentions: list[Mention]) -> list[Mention]:
    """Read "make it 48GB" as GPU memory, where that is what was spoken of and no data is."""
    if spec.vram_gb_min_per_gpu is None or spec.dataset_size_gb is not None or doc.all("cue", "data"):
        return mentions
    if not doc.all("correction"):
        return mentions
    return [m._replace(field="vram_gb_min_per_gpu") if m.field == "dataset_size_gb" else m for m in mentions]


def _open_budgets(
    found: Sequence[Amount], mentions: list[Mention], asked: Sequence[Question], spec: WorkloadSpec
) -> list[OpenPoint]:
    """Return the amounts whose period has to be asked for, unless a question or an earlier budget gives it."""
    amounts = money.without_period(found)
    if not amounts:
        return []
    last = amounts[-1]
    period = _known_period(spec) or next((money.period_asked(q) for q in asked if q.field.startswith("budget")), "")
    if period:
        mentions.extend(
            money.budgets([last._replace(period=period, currency=last.currency or spec.budget_currency or "")])
        )
        return []
    shown = f"{last.value:,.10g} {last.currency or 'USD'}"
    return [OpenPoint("budget_usd_month", "period", (f"{shown} per month", f"{shown} in total"), shown)]


def _speaks_of_budget(doc: Doc) -> bool:
    """Say whether a message of no more than an amount names it a budget: "budget 2k"."""
    return bool(doc.all("money", "budget")) and not doc.all("off_topic") and len(doc.tokens) <= _FEW_WORDS


def _known_period(spec: WorkloadSpec) -> str:
    if spec.budget_period is not None:
        return spec.budget_period.value
    return next((p for p in ("month", "hour", "total") if getattr(spec, f"budget_usd_{p}") is not None), "")


def _delegates(doc: Doc, asked: Sequence[Question]) -> bool:
    """Say whether the user leaves the rest to us; a bare "not sure" does so only as an answer."""
    if asked and doc.spoken <= _SKIPS and any(word.isalpha() for word in doc.spoken):
        return True
    found = doc.all("delegate")
    if not found:
        return False
    only_doubt = all(doc.words(m.i, m.j).lower() in _DOUBT for m in found)
    return not only_doubt or bool(asked) or len(doc.tokens) <= 6


_SKIPS: Final = words("pipeline.skips")
_DOUBT: Final = words("pipeline.doubt")


def _states_wish(doc: Doc, question: Intent, *, has_plan: bool) -> bool:
    """Say whether a question about the plan still states wishes: "why so much? use 2 GPUs"."""
    sentences = {doc.sentence[m.i] for m in doc.all("intent", question.value)}
    return any(doc.sentence[m.i] not in sentences for m in doc.all("contrast")) and has_plan


def _supposes(doc: Doc, question: Intent, mentions: Sequence[Mention]) -> bool:
    """Say whether a question for the price supposes another deadline: "what does it cost if it's done in 3 days?"."""
    return question is Intent.PRICE and "deadline_hours" in {m.field for m in mentions} and bool(doc.all("supposed"))


def _difference(before: WorkloadSpec, after: WorkloadSpec) -> dict[str, object]:
    """Return the fields that differ, None for those removed."""
    old, new = before.stated(), after.stated()
    return {f: new.get(f) for f in sorted(old.keys() | new.keys()) if old.get(f) != new.get(f)}
