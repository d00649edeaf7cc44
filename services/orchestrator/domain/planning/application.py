"""What is left to the user beside a server: the application that answers from documents, and the way from a gateway."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.plan import InstalledComponent, StackComponent, Workload, WorkloadKind
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.planning.servers import api_of
from services.orchestrator.domain.planning.standing import GATEWAYS

CLIENT: Final = "stack8s.io/client=true"
"""Label of namespaces whose pods may call a server."""

Row = tuple[str, str, str]
"""Title, text and command of a step."""


def gateway_rows(workload: Workload, stack: tuple[StackComponent, ...], *, in_cluster: bool) -> list[Row]:
    """Return how each gateway of a stack is led to the server: no chart knows where that is."""
    if workload.kind is not WorkloadKind.SERVING or not in_cluster:
        return []
    api = api_of(workload)
    return [
        (
            f"Lead {part.name} to the server",
            f"Make {_address(workload)} (with {api}) what {part.name} leads to, and let its namespace call the server.",
            f"kubectl label namespace {part.namespace} {CLIENT}",
        )
        for part in stack
        if part.role in GATEWAYS and part.namespace
    ]


def retrieval_rows(
    workload: Workload, stack: tuple[StackComponent, ...], there: tuple[InstalledComponent, ...], *, in_cluster: bool
) -> list[Row]:
    """Return what the application that answers from documents does, by the addresses it calls; none without helpers."""
    at = {helper.name: f"http://{helper.name}.{workload.name}.svc" for helper in workload.helpers}
    if "embedding" not in at:
        return []
    order = f", put them in order by {at['reranking']}/rerank" if "reranking" in at else ""
    server = _address(workload) if in_cluster else f"the address that sky status shows for {workload.name}"
    text = (
        "No file of this plan reads documents or answers by itself. Your application loads: it splits documents into "
        f'passages, sends {{"inputs": [...]}} to {at["embedding"]}/embed, and keeps the vectors with the passages in '
        f"{_store(stack, there)}. And it answers: it embeds the question, takes the nearest passages{order}, and sends "
        f"both to {_asked(workload, server)}. Run it in namespace {workload.name}, or label its namespace {CLIENT}."
    )
    return [("Write the application", text, "")]


def _asked(workload: Workload, server: str) -> str:
    """Return where on a server questions with passages go, and as what."""
    if workload.engine == triton.NAME:
        return f"/v2/models/{workload.name}/generate of {server} as text_input, in the chat format of the model"
    return f"/v1/chat/completions of {server} as model {workload.model_id}"


def _store(stack: tuple[StackComponent, ...], there: tuple[InstalledComponent, ...]) -> str:
    """Return what keeps the vectors, and where it is."""
    parts: tuple[StackComponent | InstalledComponent, ...] = (*stack, *there)
    found = next((part for part in parts if part.role == "vector_db"), None)
    if found is None:
        return "a vector database of your own"
    where = f" (release {found.release} in namespace {found.namespace})" if found.release and found.namespace else ""
    return f"{found.name}{where}"


def _address(workload: Workload) -> str:
    return f"http://{workload.name}.{workload.name}.svc"
