"""Reads the knowledge files beside this module: what software is, and who publishes it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import TypeAdapter

from services.packages.domain.knowledge import Knowledge, Repository, Software
from services.packages.domain.languages import Languages

_HERE: Final = Path(__file__).parent


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file of the project."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def load_knowledge() -> Knowledge:
    """Return all that is known. Raises ValueError naming the entry that a file describes wrongly."""
    software: dict[str, Software] = {}
    as_software = TypeAdapter(Software)
    for path in sorted((_HERE / "software").glob("*.yaml")):
        content = read_yaml(path)
        for name, entry in content["packages"].items():
            if name in software:
                raise ValueError(f"{path.name}: {name} is described twice")
            unknown = set(entry) - set(Software.__dataclass_fields__)
            if unknown:
                raise ValueError(f"{path.name}: {name} has unknown fields {sorted(unknown)}")
            chart = name.rpartition("/")[2]
            software[name] = as_software.validate_python({"category": content["category"], "runs": chart, **entry})
    as_repository = TypeAdapter(Repository)
    listed = read_yaml(_HERE / "repositories.yaml")["repositories"]
    repositories = {name: as_repository.validate_python({"name": name, **entry}) for name, entry in listed.items()}
    return Knowledge(software, repositories, Languages(**read_yaml(_HERE / "languages.yaml")))
