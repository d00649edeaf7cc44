"""Numbers and machines in words, the same everywhere in a plan."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from libs.money import to_cents
from services.orchestrator.domain.candidates import Offer, PerformanceEstimate
from services.orchestrator.domain.planning.gpus import maker_of
from services.orchestrator.domain.planning.options import Option

FEW_NAMES = 3
MAKERS = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "google": "Google", "aws": "AWS"}
"""Makers of accelerators as people write them."""
PROVIDERS = {
    "aws": "AWS", "gcp": "Google Cloud", "azure": "Azure", "oci": "Oracle Cloud", "lambda": "Lambda",
    "runpod": "RunPod", "coreweave": "CoreWeave", "nebius": "Nebius", "vast": "Vast.ai", "verda": "Verda",
    "digitalocean": "DigitalOcean", "local": "your own cluster", "ibm": "IBM Cloud", "ovhcloud": "OVHcloud",
    "scaleway": "Scaleway", "hyperstack": "Hyperstack", "fluidstack": "FluidStack", "paperspace": "Paperspace",
    "cudo": "Cudo", "crusoe": "Crusoe", "together": "Together",
}  # fmt: skip
"""Providers as people write them; any other is written as its id."""


def usd(amount: Decimal | None) -> str:
    """Return an amount of USD, to the cent; a price of less than 1,000 that is finer keeps up to four places."""
    if amount is None:
        return "unknown"
    if 0 < amount < 1000 and amount != to_cents(amount):
        return f"${amount.quantize(Decimal('0.0001')).normalize():f}"
    return f"${to_cents(amount):,}"


def gib(amount: float) -> str:
    """Return memory in GiB, with a decimal below 10."""
    return f"{amount:,.1f} GiB" if amount < 10 and amount != int(amount) else f"{amount:,.0f} GiB"


def precision(name: str) -> str:
    """Return a precision in words: brain and half floats are both 16 bit."""
    words = {
        "bf16": "16 bit",
        "fp16": "16 bit",
        "fp32": "32 bit",
        "fp8": "8 bit (fp8)",
        "int8": "8 bit",
        "int4": "4 bit",
    }
    return words.get(name, name)


def count(number: int, noun: str) -> str:
    """Return "1 node", "3 nodes" or "3 copies"."""
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"


def parameters(number: int | None) -> str:
    """Return a number of parameters, such as 70.6B or 305M."""
    if number is None:
        return "unknown size"
    for limit, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if number >= limit * 0.9995:  # what is rounded up to it
            return f"{number / limit:.3g}{unit}"
    return f"{number:,}"


def provider(name: str) -> str:
    """Return a provider as people write it."""
    return PROVIDERS.get(name, name)


FIELDS = {
    "gpu_models": "the GPU type",
    "gpu_models_excluded": "a GPU type ruled out",
    "gpu_count_min": "the number of GPUs",
    "vram_gb_min_per_gpu": "the memory of each GPU",
    "vram_gb_min_total": "the memory of all GPUs",
    "budget_usd_hour": "the budget an hour",
    "budget_usd_month": "the monthly budget",
    "budget_usd_total": "the budget",
    "providers": "the provider",
    "providers_excluded": "a provider ruled out",
    "latency_ms_p95": "the response time",
    "deadline_hours": "the deadline",
    "spot_ok": "whether machines are spot",
    "models": "the model that was named",
    "model_params_b": "the size of the model",
    "regions": "the region",
    "geos": "the place of the data",
    "license": "the licence",
    "prefers_local_cluster": "your own cluster",
}
"""Wishes in words."""


def wish(field: str) -> str:
    """Return a field of the spec as people say it."""
    return FIELDS.get(field, field.replace("_", " "))


def rate(per_second: float) -> str:
    """Return a rate of requests, by the minute, hour or day where it is below one in less."""
    if per_second < 1:
        slow = ((60, "minute"), (3_600, "hour"), (86_400, "day"))
        seconds, period = next((s for s in slow if per_second * s[0] >= 1), slow[-1])
        return f"about {per_second * seconds:.3g} requests {'an' if period == 'hour' else 'a'} {period}"
    return f"{per_second:,.0f} requests a second" if per_second >= 100 else f"{per_second:.3g} requests a second"


def made(per_second: float, unit: str) -> str:
    """Return what is made in a second, in its units: such as second of sound."""
    first, *rest = unit.split()
    amount = f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:.3g}"
    return f"about {amount} {' '.join((f'{first}s', *rest))} a second"


def hours(amount: float) -> str:
    """Return a length of time: minutes below two hours, hours above."""
    return count(max(1, round(amount * 60)), "minute") if amount < 2 else f"{amount:,.1f} hours"


def join(parts: Sequence[str], last: str = "and") -> str:
    """Return "a, b and c"."""
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)


def gpu_types(names: Sequence[str]) -> str:
    """Return GPU types that were asked for, by name where they are few, by their maker where they are all of it."""
    if maker := maker_of(tuple(names)):
        return "TPUs" if maker == "google" else f"GPUs of {MAKERS.get(maker, maker)}"
    return join(names, "or") if len(names) <= FEW_NAMES else f"one of {len(names)} GPU types"


def hardware(gpu_type: str, gpu_count: int, nodes: int, instance_type: str) -> str:
    """Return the hardware, such as "8 x H100 (2 nodes)"."""
    spread = f" on {count(nodes, 'machine')}" if nodes > 1 else ""
    return f"{gpu_count} x {gpu_type}{spread}" if gpu_count else f"{count(nodes, 'CPU machine')} ({instance_type})"


def machines(option: Option) -> str:
    """Return the machines of an option, such as "2 x A100-80GB at Lambda"."""
    return machines_of(option.offer, option.nodes)


def machines_of(offer: Offer, nodes: int) -> str:
    """Return machines of an offer, such as "2 x A100-80GB at Lambda"."""
    spot = " on spot" if offer.price_model == "spot" else ""
    where = "in" if offer.provider == "local" else "at"
    what = hardware(offer.gpu_type, nodes * offer.gpu_count, nodes, offer.instance_type)
    return f"{what} {where} {provider(offer.provider)}{spot}"


def machine_line(offer: Offer, nodes: int) -> str:
    """Return the description of the cost line of an offer's machines."""
    what = hardware(offer.gpu_type, nodes * offer.gpu_count, nodes, offer.instance_type)
    return (
        f"{what}: {offer.instance_type} at {provider(offer.provider)}, "
        f"{offer.region or 'any region'}, {offer.price_model.replace('_', '-')}"
    )


def basis(speed: PerformanceEstimate) -> str:
    """Return how an estimate was made, with its error band; empty where that is not known."""
    if not speed.basis:
        return ""
    factor = f", true within a factor of {speed.error_factor:g}" if speed.error_factor else ""
    return f"{speed.basis}{factor}"
