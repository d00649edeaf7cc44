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

from tests.evals import sizing_memory, sizing_throughput
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
            print(f"  fits={verdict.truth} says {verdict.row} on {verdict.machine}; we need {verdict.need_gib:.1f} GiB")


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


def ranks(values: list[float]) -> list[float]:
    """Return mean ranks, ties sharing theirs."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    result, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            result[index] = (start + end) / 2
        start = end + 1
    return result


def spearman(first: list[float], second: list[float]) -> float | None:
    """Return the rank correlation; None for fewer than three pairs or no spread."""
    if len(first) < 3 or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    return statistics.correlation(ranks(first), ranks(second))


def throughput_report(rows: list[Row], catalogue: Catalogue, *, show: bool) -> None:
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        ours = sizing_throughput.estimated_speed(row, catalogue)
        if ours is None:
            print(f"no estimate: {row['gpu_norm']} {row['metric']}")
            continue
        groups[row["source"], row["engine"], row["metric"]].append((ours, float(row["value"])))
        if show:
            print(
                f"    {ours / row['value']:5.2f} {ours:9.1f} {row['value']:9.1f} {row['model']} {row['precision']} "
                f"{row['gpu_norm']} x{row['gpus']} in {row['input_len']} out {row['output_len']} b{row['batch']}"
            )
    print(f"\n{'throughput: source, engine, metric':104} {'rows':>4} {'median':>6} {'bias':>5} {'rank':>5}")
    for (source, engine, metric), pairs in sorted(groups.items()):
        logs = [math.log(ours / value) for ours, value in pairs]
        factor, bias = math.exp(statistics.median(map(abs, logs))), math.exp(statistics.median(logs))
        rank = spearman([ours for ours, _ in pairs], [value for _, value in pairs])
        shown = f"{rank:5.2f}" if rank is not None else "    -"
        mark = "ok" if factor <= 1.6 and (rank is None or rank >= 0.9) else "ABOVE"
        name = f"{source[-46:]:46} {engine[-32:]:32} {metric[:24]:24}"
        print(f"{name} {len(pairs):4} {factor:6.2f} {bias:5.2f} {shown} {mark}")
    for source in sorted({key[0] for key in groups}):
        for metric in sorted({key[2] for key in groups if key[0] == source}):
            pairs = [pair for key, found in groups.items() if key[0] == source and key[2] == metric for pair in found]
            rank = spearman([ours for ours, _ in pairs], [value for _, value in pairs])
            shown = "-" if rank is None else f"{rank:.3f}"
            print(f"rank within {source[-50:]:50} {metric:34} {len(pairs):4} {shown}")


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
    if options.throughput.is_file():
        throughput_report(read(options.throughput), catalogue, show=options.rows)


if __name__ == "__main__":
    main()
