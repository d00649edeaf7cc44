"""How good plans are: regret against brute force, broken wishes, facts without a record, lies that go unseen, manifests
that no cluster takes.

python -m tests.evals.plans [number of generated cases]: every figure should be 0.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import ValidationError, validate

from libs.rpc.client import open_channel
from services.orchestrator.calls import Calls
from services.orchestrator.catalogs import GrpcCatalogs
from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.choose import choose
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from services.orchestrator.gathering import gather
from tests.evals.plan_scenarios import SCENARIOS, spec_of
from tests.orchestrator.attacks import cheapest_without_hosts, lies
from tests.orchestrator.planning.oracle import cheapest
from tests.orchestrator.planning.strategies import KINDS, catalogues_of, specs_beside
from tests.orchestrator.render.objects import check_pods
from tests.orchestrator.render.references import check_references
from tests.orchestrator.render.schemas import HELMFILE
from tests.orchestrator.render.strategies import cases, plans
from tests.orchestrator.render.validate import documents
from tests.orchestrator.render.validate import validate as validate_object
from tests.orchestrator.render.vendors import sky_task
from tests.orchestrator.test_tampering import guarded
from tests.support.database import create_database, drop_database, postgres
from tests.support.services import running_services

GENERATED = 300
CHANGES_EACH = 20
"""Leaves of a generated plan that are changed, one after another."""


@dataclass
class Score:
    """What went wrong, counted."""

    plans: int = 0
    regret: Decimal = Decimal(0)
    """USD a month above the cheapest that meets everything, over all plans."""
    missed: int = 0
    """Plans that say a wish cannot be met when it can, or the other way round."""
    violations: Counter[str] = field(default_factory=Counter)
    """What the verifier refuses: broken wishes, wrong sums, facts without a record."""
    invalid: Counter[str] = field(default_factory=Counter)
    """Rendered objects that break their schema."""
    tampered: int = 0
    """Plans that were changed."""
    unseen: Counter[str] = field(default_factory=Counter)
    """Changes and lies that the verifier let pass."""


def say(line: str) -> None:
    """Print one line of the report."""
    sys.stdout.write(line + "\n")


def examples(strategy: Any, number: int) -> Iterator[Any]:
    """Return generated cases, the same on every run."""
    drawn: list[Any] = []

    @settings(
        max_examples=number,
        deadline=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Any) -> None:
        drawn.append(case)

    draw()
    yield from drawn


def check_choice(spec: WorkloadSpec, candidates: Candidates, score: Score) -> None:
    """Compare the first option with brute force."""
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    score.plans += 1
    score.violations.update(verify(plan, spec, candidates))
    best = cheapest(spec, candidates)
    if (false := cheapest_without_hosts(spec, candidates)) is not None:
        score.tampered += 1
        score.unseen["cheapest_without_hosts"] += not verify(false, spec, candidates)
    met = bool(plan.gpu_recommendations) and not plan.gpu_recommendations[0].breaks
    if (best is None) == met:
        score.missed += 1
    elif best is not None:
        # With the components' machine. By what options are compared with: the cost table leaves out what is not known.
        chosen = choose(needs_of(spec), candidates, wished=bool(spec.models)).picks[0].option
        score.regret += abs(chosen.paid - best[0])


def check_guard(number: int, spec: WorkloadSpec, candidates: Candidates, score: Score) -> None:
    """Change a plan's figures, ids and names one by one, and tell lies that keep their sums; the verifier has to see
    all. number: of the case, so that each case changes other leaves."""
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    score.plans += 1
    leaves = guarded(plan)
    some = [leaves[(number * 7919 + n * 104729) % len(leaves)] for n in range(CHANGES_EACH)]
    for name, false in (*some, *lies(plan, candidates)):
        if false != plan:
            score.tampered += 1
            score.unseen[name] += not verify(false, spec, candidates)


def check_files(plan: DeploymentPlan, score: Score) -> None:
    """Validate every object that a plan renders to."""
    score.plans += 1
    if plan.workload is None:
        return
    objects = documents(render(plan, Format.KUBERNETES).content)
    for item in objects:
        _validated(lambda item=item: validate_object(item), item["kind"], score)  # type: ignore[misc]
    _validated(lambda: check_pods(objects), "pods", score)
    _validated(lambda: check_references(objects), "references", score)
    for task in documents(render(plan, Format.SKYPILOT).content):
        _validated(lambda task=task: sky_task(task), "skypilot", score)  # type: ignore[misc]
    (body,) = documents(render(plan, Format.HELMFILE).content)
    _validated(lambda: validate(body, HELMFILE), "helmfile", score)


def _validated(check: Any, name: str, score: Score) -> None:
    try:
        check()
    except (ValidationError, ValueError, AssertionError) as error:
        score.invalid[f"{name}: {str(error)[:120]}"] += 1


async def check_scenarios(score: Score) -> None:
    """Plan every scenario over the starter catalogues, through the real services."""
    with postgres() as server:
        url = await create_database(server)
        with running_services(url) as services:
            targets = (services.compute.target, services.models.target, services.packages.target)
            compute, models, packages = (open_channel(target, timeout_s=60.0) for target in targets)
            catalogs = GrpcCatalogs(compute=compute, models=models, packages=packages)
            for name in SCENARIOS:
                spec, words = spec_of(name)
                candidates, _ = await gather(spec, catalogs, words=words, calls=Calls(None))
                plan = build_plan(spec, candidates, plan_id="p", conversation_id="c", words=words)
                score.violations.update(f"{name}: {fault}" for fault in verify(plan, spec, candidates, said=words))
                check_files(plan, score)
                say(f"  {name:<20} {_line(plan)}")
            for channel in (compute, models, packages):
                await channel.close()
        await drop_database(server, url)


def _line(plan: DeploymentPlan) -> str:
    if not plan.gpu_recommendations:
        return f"nothing: {plan.unmet[0].conflict}"
    lead = plan.gpu_recommendations[0]
    unmet = f" | not met: {', '.join(u.field for u in plan.unmet)}" if plan.unmet else ""
    providers = len({rec.provider for rec in plan.gpu_recommendations})
    options = f"{len(plan.gpu_recommendations)} options of {providers} providers"
    return (
        f"${plan.cost_estimate.monthly_total:>10,} {lead.label.partition(': ')[2]} | {lead.model_id} | {options}{unmet}"
    )


def main(number: int) -> int:
    """Print the figures; return how many kinds of fault there are."""
    choice, files, live, guard = Score(), Score(), Score(), Score()
    for kind in KINDS:
        specs = examples(specs_beside(kind), number)
        for spec, candidates in zip(specs, examples(catalogues_of(kind), number), strict=False):
            check_choice(spec, candidates, choice)
    for plan in examples(plans(), number):
        check_files(plan, files)
    for place, (spec, candidates) in enumerate(examples(cases(), number)):
        check_guard(place, spec, candidates, guard)
    say("scenarios over the starter catalogues")
    asyncio.run(check_scenarios(live))
    violations = choice.violations + live.violations
    invalid = files.invalid + live.invalid
    say(
        f"\ngenerated catalogues    {choice.plans} plans: regret ${choice.regret}, feasibility "
        f"misjudged {choice.missed}"
    )
    say(f"verifier                {choice.plans + live.plans} plans: violations {violations.total()}")
    unseen, told = +(guard.unseen + choice.unseen), guard.tampered + choice.tampered
    say(f"tampering               {guard.plans} plans, {told} changes and lies: unseen {unseen.total()}")
    say(f"manifests               {files.plans + live.plans} plans: invalid objects {invalid.total()}")
    for fault, count in (violations + invalid + unseen).most_common(20):
        say(f"  {count:>4} {fault}")
    return sum((choice.regret != 0, choice.missed > 0, bool(violations), bool(invalid), bool(unseen)))


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else GENERATED))
