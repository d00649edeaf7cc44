"""The choice: which options answer the wishes best.

Objective, in this order: break no wish; the best-placed model that can be had; its best precision; then
- cheapest: a monthly budget that pays for the components' machine too; then the lowest cost a month with that machine
  and the upkeep of the others, of a job the lowest cost of its runs;
- most headroom: the highest speed, then the most free memory, within the monthly budget, or where there is none among
  options of at most four times the cheapest cost;
- best value: of the rest the lowest cost per unit of speed among options of at most twice the cheapest cost; a run that
  ends within a working day is as good as any shorter one.
What components need (homes.py) is part of every cost that options are compared by.
Equal choices are ordered by Option.key, so the same records always give the same plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, product
from typing import Any, Final

from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import OptionKind, WorkloadKind
from services.orchestrator.domain.planning.comforts import Comfort, comforts_of
from services.orchestrator.domain.planning.constraints import SOFT, WEIGHTS, Judge
from services.orchestrator.domain.planning.homes import Homes
from services.orchestrator.domain.planning.market import MERIT, VERDICT, Market, Verdict, seriousness
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option, Space
from services.orchestrator.domain.planning.shortlist import MIN_CHOICES, Choice, has_headroom_price, machine_of, pick
from services.orchestrator.domain.planning.sizes import Rank

MAX_NEAR: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What was chosen, first the one to plan with, and what it was chosen from."""

    picks: tuple[Choice, ...]
    feasible: tuple[Option, ...]
    """Options that keep every wish, cheapest first, at the quality of the first pick."""
    by_run: bool
    """True for a job, which is paid for the hours of its runs where their length is known."""
    broken: tuple[Verdict, ...] = ()
    """When none is feasible: every option anywhere with the wishes it breaks, least serious first."""


def choose(needs: Needs, candidates: Candidates, *, wished: bool) -> Choices:
    """Return the best options; when no option keeps all wishes, the nearest ones with what they break. wished: models
    were named."""
    return Chooser(needs, wished=wished).choose(candidates)


class Chooser:
    """Chooses for one request, again when models were added or speeds have become known: what these do not touch is
    done once."""

    def __init__(self, needs: Needs, *, wished: bool) -> None:
        self._needs, self._wished = needs, wished
        self._markets: _Markets | None = None
        self._space: Space | None = None
        self._sized: tuple[object, ...] = ()

    def choose(self, candidates: Candidates, *, hopeless: bool = False) -> Choices:
        """Return the best options; when no option keeps all wishes, the nearest ones with what they break. hopeless: it
        is known that none does."""
        found = None if hopeless else self.feasible(candidates)
        if found:
            return found
        markets, space = self._look(candidates)
        broken = all_broken(space, markets)
        return Choices(picks=tuple(_nearest(broken)), feasible=(), by_run=_by_run(self._needs), broken=tuple(broken))

    def feasible(self, candidates: Candidates) -> Choices | None:
        """Return the best options that keep all wishes, or None. Comfort is given up first, the user's own machines
        after it."""
        needs = self._needs
        markets, space = self._look(candidates)
        kept = _Kept(space, markets)
        timed = any(s.run_hours is not None for s in candidates.performance) and _first_is_timed(kept, space)
        have = needs.prefers_local and any(o.provider == "local" for o in candidates.offers)
        for own, comfort in product((True, False) if have else (False,), markets.comforts):
            if comfort.hours and not timed:
                continue
            best, lesser = _feasible(kept, comfort, own=own)
            if best:
                picks = pick(best, lesser, needs, candidates)
                return Choices(picks=tuple(picks), feasible=tuple(best), by_run=_by_run(needs))
        return None

    def lesser(self, candidates: Candidates, choices: Choices, count: int) -> list[Option]:
        """Return an option of each shape of machine at so many qualities below the one that was chosen."""
        markets, space = self._look(candidates)
        ranks = [r for r in _Kept(space, markets).ranks if r > choices.feasible[0].rank]
        return [option for rank in ranks[:count] for option in markets.allowed.samples(space, rank)]

    def _look(self, candidates: Candidates) -> tuple[_Markets, Space]:
        """Return the machines and models there are; looked through again only where the records are others."""
        if self._markets is None or not self._markets.are_of(candidates):
            self._markets, self._space = _Markets(self._needs, candidates, wished=self._wished), None
        sized = (candidates.models, candidates.memory)
        if self._space is None or any(a is not b for a, b in zip(sized, self._sized, strict=True)):
            self._space, self._sized = Space(self._needs, candidates, self._markets.homes), sized
        else:
            self._space.learn(candidates.performance)
        return self._markets, self._space


