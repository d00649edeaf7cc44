"""How much a service carries and how fast it answers."""

from __future__ import annotations

import math
import re
from typing import Final

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.amounts import TOKENS_PER_HOUR
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS
from services.orchestrator.domain.planning.stated import residues_in
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

READING_SPEED: Final = 8.0
"""Tokens a second: 360 words a minute, faster than most people read."""
FLOWING_EACH: Final = 20.0
"""Tokens a second of one request, where only the output of all was said."""
BATCH_IN_FLIGHT: Final = 64
"""Requests that one copy of a model of usual size works on at once: more of them bring little more output, and another
copy costs little."""
AT_ONCE: Final = 0.1
"""Share of the users of a service who wait for an answer at the same time at peak."""
_USERS: Final = re.compile(
    r"\b(?P<number>\d[\d,.]*)\s*(?P<thousand>k|thousand)?\s+(?P<same>concurrent|parallel|simultaneous)?\s*(?:[a-z-]+\s+){0,2}?"
    r"(?:users?|employees|people|colleagues|customers|agents|students|seats|staff|developers?|devs|engineers|analysts|"
    r"researchers|doctors|nurses|lawyers|teachers|designers|operators|members)\b",
    re.IGNORECASE,
)
CHAT_PROMPT: Final = 256
WAIT_SECONDS: Final = {"text-to-image": 60.0, "image-to-image": 60.0, "text-to-video": 1800.0, "image-to-video": 1800.0}
USUAL_WAIT_SECONDS: Final = 10.0
"""Longest wait for an answer behind those in flight, where the wishes allow it."""
BATCH_REQUESTS: Final = 32
"""Requests in flight on each copy of a language model that works through a batch."""
SMALL_BUDGET_USD: Final = 100.0
"""Of a month; no more than a few people are served for it."""


def load_of(
    spec: WorkloadSpec, kind: WorkloadKind, words: str, *, language: bool, batches: bool, said: list[str]
) -> tuple[int | None, int | None]:
    """Return context tokens and requests in flight. words: the user's own, for how many users there are. batches: the
    server works on the requests in flight together."""
    context, concurrency = spec.context_tokens or residues_in(words), spec.concurrency
    if context is None and language:
        context = 8192 if spec.task_type is TaskType.RAG else 4096 if kind is WorkloadKind.SERVING else 2048
        said.append(f"Context of {context:,} tokens a request, prompt and answer together.")
    if concurrency is None and kind is WorkloadKind.SERVING:
        small = small_budget(spec)
        stated = math.ceil((spec.tokens_per_second or 0) / FLOWING_EACH)
        users = users_in(words) if language else 0
        at_once = math.ceil(users * AT_ONCE)
        arriving = _arriving(spec) if batches else 0
        concurrency = max(stated, at_once, arriving, 2 if small else 8 if language else 4)
        why = ", because a small budget serves few people" if small else ""
        why = f": one in {1 / AT_ONCE:.0f} of {users:,} users waits for an answer" if at_once == concurrency else why
        why = f", each answered at {FLOWING_EACH:g} tokens a second" if stated == concurrency else why
        if batches and spec.requests_per_second:
            said.append(
                f"Each copy works on up to {concurrency} requests at once: {spec.requests_per_second:g} come in a "
                f"second, and {USUAL_WAIT_SECONDS:g} seconds are reckoned for each."
            )
        else:
            said.append(f"{concurrency} requests in flight at the same time at peak{why}.")
        if small and language:
            said.append(f"Prompts of {CHAT_PROMPT} tokens, as people type them.")
    if concurrency is None and kind is WorkloadKind.BATCH and language:
        concurrency = BATCH_REQUESTS
        said.append(f"The batch keeps {concurrency} requests in flight on each copy.")
    return context, concurrency


def _arriving(spec: WorkloadSpec) -> int:
    """Return the requests that are in flight on a copy where only how many come in a second was said: those of the
    usual wait (Little's law), no more than a copy works on at once, since further copies share them."""
    return min(math.ceil((spec.requests_per_second or 0.0) * USUAL_WAIT_SECONDS), BATCH_IN_FLIGHT)


def users_in(words: str) -> int:
    """Return how many people use a service by the user's own words, the last figure that stands there; 0 for none."""
    found = [m for m in _USERS.finditer(words) if not m["same"]]
    if not found:
        return 0
    number = float(re.sub(r"[,.](?=\d{3}\b)", "", found[-1]["number"]))
    return int(number * (1000 if found[-1]["thousand"] else 1))


def small_budget(spec: WorkloadSpec) -> bool:
    return spec.budget_usd_month is not None and spec.budget_usd_month <= SMALL_BUDGET_USD


def pace_of(spec: WorkloadSpec, task: str, concurrency: int | None, said: list[str]) -> tuple[float, float]:
    """Return tokens a second at which nobody has to wait for all requests in flight, and the longest wait in ms."""
    requests = concurrency or 1
    if task in LANGUAGE_TASKS:
        if not spec.tokens_per_second:
            said.append(
                f"Every request in flight is answered at {READING_SPEED:g} tokens a second or faster, as fast as "
                "people read, where the wishes allow it."
            )
        return READING_SPEED * requests, 0.0
    if task == "automatic-speech-recognition":
        said.append("Every recording in flight is written down as fast as it is spoken, where the wishes allow it.")
        return requests * TOKENS_PER_HOUR / 3600, 0.0
    wait = WAIT_SECONDS.get(task, USUAL_WAIT_SECONDS)
    return 0.0, wait * 1000.0
