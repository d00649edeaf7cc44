"""Programs that are scripts: a ConfigMap with the script, and a first container that installs what it needs."""

from __future__ import annotations

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.render.kubernetes.commands import CODE, PACKAGES, Program
from services.orchestrator.domain.render.kubernetes.objects import Manifest, Object, container, environment, make
from services.orchestrator.domain.render.scripts import INSTALLER, MLFLOW, text_of


def config_map(work: Workload, program: Program) -> tuple[Manifest, ...]:
    """Return the ConfigMap with the script; none when the image brings the program."""
    if not program.script:
        return ()
    return (make(work, "v1", "ConfigMap", {"data": {program.script: text_of(program.script)}}, name="code"),)


def installer(work: Workload, program: Program) -> list[Object]:
    """Return the container that installs Python packages beside the image's; none when nothing is to be installed."""
    if not program.requirements:
        return []
    args = ["-c", INSTALLER, PACKAGES, *program.requirements]
    made = container(
        work, name="install", command=["python3"], args=args, env=environment(work), mounts=[], accelerated=False
    )
    return [made]


def code_mounts(work: Workload, program: Program) -> tuple[list[Object], list[Object]]:
    """Return mount and volume of the script."""
    if not program.script:
        return [], []
    return [{"name": "code", "mountPath": CODE, "readOnly": True}], [
        {"name": "code", "configMap": {"name": f"{work.name}-code"}}
    ]


def tracked(program: Program) -> Program:
    """Return a program that can record its runs with MLflow."""
    return program._replace(requirements=(*program.requirements, MLFLOW)) if program.script else program


def ready(program: Program) -> Program:
    """Return a program as it runs once its packages are installed: by the Python that finds them."""
    if not program.requirements:
        return program
    return program._replace(command=(f"{PACKAGES}/bin/python", *program.command[1:]))
