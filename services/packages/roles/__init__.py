"""Reads the role files beside this module: what can fill a role of a stack, and how it fits."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from services.packages.domain.roles import Role
from services.packages.knowledge import read_yaml

_HERE: Final = Path(__file__).parent


@cache
def load_roles() -> dict[str, Role]:
    """Return the roles by id. Raises ValueError naming the file that describes one wrongly."""
    adapter = TypeAdapter(Role)
    roles: dict[str, Role] = {}
    for path in sorted(_HERE.glob("*.yaml")):
        try:
            role = adapter.validate_python(read_yaml(path))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error
        if role.role != path.stem:
            raise ValueError(f"{path.name} describes the role {role.role}")
        roles[role.role] = role
    return roles
