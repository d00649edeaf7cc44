"""All forms of a plan in one archive, the same bytes for the same plan."""

from __future__ import annotations

import gzip
import io
import tarfile

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render.helmfile import helmfile
from services.orchestrator.domain.render.json import schema_text, to_json
from services.orchestrator.domain.render.kubernetes import manifest_files
from services.orchestrator.domain.render.markdown import markdown
from services.orchestrator.domain.render.mermaid import mermaid
from services.orchestrator.domain.render.readme import readme
from services.orchestrator.domain.render.skypilot import task_files


def files(plan: DeploymentPlan) -> dict[str, str]:
    """Return the files of the bundle by path."""
    return {
        "README.md": readme(plan),
        "plan.md": markdown(plan),
        "plan.json": to_json(plan),
        "plan.schema.json": schema_text(),
        "architecture.mmd": mermaid(plan),
        "helmfile.yaml": helmfile(plan),
        **manifest_files(plan),
        **task_files(plan),
    }


def bundle(plan: DeploymentPlan) -> bytes:
    """Return the bundle as .tar.gz: owners, modes and times are fixed."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, text in files(plan).items():
            content = text.encode()
            entry = tarfile.TarInfo(f"plan-{plan.version}/{path}")
            entry.size, entry.mode, entry.mtime = len(content), 0o644, 0
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(archive.getvalue(), compresslevel=6, mtime=0)
