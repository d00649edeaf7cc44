"""One search, from words to ranked models: understand the task, gather candidates, rank, collapse, explain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from libs.database import Pool
from libs.errors import Violations
from services.models import ids, tables
from services.models.domain import gathering, names, ranking, reasons
from services.models.domain.capabilities import asked_of_language_model
from services.models.domain.conditions.filtering import beside, in_words
from services.models.domain.conditions.reading import read_conditions, without_conditions
from services.models.domain.excerpt import excerpt
from services.models.domain.filter_values import FilterValues, Stated
from services.models.domain.filters import ModelFilter
from services.models.domain.languages import named_languages
from services.models.domain.ranking import Candidate, Ranked, Scale
from services.models.domain.scan import Scan
from services.models.domain.tasks import bare_wish, fits, is_name_of_task, likely_tasks, says_only_its_task
from services.models.domain.translating import direction_of
from services.models.embed.base import Vectors
from services.models.embed.cache import CachedEmbedder
from services.models.embed.choose import Embedders
from services.models.store import catalog, search, versions
from services.models.store.current import Current
from services.models.store.search import Found
from services.models.store.versions import State
from services.models.understanding.reader import TaskReader
from services.models.wish import Answer, Hit, Wish
from services.models.wish_vectors import WishVectors

_MUCH_USED: Final = 0.5
"""Popularity of one of the models that bear the name of a task, without which the task is meant."""
_VARIANTS: Final = 20
"""Repackagings that are listed with one result."""


class Searcher:
    """Searches one database with the embedders of this process."""

    def __init__(self, pool: Pool, embedders: Embedders, *, scan_mib: int = 640, state_max_age_s: float = 5.0) -> None:
        self._pool = pool
        cached = {e.space.key: CachedEmbedder(e) for e in embedders.all}
        self._vectors = WishVectors(cached)
        self._reader = TaskReader(
            embedders.minilm,
            english=cached.get(embedders.minilm.space.key) or CachedEmbedder(embedders.minilm),
            multilingual=CachedEmbedder(embedders.multilingual),
        )
        self._current = Current(
            pool,
            spaces=cached.keys(),
            most_scan_bytes=scan_mib * 2**20,
            max_age_s=state_max_age_s,
        )
        self._answered = False
        self._values: tuple[Stated, FilterValues] | None = None

    async def warm(self) -> None:
        """Load the encoders, so that the first wish need not wait for them."""
        await self._reader.warm()

    async def ready(self) -> None:
        """Return when the catalogue can answer. It can while a newer version is read, for which searches wait.

        Raises what the database says, or CatalogEmptyError.
        """
        await versions.version(self._pool)
        if self._answered:
            self._current.look()
        else:
            self._vectors.answering(await self.state())
            self._answered = True

    def space_name(self, state: State) -> str:
        """Return the space that answers: embedder, dimension and version."""
        return str(self._vectors.answering(state).space)

    async def state(self) -> State:
        """Return the state of the catalogue, checked within the last few seconds."""
        return await self._current.get()

    async def close(self) -> None:
        """Stop reading the catalogue."""
        await self._current.close()

    async def values(self) -> FilterValues:
        """Return the values that a filter may have now."""
        return self._values_of(await self.state())

    def _values_of(self, state: State) -> FilterValues:
        known = self._values
        if known is None or known[0] is not state.stated:
            values = FilterValues(state.stated, tasks=tables.tasks(), licenses=tables.licenses())
            self._values = known = (state.stated, values)
        return known[1]

    async def search(self, wish: Wish) -> Answer:
        """Return the models for a wish. A change of the catalogue meanwhile is noticed, and the search done again.

        Raises InvalidInputError for a base that no model here came from.
        """
        state = await self._current.get()
        if wish.wanted.base_model:
            base = await ids.base_id(self._pool, wish.wanted.base_model, state.vocabulary)
            wish = replace(wish, wanted=replace(wish.wanted, base_model=base))
        if not wish.conditions_in_filter:
            read = beside(wish.wanted, read_conditions(wish.query).wanted)
            wish = replace(wish, said=self._values_of(state).resolved(read, Violations()))
        while True:
            found, fit = await self._ranked(wish, state)
            if found is not None:
                break
            old = state.version
            del state  # not kept in memory while the next one is read
            state = await self._current.get(other_than=old)
        top = found[: wish.limit]
        understood = tuple(t for t in likely_tasks(fit) if fit) if wish.query.strip() else ()
        hits = await self._hits(wish, top, fit)
        notes = self._values_of(state).missing(wish.wanted)
        if not hits and not notes and (wish.wanted != ModelFilter() or wish.name.strip()):
            notes = (reasons.NOTHING_PASSES if wish.wanted != ModelFilter() else reasons.NOT_NAMED,)
        return Answer(hits, understood, state.snapshot_id, in_words(wish.said), notes)

    async def _ranked(self, wish: Wish, state: State) -> tuple[list[Ranked] | None, dict[str, float]]:
        """Return the ranked candidates, or None when the catalogue is no longer the state's."""
        named = await self._named(wish, state)
        query = without_conditions(bare_wish(wish.query.strip()))
        if wish.name.strip() and not query:
            return named, {}
        fit: dict[str, float] = {}
        orders: list[list[Ranked] | None] = []
        if query:
            for reading in await self._reader.readings(query):
                languages = (
                    named_languages(query) or named_languages(reading.query) or tuple(filter(None, [reading.language]))
                )
                tasks = _fit(reading.tasks, wish.wanted)
                fit = {task: max(fit.get(task, 0.0), tasks.get(task, 0.0)) for task in {**fit, **tasks}}
                orders.append(
                    await self._ordered(
                        replace(wish, query=reading.query), state, tasks, languages, english=reading.english
                    )
                )
        else:
            found = await search.listed(self._pool, wanted=wish.wanted, limit=max(4 * wish.limit, 100))
            orders.append(_order(found, wish, state, fit, (), Scale(0.0, 1.0)))
        whole = [order for order in orders if order is not None]
        if len(whole) < len(orders):
            return None, {}
        first = {r.candidate.model_no for r in named}
        ranked = named + [r for r in ranking.alternating(whole) if r.candidate.model_no not in first]
        shown = ranked if wish.keep_variants else ranking.collapse(ranked)
        return (ranking.doubted(shown) if len(orders) == 1 and not named else shown), fit

    async def _ordered(
        self, wish: Wish, state: State, tasks: Mapping[str, float], languages: Sequence[str], *, english: str
    ) -> list[Ranked] | None:
        """Return what may answer a wish in words, best first, or None when the catalogue is no longer the state's."""
        query, likely = wish.query, likely_tasks(tasks)
        if cards := asked_of_language_model(query):
            english, query = f"{english} ({cards})", f"{query} ({cards})"
        space, table, whole = await self._vectors.of(state, query, english=english)
        vector = whole.astype(np.float16).astype(np.float32)  # as the database takes it: both ways answer alike
        in_memory = state.scan is not None and state.space is not None and table == state.space.table
        if state.scan is not None and in_memory and not wish.exact:
            found = await self._in_memory(
                wish, state, state.scan, query=query, vector=vector, tasks=likely, languages=languages
            )
        else:
            found = await search.candidates(
                self._pool,
                table=table,
                query=query,
                vector=vector,
                wanted=wish.wanted,
                said=wish.said,
                tasks=likely,
                languages=languages,
                counts=state.stated.tasks,
                chunk_count=state.chunk_count,
                limit=wish.limit,
                exact=wish.exact,
            )
        return _order(found, wish, state, tasks, languages, Scale(space.floor, space.ceiling))

    async def _in_memory(
        self,
        wish: Wish,
        state: State,
        scan: Scan,
        *,
        query: str,
        vector: Vectors,
        tasks: Sequence[str],
        languages: Sequence[str],
    ) -> Found:
        """Return candidates that are found in memory, while the database looks for words."""
        worded, gathered = await asyncio.gather(
            search.worded(self._pool, query=query, wanted=wish.wanted, said=wish.said),
            asyncio.to_thread(
                gathering.gather,
                scan,
                vector,
                wanted=wish.wanted,
                said=wish.said,
                tasks=tasks,
                languages=languages,
                limit=wish.limit,
            ),
        )
        if worded.version != state.version:
            return Found(worded.version, ())
        return Found(state.version, gathering.candidates(scan, vector, gathered, worded.shares))

    async def _named(self, wish: Wish, state: State) -> list[Ranked]:
        """Return the models that bear the name asked for, or the query where it looks like a name."""
        query = wish.query.strip()
        read = (names.before_owner(names.before_purpose(query)), names.sized_name(without_conditions(query)))
        named = (text for text in read if names.looks_like_name(text, state.vocabulary))
        asked = wish.name.strip() or next(named, "")
        if not asked:
            return []
        spellings = names.spellings(asked, state.vocabulary)
        candidates = await catalog.named(self._pool, spellings, telling=names.telling(spellings))
        best = names.best_named(asked, candidates, state.vocabulary)[:100]
        if not wish.name.strip():
            best = [(m, s) for m, s in best if s >= names.CERTAIN]
        numbers = [candidates[m] for m, _ in best]
        passing = await search.by_number(self._pool, numbers=numbers, wanted=wish.wanted)
        by_number = {c.model_no: c for c in passing.candidates}
        found = [
            _as_ranked(by_number[number], likeness, state, wish.relevance_weight)
            for number, (_, likeness) in zip(numbers, best, strict=True)
            if number in by_number
        ]
        known = wish.name.strip() or any(r.popularity >= _MUCH_USED for r in found)
        return found if known or not is_name_of_task(query, tables.tasks()) else []

    async def _hits(self, wish: Wish, top: Sequence[Ranked], fit: Mapping[str, float]) -> tuple[Hit, ...]:
        wanted = sorted({v for r in top for v in r.variants[:_VARIANTS]})
        unseen = [r.candidate.model_no for r in top if not r.candidate.chunk_no]
        found, variants, firsts = await asyncio.gather(
            catalog.results(self._pool, [(r.candidate.model_no, r.candidate.chunk_no) for r in top]),
            catalog.find_many(self._pool, wanted),
            catalog.first_passages(self._pool, unseen),
        )
        hits = []
        told, task = wish.query or wish.name, max(fit, key=fit.__getitem__, default="")
        for r in top:
            if r.candidate.model_no in found:
                model, weights, passage = found[r.candidate.model_no]
                passage = passage if passage.text else firsts.get(r.candidate.model_no, passage)
                by_name = not r.candidate.chunk_no and bool(wish.name or wish.query)
                hits.append(
                    Hit(
                        model=model,
                        weights=weights,
                        ranked=r,
                        passage=passage,
                        highlight=excerpt(passage.text, wish=told, task=task, own_task=model.task),
                        why=reasons.why(r, fit, described=passage.described, by_name=by_name),
                        variants=tuple(variants[v].model for v in r.variants[:_VARIANTS] if v in variants),
                    )
                )
        return tuple(hits)


