"""Secrets in a message: found, named by kind, and masked before anything else sees the text."""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "[secret removed]"

_PASSWORD: Final = (
    r"password|passwd|passwort|passphrase|passcode|pwd|pw|contrasena|contraseña|mot de passe|senha|wachtwoord"
    r"|haslo|hasło|пароль|密码|パスワード|비밀번호"
)
_NO_PASSWORD: Final = (
    r"(?:required|optional|none|null|nil|true|false|yes|no|unknown|missing|expired|wrong|invalid|unset|empty|tbd|later"
    r"|never|later|see|the|not|in|on|from|with|ask|str|string|secret|password|your|my)\b|[$<{*\[(\\]"
)
"""What stands after "password:" that is none: what is said of it, a variable, a mask."""
_STATES: Final = (
    "required|optional|none|unknown|missing|expired|wrong|invalid|unset|empty|weak|strong|fine|good|safe|secure|old|new|long"
    "|short|simple|complex|same|different|lost|gone|stored|kept|set|hidden|masked|protected|hashed|encrypted|correct|right"
    "|needed|forgotten|leaked|stolen|hard|easy|secret|below|above|here|there"
)
"""What a password may be said to be."""
_KINDS: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    (
        "private_key",
        ("-----begin",),
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    (
        "aws_access_key",
        ("akia", "asia", "agpa", "aroa", "aida", "anpa", "abia", "acca"),
        r"\b(?:AKIA|ASIA|AGPA|AROA|AIDA|ANPA|ABIA|ACCA)[A-Z0-9]{16}\b",
    ),
    ("google_api_key", ("aiza",), r"\bAIza[0-9A-Za-z_-]{30,}"),
    ("google_oauth_token", ("ya29.", "gocspx-"), r"\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{20,}"),
    (
        "github_token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
    ),
    (
        "gitlab_token",
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-"),
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{16,}",
    ),
    ("huggingface_token", ("hf_", "api_org_"), r"\b(?:hf|api_org)_[A-Za-z0-9]{16,}"),
    ("anthropic_key", ("sk-ant-",), r"\bsk-ant-[A-Za-z0-9_-]{10,}"),
    ("openai_key", ("sk-",), r"\bsk-(?:proj-|svcacct-|admin-|or-v1-|lf-)?[A-Za-z0-9_-]{16,}"),
    (
        "slack_token",
        ("xox", "hooks.slack.com"),
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|https://hooks\.slack\.com/services/[A-Za-z0-9/_-]{20,}",
    ),
    (
        "stripe_key",
        ("sk_", "rk_", "pk_", "whsec_"),
        r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9]{16,}",
    ),
    ("npm_token", ("npm_",), r"\bnpm_[A-Za-z0-9]{20,}"),
    ("pypi_token", ("pypi-",), r"\bpypi-[A-Za-z0-9_-]{16,}"),
    ("digitalocean_token", ("doo_v1_", "dop_v1_", "dor_v1_"), r"\bdo[opr]_v1_[a-f0-9]{32,}"),
    ("nvidia_key", ("nvapi-",), r"\bnvapi-[A-Za-z0-9_-]{20,}"),
    ("wandb_or_hex_key", ("",), r"\b[a-f0-9]{40}\b(?!\.)"),
    ("groq_key", ("gsk_",), r"\bgsk_[A-Za-z0-9]{20,}"),
    ("replicate_key", ("r8_",), r"\br8_[A-Za-z0-9]{20,}"),
    ("runpod_key", ("rpa_",), r"\brpa_[A-Za-z0-9]{20,}"),
    ("xai_key", ("xai-",), r"\bxai-[A-Za-z0-9]{20,}"),
    ("perplexity_key", ("pplx-",), r"\bpplx-[A-Za-z0-9]{20,}"),
    ("together_key", ("tgp_v1_",), r"\btgp_v1_[A-Za-z0-9_-]{20,}"),
    ("pinecone_key", ("pcsk_",), r"\bpcsk_[A-Za-z0-9_]{20,}"),
    ("databricks_token", ("dapi",), r"\bdapi[a-f0-9]{32}(?:-\d)?\b"),
    ("lambda_key", ("secret_",), r"\bsecret_[A-Za-z0-9_-]{1,64}_[a-f0-9]{20,}\.[A-Za-z0-9]{10,}"),
    ("azure_sas_signature", ("sig=",), r"(?<=[?&]sig=)[A-Za-z0-9%+/=_-]{10,}"),
    ("vault_token", ("hvs.", "hvb.", "hvr."), r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
    ("sendgrid_key", ("sg.",), r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("telegram_token", (":aa",), r"\b\d{8,10}:AA[A-Za-z0-9_-]{30,}"),
    (
        "azure_key",
        ("==", "8q~"),
        r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==|\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}",
    ),
    ("jwt", ("eyj",), r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"),
    ("url_password", ("://",), r"(?<=://)[^\s/:@]{1,80}:[^\s/@]{1,200}(?=@)"),
    ("bearer_token", ("bearer ",), r"(?i:(?<=\bbearer ))[A-Za-z0-9._~+/=-]{16,}"),
    (
        "password",
        ("pass", "pwd", "contrase", "secret", "key", "token", "connection"),
        r"(?i:(?:password|passwd|passwort|contrasena|contraseña|mot de passe|pwd"
        r"|secret(?:[_ -]?access)?[_ -]?key|secret|client[_ -]?secret|api[_ -]?key|access[_ -]?key"
        r"|auth[_ -]?token|access[_ -]?token|token|account[_ -]?key|sas[_ -]?token|connection[_ -]?string)\b"
        r"[\"']?(?: is| ist| est| es)?\s{0,3}[:=]?\s{0,3}[\"']?)"
        r"(?=[^\s\"',;]{0,200}\d)(?=[^\s\"',;]{0,200}[A-Za-z])(?P<value>[^\s\"',;]{8,200})",
    ),
    (
        "password",
        ("pass", "pw", "contrase", "senha", "wachtwoord", "haslo", "hasło", "пароль", "密码", "パスワード", "비밀번호"),
        rf"(?i:(?<![\w-])(?:{_PASSWORD})[\"']?(?:[ \t]{{0,3}}[:=：][ \t]{{0,3}}[\"']?(?!{_NO_PASSWORD})"
        r"|\s{1,3}(?:is|was|ist|lautet|est|es|e|é|=)\s{1,3}[\"']?(?=[^\s\"',;]{0,80}[\d@#$%^&*_+!]\S)"
        rf"|(?:是|は|는|은)\s{{0,3}})"
        rf"|\b(?:my|our|root|admin|db|login) (?:password|pw|passphrase) is (?!(?:{_STATES})\b)"
        r"(?=[^\s\"',;.]{3,80}(?:[\n,;.!]|$)))"
        r"(?P<value>[^\s\"',;]{3,80})",
    ),
    (
        "aws_secret_key",
        ("",),
        r"(?<![A-Za-z0-9/+=_-])(?=[A-Za-z0-9/+]{0,39}[0-9])(?=[A-Za-z0-9/+]{0,39}[A-Z])"
        r"(?=[A-Za-z0-9/+]{0,39}[a-z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])",
    ),
)
"""Each kind, what a text holds in lower case that holds such a secret, and the secret's pattern."""
_PATTERNS: Final = tuple(re.compile(pattern) for *_, pattern in _KINDS)
_PREFIXES: Final = {
    "aws_access_key": ("AKIA", "ASIA"),
    "google_api_key": ("AIza",),
    "github_token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "gitlab_token": ("glpat-",),
    "huggingface_token": ("hf_",),
    "anthropic_key": ("sk-ant-",),
    "openai_key": ("sk-",),
    "slack_token": ("xoxb-", "xoxp-", "xoxa-"),
    "nvidia_key": ("nvapi-",),
    "groq_key": ("gsk_",),
    "replicate_key": ("r8_",),
    "runpod_key": ("rpa_",),
}
"""How keys begin, the longer beginning first."""
_BEGINNINGS: Final = tuple(prefix for prefixes in _PREFIXES.values() for prefix in prefixes)
_BEGUN: Final = re.compile(rf"(?<![A-Za-z0-9])(?P<prefix>{'|'.join(_BEGINNINGS)})[A-Za-z0-9_-]{{0,15}}")
_GROUP: Final = re.compile(r"[ \t](?P<group>[A-Za-z0-9_-]{3,12})(?![A-Za-z0-9_-])")
_DRAWN: Final = re.compile(r"\d|[a-z][A-Z]|[A-Z]{3}")
"""What hardly any word of a language has: digits, capitals within."""
_FEWEST_GROUPS: Final = 2
_SHORTEST_KEY: Final = 16
_LONG_RUN: Final = re.compile(r"[A-Za-z0-9_/+=.~:-]{18}")
_FORTY: Final = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}")
_NEEDS_FORTY: Final = frozenset({"wandb_or_hex_key", "aws_secret_key"})
_OF_ANY_LENGTH: Final = frozenset({"private_key", "url_password", "bearer_token", "password"})


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with every secret replaced, and the kinds found, each once, in the order of the checks."""
    kinds: list[str] = []
    for kind, pattern in _possible(text):
        masked = pattern.sub(_replacement, text)
        if masked != text:
            kinds.append(kind)
            text = masked
    text = _without_parted(text, kinds)
    if not kinds and MASK in text:
        kinds.append("secret")  # masked before it reached us, as the store does
    return text, tuple(dict.fromkeys(kinds))


def _without_parted(text: str, kinds: list[str]) -> str:
    """Mask keys that are written in groups of one length that look drawn by lot: "hf_AbCd 3fGh IjK1 MnOp".

    kinds: gains those found.
    """
    if not any(prefix in text for prefix in _BEGINNINGS):
        return text
    for begun in reversed(list(_BEGUN.finditer(text))):
        groups: list[re.Match[str]] = []
        while (group := _GROUP.match(text, groups[-1].end() if groups else begun.end())) and (
            not groups or len(group["group"]) <= len(groups[0]["group"]) == len(groups[-1]["group"])
        ):
            groups.append(group)
        while groups and not _DRAWN.search(groups[-1]["group"]):
            groups.pop()
        drawn = sum(_DRAWN.search(group["group"]) is not None for group in groups)
        end = groups[-1].end() if groups else 0
        if len(groups) >= _FEWEST_GROUPS and 2 * drawn >= len(groups) and end - begun.start() >= _SHORTEST_KEY:
            kinds.append(next(kind for kind, prefixes in _PREFIXES.items() if begun["prefix"].startswith(prefixes)))
            text = text[: begun.start()] + MASK + text[end:]
    return text


def _possible(text: str) -> list[tuple[str, re.Pattern[str]]]:
    """Return the kinds worth looking for, with their patterns.

    Most are long runs without a space, and all but two hold a known part.
    """
    lower = text.lower()
    long_run = _LONG_RUN.search(text) is not None
    forty = long_run and _FORTY.search(text) is not None
    lengths = {**dict.fromkeys(_OF_ANY_LENGTH, True), **dict.fromkeys(_NEEDS_FORTY, forty)}
    return [
        (kind, pattern)
        for (kind, parts, _), pattern in zip(_KINDS, _PATTERNS, strict=True)
        if lengths.get(kind, long_run) and any(part in lower for part in parts)
    ]


def _replacement(match: re.Match[str]) -> str:
    if "value" not in match.re.groupindex:
        return MASK
    value = match.group("value")
    if MASK.startswith(value) or value.startswith("[secret"):
        return match.group()
    return match.group()[: match.start("value") - match.start()] + MASK
