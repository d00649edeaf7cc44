"""Software that the user names and no file of the plan installs: it is told, lest it be missing silently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.candidates import Candidates, ChartCandidate
from services.orchestrator.domain.plan import Relaxation, UnmetWish
from services.orchestrator.domain.planning.servers import FIELD, SERVER
from services.orchestrator.domain.planning.standing import ROLE_OF_SOFTWARE, Held
from services.orchestrator.domain.spec import WorkloadSpec

_GROUND: Final = frozenset({"kubernetes", "helm", "docker", "terraform", "pytorch", "sklearn"})
"""What the files of a plan are written for or run on anyway."""


def unmet_software(spec: WorkloadSpec, candidates: Candidates) -> Iterator[UnmetWish]:
    """Yield a conflict for each software with work in a stack that was asked for and is not in it."""
    for name, role in _missing(spec, candidates):
        if not role:
            continue
        filled = next((c for c in candidates.charts if c.role == role), None)
        work = role.replace("_", " ")
        why = f"{filled.name} does the {work} here" if filled else f"no chart of that name was found for {work}"
        yield UnmetWish(
            field=FIELD,
            conflict=f"You asked for {name}, which this plan does not install: {why}.",
            relaxations=tuple(
                Relaxation(fields=(FIELD,), description=f"Take {filled.name} for the {work}, as this plan does.")
                for filled in (filled,)
                if filled
            ),
        )


def unused_software(spec: WorkloadSpec, candidates: Candidates) -> tuple[str, ...]:
    """Return that software was named for which a stack has no work, such as a library of the user's application."""
    names = [name for name, role in _missing(spec, candidates) if not role]
    if not names:
        return ()
    return (
        f"You named {', '.join(names)}: no file of this plan installs or uses {'it' if len(names) == 1 else 'them'}.",
    )


def _missing(spec: WorkloadSpec, candidates: Candidates) -> Iterator[tuple[str, str]]:
    """Yield the software that is asked for and not installed, with the role that it would fill; empty where none is
    known. Nothing is missing where the catalogue of charts did not answer, or where all for the role is refused."""
    if "packages" in candidates.missing:
        return
    there, unfilled = candidates.standing, {u.role for u in candidates.unfilled}
    for name in spec.components:
        role = ROLE_OF_SOFTWARE.get(name.lower(), "")
        left = there.holds(name) or there.refuses(name) or role in (SERVER, *unfilled, *there.dropped_roles)
        if left or name.lower() in _GROUND or any(_brings(chart, name) for chart in candidates.charts):
            continue
        yield name, role


def _brings(chart: ChartCandidate, name: str) -> bool:
    """Tell whether a chart is of a software, or brings it by what the catalogue says of it."""
    companions = (text for c in chart.companions for text in (c.name, c.chart))
    if Held(name, name).is_any((chart.name, chart.chart, *chart.names, *companions)):
        return True
    return re.search(rf"\b{re.escape(name.casefold())}\b", chart.why.casefold()) is not None
