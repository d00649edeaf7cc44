"""Words: how text is cut, stemmed and compared in search."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import snowballstemmer  # type: ignore[import-untyped]

_WORD: Final = re.compile(r"[a-z0-9]+(?:[.+#][a-z0-9]+)*[+#]*")
_DOMAIN: Final = re.compile(r"\.(?:ai|app|cloud|com|dev|io|net|org|sh)$")
_SQUASH: Final = re.compile(r"[^a-z0-9]+")
_STEMMER: Final = snowballstemmer.stemmer("english")

_STOP: Final = """
    a about after all also am an and any anyone are around as at be because been but by can could did do does else
    every for from get gets getting give had has have having help her here him his how i if in into is it its just keep
    let like ll looking make makes many may me more most much my need needs nice no of off on one only onto or our out
    over own please put re shall should so some somebody somehow someone something somewhere such than thanks that the
    their them then there these they thing things this those through to too under up us use used using ve very via want
    wants was we well were what when where which while who whole why will with would you your
"""
STOP: Final = frozenset(_STOP.split())
_GENERIC: Final = """
    app application artifact based best chart charts component daemonset deploy deploying deployment good great helm
    host hosted hosting install installation instance k8s kubernetes latest nice official package packages platform
    product project run running self selfhosted server service services setup software solution stable stack
    statefulset system tool tools upstream version
"""
GENERIC: Final = frozenset(_GENERIC.split())
"""Words that say little about which chart is meant; they count only inside a name."""


SPOKEN: Final = {
    "a100": "gpu", "h100": "gpu", "h200": "gpu", "b200": "gpu", "l4": "gpu", "l40s": "gpu", "t4": "gpu", "v100": "gpu",
    "gpt": "language model", "claude": "language model", "llama": "language model", "mistral": "language model",
    "finetune": "fine-tune", "finetuning": "fine-tuning", "nic": "network interface", "db": "database",
    "dbs": "databases", "auth": "authentication", "cert": "certificate", "certs": "certificates",
    "creds": "credentials",
    "config": "configuration", "prod": "production", "repo": "repository", "pics": "pictures", "pdfs": "pdf documents",
    "msgs": "messages", "perf": "performance", "https": "tls https", "ssl": "tls",
}  # fmt: skip
"""What short or special words mean in a description; names are not read by it."""


def meant(phrase: str) -> str:
    """Return a phrase with its short and special words spelt out."""
    return " ".join(SPOKEN.get(word, word) for word in phrase.split())


def fold(text: str) -> str:
    """Return text in lower case without accents, compatibility forms resolved."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def words(text: str) -> list[str]:
    """Return the words of a text, folded, in order."""
    return _WORD.findall(fold(text))


def plain(word: str) -> str:
    """Return a word without the ending of a web address, so that n8n.io is n8n."""
    return _DOMAIN.sub("", word) or word


def squash(text: str) -> str:
    """Return letters and digits only, so that argo-cd, Argo CD and argocd are the same."""
    return _SQUASH.sub("", fold(text))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the stem of an English word."""
    return str(_STEMMER.stemWord(word))


def stemmed(name: str) -> str:
    """Return the stems of a name's words, squashed."""
    return squash("".join(stem(w) for w in words(name.replace("-", " "))))


def sound(name: str) -> str:
    """Return a squashed name as it sounds to an English ear, so that graphana and grafana come near each other."""
    heard = name.replace("ph", "f").replace("ck", "k").replace("our", "or").replace("z", "s").replace("y", "i")
    return re.sub(r"(.)\1+", r"\1", heard)
