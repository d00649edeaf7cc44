"""Diagrams by mermaid's own parser. `make diagrams` installs it where npm is; without it these tests are skipped."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.mermaid import label
from tests.orchestrator.render.strategies import HOSTILE, plans

FOLDER = Path(__file__).with_name("diagrams")
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules" / "mermaid").exists(),
    reason="mermaid's parser is not installed: make diagrams",
)


def errors(diagrams: list[str]) -> list[str]:
    """Return what the parser says of each diagram; empty where it takes it."""
    done = subprocess.run(
        [NODE or "node", "parse.mjs"],
        cwd=FOLDER,
        input=json.dumps(diagrams),
        capture_output=True,
        text=True,
        check=True,
    )
    said: list[str] = json.loads(done.stdout)
    return said


def generated(number: int) -> list[DeploymentPlan]:
    drawn: list[DeploymentPlan] = []

    @settings(
        max_examples=number,
        deadline=None,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(plans())
    def draw(plan: DeploymentPlan) -> None:
        drawn.append(plan)

    draw()
    return drawn


def test_the_diagram_of_every_plan_is_taken_by_mermaid_itself():
    diagrams = [render(plan, Format.MERMAID).content.decode() for plan in generated(200)]
    wrong = [(error, text) for error, text in zip(errors(diagrams), diagrams, strict=True) if error]
    assert not wrong, wrong[0]


def test_no_name_ends_a_label():
    diagrams = [f"flowchart LR\n  a[{label(name)}]\n  b({label(name)})\n" for name in HOSTILE]
    assert not any(errors(diagrams))


def test_what_is_no_diagram_is_refused():
    assert all(errors(["flowchart LR\n  a[one\n", "nonsense"]))
