"""What programs read: a ConfigMap with their files, and a first container that installs what a script needs."""

from __future__ import annotations

from pathlib import PurePosixPath

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.render.kubernetes.commands import PACKAGES, Program
from services.orchestrator.domain.render.kubernetes.objects import Manifest, Object, container, environment, make
from services.orchestrator.domain.render.scripts import INSTALLER, MLFLOW


def config_map(work: Workload, program: Program) -> tuple[Manifest, ...]:
    """Return the ConfigMap with the program's files by name; none when the image brings all."""
    if not program.files:
        return ()
    data = {PurePosixPath(path).name: text for path, text in program.files.items()}
    return (make(work, "v1", "ConfigMap", {"data": data}, name="code"),)


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
    """Return mount and volume of the program's files."""
    if not program.files:
        return [], []
    source: Object = {"name": f"{work.name}-code"}
    if any("/" in path for path in program.files):
        source["items"] = [{"key": PurePosixPath(path).name, "path": path} for path in program.files]
    mount = {"name": "code", "mountPath": program.folder, "readOnly": True}
    return [mount], [{"name": "code", "configMap": source}]


def tracked(program: Program) -> Program:
    """Return a program that can record its runs with MLflow."""
    return program._replace(requirements=(*program.requirements, MLFLOW)) if program.files else program


def ready(program: Program) -> Program:
    """Return a program as it runs once its packages are installed: by the Python that finds them."""
    if not program.requirements:
        return program
    return program._replace(command=(f"{PACKAGES}/bin/python", *program.command[1:]))
