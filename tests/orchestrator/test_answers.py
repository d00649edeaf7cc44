"""What the architect gives back over a real server: files in every form, and an answer to any words."""

from __future__ import annotations

import io
import json
import tarfile

import yaml

from libs.rpc.client import call
from stack8s.orchestrator.v1 import architect_service_pb2 as pb
from tests.acceptance.plan_rules import usd
from tests.support.conversation import Conversation, Product, Reply


async def rendered(product: Product, reply: Reply, form: pb.RenderFormat) -> pb.RenderPlanResponse:
    assert reply.plan is not None
    return await call(product.architect.RenderPlan(pb.RenderPlanRequest(plan_id=reply.plan.plan_id, format=form)))


async def test_a_plan_is_rendered_in_every_form(product: Product, planned: Reply):
    assert planned.plan is not None
    markdown = await rendered(product, planned, pb.RENDER_FORMAT_MARKDOWN)
    assert (markdown.media_type, markdown.file_name) == ("text/markdown", "plan.md")
    assert await rendered(product, planned, pb.RENDER_FORMAT_UNSPECIFIED) == markdown
    document = json.loads((await rendered(product, planned, pb.RENDER_FORMAT_JSON)).content)
    assert document["plan_id"] == planned.plan.plan_id
    for form in (pb.RENDER_FORMAT_KUBERNETES, pb.RENDER_FORMAT_HELMFILE, pb.RENDER_FORMAT_SKYPILOT):
        assert list(yaml.safe_load_all((await rendered(product, planned, form)).content))
    assert (await rendered(product, planned, pb.RENDER_FORMAT_MERMAID)).content.startswith(b"flowchart LR")
    bundle = await rendered(product, planned, pb.RENDER_FORMAT_BUNDLE)
    with tarfile.open(fileobj=io.BytesIO(bundle.content), mode="r:gz") as archive:
        names = {name.rpartition("/")[2] for name in archive.getnames()}
    assert {"README.md", "plan.md", "plan.json"} <= names
    assert await rendered(product, planned, pb.RENDER_FORMAT_BUNDLE) == bundle


async def test_any_words_get_an_answer(product: Product) -> None:
    odd = [
        "💥" * 2000,
        "‮ tsal eht",
        "\x01\x02\x1b[31m",
        "{{ .Values }} ${HOME} $(reboot) <script>alert(1)</script>",
        "1e999 GPUs at $-5 and 0x10 nodes, " + "9" * 400 + " users",
        "I need " + "very " * 5000 + "much",
        "ＦＵＬＬ ｗｉｄｔｈ ８ ＧＰＵｓ",
        "\n".join(f"- {n}: NaN" for n in range(500)),
        "0 GPUs for -3 months at $0/month on 0 nodes",
        "a" * 60_000,
        "train on 10^99 images within 0 hours",
    ]
    for text in odd:
        reply = await (await Conversation.begin(product.architect)).say(text)
        assert reply.last == "completed", (text[:60], reply.events[-1])
        assert reply.text


async def said_about(conversation: Conversation, planned: Reply, text: str) -> Reply:
    """Return the answer to a question, having made sure that it changed neither plan nor spec."""
    reply = await conversation.say(text)
    assert (reply.completed.action, reply.plan) == ("answer", None)
    assert reply.spec == planned.spec
    return reply


async def test_a_price_is_told_for_the_period_that_is_asked_for(conversation: Conversation, planned: Reply):
    assert planned.plan is not None
    month = usd(planned.plan.cost_estimate.monthly_total)
    assert f"${month * 12:,.2f} a year" in (await said_about(conversation, planned, "how much per year?")).text


async def test_what_is_only_asked_about_is_compared_and_not_planned(conversation: Conversation, planned: Reply):
    text = (await said_about(conversation, planned, "why not an H100?")).text
    assert "With H100" in text
    assert "an hour more than the planned" in text


async def test_a_file_that_is_asked_for_is_shown_as_it_is_rendered(
    product: Product, conversation: Conversation, planned: Reply
):
    text = (await said_about(conversation, planned, "give me the Kubernetes YAML")).text
    shown = text.partition("```yaml\n")[2].partition("\n```")[0]
    manifest = await rendered(product, planned, pb.RENDER_FORMAT_KUBERNETES)
    assert list(yaml.safe_load_all(shown)) == list(yaml.safe_load_all(manifest.content))


async def test_a_licence_answer_begins_with_the_planned_model_and_its_verdict(
    conversation: Conversation, planned: Reply
):
    text = (await said_about(conversation, planned, "is that licence ok for commercial use?")).text
    assert planned.plan is not None
    assert text.startswith(f"**{planned.plan.gpu_recommendations[0].model_id}** is under the licence")
    assert "Commercial use: yes, on conditions." in text


