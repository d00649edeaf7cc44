"""ModelsService on the wire: translate, call, translate back."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

from libs.database import Pool
from libs.errors import NotFoundError, Violations
from libs.paging import decode_page_token, encode_page_token, page_size
from services.models import answer_sizing, convert, convert_sizing, ids, tables, variants
from services.models.domain.addresses import plain_id
from services.models.domain.tasks import TaskInfo
from services.models.domain.variants import sort_key, tokenizer_of
from services.models.known import KnownModels
from services.models.search import Searcher
from services.models.sizing import Sizer
from services.models.store import catalog, holdings
from stack8s.models.v1 import models_service_pb2 as pb
from stack8s.models.v1 import models_service_pb2_grpc

Context = grpc.aio.ServicerContext[Any, Any]


class ModelNotFoundError(NotFoundError):
    """No model of that id."""

    reason = "MODEL_NOT_FOUND"


class ModelsServicer(models_service_pb2_grpc.ModelsServiceServicer):
    """Which model for this, may I use it, what will it need."""

    def __init__(self, pool: Pool, searcher: Searcher, models: KnownModels) -> None:
        self._pool = pool
        self._searcher = searcher
        self._sizer = Sizer(models)

    async def SearchModels(self, request: pb.SearchModelsRequest, context: Context) -> pb.SearchModelsResponse:
        """Find models for a wish in plain words, best first."""
        answer = await self._searcher.search(convert.wish_from_proto(request, await self._searcher.values()))
        return pb.SearchModelsResponse(
            results=[convert.hit_to_proto(hit, snapshot_id=answer.snapshot_id) for hit in answer.hits],
            understood_tasks=answer.understood,
            snapshot_id=answer.snapshot_id,
            understood_conditions=answer.conditions,
            notes=answer.notes,
        )

    async def GetModel(self, request: pb.GetModelRequest, context: Context) -> pb.GetModelResponse:
        """Return one model and its card, under its id as it is written."""
        _check_id(request.model_id)
        found = await catalog.find(self._pool, await self._id_of(request.model_id))
        if found is None:
            raise await self._not_found(request.model_id)
        return pb.GetModelResponse(
            model=convert.model_to_proto(found.model, found.weights, snapshot_id=found.snapshot_id), card=found.card
        )

    async def ListVariants(self, request: pb.ListVariantsRequest, context: Context) -> pb.ListVariantsResponse:
        """List what was made from a model, most downloaded first, then by id."""
        bad = Violations()
        relation = convert.relation_from_proto(request.relation, bad)
        if request.page_size < 0:
            bad.add("page_size", f"is {request.page_size}; must be 0 (meaning 50) to 500")
        _check_id(request.model_id, bad)
        query = f"{request.model_id} {request.relation}".encode()
        key = decode_page_token(request.page_token, query=query)
        model_id = await self._id_of(request.model_id)
        if not await catalog.known(self._pool, model_id):
            raise await self._not_found(request.model_id)
        found = await variants.variants_of(self._pool, model_id, relation)
        rest = [kin for kin in found if not key or sort_key(kin) > (-int(key[0] or 0), str(key[1]))]
        page = rest[: page_size(request.page_size)]
        records = await catalog.find_many(self._pool, [kin.model_id for kin in page])
        holder, reason = tokenizer_of(await variants.ancestry(self._pool, model_id))
        more = len(rest) > len(page)
        return pb.ListVariantsResponse(
            variants=[convert.variant_to_proto(records[k.model_id].model, k) for k in page if k.model_id in records],
            next_page_token=encode_page_token([-sort_key(page[-1])[0], page[-1].model_id], query=query) if more else "",
            total_size=len(found),
            tokenizer=pb.Tokenizer(model_id=holder, reason=reason) if holder else None,
        )

    async def _id_of(self, text: str) -> str:
        """Return the id that a text means in whatever case, of a model here or of one that others came from; else the
        text.
        """
        text = plain_id(text)
        found = (await catalog.ids_of(self._pool, [text])).get(text)
        if found is not None or await catalog.known(self._pool, text):
            return found or text
        near = await ids.ids_alike(self._pool, text, (await self._searcher.state()).vocabulary)
        return next((own for own in near if own.lower() == text.lower()), text)

    async def _not_found(self, model_id: str) -> ModelNotFoundError:
        """Return that a model is not there, with ids that are near."""
        state = await self._searcher.state()
        model_id = plain_id(model_id)
        near = ids.instead(model_id, await ids.ids_alike(self._pool, model_id, state.vocabulary))
        return ModelNotFoundError(f"no model {model_id!r} in the catalogue; {near}", model_id=model_id)

    async def EstimateMemory(self, request: pb.EstimateMemoryRequest, context: Context) -> pb.EstimateMemoryResponse:
        """Estimate memory for many cases, in their order; a model that is not known is answered in its place."""
        asked = convert_sizing.asked_from_proto(request.cases, need_gpu=False)
        return await asyncio.to_thread(answer_sizing.memory_answer, await self._sizer.groups(asked), asked)

    async def EstimatePerformance(
        self, request: pb.EstimatePerformanceRequest, context: Context
    ) -> pb.EstimatePerformanceResponse:
        """Estimate speed for many cases, in their order; a model that is not known is answered in its place."""
        asked = convert_sizing.asked_from_proto(request.cases, need_gpu=True)
        return await asyncio.to_thread(answer_sizing.speed_answer, await self._sizer.groups(asked), asked)

    async def ListTasks(self, request: pb.ListTasksRequest, context: Context) -> pb.ListTasksResponse:
        """List tasks by pipeline tag: all that are known, and all that models state."""
        limit = page_size(request.page_size)
        key = decode_page_token(request.page_token, query=b"tasks")
        state = await self._searcher.state()
        known = tables.tasks()
        tags = sorted(set(known) | set(state.stated.tasks))
        rest = [t for t in tags if not key or t > str(key[0])]
        page = rest[:limit]
        return pb.ListTasksResponse(
            tasks=[_task(known.get(tag) or _unknown_task(tag), state.stated.tasks.get(tag, 0)) for tag in page],
            next_page_token=encode_page_token([page[-1]], query=b"tasks") if len(rest) > limit else "",
            total_size=len(tags),
        )

    async def GetCatalogInfo(self, request: pb.GetCatalogInfoRequest, context: Context) -> pb.GetCatalogInfoResponse:
        """Tell what the catalogue holds, how fresh it is and what it refused."""
        state = await self._searcher.state()
        held = await holdings.holdings(self._pool)
        return pb.GetCatalogInfoResponse(
            info=convert.catalog_info_to_proto(state, held),
            embedding_space=self._searcher.space_name(state),
            chunk_count=state.chunk_count,
        )


def _check_id(model_id: str, bad: Violations | None = None) -> None:
    bad = bad or Violations()
    if not model_id.strip():
        bad.add("model_id", "is empty; must be a Hub id such as owner/name")
    convert.check_text(model_id, "model_id", bad, limit=400)
    bad.raise_if_any()


def _task(info: TaskInfo, count: int) -> pb.Task:
    return pb.Task(task=info.task, title=info.title, description=info.description, model_count=count)


def _unknown_task(tag: str) -> TaskInfo:
    return TaskInfo(tag, tag.replace("-", " ").capitalize(), "", ())
