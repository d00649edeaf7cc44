"""The catalogues as tools of a language model: bounded questions, bounded answers, all within the user's wishes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

from openai.types.chat import ChatCompletionToolParam
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Bounded

from libs.errors import Stack8sError
from services.orchestrator.catalogs.protocol import Components
from services.orchestrator.domain.candidates import FoundModels, ModelCandidate, Offer
from services.orchestrator.domain.planning import asks
from services.orchestrator.domain.planning.components import RoleNeed
from services.orchestrator.domain.planning.gpus import is_any_of
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.drafts import Draft, Found
from services.orchestrator.reasoner.llm.prompting import data

MAX_CALLS: Final = 6
"""Calls of one answer that are made."""
MAX_ROWS: Final = 8
"""Records that a call returns."""
_CARD_CHARS: Final = 300

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Names = Annotated[tuple[Name, ...], Bounded(max_length=10)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SearchModels(_Question):
    """Search Hugging Face models for the task of the plan, by description or by name."""

    query: Name = ""
    name: Name = ""


class SearchOffers(_Question):
    """Search machines that the wishes allow, cheapest first; each filter narrows, an empty one does not."""

    gpu_types: Names = ()
    providers: Names = ()
    regions: Names = ()


class RecommendComponents(_Question):
    """Ask which charts fill roles such as vector_db, monitoring or cache."""

    roles: Names = ()


_QUESTIONS: Final[Mapping[str, type[_Question]]] = {
    "search_models": SearchModels,
    "search_offers": SearchOffers,
    "recommend_components": RecommendComponents,
}
TOOLS: Final[list[ChatCompletionToolParam]] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": question.__doc__ or "",
            "parameters": question.model_json_schema(),
        },
    }
    for name, question in _QUESTIONS.items()
]


@dataclass(frozen=True, slots=True)
class Tools:
    """Answers the calls of one draft and keeps the records that were found."""

    draft: Draft
    found: Found = field(default_factory=Found)

    async def answer_all(self, calls: list[tuple[str, str]]) -> list[str]:
        """Return a data block for each call (name, arguments as JSON), in their order; the calls run in parallel."""
        return list(await asyncio.gather(*(self._answer(n, *call) for n, call in enumerate(calls))))

    async def _answer(self, number: int, name: str, arguments: str) -> str:
        if number >= MAX_CALLS:
            return data(error=f"at most {MAX_CALLS} calls at once are made")
        try:
            question = _QUESTIONS[name].model_validate_json(arguments or "{}")
        except KeyError:
            return data(error=f"there is no such tool; there are {', '.join(_QUESTIONS)}")
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
            return data(error="; ".join(wrong)[:_CARD_CHARS])
        try:
            rows = await self._rows(question)
        except Stack8sError as error:
            return data(error=str(error)[:_CARD_CHARS])
        return data(records=rows[:MAX_ROWS])

    async def _rows(self, question: _Question) -> list[dict[str, Any]]:
        match question:
            case SearchModels():
                return await self._models(question)
            case SearchOffers():
                return await self._offers(question)
            case RecommendComponents():
                return await self._components(question)
        raise TypeError(type(question).__name__)

    async def _models(self, question: SearchModels) -> list[dict[str, Any]]:
        needs = needs_of(self.draft.spec, words=self.draft.words)
        ask = asks.ModelAsk(
            name=question.name,
            query=question.query,
            tasks=(needs.task,) if needs.task else (),
            license=needs.license,
            limit=MAX_ROWS,
        )
        answer = await self._ask(
            "models.SearchModels",
            question.name or question.query,
            self.draft.catalogs.search_models(ask),
            FoundModels(),
        )
        # A name that the model looks up is not one that the user wished for.
        fitting = [replace(m, wished_as="") for m in answer.models if not m.adapter and needs.task in ("", m.task)][
            :MAX_ROWS
        ]
        self.found.models.update({m.model_id: m for m in fitting})
        return [model_row(m) for m in fitting]

    async def _offers(self, question: SearchOffers) -> list[dict[str, Any]]:
        needs = needs_of(self.draft.spec, words=self.draft.words)
        nothing: tuple[Offer, ...] = ()
        found: list[Offer] = []
        for ask in (a for a in asks.offer_asks(needs)[0] if a.gpu == needs.gpu):
            providers, regions = _within(question.providers, ask.providers), _within(question.regions, ask.regions)
            if providers is None or regions is None:
                continue
            narrowed = replace(ask, providers=providers, regions=regions)
            summary = ", ".join((*question.gpu_types, *question.providers, *question.regions)) or "machines"
            found += await self._ask(
                "compute.SearchOffers", summary, self.draft.catalogs.search_offers(narrowed), nothing
            )
        types = self.draft.candidates.gpu_types
        fitting = [o for o in found if not question.gpu_types or is_any_of(o.gpu_type, question.gpu_types, types)]
        fitting = sorted(fitting, key=lambda o: (o.price_per_hour or 0, o.offer_id))[:MAX_ROWS]
        self.found.offers.update({o.offer_id: o for o in fitting})
        return [offer_row(o) for o in fitting]

    async def _components(self, question: RecommendComponents) -> list[dict[str, Any]]:
        roles = tuple(RoleNeed(role, "", "") for role in dict.fromkeys(question.roles))[:MAX_ROWS]
        vendors = {self.draft.candidates.gpu_types[t].vendor for t in self._types()}
        pending = self.draft.catalogs.recommend_components(
            roles,
            self.draft.spec,
            gpu_vendor=min(vendors, default=""),
            standing=self.draft.candidates.standing,
        )
        answer = await self._ask(
            "packages.RecommendComponents", ", ".join(question.roles), pending, Components(charts=())
        )
        return [{"role": c.role, "name": c.name, "why": c.why[:_CARD_CHARS]} for c in answer.charts]

    def _types(self) -> list[str]:
        first = self.draft.choices.picks[:1]
        return [c.option.offer.gpu_type for c in first if c.option.offer.gpu_type in self.draft.candidates.gpu_types]

    async def _ask(self, name: str, summary: str, pending: Awaitable[Any], otherwise: Any) -> Any:
        return await self.draft.calls.ask(name, summary[:80], pending, otherwise)


def _within(narrower: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what both allow, an empty one allowing all; None when that is nothing."""
    if not narrower or not allowed:
        return narrower or allowed
    return tuple(n for n in narrower if n in allowed) or None


def model_row(model: ModelCandidate) -> dict[str, Any]:
    """Return what a language model reads of a model's record."""
    return {
        "model_id": model.model_id,
        "task": model.task,
        "license": model.license,
        "parameters": model.parameters,
        "context_tokens": model.context_tokens,
        "downloads": model.downloads,
        "gated": model.gated,
        "card": model.passage[:_CARD_CHARS],
    }


def offer_row(offer: Offer) -> dict[str, Any]:
    """Return what a language model reads of an offer's record."""
    names = ("offer_id", "provider", "instance_type", "region", "gpu_type", "gpu_count", "price_model")
    return {name: getattr(offer, name) for name in names} | {"price_per_hour": str(offer.price_per_hour or "unknown")}
