"""Between the wire and the domain."""

from __future__ import annotations

from typing import Final

from libs.rpc.convert import money_to_proto, timestamp_to_proto
from libs.rpc.mapping import duration_to_proto, fill
from services.orchestrator.domain import events
from services.orchestrator.domain.conversation import Conversation, Message
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.render import Format
from services.orchestrator.domain.spec import WorkloadSpec
from stack8s.orchestrator.v1 import architect_service_pb2, plan_pb2, spec_pb2
from stack8s.orchestrator.v1 import conversation_pb2 as pb

FORMATS: Final = {
    architect_service_pb2.RENDER_FORMAT_UNSPECIFIED: Format.MARKDOWN,
    architect_service_pb2.RENDER_FORMAT_MARKDOWN: Format.MARKDOWN,
    architect_service_pb2.RENDER_FORMAT_JSON: Format.JSON,
    architect_service_pb2.RENDER_FORMAT_KUBERNETES: Format.KUBERNETES,
    architect_service_pb2.RENDER_FORMAT_HELMFILE: Format.HELMFILE,
    architect_service_pb2.RENDER_FORMAT_MERMAID: Format.MERMAID,
    architect_service_pb2.RENDER_FORMAT_SKYPILOT: Format.SKYPILOT,
    architect_service_pb2.RENDER_FORMAT_BUNDLE: Format.BUNDLE,
}
_ROLES: Final = {"user": pb.ROLE_USER, "assistant": pb.ROLE_ASSISTANT}


def spec_to_proto(spec: WorkloadSpec) -> spec_pb2.WorkloadSpec:
    """Return a spec for the wire."""
    return fill(spec_pb2.WorkloadSpec(), spec)


def plan_to_proto(plan: DeploymentPlan) -> plan_pb2.DeploymentPlan:
    """Return a plan for the wire."""
    return fill(plan_pb2.DeploymentPlan(), plan)


def question_to_proto(question: Question) -> pb.Question:
    """Return a question for the wire."""
    return pb.Question(
        id=question.id,
        text=question.text,
        suggestions=question.suggestions,
        default_answer=question.default,
        field=question.field,
    )


def conversation_to_proto(conversation: Conversation) -> pb.Conversation:
    """Return a conversation for the wire."""
    return pb.Conversation(
        conversation_id=conversation.conversation_id,
        owner=conversation.owner,
        title=conversation.title,
        create_time=timestamp_to_proto(conversation.create_time),
        update_time=timestamp_to_proto(conversation.update_time),
        spec=spec_to_proto(conversation.spec),
        latest_plan_id=conversation.latest_plan_id,
        turn_count=conversation.turn_count,
        active_turn_id=conversation.active_turn_id,
        llm_cost=money_to_proto(conversation.llm_cost_usd),
        llm_input_tokens=conversation.llm_input_tokens,
        llm_output_tokens=conversation.llm_output_tokens,
    )


def message_to_proto(message: Message) -> pb.Message:
    """Return a message for the wire."""
    return pb.Message(
        message_id=message.message_id,
        turn_id=message.turn_id,
        role=_ROLES[message.role],
        text=message.text,
        create_time=timestamp_to_proto(message.create_time),
        plan_id=message.plan_id,
    )


def event_to_proto(stored: events.StoredEvent, *, plan: DeploymentPlan | None = None) -> pb.TurnEvent:
    """Return an event for the wire; the plan of a PlanMade event is given beside it."""
    wire = pb.TurnEvent(turn_id=stored.turn_id, sequence=stored.sequence, event_time=timestamp_to_proto(stored.time))
    match stored.event:
        case events.Accepted() as event:
            fill(wire.accepted, event)
        case events.Status(text=text):
            wire.status.text = text
        case events.SpecUpdated() as event:
            fill(wire.spec_updated, event)
        case events.ToolStarted() as event:
            fill(wire.tool_started, event)
        case events.ToolFinished() as event:
            wire.tool_finished.CopyFrom(
                pb.ToolFinished(
                    call_id=event.call_id,
                    name=event.name,
                    summary=event.summary,
                    elapsed=duration_to_proto(event.elapsed_ms),
                    failed=event.failed,
                )
            )
        case events.TextDelta() as event:
            fill(wire.text_delta, event)
        case events.QuestionsAsked(questions=questions):
            wire.questions.questions.extend(question_to_proto(question) for question in questions)
        case events.PlanMade(plan_id=plan_id):
            if plan is None:
                raise ValueError(f"the event of plan {plan_id} needs the plan beside it")
            wire.plan.CopyFrom(plan_to_proto(plan))
        case events.Completed() as event:
            wire.completed.CopyFrom(_completed_to_proto(event))
        case events.Failed() as event:
            fill(wire.failed, event)
    return wire


def _completed_to_proto(event: events.Completed) -> pb.Completed:
    return pb.Completed(
        input_tokens=event.input_tokens,
        output_tokens=event.output_tokens,
        tokens_estimated=event.tokens_estimated,
        llm_cost=None if event.llm_cost_usd is None else money_to_proto(event.llm_cost_usd),
        elapsed=duration_to_proto(event.elapsed_ms),
        time_to_first_event=duration_to_proto(event.first_event_ms),
        reasoner=event.reasoner,
        action=event.action,
        message_id=event.message_id,
        prompt_version=event.prompt_version,
    )
