"""YAML comes from typed objects through a serializer, never from text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml


class _Dumper(yaml.CSafeDumper):
    """Writes every object in full: no anchors and aliases, which people stumble over."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return True: two equal objects are written twice."""
        return True


def documents(objects: Iterable[Mapping[str, Any]]) -> str:
    """Return one YAML document for each object, keys in the order given."""
    parts = [
        yaml.dump(dict(o), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=False)
        for o in objects
    ]
    return "---\n" + "---\n".join(parts)
