"""Secrets: found by shape or by the name beside them, masked before anything else."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.answers import replies
from services.orchestrator.domain.understanding.secrets import MASK, mask
from tests.orchestrator.understanding.support import read

BODY = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4"


@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        ("use AKIA" + "ABCDEFGHIJ234567 for it", "AKIA" + "ABCDEFGHIJ234567", "aws_access_key"),
        (f"my token is hf_{BODY}", f"hf_{BODY}", "huggingface_token"),
        (f"OPENAI_API_KEY=sk-{BODY}", f"sk-{BODY}", "openai_key"),
        ("password: hunter2hunter2", "hunter2hunter2", "password"),
        ("postgres://admin:pa55word@db/prod", "pa55word", "url_password"),
        (f"Authorization: Bearer {BODY}", BODY, "bearer_token"),
        (f"xAI: xai-{BODY}", f"xai-{BODY}", "xai_key"),
        (f"perplexity pplx-{BODY}", f"pplx-{BODY}", "perplexity_key"),
        (f"on Together with tgp_v1_{BODY}", f"tgp_v1_{BODY}", "together_key"),
        (f"vectors at pcsk_4Xy_{BODY}", f"pcsk_4Xy_{BODY}", "pinecone_key"),
        ("dapi0123456789abcdef0123456789abcdef runs it", "dapi0123456789abcdef0123456789abcdef", "databricks_token"),
        (f"lambda secret_team_0123456789abcdef0123456789abcdef.{BODY}", BODY, "lambda_key"),
        (f"https://x.blob.core.windows.net/c?sv=2024&sig={BODY}%3D&se=2027", BODY, "azure_sas_signature"),
        ("password: hunter2", "hunter2", "password"),
        ("pw: s3c", "s3c", "password"),
        ("the pw is Tiger!22", "Tiger!22", "password"),
        ("my password is swordfish.", "swordfish", "password"),
        ("Passwort lautet Sommer24", "Sommer24", "password"),
        ("пароль: кот123", "кот123", "password"),
        ("our token is hf_AbCd 3fGh IjK1 MnOp, thanks", "3fGh IjK1", "huggingface_token"),
        ("AKIA ABCD EFGH 2345 67IJ then 4x 4090", "EFGH 2345", "aws_access_key"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", "abc", "private_key"),
    ],
)
def test_a_secret_is_masked_and_named(text: str, secret: str, kind: str) -> None:
    masked, kinds = mask(text)
    assert secret not in masked
    assert MASK in masked
    assert kind in kinds


@pytest.mark.parametrize(
    "text",
    [
        "8k tokens per second",
        "the key point is price",
        "token limit: 128k",
        "sha of the commit",
        "a secret sauce",
        "the api key is missing",
        "a secret_santa bot",
        "dapi means distributed API",
        "password: required",
        "password: ${DB_PASS}",
        "password:\n  name",
        "the password is in Vault",
        "our password is expired",
        "the pw is 12 characters long",
        "hf_ tokens are used for models",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert mask(text) == (text, ())


def test_the_user_is_told_to_rotate_and_the_rest_is_still_understood() -> None:
    understood = read(f"deploy Llama 3.1 8B with hf_{BODY} for $500 a month")
    assert BODY not in understood.masked_text
    assert BODY not in str(understood.origins)
    assert understood.spec.budget_usd_month == 500
    (notice,) = replies.notices(understood)
    assert "Hugging Face token" in notice
    assert "rotate" in notice
