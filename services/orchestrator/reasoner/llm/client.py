"""The OpenAI protocol: JSON by schema where the server can, streamed text, retries, budgets, cost."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import AsyncIterator, Collection, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

import openai
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)
from pydantic_core import from_json
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from services.orchestrator.reasoner.llm.spent import count
from services.orchestrator.reasoner.protocol import Meter

log = logging.getLogger(__name__)

Mode = Literal["json_schema", "json_object", "text"]
_MODES: Final[tuple[Mode, ...]] = ("json_schema", "json_object", "text")
_REFUSING: Final = frozenset({400, 404, 415, 422, 501})
"""What servers answer to a way of asking that they do not know."""
_RETRIED: Final = (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError)
_LONGEST_WAIT_S: Final = 5.0
_DECODER: Final = json.JSONDecoder()
_TRAILING_COMMA: Final = re.compile(r",(?=\s*[}\]])")
_MOST_STARTS: Final = 50
"""Braces of an answer at which an object is looked for."""


class LlmError(Exception):
    """The model did not give what was asked; the rules answer instead."""


class NoObjectError(LlmError):
    """There is no object of the wanted kind in the answer."""


class RefusedError(LlmError):
    """The server does not take this way of asking."""


class NoToolsError(LlmError):
    """The server takes no tools."""


class LlmClient:
    """One model at one endpoint."""

    def __init__(
        self, *, api_key: str, base_url: str | None, model: str, temperature: float, timeout_s: float, attempts: int
    ) -> None:
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, timeout=timeout_s, max_retries=0)
        self._model, self._temperature, self._attempts = model, temperature, attempts
        self._mode = 0
        """The first way of asking for JSON that the server has not refused."""
        self._takes_tools = True

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._model

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def json(
        self, system: str, user: str, *, schema: Mapping[str, Any], meter: Meter, closes: bool = False
    ) -> dict[str, Any]:
        """Return the object that the model answers with. Raises LlmError.

        closes: an object that was cut off will do, with what is complete in it.
        """
        for place, mode in enumerate(_MODES[self._mode :], self._mode):
            try:
                answer = await self._json(system, user, schema=schema, mode=mode, meter=meter, closes=closes)
            except RefusedError as error:
                log.info("llm refused a way of asking", extra={"mode": mode, "cause": str(error)})
                continue
            except NoObjectError:
                if mode != "json_schema":
                    raise
                # A server that passes over the schema has not shown it to the model; the other ways of asking do.
                log.info("llm passed over the schema")
                continue
            # Remembered only now: a request that is refused in every way was refused for something else.
            self._mode = place
            return answer
        raise LlmError("refused in every way of asking")

    async def call_tools(
        self, messages: list[ChatCompletionMessageParam], *, tools: list[ChatCompletionToolParam], meter: Meter
    ) -> ChatCompletionMessage:
        """Return the model's message, with the calls that it wants made. Raises NoToolsError, LlmError."""
        if not self._takes_tools:
            raise NoToolsError("refused before")
        try:
            answer = await self._retrying(messages, meter, tools=tools)
        except (openai.OpenAIError, ValueError) as error:
            if not _refuses(error):
                raise LlmError(type(error).__name__) from error
            # Only a server that says so is not asked again: the request may have been refused for its length.
            self._takes_tools = "tool" not in str(error).lower()
            raise NoToolsError(f"refused: {type(error).__name__}") from error
        message: ChatCompletionMessage | None = answer.choices[0].message if answer.choices else None
        told = message.model_dump_json() if message is not None else ""
        count(answer.usage, sent=[*messages, *tools], told=told, model=self._model, meter=meter)
        if message is None:
            raise LlmError("an answer without a message")
        return message

    async def text(self, system: str, user: str, *, meter: Meter) -> AsyncIterator[str]:
        """Yield the model's answer in pieces. Raises LlmError, also when the stream is cut off."""
        messages, told, usage, begun, finished = _messages(system, user), "", None, False, False
        try:
            options = {"stream": True, "stream_options": {"include_usage": True}}
            stream = await self._retrying(messages, meter, **options)
            begun = True
            async for chunk in stream:
                usage = chunk.usage or usage  # some servers report what was used so far with every piece
                for choice in chunk.choices:
                    finished = finished or choice.finish_reason == "stop"
                    if choice.delta.content:
                        told += choice.delta.content
                        yield choice.delta.content
        except (openai.OpenAIError, ValueError) as error:
            raise LlmError(type(error).__name__) from error
        finally:
            if begun:  # also of a stream that was cut off, or read no further
                count(usage, sent=messages, told=told, model=self._model, meter=meter)
        if not finished:
            raise LlmError("the stream was cut off")

    async def _json(
        self, system: str, user: str, *, schema: Mapping[str, Any], mode: Mode, meter: Meter, closes: bool
    ) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if mode == "json_schema":
            wanted = {"name": "answer", "schema": schema, "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": wanted}
        else:
            system = f"{system}\n\nAnswer with one JSON object of this schema:\n{json.dumps(schema)}"
            if mode == "json_object":
                options["response_format"] = {"type": "json_object"}
        messages = _messages(system, user)
        try:
            answer = await self._retrying(messages, meter, **options)
        except (openai.OpenAIError, ValueError) as error:
            kind = RefusedError if _refuses(error) else LlmError
            raise kind(type(error).__name__) from error
        content = (answer.choices[0].message.content or "") if answer.choices else ""
        count(answer.usage, sent=messages, told=content, model=self._model, meter=meter)
        return repaired(content, fields=schema["properties"], closes=closes)

    async def _retrying(self, messages: list[ChatCompletionMessageParam], meter: Meter, **options: Any) -> Any:
        """Ask, again after 429, 5xx and broken connections, and take the time."""
        started = time.monotonic()
        try:
            return await self._ask(messages, **options)
        finally:
            meter.llm_ms += (time.monotonic() - started) * 1000

    async def _ask(self, messages: list[ChatCompletionMessageParam], **options: Any) -> Any:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_worth_retrying),
            stop=stop_after_attempt(self._attempts),
            wait=_wait,
            reraise=True,
        ):
            with attempt:
                # What is sent is in the wire's form already; chat.completions.create walks through all of it first.
                return await self._client.post(
                    "/chat/completions",
                    body={"model": self._model, "messages": messages, "temperature": self._temperature, **options},
                    cast_to=ChatCompletion,
                    stream=bool(options.get("stream")),
                    stream_cls=openai.AsyncStream[ChatCompletionChunk],
                )
        raise AssertionError("tenacity ends by returning or raising")