class _Markets:
    """The machines of one request: where the wishes allow them, and anywhere."""

    def __init__(self, needs: Needs, candidates: Candidates, *, wished: bool) -> None:
        self._needs: Final = needs
        self.judge: Final = Judge(needs, candidates, wished=wished)
        self.homes: Final = Homes(needs, candidates)
        self._records: Final = _records(candidates)

    def are_of(self, candidates: Candidates) -> bool:
        """Tell whether they are made of these very records."""
        return all(a is b for a, b in zip(self._records, _records(candidates), strict=True))

    @cached_property
    def comforts(self) -> tuple[Comfort, ...]:
        """What is kept to as long as the wishes leave room for it, most comfortable first."""
        return tuple(comforts_of(self._needs, self._records[0], self._records[2]))

    @cached_property
    def allowed(self) -> Market:
        """Machines that break no wish and that a budget has room for."""
        judge, (offers, *_, prices) = self.judge, self._records
        broken = ((o, judge.broken_by_offer(o)) for o in offers)
        keeping = (o for o, fields in broken if (not fields or SOFT.issuperset(fields)) and not judge.too_dear(o))
        return Market(keeping, self._needs, judge, prices, self.homes, strict=True)

    @cached_property
    def anywhere(self) -> Market:
        """All machines."""
        offers, elsewhere, *_, prices = self._records
        found = {o.offer_id: o for o in (*elsewhere, *offers)}
        return Market(found.values(), self._needs, self.judge, prices, self.homes)


def _records(candidates: Candidates) -> tuple[Any, ...]:
    """Return what options rest on beside models, their memory and speed."""
    beside = (candidates.hosts, candidates.charts_of, candidates.charts, candidates.hosted, candidates.unit_prices)
    return (candidates.offers, candidates.offers_elsewhere, candidates.gpu_types, *beside)


def _by_run(needs: Needs) -> bool:
    """Tell whether a workload is charged for the hours of its runs, where their length is known."""
    return needs.kind is not WorkloadKind.SERVING


class _Kept:
    """The options that keep every wish, cheapest first; made once, whatever comfort is then asked of them."""

    def __init__(self, space: Space, markets: _Markets) -> None:
        self._space, self._market, self._judge = space, markets.allowed, markets.judge
        self._made: dict[tuple[Rank, bool], list[Option]] = {}
        self.ranks = [r for r in space.ranks if not self._judge.broken_by_model(space.model(r))]

    def of(self, rank: Rank, *, flowing: bool) -> list[Option]:
        """Return the options of a rank."""
        if (rank, flowing) not in self._made:
            judged = self._market.options(self._space, rank, comfortable=flowing)
            keeping = sorted((j for j in judged if not j.broken or SOFT.issuperset(j.broken)), key=MERIT)
            self._made[rank, flowing] = [j.option for j in keeping]
        return self._made[rank, flowing]

    def is_timed(self, rank: Rank) -> bool:
        """Tell whether the length of a run is known of anything of a rank."""
        return self._space.is_timed(rank)

    def timed(self, options: list[Option]) -> list[Option]:
        """Return only the options whose length is known where there is a deadline and any is known."""
        return [o for o in options if o.run_hours is not None] or options if self._judge.has_deadline else options


def _first_is_timed(kept: _Kept, space: Space) -> bool:
    """Tell whether the length of a run is known of the best model that keeps all wishes. Another is not taken in its
    place for being timed alone: what folds proteins is not replaced by what embeds them.
    """
    first = next((r for r in kept.ranks if kept.of(r, flowing=False)), None)
    alike = [r for r in kept.ranks if first is not None and space.model(r) is space.model(first)]
    return first is None or any(kept.is_timed(r) for r in alike)


