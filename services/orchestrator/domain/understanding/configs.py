"""Pasted JSON, YAML, TOML and the like: what their keys state, whatever the keys are called.

A key is read as its words: `max_price_per_hour_usd`, `maxPricePerHourUsd` and `budget: {usd_per_hour: ...}` are one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import word_sets
from services.orchestrator.domain.understanding.mention import Mention

_KEYS: Final = word_sets("configs.keys")
_LINE: Final = re.compile(r"^(\s*)(?:- )?[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*(.*?)[,;]?\s*$")
_FLOW: Final = re.compile(r"[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*[\"']?([^\s,\"'{}\[\]]+)")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_NUMBER: Final = re.compile(r"-?\d[\d_]*(?:\.\d+)?")
_TYPED: Final = re.compile(r"([A-Za-z][\w-]*):(\d{1,4})")
"""SkyPilot's "H100:8"."""
_CURRENCIES: Final = frozenset({"usd", "eur", "gbp", "chf", "cad", "aud", "inr", "jpy", "sek", "nok", "dkk", "pln"})
_GB: Final = {"gb": 1.0, "gib": 1.073741824, "tb": 1000.0, "tib": 1099.511627776, "mb": 0.001}
_MS: Final = {"ms": 1.0, "millis": 1.0, "s": 1000.0, "sec": 1000.0, "secs": 1000.0, "seconds": 1000.0}
_HOURS: Final = {"h": 1.0, "hr": 1.0, "hrs": 1.0, "hour": 1.0, "hours": 1.0, "d": 24.0, "day": 24.0, "days": 24.0}
_MOST: Final = 1e15


class Pair(NamedTuple):
    """A key, as the words of its own name and those of what it stands in, and its value."""

    leaf: frozenset[str]
    above: frozenset[str]
    value: str

    @property
    def words(self) -> frozenset[str]:
        """Every word of the key's path."""
        return self.leaf | self.above

    @property
    def number(self) -> float | None:
        """The value, where it is one positive number."""
        if not _NUMBER.fullmatch(self.value):
            return None
        value = float(self.value.replace("_", ""))
        return value if 0 < value < _MOST else None


def read_config(snippet: str) -> tuple[list[Mention], list[str]]:
    """Return what the keys state, and the values that name GPUs."""
    pairs = list(_pairs(snippet))
    found = [m for pair in pairs for m in _stated(pair)] + list(_beside_gpu(pairs))
    nodes = next((int(p.number) for p in pairs if p.number and p.leaf <= _KEYS["nodes"] and p.leaf & _KEYS["node"]), 1)
    found = [m._replace(value=m.value * nodes) if m.field == "gpu_count_min" else m for m in found]
    return found, [p.value.split(":")[0] for p in pairs if _names_gpu(p)]


def _pairs(snippet: str) -> Iterator[Pair]:
    start = snippet.find("{")
    if start >= 0 and (parsed := _json(snippet[start:])) is not None:
        yield from _flattened(parsed, ())
        return
    stack: list[tuple[int, str]] = []
    for line in snippet.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        indent, key, value = len(match.group(1)), match.group(2), match.group(3)
        while stack and stack[-1][0] >= indent:
            stack.pop()
        path = tuple(k for _, k in stack)
        if value in ("", "{", "|", ">"):
            stack.append((indent, key))
        elif value.startswith("{"):
            yield from (_pair((*path, key), inner, v) for inner, v in _FLOW.findall(value))
        else:
            yield _pair(path, key, value.strip("\"'"))


