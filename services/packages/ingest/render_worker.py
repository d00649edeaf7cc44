"""Renders one chart archive and prints what it requests, as JSON. A process of its own, so that it can be killed."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import helm_python  # type: ignore[import-not-found,unused-ignore]
import yaml

from services.packages.domain.package import Basis, Requirements
from services.packages.domain.quantity import requested, stated
from services.packages.ingest.archive import cleaned

_NOTES: Final = "NOTES.txt"
"""Rendered as the manifests are, but a text for people."""


class _Loader(yaml.CSafeLoader):
    """Reads a bare =, which definitions of custom resources list among operators, as the text that it is to Helm."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: str(node.value))


def render(archive: bytes) -> dict[str, Any]:
    """Return requirements, custom resource definitions and images of a chart with its default values.

    problem says why the requirements are not those of a whole render: then they come from the stated values.
    """
    plain, has_schema = cleaned(archive)
    # Each load serves one render: a handle that was rendered once keeps what the render changed.
    with helm_python.Chart.load_archive(plain) as chart:
        values = chart.values
        missing = _missing(chart.metadata, chart.dependencies, values)
        crds = [crd["data"] for crd in chart.crds]
    problem = f"it declares {', '.join(missing)} but does not hold it" if missing else ""
    manifests: list[Any] = []
    if not missing:
        try:
            with helm_python.Chart.load_archive(plain) as chart:
                rendered = chart.render(name="release", namespace="default")
            texts = (text for path, text in rendered.items() if not path.endswith(_NOTES))
            manifests = [doc for text in texts for doc in _documents(text)]
        except (helm_python.HelmError, yaml.YAMLError) as error:
            problem = f"its defaults do not render: {type(error).__name__}"
    requirements = _stated(values) if problem else requested(manifests)
    defined = [*manifests, *_definitions(crds)]
    return {
        "requirements": asdict(requirements),
        "crds": sorted({n for d in defined if (n := _crd_name(d))}),
        "images": sorted({i for d in manifests for i in _images(d)}),
        "has_values_schema": has_schema,
        "problem": problem,
    }


def _stated(values: dict[str, Any]) -> Requirements:
    found = stated(values).requirements(Basis.STATED)
    return found if found != Requirements(basis=Basis.STATED) else Requirements()


def _documents(text: str) -> Iterator[Any]:
    return (doc for doc in yaml.load_all(text, Loader=_Loader) if isinstance(doc, dict))


def _definitions(texts: list[str]) -> Iterator[Any]:
    """Yield the documents of crds folders, but of those that are no YAML: no request hangs on them."""
    for text in texts:
        with contextlib.suppress(yaml.YAMLError):
            yield from _documents(text)


def _missing(metadata: dict[str, Any], present: list[dict[str, Any]], values: dict[str, Any]) -> list[str]:
    """Return the dependencies that are declared and switched on but not in the archive; Helm does not mind."""
    held = {str(d.get("name")) for d in present}
    declared = metadata.get("dependencies") or []
    return [str(d["name"]) for d in declared if str(d.get("name")) not in held and _switched_on(d, values)]


def _switched_on(dependency: dict[str, Any], values: dict[str, Any]) -> bool:
    """Tell whether a dependency is on by default: the first path of its condition that is set decides, then its tags.

    As in Helm any tag that is on switches it on, and what nothing switches is on.
    """
    for path in str(dependency.get("condition") or "").split(","):
        found: Any = values
        for part in path.strip().split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, bool):
            return found
    switches = values.get("tags")
    stated_tags = switches if isinstance(switches, dict) else {}
    tags = [on for tag in dependency.get("tags") or () if isinstance(on := stated_tags.get(tag), bool)]
    return any(tags) or not tags


def _crd_name(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    if document.get("kind") != "CustomResourceDefinition" or not isinstance(metadata, dict):
        return ""
    return str(metadata.get("name") or "")


def _images(value: Any) -> Iterator[str]:
    """Yield the images of containers anywhere in a manifest."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("containers", "initContainers") and isinstance(inner, list):
                yield from (c["image"] for c in inner if isinstance(c, dict) and isinstance(c.get("image"), str))
            else:
                yield from _images(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _images(inner)


if __name__ == "__main__":
    try:
        json.dump(render(Path(sys.argv[1]).read_bytes()), sys.stdout)
    except (ValueError, OSError, helm_python.HelmError) as error:
        json.dump({"problem": f"{type(error).__name__}: {error}"[:500]}, sys.stdout)
