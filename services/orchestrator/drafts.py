"""A draft is a verified plan with what it was made from, so that a language model's picks are planned and verified
too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from services.orchestrator.calls import Calls
from services.orchestrator.catalogs.protocol import Catalogs
from services.orchestrator.domain import picks as rules
from services.orchestrator.domain.candidates import Candidates, ModelCandidate, Offer
from services.orchestrator.domain.picks import Pick, Picks, PicksRefusedError
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.algorithms import hub_names
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.components import roles_for
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from services.orchestrator.gathering import put_first, with_charts, with_hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Records that were looked up beside the candidates, by id."""

    models: dict[str, ModelCandidate] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A verified plan and what it was made from."""

    spec: WorkloadSpec
    words: str
    catalogs: Catalogs
    calls: Calls
    candidates: Candidates
    choices: Choices
    plan: DeploymentPlan
    build: Callable[..., DeploymentPlan]
    """build_plan with all but candidates and choices given."""

    async def redraft(self, picks: Picks, found: Found) -> Draft:
        """Return the draft with picks planned in, itself where they keep all of it.

        Raises PicksRefusedError with all that is wrong with them.
        """
        draft, faults = self, list[str]()
        if picks.model.id:
            draft = await draft._with_model(picks.model, found.models, faults)
        if picks.machine.id:
            draft = await draft._with_machine(picks.machine, found.offers, faults)
        roles = roles_for(self.spec, needs_of(self.spec, words=self.words))
        picks = rules.without_kept(picks, self.candidates)
        faults += rules.component_faults(picks.roles, self.candidates.charts, roles)
        if faults:
            raise PicksRefusedError(tuple(faults))
        kept = rules.arranged(self.candidates.charts, picks.roles) == self.candidates.charts
        if kept and draft.candidates is self.candidates and draft.choices == self.choices:
            return self
        sources = self.catalogs, self.calls
        candidates = await with_charts(self.spec, draft.candidates, draft.choices, roles, *sources)
        alike = candidates.charts_for == self.candidates.charts_for
        picked = replace(candidates, charts=rules.arranged(candidates.charts, picks.roles)) if alike else candidates
        picked = await with_hosts(picked, needs_of(self.spec, words=self.words), *sources)
        candidates = replace(candidates, hosts=picked.hosts, hosts_for=picked.hosts_for)
        plan = self.build(self.spec, picked, choices=draft.choices)
        if violations := verify(plan, self.spec, candidates, said=self.words):
            raise PicksRefusedError(violations)
        return replace(draft, candidates=candidates, plan=plan)

    async def _with_model(self, pick: Pick, found: Mapping[str, ModelCandidate], faults: list[str]) -> Draft:
        lead = self.choices.picks[0].option
        if lead.model and lead.model.model_id == pick.id:
            return self
        known = {m.model_id: m for m in self.candidates.models if m.purpose == "main"}
        model = known.get(pick.id) or found.get(pick.id)
        if model is None:
            faults.append(f"there is no model {pick.id!r} among the candidates")
            return self
        needs, wished = needs_of(self.spec, words=self.words), bool(hub_names(self.spec))
        if broken := rules.broken_by_model(model, lead.model, needs, self.candidates, wished=wished):
            faults.append(_breaks(pick.id, broken))
            return self
        draft = await self._planned_for(model, None)
        first = draft.choices.picks[0].option if draft.choices.picks else None
        if first is None or first.model != model:
            faults.append(f"no machine that the wishes allow holds {pick.id}")
            return self
        return draft if self._yields(first, draft, pick, faults) else self

    async def _with_machine(self, pick: Pick, found: Mapping[str, Offer], faults: list[str]) -> Draft:
        lead, draft = self.choices.picks[0].option, self
        known = {o.offer_id for o in self.candidates.offers}
        if pick.id in found and pick.id not in known and lead.model:
            draft = await self._planned_for(lead.model, found[pick.id])
        option = rules.find(draft.choices, pick.id)
        if option is None:
            faults.append(f"there is no machine {pick.id!r} among the options that meet the wishes")
            return self
        before = len(faults)
        first = draft._yields(option, draft, pick, faults)
        if len(faults) > before:
            return self
        return replace(draft, choices=rules.with_option(draft.choices, option, first=first))

    def _yields(self, option: Option, draft: Draft, pick: Pick, faults: list[str]) -> bool:
        """Tell whether the first option of this draft gives way to one of another's; faults takes what it breaks."""
        lead = self.choices.picks[0].option
        needs, wished = needs_of(self.spec, words=self.words), bool(hub_names(self.spec))
        if broken := rules.newly_broken(option, lead, needs, draft.candidates, wished=wished):
            faults.append(_breaks(pick.id, broken))
            return False
        alike = self.choices.by_run == draft.choices.by_run
        return rules.may_lead(option, lead, same_basis=alike, quote=pick.quote, words=self.words)

    async def _planned_for(self, model: ModelCandidate, offer: Offer | None) -> Draft:
        candidates, choices = await put_first(
            model,
            offer,
            self.candidates,
            spec=self.spec,
            catalogs=self.catalogs,
            calls=self.calls,
            words=self.words,
        )
        return replace(self, candidates=candidates, choices=choices)


def _breaks(picked: str, fields: tuple[str, ...]) -> str:
    return f"{picked} breaks {', '.join(fields)}, which the plan before keeps"