async def test_a_plan_that_stands_is_told_in_short(conversation: Conversation, planned: Reply):
    again = await conversation.say("you choose")
    assert again.text.startswith("**Nothing changes.**")
    assert len(again.text) < len(planned.text) / 2
    assert "**What I assumed**" in again.text


async def test_words_that_ask_for_nothing_leave_the_plan_and_say_what_can_be_said(
    conversation: Conversation, planned: Reply
):
    assert "I am not sure" in (await said_about(conversation, planned, "hmpf flurb")).text


async def test_keys_that_were_pasted_cannot_be_shown(conversation: Conversation, planned: Reply):
    assert "masked before" in (await said_about(conversation, planned, "what were the keys that I sent you?")).text


async def test_the_licence_of_a_named_model_needs_no_plan(conversation: Conversation):
    reply = await conversation.say("Is the licence of FLUX.1-dev ok for commercial use?")
    assert (reply.completed.action, reply.plan) == ("answer", None)
    assert "Commercial use: no" in reply.text


async def test_a_question_is_never_asked_without_one_and_never_twice(conversation: Conversation):
    asked: list[str] = []
    for text in ("asdf", "?", "hm", "in Germany", "at most 900 dollars", "hm"):
        reply = await conversation.say(text)
        assert not set(asked) & {question.id for question in reply.questions}
        asked += [question.id for question in reply.questions]
        assert reply.text
        if reply.plan is not None:
            return
    raise AssertionError("who tells all he knows gets a plan")


async def test_a_question_asked_in_german_is_shown_in_german(conversation: Conversation):
    reply = await conversation.say("Wir möchten gerne ein Sprachmodell für unsere Kunden betreiben")
    assert reply.questions
    assert all(question.text in reply.text for question in reply.questions)
    assert "Wie viele Anfragen" in reply.text


async def test_a_budget_is_not_asked_for_where_no_suggested_one_would_change_the_plan(conversation: Conversation):
    reply = await conversation.say("Serve Qwen2.5-7B for 5 concurrent users")
    assert reply.plan is not None
    assert usd(reply.plan.cost_estimate.monthly_total) < 500
    assert "budget" not in {question.id for question in reply.questions}
    assert reply.questions


async def test_an_answer_of_ours_that_sets_nothing_is_taken_for_an_answer(conversation: Conversation):
    reply = await conversation.say("Serve Qwen2.5-72B for 50 concurrent users")
    (budget,) = [question for question in reply.questions if question.id == "budget"]
    again = await conversation.say(budget.suggestions[-1])
    assert again.text.startswith("**Nothing changes.**")


async def test_what_happens_when_a_machine_fails_is_told_by_the_copies_that_run(
    conversation: Conversation, planned: Reply
):
    assert "outage" in (await said_about(conversation, planned, "what happens if a machine dies?")).text


async def test_a_regime_that_is_asked_about_is_named_with_who_attests_it(conversation: Conversation, planned: Reply):
    reply = await said_about(conversation, planned, "do we need SOC 2 as well?")
    assert "**SOC 2.**" in reply.text
    assert "attest" in reply.text


async def test_a_card_that_is_asked_about_is_compared_by_its_memory(conversation: Conversation, planned: Reply):
    reply = await said_about(conversation, planned, "why not an L40S?")
    assert "GPU memory, the planned one" in reply.text


async def test_whether_a_gpu_helps_is_told_where_the_plan_does_without_one(conversation: Conversation):
    await conversation.say("churn prediction with LightGBM, 3 GB csv, cpu only, 100 dollars a month")
    reply = await conversation.say("would a gpu help?")
    assert reply.completed.action == "answer"
    assert "**A GPU.** The plan does without one" in reply.text


async def test_a_comparison_with_yesterday_says_that_there_is_no_older_plan(conversation: Conversation, planned: Reply):
    text = (await said_about(conversation, planned, "compare with yesterday's plan")).text
    assert f"version {planned.plan.version} of 20" in text
    assert "none older to compare it with" in text


async def test_traffic_is_charged_once_for_services_side_by_side(conversation: Conversation):
    reply = await conversation.say(
        "Serve Llama 3.1 8B for 20 users and Whisper large v3 on AWS; 3 TB a month leave the cloud. Plan it now."
    )
    plans = (reply.plan, *reply.plan.parts)
    assert len(plans) == 2
    stated = [
        [line.quantity.value for line in plan.cost_estimate.lines if line.unit == "GB" and line.HasField("quantity")]
        for plan in plans
    ]
    assert sum(map(float, stated[0])) == 3000
    assert stated[1] == []
