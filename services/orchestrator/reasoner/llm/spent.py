"""What a call to a model has used: as its server reports it, else estimated and marked so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil
from typing import Any, Final

from genai_prices import Usage, calc_price

from services.orchestrator.reasoner.protocol import Meter

_BYTES_A_TOKEN: Final = 3
"""Of UTF-8. English has about four letters to a token, other scripts a token for each sign of two or three bytes; a
budget is better guarded by counting too many."""


def count(usage: Any, *, sent: Sequence[Mapping[str, Any]], told: str, model: str, meter: Meter) -> None:
    """Add what a call has used to the meter.

    usage: the server's report, in OpenAI's shape; None, or zeros, where it makes none: then the tokens are estimated.
    sent: what was sent, messages and tools; told: what was answered.
    """
    read, written = (usage.prompt_tokens or 0, usage.completion_tokens or 0) if usage else (0, 0)
    if not read:
        read, written = estimated("".join(json.dumps(part, ensure_ascii=False) for part in sent)), estimated(told)
        meter.tokens_estimated = True
    meter.input_tokens += read
    meter.output_tokens += written
    try:
        price = calc_price(Usage(input_tokens=read, output_tokens=written), model).total_price
    except LookupError:
        return  # no price is known for this model, and unknown is not zero
    meter.cost_usd = (meter.cost_usd or Decimal(0)) + price


def estimated(text: str) -> int:
    """Return about how many tokens a text has: one for every three bytes of it."""
    return ceil(len(text.encode()) / _BYTES_A_TOKEN)