def _fit(tasks: Mapping[str, float], wanted: ModelFilter) -> dict[str, float]:
    """Return how well models of each task fit, given how likely each is meant; a filter on tasks leaves those only."""
    fit = fits(tasks)
    if wanted.tasks:
        total = sum(fit.get(t, 0.0) for t in wanted.tasks) or 1.0
        fit = {t: fit.get(t, 0.0) / total for t in wanted.tasks}
    return fit


def _order(
    found: Found, wish: Wish, state: State, tasks: Mapping[str, float], languages: Sequence[str], scale: Scale
) -> list[Ranked] | None:
    """Return candidates best first, or None when they are not of the state's version of the catalogue."""
    if found.version != state.version:
        return None
    return ranking.rank(
        found.candidates,
        tasks=tasks,
        languages=languages,
        direction=direction_of(wish.query),
        conditional=wish.said != ModelFilter(),
        plain=says_only_its_task(wish.query),
        scale=scale,
        peaks=state.peaks,
        relevance_weight=wish.relevance_weight,
    )


def _as_ranked(candidate: Candidate, likeness: float, state: State, weight: float) -> Ranked:
    popular = ranking.popularity(candidate, state.peaks)
    return Ranked(candidate._replace(chunk_no=0), weight * likeness + (1 - weight) * popular, likeness, popular)
