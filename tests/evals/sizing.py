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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.kv_cache import kv_layout
from services.models.domain.sizing.performance import ERROR_FACTOR
from tests.evals import sizing_cards, sizing_memory, sizing_said, sizing_settings, sizing_throughput
from tests.evals.sizing_catalogue import Catalogue

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


Groups = dict[tuple[str, str, str], list[float]]


def memory_errors(rows: list[Row], catalogue: Catalogue, *, show: bool = False) -> Groups:
    """Return log errors by (scored or other, source, kind with method or width)."""
    groups: Groups = defaultdict(list)
    for row in rows:
        ours = sizing_memory.estimated_bytes(row, catalogue) if row.get("stated_gb") is not None else None
        if ours is None:
            continue
        low, high = (math.log(ours / stated) for stated in sizing_memory.stated_bytes(row))
        error = 0.0 if low * high < 0 else min(low, high, key=abs)
        groups["scored" if row["score"] else "other", row["source"], _method(row)].append(error)
        if show:
            stated = sizing_memory.stated_bytes(row)[0] / 1e9
            print(
                f"    {error:+.2f} {ours / 1e9:9.2f} {stated:9.2f} {row['model']} {row['precision']} {row['method']} "
                f"g{row['gpus']} c{row['context']} b{row['batch']} {row.get('scope')}"
            )
    return groups


def _method(row: Row) -> str:
    if row["kind"] == "training":
        return f"training {row['method']}"
    wide = sizing_memory.precision_of_row(row) in ("", "bf16", "fp16", "fp32", "mixed")
    small = " <2B" if (row["params_b"] or 9) < 2 else ""
    return f"inference {'16 bit' if wide else 'quantised'}{small}"


def limit_of(method: str) -> float | None:
    """Return the bar on the median error, in percent; None where there is none."""
    if "<2B" in method:
        return None
    return 25.0 if method.startswith("training") else 20.0 if "quantised" in method else 12.0


def percent(logs: list[float]) -> float:
    """Return the median of |log ratio| as a percentage."""
    return 100 * (math.exp(statistics.median(map(abs, logs))) - 1)


def memory_report(rows: list[Row], catalogue: Catalogue, *, show: bool) -> None:
    groups = memory_errors(rows, catalogue, show=show)
    print(f"{'memory: source, method':92} {'rows':>4} {'median':>7} {'bias':>6}")
    for (scored, source, method), errors in sorted(groups.items(), reverse=True):
        median, bias = percent(errors), 100 * (math.exp(statistics.median(errors)) - 1)
        limit = limit_of(method)
        mark = "" if scored == "other" or limit is None else "ok" if median <= limit else "ABOVE"
        print(f"{scored:6} {source[-46:]:46} {method[:38]:38} {len(errors):4} {median:6.1f}% {bias:+5.0f}% {mark}")


def settings_report(rows: list[Row], catalogue: Catalogue) -> None:
    """Print the rows whose source states in a script what the row leaves open, sized with that."""
    print("\nmemory with the settings of the source's script, GB: ours, published")
    for row in rows:
        settled = sizing_settings.with_settings(row)
        ours = sizing_memory.estimated_bytes(settled, catalogue) if settled else None
        if ours is not None:
            print(f"  {ours / 1e9:6.1f} {row['stated_gb']:6.1f} {row['id']}")


def all_verdicts(rows: list[Row], catalogue: Catalogue) -> list[sizing_memory.Verdict]:
    return [verdict for row in rows for verdict in sizing_memory.verdicts(row, catalogue)]


def said_verdicts(rows: list[Row], catalogue: Catalogue) -> list[sizing_memory.Verdict]:
    return [verdict for row in rows for verdict in sizing_said.verdicts(row, catalogue)]


def verdict_report(name: str, found: list[sizing_memory.Verdict]) -> None:
    if not found:
        return
    right = sum(verdict.truth == verdict.ours for verdict in found)
    false_fits = [verdict for verdict in found if verdict.ours and not verdict.truth]
    print(f"\n{name}: {right} of {len(found)} right ({100 * right / len(found):.1f}%), {len(false_fits)} false fits")
    for verdict in found:
        if verdict.truth != verdict.ours:
            print(f"  fits={verdict.truth} says {verdict.row} on {verdict.machine}; we need {verdict.need_gib:.1f} GiB")


