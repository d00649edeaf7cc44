import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from stack8s.orchestrator.v1 import plan_pb2 as _plan_pb2
from stack8s.orchestrator.v1 import spec_pb2 as _spec_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_USER: _ClassVar[Role]
    ROLE_ASSISTANT: _ClassVar[Role]
ROLE_UNSPECIFIED: Role
ROLE_USER: Role
ROLE_ASSISTANT: Role

class Conversation(_message.Message):
    __slots__ = ("conversation_id", "owner", "title", "create_time", "update_time", "spec", "latest_plan_id", "turn_count", "active_turn_id", "llm_cost", "llm_input_tokens", "llm_output_tokens")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    LATEST_PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_TURN_ID_FIELD_NUMBER: _ClassVar[int]
    LLM_COST_FIELD_NUMBER: _ClassVar[int]
    LLM_INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    LLM_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    owner: str
    title: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    spec: _spec_pb2.WorkloadSpec
    latest_plan_id: str
    turn_count: int
    active_turn_id: str
    llm_cost: _money_pb2.Money
    llm_input_tokens: int
    llm_output_tokens: int
    def __init__(self, conversation_id: _Optional[str] = ..., owner: _Optional[str] = ..., title: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., spec: _Optional[_Union[_spec_pb2.WorkloadSpec, _Mapping]] = ..., latest_plan_id: _Optional[str] = ..., turn_count: _Optional[int] = ..., active_turn_id: _Optional[str] = ..., llm_cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., llm_input_tokens: _Optional[int] = ..., llm_output_tokens: _Optional[int] = ...) -> None: ...

class Message(_message.Message):
    __slots__ = ("message_id", "turn_id", "role", "text", "create_time", "plan_id")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    turn_id: str
    role: Role
    text: str
    create_time: _timestamp_pb2.Timestamp
    plan_id: str
    def __init__(self, message_id: _Optional[str] = ..., turn_id: _Optional[str] = ..., role: _Optional[_Union[Role, str]] = ..., text: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., plan_id: _Optional[str] = ...) -> None: ...

class TurnEvent(_message.Message):
    __slots__ = ("turn_id", "sequence", "event_time", "accepted", "status", "spec_updated", "tool_started", "tool_finished", "text_delta", "questions", "plan", "completed", "failed")
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SPEC_UPDATED_FIELD_NUMBER: _ClassVar[int]
    TOOL_STARTED_FIELD_NUMBER: _ClassVar[int]
    TOOL_FINISHED_FIELD_NUMBER: _ClassVar[int]
    TEXT_DELTA_FIELD_NUMBER: _ClassVar[int]
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    turn_id: str
    sequence: int
    event_time: _timestamp_pb2.Timestamp
    accepted: Accepted
    status: Status
    spec_updated: SpecUpdated
    tool_started: ToolStarted
    tool_finished: ToolFinished
    text_delta: TextDelta
    questions: Questions
    plan: _plan_pb2.DeploymentPlan
    completed: Completed
    failed: Failed
    def __init__(self, turn_id: _Optional[str] = ..., sequence: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., accepted: _Optional[_Union[Accepted, _Mapping]] = ..., status: _Optional[_Union[Status, _Mapping]] = ..., spec_updated: _Optional[_Union[SpecUpdated, _Mapping]] = ..., tool_started: _Optional[_Union[ToolStarted, _Mapping]] = ..., tool_finished: _Optional[_Union[ToolFinished, _Mapping]] = ..., text_delta: _Optional[_Union[TextDelta, _Mapping]] = ..., questions: _Optional[_Union[Questions, _Mapping]] = ..., plan: _Optional[_Union[_plan_pb2.DeploymentPlan, _Mapping]] = ..., completed: _Optional[_Union[Completed, _Mapping]] = ..., failed: _Optional[_Union[Failed, _Mapping]] = ...) -> None: ...

class Accepted(_message.Message):
    __slots__ = ("conversation_id", "message_id")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    message_id: str
    def __init__(self, conversation_id: _Optional[str] = ..., message_id: _Optional[str] = ...) -> None: ...

class Status(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class SpecUpdated(_message.Message):
    __slots__ = ("spec", "changed_fields", "intent")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    spec: _spec_pb2.WorkloadSpec
    changed_fields: _containers.RepeatedScalarFieldContainer[str]
    intent: str
    def __init__(self, spec: _Optional[_Union[_spec_pb2.WorkloadSpec, _Mapping]] = ..., changed_fields: _Optional[_Iterable[str]] = ..., intent: _Optional[str] = ...) -> None: ...

class ToolStarted(_message.Message):
    __slots__ = ("call_id", "name", "summary")
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    name: str
    summary: str
    def __init__(self, call_id: _Optional[str] = ..., name: _Optional[str] = ..., summary: _Optional[str] = ...) -> None: ...

class ToolFinished(_message.Message):
    __slots__ = ("call_id", "name", "summary", "elapsed", "failed")
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    name: str
    summary: str
    elapsed: _duration_pb2.Duration
    failed: bool
    def __init__(self, call_id: _Optional[str] = ..., name: _Optional[str] = ..., summary: _Optional[str] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., failed: _Optional[bool] = ...) -> None: ...

class TextDelta(_message.Message):
    __slots__ = ("text", "reset")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    text: str
    reset: bool
    def __init__(self, text: _Optional[str] = ..., reset: _Optional[bool] = ...) -> None: ...

class Questions(_message.Message):
    __slots__ = ("questions",)
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    questions: _containers.RepeatedCompositeFieldContainer[Question]
    def __init__(self, questions: _Optional[_Iterable[_Union[Question, _Mapping]]] = ...) -> None: ...

class Question(_message.Message):
    __slots__ = ("id", "text", "suggestions", "default_answer", "field")
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_ANSWER_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    id: str
    text: str
    suggestions: _containers.RepeatedScalarFieldContainer[str]
    default_answer: str
    field: str
    def __init__(self, id: _Optional[str] = ..., text: _Optional[str] = ..., suggestions: _Optional[_Iterable[str]] = ..., default_answer: _Optional[str] = ..., field: _Optional[str] = ...) -> None: ...

class Completed(_message.Message):
    __slots__ = ("input_tokens", "output_tokens", "llm_cost", "elapsed", "time_to_first_event", "reasoner", "action", "message_id", "prompt_version", "tokens_estimated")
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    LLM_COST_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_FIRST_EVENT_FIELD_NUMBER: _ClassVar[int]
    REASONER_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PROMPT_VERSION_FIELD_NUMBER: _ClassVar[int]
    TOKENS_ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    input_tokens: int
    output_tokens: int
    llm_cost: _money_pb2.Money
    elapsed: _duration_pb2.Duration
    time_to_first_event: _duration_pb2.Duration
    reasoner: str
    action: str
    message_id: str
    prompt_version: str
    tokens_estimated: bool
    def __init__(self, input_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., llm_cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., time_to_first_event: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reasoner: _Optional[str] = ..., action: _Optional[str] = ..., message_id: _Optional[str] = ..., prompt_version: _Optional[str] = ..., tokens_estimated: _Optional[bool] = ...) -> None: ...

class Failed(_message.Message):
    __slots__ = ("reason", "message", "retryable")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    retryable: bool
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., retryable: _Optional[bool] = ...) -> None: ...