def _messages(system: str, user: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def repaired(content: str, *, fields: Collection[str] = (), closes: bool = False) -> dict[str, Any]:
    """Return the first JSON object in a text that may have more around it, or commas too many.

    fields: the object must have one of them, where any are given: a model that thinks aloud writes other braces too.
    closes: where no object is whole, one that is cut off is closed behind what is complete in it.
    Raises NoObjectError when there is none.
    """
    for text in (content, _TRAILING_COMMA.sub("", content)):
        for brace in list(re.finditer(r"\{", text))[:_MOST_STARTS]:
            try:
                value, _ = _DECODER.raw_decode(text, brace.start())
            except (ValueError, RecursionError):
                continue
            if not fields or any(field in value for field in fields):
                return dict(value)
    for brace in list(re.finditer(r"\{", content))[:_MOST_STARTS] if closes else ():
        try:
            value = from_json(content[brace.start() :], allow_partial=True)
        except ValueError:
            continue
        if any(field in value for field in fields):
            return dict(value)
    raise NoObjectError("no JSON object in the answer")


def seconds_of(after: str) -> float:
    """Return the seconds that a Retry-After header says, as a number or as a date; 0 where it is neither."""
    try:
        return max(0.0, float(after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
    except ValueError:
        return 0.0


def _asked_to_wait_s(error: BaseException | None) -> float | None:
    """Return the seconds that the server said to wait; None where it said nothing."""
    if isinstance(error, openai.APIStatusError) and (after := error.response.headers.get("retry-after")):
        return seconds_of(after)
    return None


def _refuses(error: BaseException) -> bool:
    """Whether the server says that it does not take what it is asked, rather than that it cannot just now."""
    return isinstance(error, openai.APIStatusError) and error.status_code in _REFUSING


def _worth_retrying(error: BaseException) -> bool:
    """Whether asking again may help before the turn's time is up: never sooner than the server said."""
    return isinstance(error, _RETRIED) and not _refuses(error) and (_asked_to_wait_s(error) or 0.0) <= _LONGEST_WAIT_S


def _wait(state: RetryCallState) -> float:
    """Return the seconds to wait: what the server said in Retry-After, else doubling from a quarter."""
    asked = _asked_to_wait_s(state.outcome.exception() if state.outcome else None)
    return min(0.25 * 2 ** (state.attempt_number - 1), _LONGEST_WAIT_S) if asked is None else asked