def _feasible(kept: _Kept, comfort: Comfort, *, own: bool) -> tuple[list[Option], list[Option]]:
    """Return the options that keep every wish at the best quality that can be had, and lesser ones if those are few.
    own: at the best that the user's own machines can do."""
    best: list[Option] = []
    lesser: list[Option] = []
    for rank in kept.ranks:
        if comfort.hours and not kept.is_timed(rank):
            continue
        found = kept.timed(comfort.of(kept.of(rank, flowing=comfort.flowing)))
        if own and not best and all(o.offer.provider != "local" for o in found):
            continue
        best, lesser = (best, [*lesser, *found]) if best else (found, [])
        if _are_enough(chain(best, lesser)):
            break
    return best, lesser


def _are_enough(options: Iterable[Option]) -> bool:
    """Tell whether options are of machines enough to choose from."""
    found = set()
    for option in options:
        found.add(machine_of(option))
        if len(found) == MIN_CHOICES:
            return True
    return False


def contenders(needs: Needs, choices: Choices) -> tuple[Option, ...]:
    """Return the options between which speed decides.

    Those cheap enough to be picked; all of them where time or load may rule options out or a run is what is paid for;
    when none
    keeps all wishes the nearest, of a job more, because its length may yet make them feasible.
    """
    if not choices.feasible:
        some = choices.broken[:MAX_NEAR] if needs.kind is not WorkloadKind.SERVING else ()
        return (*(c.option for c in choices.picks), *(option for _, option in some))
    if speed_decides(needs):
        return choices.feasible
    least = max(choices.feasible[0].paid, choices.picks[0].option.paid)
    roomy = (o for o in choices.feasible if has_headroom_price(o, least, needs))
    return (*roomy, *(c.option for c in choices.picks))


def settled(needs: Needs, choices: Choices) -> Choices:
    """Return the choices once no more speeds are asked for: what nobody can say ends in time counts as late, after what
    is known to be as serious. Until then it is taken to be on time, so that it is asked for."""
    if choices.feasible or not needs.deadline_hours:
        return choices
    counts = {breaks: seriousness(breaks) for breaks, _ in choices.broken}

    def order(verdict: Verdict) -> tuple[int, bool]:
        breaks, option = verdict
        unknown = option.run_hours is None
        return counts[breaks] + (WEIGHTS["deadline_hours"] if unknown else 0), unknown

    broken = tuple(sorted(choices.broken, key=order))
    return replace(choices, broken=broken, picks=tuple(_nearest(broken)))


def speed_decides(needs: Needs) -> bool:
    """Tell whether speed may rule options out, or the price of a run may."""
    load = needs.deadline_hours or needs.latency_ms or needs.tokens_per_second or needs.requests_per_second
    return bool(load) or needs.kind is not WorkloadKind.SERVING


def speed_moves(needs: Needs) -> bool:
    """Tell whether knowing more speeds may move the choice."""
    return speed_decides(needs) or bool(needs.flowing_tokens_per_second or needs.wait_ms)


def all_broken(space: Space, markets: _Markets) -> list[Verdict]:
    """Return every option anywhere with the wishes it breaks, least serious first, then by merit.

    Beside the models that were named, or else the best-placed one, only clearly smaller ones are looked at: one of the
    same size would resolve nothing, and one of unknown size has no speed that could be held against it.
    """
    models = {rank: space.model(rank) for rank in space.ranks}
    first = models[space.ranks[0]]
    meant = [m for m in models.values() if m and m.wished_as] or ([first] if first else [])
    size = max((m.parameters or 0 for m in meant), default=0)
    ranks = [r for r, m in models.items() if not size or m is None or m in meant or (m.parameters or size) < size / 2]
    judged = sorted((j for rank in ranks for j in markets.anywhere.options(space, rank)), key=MERIT)
    return list(map(VERDICT, judged))


def _nearest(ranked: Iterable[Verdict]) -> list[Choice]:
    """Return the first options of different machines."""
    picks: list[Choice] = []
    for breaks, option in ranked:
        if all(machine_of(option) != machine_of(p.option) for p in picks):
            picks.append(Choice(kind=OptionKind.NEAREST, option=option, breaks=breaks))
        if len(picks) == MIN_CHOICES:
            break
    return picks
