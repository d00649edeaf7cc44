"""What the architect gives back over a real server: files in every form, and an answer to any words."""

from __future__ import annotations

import io
import json
import tarfile

import yaml

from libs.rpc.client import call
from stack8s.orchestrator.v1 import architect_service_pb2 as pb
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