def kv_errors(catalogue: Catalogue) -> list[float]:
    """Return the relative error of the cache, per token and of full windows, for each architecture that states it."""
    errors = []
    for record in catalogue.records:
        stated, held = record["kv_bytes_per_token_16bit"], record["kv_window_bytes_16bit_max"]
        if not stated:
            continue
        shape = catalogue.shape(record["model"], parameters_b=float(record["params_b"] or 0) or None, config={})
        layout = kv_layout(complete(shape))
        error = abs(layout.full_per_token * 2 / float(stated) - 1)
        if held:
            error = max(error, abs(layout.window_per_token * layout.window * 2 / float(held) - 1))
        errors.append(error)
    return errors


def kv_report(catalogue: Catalogue) -> None:
    errors = kv_errors(catalogue)
    print(f"\nKV cache: {len(errors)} architectures, worst error {100 * max(errors):.2f}%")


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


Pairs = dict[tuple[str, str, str], list[tuple[float, float]]]
Estimator = Callable[[Row, Catalogue], float | None]


def speed_pairs(
    rows: list[Row],
    catalogue: Catalogue,
    *,
    estimate: Estimator = sizing_throughput.estimated_speed,
    show: bool = False,
) -> Pairs:
    """Return (ours, published) by (source, engine, metric)."""
    groups: Pairs = defaultdict(list)
    for row in rows:
        ours = estimate(row, catalogue)
        if ours is None:
            print(f"no estimate: {row['gpu_norm']} {row['metric']}")
            continue
        groups[row["source"], row["engine"], row["metric"]].append((ours, float(row["value"])))
        if show:
            print(
                f"    {ours / row['value']:5.2f} {ours:9.1f} {row['value']:9.1f} {row['model']} {row['precision']} "
                f"{row['gpu_norm']} x{row['gpus']} in {row['input_len']} out {row['output_len']} b{row['batch']}"
            )
    return groups


def factor_of(pairs: list[tuple[float, float]]) -> float:
    """Return the median factor between ours and the published figure, at least 1."""
    return math.exp(statistics.median(abs(math.log(ours / value)) for ours, value in pairs))


def rank_of(pairs: list[tuple[float, float]]) -> float | None:
    return spearman([ours for ours, _ in pairs], [value for _, value in pairs])


def throughput_report(rows: list[Row], catalogue: Catalogue, *, show: bool) -> None:
    speed_report(speed_pairs(rows, catalogue, show=show))
    print("\nasked with what the rows print alone:")
    speed_report(speed_pairs(rows, catalogue, estimate=sizing_said.speed_of))


def speed_report(groups: Pairs) -> None:
    print(f"\n{'throughput: source, engine, metric':104} {'rows':>4} {'median':>6} {'bias':>5} {'rank':>5}")
    for (source, engine, metric), pairs in sorted(groups.items()):
        factor, rank = factor_of(pairs), rank_of(pairs)
        bias = statistics.median(ours / value for ours, value in pairs)
        shown = f"{rank:5.2f}" if rank is not None else "    -"
        mark = "ok" if factor <= 1.6 and (rank is None or rank >= 0.9) else "ABOVE"
        name = f"{source[-46:]:46} {engine[-32:]:32} {metric[:24]:24}"
        print(f"{name} {len(pairs):4} {factor:6.2f} {bias:5.2f} {shown} {mark}")
    for source in sorted({key[0] for key in groups}):
        for metric in sorted({key[2] for key in groups if key[0] == source}):
            pairs = [pair for key, found in groups.items() if key[0] == source and key[2] == metric for pair in found]
            rank = rank_of(pairs)
            shown = "-" if rank is None else f"{rank:.3f}"
            print(f"rank within {source[-50:]:50} {metric:34} {len(pairs):4} {shown}")
    every = [max(ours / value, value / ours) for pairs in groups.values() for ours, value in pairs]
    print(f"within the factor {ERROR_FACTOR:g} of an answer: {sum(f <= ERROR_FACTOR for f in every)} of {len(every)}")


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
        settings_report(rows, catalogue)
        verdict_report("fit verdicts", all_verdicts(rows, catalogue))
        verdict_report("fit verdicts, asked with what the rows print alone", said_verdicts(rows, catalogue))
        sizing_cards.report(sizing_cards.all_judged(rows, catalogue))
    kv_report(catalogue)
    if options.throughput.is_file():
        throughput_report(read(options.throughput), catalogue, show=options.rows)


if __name__ == "__main__":
    main()
