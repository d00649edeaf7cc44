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


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    """Write text of several lines as a block that people can read and compare; the emitter quotes what a block cannot
    hold."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def documents(objects: Iterable[Mapping[str, Any]], *, notes: Iterable[str] = ()) -> str:
    """Return one YAML document for each object, keys in the order given. notes: comments at the top, a line each."""
    parts = [
        yaml.dump(dict(o), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=False)
        for o in objects
    ]
    # Whatever ends a line or does not print would end the comment too.
    comments = ("".join(c if c.isprintable() else " " for c in note) for note in notes)
    return "".join(f"# {comment}\n" for comment in comments) + "---\n" + "---\n".join(parts)
