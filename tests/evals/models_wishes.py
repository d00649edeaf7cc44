"""`python -m tests.evals.models_wishes --url DATABASE`: plain wishes over all tasks, asked of a loaded catalogue.

A wish states the tasks that answer it, and may state those that one of the first three must have as well (`also`, where
two things are wished), what its words ask of models (`said`, of the first three), a pattern that an id among the first
three matches (`name`), one that an id, tag or passage among them matches (`about`), a language that one of them states
or is multilingual for, and a filter that no result may break. `set` in models_wishes.jsonl tells those that led to
changes, the first, third and fifth, from those that were written to check them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from stack8s.models.v1.model_pb2 import LicenseClass
from stack8s.models.v1.models_service_pb2 import ModelFilter, ModelResult, SearchModelsRequest
from tests.models.harness import Models, service

WISHES = Path(__file__).with_name("models_wishes.jsonl")
FIRST = 3


def marks(wish: Mapping[str, Any], results: Sequence[ModelResult], understood: Sequence[str]) -> dict[str, bool]:
    """Return what is right about an answer, by what the wish says about it."""
    first = results[:FIRST]
    found = {
        "understood": bool(understood) and understood[0] in wish["tasks"],
        "task@1": bool(results) and results[0].model.task in wish["tasks"],
        "task@3": any(r.model.task in wish["tasks"] for r in first),
    }
    if "name" in wish:
        found["name@3"] = any(re.search(wish["name"], r.model.model_id, re.IGNORECASE) for r in first)
        del found["understood"]
    if "about" in wish:
        texts = ("\n".join((r.model.model_id, r.passage, *r.model.tags)) for r in first)
        found["about@3"] = any(re.search(wish["about"], text, re.IGNORECASE) for text in texts)
    if "also" in wish:
        found["also@3"] = any(r.model.task in wish["also"] for r in first)
    if "said" in wish:
        found["said@3"] = bool(first) and all(passes(r, wish["said"], nominal=1.05) for r in first)
    if "language" in wish:
        found["language@3"] = any(speaks(r, wish["language"]) for r in first)
    if "filter" in wish:
        found["within the filter"] = all(passes(r, wish["filter"]) for r in results)
    found["right"] = all(ok for part, ok in found.items() if part not in ("understood", "task@3"))
    return found


def speaks(result: ModelResult, language: str) -> bool:
    """Tell whether a model states a language, bears its code in its name, or says that it is multilingual."""
    model = result.model
    words = re.findall(r"[a-z]+", model.model_id.lower())
    return language in {*model.languages, *words} or "multilingual" in {*words, *model.tags}


def passes(result: ModelResult, wanted: Mapping[str, Any], *, nominal: float = 1.0) -> bool:
    """Tell whether a result's own facts pass a filter; what is not stated never does.

    nominal: by what a size in words may be exceeded, as models of "8B" have up to 8.3 billion parameters.
    """
    model = result.model
    billions = model.parameters / 1e9 if model.HasField("parameters") else None
    at_precision = {m.precision: m.memory_gib for m in model.weight_memory}
    at_precision.setdefault("fp16", at_precision.get("bf16", float("inf")))
    return all((
        model.license.license_id in wanted.get("licenses", [model.license.license_id]),
        "license_classes" not in wanted
        or model.license.license_class in map(LicenseClass.Value, wanted["license_classes"]),
        "gated" not in wanted or (model.HasField("gated") and model.gated == wanted["gated"]),
        model.downloads >= wanted.get("downloads_min", 0),
        "parameters_b_max" not in wanted or (billions is not None and billions <= nominal * wanted["parameters_b_max"]),
        "parameters_b_min" not in wanted or (billions is not None and billions >= wanted["parameters_b_min"]),
        model.library in wanted.get("libraries", [model.library]),
        "memory_gib_max" not in wanted
        or at_precision.get(wanted["precision"], float("inf")) <= wanted["memory_gib_max"],
    ))  # fmt: skip


async def ask(models: Models, wish: Mapping[str, Any]) -> tuple[Sequence[ModelResult], Sequence[str]]:
    """Return what the service answers a wish."""
    wanted = json_format.ParseDict(wish.get("filter", {}), ModelFilter())
    answer = await models.stub.SearchModels(SearchModelsRequest(query=wish["query"], filter=wanted, page_size=10))
    return answer.results, answer.understood_tasks


async def run(url: str, wishes: Sequence[Mapping[str, Any]], *, every: bool) -> None:
    """Print the share that is right of each set, by part, and the answers that are not."""
    totals: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    async with service(url, scan_mib=320) as models:
        for wish in wishes:
            results, understood = await ask(models, wish)
            found = marks(wish, results, understood)
            for part, ok in found.items():
                totals[wish.get("set", "")][part].append(ok)
            if every or not all(found.values()):
                wrong = ", ".join(part for part, ok in found.items() if not ok) or "right"
                print(
                    f"\n{wish['id']} {wish['query']!r} wants {wish['tasks']}: {wrong}; read as {list(understood)[:3]}"
                )
                for r in results[:5]:
                    print(f"    {r.score:.3f} {r.relevance:.2f} {r.model.model_id} [{r.model.task}] {r.passage[:90]!r}")
    for name, parts in totals.items():
        figures = "  ".join(f"{part} {sum(oks) / len(oks):.3f} ({len(oks)})" for part, oks in parts.items())
        print(f"\nset {name}: {figures}")


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="database that holds the catalogue")
    parser.add_argument("--wishes", type=Path, default=WISHES)
    parser.add_argument("--every", action="store_true", help="print right answers too")
    arguments = parser.parse_args()
    wishes = [json.loads(line) for line in arguments.wishes.read_text(encoding="utf-8").splitlines()]
    asyncio.run(run(arguments.url, wishes, every=arguments.every))


if __name__ == "__main__":
    main()
