"""Sizing against published figures: `python -m tests.evals.sizing [--memory FILE] [--throughput FILE] [--rows]`.

Errors are medians of |log ratio| per source and method, as a percentage; "GB" may mean GiB, so the nearer reading
counts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.evals import sizing_memory
from tests.evals.sizing_catalogue import Catalogue

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def memory_report(rows: list[Row], catalogue: Catalogue, *, show: bool) -> None:
    groups: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in rows:
        if row.get("stated_gb") is None:
            continue
        ours = sizing_memory.estimated_bytes(row, catalogue)
        if ours is None:
            continue
        logs = [math.log(ours / stated) for stated in sizing_memory.stated_bytes(row)]
        error = min(logs, key=abs)
        if logs[0] * logs[1] < 0:
            error = 0.0
        precision = sizing_memory.precision_of_row(row)
        quantised = row["kind"] == "inference" and precision not in ("", "bf16", "fp16", "fp32", "mixed")
        method = (
            str(row["method"] or ("quantised" if quantised else "16 bit"))
            if row["kind"] == "training"
            else ("quantised" if quantised else "16 bit")
        )
        if row["kind"] == "inference" and (row["params_b"] or 9) < 2:
            method += " <2B"
        groups["scored" if row["score"] else "other", row["source"], f"{row['kind']} {method}"].append(error)
        if show:
            stated = sizing_memory.stated_bytes(row)[0] / 1e9
            print(
                f"    {error:+.2f} {ours / 1e9:9.2f} {stated:9.2f} {row['model']} {row['precision']} "
                f"{row['method']} g{row['gpus']} c{row['context']} b{row['batch']} {row.get('scope')}"
            )
    print(f"{'memory: source, method':92} {'rows':>4} {'median':>7} {'bias':>6}")
    for (scored, source, method), errors in sorted(groups.items(), reverse=True):
        median = 100 * (math.exp(statistics.median(map(abs, errors))) - 1)
        bias = 100 * (math.exp(statistics.median(errors)) - 1)
        limit = 25 if method.startswith("training") else 20 if "quantised" in method else 12
        mark = "" if scored == "other" or "<2B" in method else "ok" if median <= limit else "ABOVE"
        print(f"{scored:6} {source[-46:]:46} {method[:38]:38} {len(errors):4} {median:6.1f}% {bias:+5.0f}% {mark}")


def verdict_report(rows: list[Row], catalogue: Catalogue) -> None:
    found = [verdict for row in rows for verdict in sizing_memory.verdicts(row, catalogue)]
    if not found:
        return
    right = sum(verdict.truth == verdict.ours for verdict in found)
    false_fits = [verdict for verdict in found if verdict.ours and not verdict.truth]
    print(
        f"\nfit verdicts: {right} of {len(found)} right ({100 * right / len(found):.1f}%), {len(false_fits)} false fits"
    )
    for verdict in found:
        if verdict.truth != verdict.ours:
            print(
                f"  says fits={verdict.truth}: {verdict.row} on {verdict.machine}, need {verdict.need_gib:.1f} GiB a GPU"
            )


def kv_report(catalogue: Catalogue) -> None:
    from services.models.domain.sizing.architecture import complete
    from services.models.domain.sizing.kv_cache import kv_layout

    worst, cases = 0.0, 0
    for record in catalogue.records:
        stated = record["kv_bytes_per_token_16bit"]
        if not stated:
            continue
        shape = catalogue.shape(record["model"], parameters_b=float(record["params_b"] or 0) or None, config={})
        layout = kv_layout(complete(shape))
        cases += 1
        worst = max(worst, abs(layout.full_per_token * 2 / float(stated) - 1))
        if record["kv_window_bytes_16bit_max"]:
            held = layout.window_per_token * layout.window * 2
            worst = max(worst, abs(held / float(record["kv_window_bytes_16bit_max"]) - 1))
    print(f"\nKV cache: {cases} architectures, worst error {100 * worst:.2f}%")


def main() -> None:
    shared = Path(os.environ.get("STACK8S_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=Path, default=shared / "eval/sizing/memory.jsonl")
    parser.add_argument("--throughput", type=Path, default=shared / "eval/sizing/throughput.jsonl")
    parser.add_argument("--rows", action="store_true", help="print every row")
    options = parser.parse_args()
    if not (shared / "data/architectures.csv").is_file():
        print("sizing eval skipped: the shared data are not here")
        return
    catalogue = Catalogue(shared / "data")
    if options.memory.is_file():
        rows = read(options.memory)
        memory_report(rows, catalogue, show=options.rows)
        verdict_report(rows, catalogue)
    kv_report(catalogue)


if __name__ == "__main__":
    main()