def _json(text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except ValueError:
        return None


def find_json(text: str) -> tuple[int, int] | None:
    """Return where the first object in JSON stands in a text."""
    start = text.find("{")
    if start < 0 or '"' not in text:
        return None
    try:
        found, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return (start, end) if found else None


def _flattened(node: Any, path: tuple[str, ...]) -> Iterator[Pair]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flattened(value, (*path, str(key)))
    elif isinstance(node, list):
        for value in node:
            yield from _flattened(value, path)
    elif path:
        yield _pair(path[:-1], path[-1], json.dumps(node).strip('"'))


def _pair(path: tuple[str, ...], key: str, value: str) -> Pair:
    *outer, last = key.split(".")
    leaf = frozenset(w.lower() for w in _WORD.findall(last))
    above = frozenset(w.lower() for part in (*path[-2:], *outer) for w in _WORD.findall(part))
    return Pair(leaf, above, value)


def _stated(pair: Pair) -> Iterator[Mention]:
    for read in _READERS:
        mentions = list(read(pair))
        if mentions:
            yield from mentions
            return


def _mention(field: str, value: Any) -> Mention:
    return Mention(field, value, 0, 0)


def _names_gpu(pair: Pair) -> bool:
    of_gpu = pair.leaf & _KEYS["gpu"] or (pair.above & _KEYS["gpu"] and pair.leaf & _KEYS["kind"])
    return bool(of_gpu) and pair.leaf <= _KEYS["gpu"] | _KEYS["kind"] and pair.number is None


def _beside_gpu(pairs: list[Pair]) -> Iterator[Mention]:
    """Read the bare count beside the name of a GPU: {"gpu": "L4", "count": 2}."""
    named = [pair for pair in pairs if _names_gpu(pair)]
    if len(named) != 1:
        return
    for pair in pairs:
        bare = pair.above == named[0].above and pair.leaf <= _KEYS["bare_count"] and pair.number
        if bare and bare == int(bare):
            yield _mention("gpu_count_min", int(bare))
            yield Mention("gpu_needed", True, 0, 0, implied=True)


def _gpus(pair: Pair) -> Iterator[Mention]:
    if not pair.words & _KEYS["gpu"] or not pair.leaf <= _KEYS["gpu"] | _KEYS["count"]:
        return
    typed = _TYPED.fullmatch(pair.value)
    count = float(typed.group(2)) if typed else pair.number
    if count and count == int(count):
        yield _mention("gpu_count_min", int(count))
        yield Mention("gpu_needed", True, 0, 0, implied=True)


def _budget(pair: Pair) -> Iterator[Mention]:
    money = pair.words & (_KEYS["money"] | _CURRENCIES)
    bounded = pair.words & _KEYS["bound"]
    if not pair.number or not money or not bounded or pair.words & _KEYS["priced"]:
        return
    period = next((p for p in ("hour", "month", "total") if pair.words & _KEYS[p]), "")
    currency = next((c for c in sorted(_CURRENCIES) if c in pair.words), "usd")
    if period and currency == "usd":
        yield _mention(f"budget_usd_{period}", pair.number)
    elif period:
        yield _mention("budget_currency", currency.upper())
        yield _mention("budget_amount", pair.number)
        yield _mention("budget_period", period)


def _items(pair: Pair) -> Iterator[Mention]:
    named = pair.leaf & _KEYS["items"]
    counted = pair.leaf & _KEYS["count"] or pair.words & _KEYS["data"]
    allowed = pair.leaf <= _KEYS["items"] | _KEYS["count"] | _KEYS["data"]
    if pair.number and named and counted and allowed and pair.number == int(pair.number):
        yield _mention("dataset_items", int(pair.number))


def _measured(field: str, about: str, units: dict[str, float]) -> Callable[[Pair], Iterator[Mention]]:
    """Return a reader of keys about a thing whose unit stands in the key or beside the number: p95_ms: 800."""

    def read(pair: Pair) -> Iterator[Mention]:
        if not pair.words & _KEYS[about] or pair.words & _KEYS["not_" + about]:
            return
        amount = _NUMBER.match(pair.value)
        unit = pair.value[amount.end() :].strip().lower() if amount else ""
        factor = units.get(unit) if unit else next((units[w] for w in sorted(pair.leaf) if w in units), None)
        if amount and factor and 0 < float(amount.group().replace("_", "")) < _MOST:
            yield _mention(field, round(float(amount.group().replace("_", "")) * factor, 9))

    return read


def _counted(field: str, about: str) -> Callable[[Pair], Iterator[Mention]]:
    def read(pair: Pair) -> Iterator[Mention]:
        if pair.number and pair.leaf & _KEYS[about] and not pair.words & _KEYS["not_" + about]:
            value = pair.number
            yield _mention(field, value if field == "requests_per_second" else int(value))

    return read


def _cloud(pair: Pair) -> Iterator[Mention]:
    """Read SkyPilot's "cloud: lambda" and "infra: gcp/us-central1", Terraform's "provider: aws"."""
    if pair.leaf and pair.leaf <= _KEYS["cloud"]:
        name = _providers().get(fold(pair.value.partition("/")[0]).strip())
        if name:
            yield _mention("providers", name)


@cache
def _providers() -> dict[str, str]:
    rows = lexicon.rows("providers")
    return {fold(word): row["name"] for row in rows for word in (row["name"], *row["words"].split(";"))}


def _spot(pair: Pair) -> Iterator[Mention]:
    if pair.leaf & _KEYS["spot"] and pair.value.lower() in ("true", "false", "yes", "no"):
        yield _mention("spot_ok", pair.value.lower() in ("true", "yes"))


_READERS: Final[tuple[Callable[[Pair], Iterator[Mention]], ...]] = (
    _budget,
    _measured("vram_gb_min_per_gpu", "vram", _GB),
    _gpus,
    _items,
    _measured("dataset_size_gb", "data", _GB),
    _measured("latency_ms_p95", "latency", _MS),
    _measured("deadline_hours", "deadline", _HOURS),
    _counted("requests_per_second", "rate"),
    _counted("concurrency", "concurrency"),
    _counted("context_tokens", "context"),
    _spot,
    _cloud,
)
