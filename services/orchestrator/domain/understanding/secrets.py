"""Secrets in a message: found, named by kind, and masked before anything else sees the text."""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "[secret removed]"

_KINDS: Final = (
    (
        "private_key",
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    ("aws_access_key", r"\b(?:AKIA|ASIA|AGPA|AROA|AIDA|ANPA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("google_api_key", r"\bAIza[0-9A-Za-z_-]{30,}"),
    ("google_oauth_token", r"\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{20,}"),
    ("github_token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("gitlab_token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{16,}"),
    ("huggingface_token", r"\b(?:hf|api_org)_[A-Za-z0-9]{16,}"),
    ("anthropic_key", r"\bsk-ant-[A-Za-z0-9_-]{10,}"),
    ("openai_key", r"\bsk-(?:proj-|svcacct-|admin-|or-v1-|lf-)?[A-Za-z0-9_-]{16,}"),
    ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|https://hooks\.slack\.com/services/[A-Za-z0-9/_-]{20,}"),
    ("stripe_key", r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9]{16,}"),
    ("npm_token", r"\bnpm_[A-Za-z0-9]{20,}"),
    ("pypi_token", r"\bpypi-[A-Za-z0-9_-]{16,}"),
    ("digitalocean_token", r"\bdo[opr]_v1_[a-f0-9]{32,}"),
    ("nvidia_key", r"\bnvapi-[A-Za-z0-9_-]{20,}"),
    ("wandb_or_hex_key", r"\b[a-f0-9]{40}\b(?!\.)"),
    ("groq_key", r"\bgsk_[A-Za-z0-9]{20,}"),
    ("replicate_key", r"\br8_[A-Za-z0-9]{20,}"),
    ("runpod_key", r"\brpa_[A-Za-z0-9]{20,}"),
    ("vault_token", r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
    ("sendgrid_key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("telegram_token", r"\b\d{8,10}:AA[A-Za-z0-9_-]{30,}"),
    ("azure_key", r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==|\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"),
    ("url_password", r"(?<=://)[^\s/:@]{1,80}:[^\s/@]{1,200}(?=@)"),
    ("bearer_token", r"(?i:(?<=\bbearer ))[A-Za-z0-9._~+/=-]{16,}"),
    (
        "password",
        r"(?i:(?:password|passwd|passwort|contrasena|contraseña|mot de passe|pwd"
        r"|secret(?:[_ -]?access)?[_ -]?key|secret|client[_ -]?secret|api[_ -]?key|access[_ -]?key"
        r"|auth[_ -]?token|access[_ -]?token|token|account[_ -]?key|sas[_ -]?token|connection[_ -]?string)\b"
        r"[\"']?(?: is| ist| est| es)?\s{0,3}[:=]?\s{0,3}[\"']?)"
        r"(?=[^\s\"',;]{0,200}\d)(?=[^\s\"',;]{0,200}[A-Za-z])(?P<value>[^\s\"',;]{8,200})",
    ),
)
_PATTERNS: Final = {kind: re.compile(pattern) for kind, pattern in _KINDS}
_AWS_SECRET: Final = re.compile(
    r"(?<![A-Za-z0-9/+=_-])(?=[A-Za-z0-9/+]{0,39}[0-9])(?=[A-Za-z0-9/+]{0,39}[A-Z])"
    r"(?=[A-Za-z0-9/+]{0,39}[a-z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])"
)
_LONG_RUN: Final = re.compile(r"[A-Za-z0-9_/+=.~:-]{18}")
_NAMING: Final = ("pass", "pwd", "contrase", "secret", "key", "token", "connection")


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with every secret replaced, and the kinds found, each once, in the order of the checks."""
    kinds: list[str] = []
    for kind in _possible(text):
        masked = _PATTERNS[kind].sub(_replacement, text)
        if masked != text:
            kinds.append(kind)
            text = masked
    masked = _AWS_SECRET.sub(MASK, text) if _LONG_RUN.search(text) else text
    if masked != text:
        kinds.append("aws_secret_key")
        text = masked
    if not kinds and MASK in text:
        kinds.append("secret")  # masked before it reached us, as the store does
    return text, tuple(kinds)


def _possible(text: str) -> list[str]:
    """Return the kinds worth looking for: tokens are long runs without a space, passwords are named."""
    lower = text.lower()
    named = {
        "password": any(word in lower for word in _NAMING),
        "url_password": "://" in text,
        "bearer_token": "bearer " in lower,
        "private_key": "-----BEGIN" in text,
    }
    long_run = _LONG_RUN.search(text) is not None
    return [kind for kind in _PATTERNS if named.get(kind, long_run)]


def _replacement(match: re.Match[str]) -> str:
    if "value" not in match.re.groupindex:
        return MASK
    value = match.group("value")
    if MASK.startswith(value) or value.startswith("[secret"):
        return match.group()
    return match.group()[: match.start("value") - match.start()] + MASK
