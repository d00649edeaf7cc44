"""Models by the names that people give them: "llama 3.1 70b", "SDXL", "whisper large v3". Sizes must agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from services.models.domain.vocabulary import Vocabulary

SHORT_FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "sdxl": ("stable", "diffusion", "xl"),
    "sd": ("stable", "diffusion"),
    "sam": ("sam",),
    "bge": ("bge",),
    "chatgpt": ("gpt",),
}
_PACKINGS: Final = frozenset({
    "gguf", "awq", "gptq", "exl2", "exl3", "bnb", "fp8", "int4", "int8", "nvfp4", "mxfp4", "mlx", "onnx", "openvino",
    "hqq", "aqlm", "nf4", "fp4", "mxfp8", "autoround", "optiq", "dwq", "imatrix", "quantized",
})  # fmt: skip
"""Words of ids for the same weights in another packing; so are 4bit and the like."""
_CODES: Final = re.compile(
    r"(?<![a-z\d])(?:w\da(?:fp)?\d+|[di]?q\d_[a-z\d]+(?:_[a-z]+)?|g\d{2,3}|(?:nv|mx)fp\da\d+|\d(?:\.\d+)?bpw|"
    r"\d\.\d+-?bit|oq\d[a-z]?|fp8[-_](?:dynamic|block)|i1(?=-gguf))(?![a-z\d])"
)
"""Packings that are no words of letters and one number, such as w4a16, q4_k_m or 4.5bpw."""
FORMATS: Final = frozenset({"mlx", "onnx", "openvino"})
"""Packings that say for which engine the files are, not how many bits a weight has."""
STORED: Final = frozenset({"bf16", "fp16", "fp32", "16bit", "32bit"})
"""Words for the precision of weights that are not packed."""
_WEAK: Final = (
    _PACKINGS
    | STORED
    | {
        *("instruct", "chat", "it", "hf", "base", "model", "models", "the", "a", "an", "of", "for", "with", "and", "v"),
        "preview",
    }
)
"""Words that tell variants of a model apart, not models: their absence from a name costs little."""
_PURPOSE: Final = re.compile(r"\s(?:as|for|in|on|that|to|which|who|with)\s", re.IGNORECASE)
_OWNED: Final = re.compile(r"(.+)\s(?:by|from|of)\s+(?:the\s+)?(\S+)", re.IGNORECASE)
_SENTENCE_WORDS: Final = frozenset(
    {
        *("a", "an", "the", "for", "in", "of", "to", "with", "and", "from", "our", "my", "your", "that", "which", "on"),
        *("is", "are", "we", "i", "by", "or", "at", "how", "what", "find", "need", "want"),
    }
)
"""Words of sentences: with one of them a text is a wish rather than a name."""
_FILLING: Final = frozenset({
    "s", "something", "like", "one", "please", "version", "newest", "latest", "recent", "parameters", "size", "sized",
    "into", "use", "run", "me", "us", "as",
})  # fmt: skip
"""Words beside a name that say nothing of which model it is."""
_MOST_WORDS: Final = 7
_SIZE: Final = re.compile(r"\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)?[bm]")
_SPLIT_SIZE: Final = re.compile(r"(\d)\s+([bm])\b|(\d)\s*-?\s*(billion|million)\b(?:\s+parameters?)?")
_WORDED: Final = {
    word: str(number)
    for words, numbers in (
        ("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen", range(1, 16)),
        ("twenty thirty forty fifty sixty seventy eighty ninety", range(20, 100, 10)),
    )
    for word, number in zip(words.split(), numbers, strict=True)
}
_WORDED_SIZE: Final = re.compile(rf"\b({'|'.join(_WORDED)})(?=[\s-]+(?:billion|million)\b)")
_THE_ONE: Final = re.compile(r"\bthe (?:tiny|mini|nano|small|base|medium|large|huge|xl) one\b", re.IGNORECASE)
_BITS: Final = re.compile(r"(?!16|32)\d+bit")
_FORMAT: Final = r"(?:nvfp|mxfp|bf|fp|int|exl)\d+(?![a-z\d])"
_WORD: Final = re.compile(
    rf"(?<![a-z]){_FORMAT}|"
    r"(?<!\dx)\d+[-_ ]?bit(?![a-z])|"
    r"\d+(?:\.\d+)?x\d+(?:\.\d+)?[bm](?![a-z])|\d+(?:\.\d+)?[bm](?![a-z])|\d+(?:\.\d+)*|[a-z]+|[^\W\d_a-z]+"
)

RESOLVED: Final = 0.75
"""A score from which a name counts as found."""
CERTAIN: Final = 0.9
"""A score from which a plain wish is taken for a name."""
_EXACT: Final = 0.985
"""A score from which the id says what was asked and nothing else that matters."""
_WELL_KNOWN: Final = 100_000
_BETTER_KNOWN: Final = 100
"""Downloads, alone and in those of the most used exact id, from which a near id is what a name means as well: "bert" is
bert-base-uncased rather than a bert-base that hardly anyone uses.
"""
_EXTRA: Final = 0.03
_SIZE_SLACK: Final = 0.12
"""A size named "70b" agrees with 70.6 billion counted parameters."""


@dataclass(frozen=True, slots=True)
class Named:
    """A model as names see it."""

    model_id: str
    words: tuple[str, ...]
    """name_words of its id."""
    parameters: int | None
    downloads: int | None
    repackaged: bool


@lru_cache(maxsize=16_384)
def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a name, lower case: letters and numbers apart, sizes such as 70b or 8x7b whole, v3 as 3.

    >>> name_words("Qwen/Qwen2.5-72B-Instruct")
    ('qwen', 'qwen', '2.5', '72b', 'instruct')
    """
    lowered = text.lower()
    if "illion" in lowered:
        lowered = _WORDED_SIZE.sub(lambda size: _WORDED[size[1]], lowered)
    words = _WORD.findall(_SPLIT_SIZE.sub(_joined_size, lowered))
    words = [re.sub(r"[-_ ](?=bit$)", "", w) if w.endswith("bit") else w for w in words]
    kept = [w for i, w in enumerate(words) if not (w == "v" and i + 1 < len(words) and words[i + 1][0].isdigit())]
    return tuple(part for word in kept for part in SHORT_FORMS.get(word, (word,)))


def _joined_size(match: re.Match[str]) -> str:
    return f"{match.group(1) or match.group(3)}{(match.group(2) or match.group(4))[0]}"


@lru_cache(maxsize=4096)
def is_packing(word: str) -> bool:
    """Tell whether a word of an id says how the weights are packed, such as awq or 4bit."""
    return word in _PACKINGS or _BITS.fullmatch(word) is not None


@lru_cache(maxsize=16_384)
def unpacked(model_id: str) -> tuple[str, ...]:
    """Return the words of an id without owner and packing; empty where the id names no packing."""
    name = model_id.rpartition("/")[2].lower()
    without_codes = _CODES.sub(" ", name)
    words = name_words(without_codes)
    kept = tuple(word for word in words if not is_packing(word))
    return kept if len(kept) < len(words) or without_codes != name else ()


@lru_cache(maxsize=16_384)
def bare_name(model_id: str) -> tuple[str, ...]:
    """Return the words of an id without owner, packing and precision, which a model and its packings share.

    >>> bare_name("packer/Qwen3-8B-MLX-4bit") == bare_name("Qwen/Qwen3-8B") == bare_name("a/qwen3-8b-q4_k_m")
    True
    """
    return tuple(w for w in unpacked(model_id) or name_words(model_id.rpartition("/")[2]) if w not in STORED)


@lru_cache(maxsize=4096)
def size_billions(word: str) -> float | None:
    """Return the parameters that a size word means, in billions: 8x7b is 56."""
    if not _SIZE.fullmatch(word):
        return None
    product = 1.0
    for factor in word[:-1].split("x"):
        product *= float(factor)
    return product / (1 if word.endswith("b") else 1000)


def corrected(words: Iterable[str], known: Vocabulary, *, even_known: bool = False) -> list[str]:
    """Return the words with those that no model has replaced by the nearest one that some model has.

    even_known: replace words that models have as well, by the nearest other one: lama is a model, and a slip for llama.
    """
    fixed = []
    for word in words:
        if word.isalpha() and len(word) >= 4 and word not in _WEAK and (even_known or word not in known):
            own = word.removesuffix("s")  # of "googles gemma", as of "google's gemma"
            word = own if own != word and own in known else next((n for n in known.nearest(word) if n != word), word)
        fixed.append(word)
    return fixed


def spellings(asked: str, known: Vocabulary) -> list[str]:
    """Return every word by which models that may bear the name are looked up."""
    words = name_words(asked)
    return sorted({*corrected(words, known), *corrected(words, known, even_known=True)})


def telling(words: Iterable[str]) -> list[str]:
    """Return the words that tell models apart: a model whose id has none of them does not bear the name."""
    return [word for word in words if not word[0].isdigit() and word not in _WEAK]


def before_purpose(text: str) -> str:
    """Return what a wish names before it says what for, as in "llama 3.1 8b for our chats", where that has a size: a
    name without one may be a kind of model, of which the wish then asks for another. Else the whole text.
    """
    head = _PURPOSE.split(text, maxsplit=1)[0]
    return head if any(size_billions(word) is not None for word in name_words(head)) else text


def before_owner(text: str) -> str:
    """Return the words of a name that is followed by whose it is, as in "parakeet from nvidia"; else the whole text."""
    match = _OWNED.fullmatch(text)
    return " ".join(match.group(2, 1)) if match else text


def sized_name(text: str) -> str:
    """Return what a wish names where that has a size, as in "gemma 3 with 4 billion" or "e5, the small one": its words
    but those of sentences. Empty where it has none, or more words than a name.
    """
    words = [w for w in name_words(text) if w not in _SENTENCE_WORDS | _FILLING]
    sized = _THE_ONE.search(text) is not None or any(size_billions(word) is not None for word in words)
    return " ".join(words) if sized and len(words) <= _MOST_WORDS else ""


def looks_like_name(text: str, known: Vocabulary) -> bool:
    """Tell whether a short text may be a model's name rather than a wish: few words, one of them no plain English."""
    words = name_words(text)
    if not 0 < len(words) <= _MOST_WORDS or len(text) > 60 or not _SENTENCE_WORDS.isdisjoint(words):
        return False
    return any(w in known for w in words if w.isalpha())


def score(asked: Sequence[str], model: Named) -> float:
    """Return 0 to 1: how well a model bears the name asked for; 0 where a size or a number disagrees.

    The share of the asked words that the id has, less a little for each further word of the id.
    """
    wanted = list(dict.fromkeys(asked))
    owner, _, bare = model.model_id.rpartition("/")
    have, bare_words = set(model.words), name_words(bare)
    sizes = [w for w in wanted if size_billions(w) is not None]
    if any(not _size_agrees(size, model) for size in sizes):
        return 0.0
    numbers = [w for w in wanted if w[0].isdigit() and w not in sizes and not is_packing(w)]
    if any(not _number_agrees(n, have) for n in numbers):
        return 0.0
    strong = telling(wanted)
    if not strong or not any(w in bare_words for w in strong):
        return 0.0
    found = sum(w in have for w in strong) / len(strong) - _EXTRA * sum(n not in have for n in numbers)
    weak_missing = sum(_weak(w) and w not in have for w in wanted)
    own = set(wanted) | set(name_words(owner))
    extra = {w for w in bare_words if w not in own and size_billions(w) is None}
    weak_extra = sum(map(_weak, extra))
    less = _EXTRA * (len(extra) - weak_extra) + _EXTRA / 6 * weak_extra + 0.05 * weak_missing
    return max(found - less, 0.0)


def _weak(word: str) -> bool:
    """Tell whether a word says little of which model it is; one letter, as in 17B-16E, does not either."""
    return word in _WEAK or is_packing(word) or (len(word) == 1 and word.isalpha())


def _size_agrees(size: str, model: Named) -> bool:
    stated = [w for w in name_words(model.model_id.rpartition("/")[2]) if size_billions(w) is not None]
    if stated:
        return size in stated
    billions = size_billions(size)
    if model.parameters is None or not billions:
        return False
    return abs(model.parameters / 1e9 / billions - 1) <= _SIZE_SLACK


def _number_agrees(number: str, have: set[str]) -> bool:
    """A version agrees with itself and with its points: 3 with 3.1, but 3.1 not with 3."""
    return number in have or any(w.startswith(f"{number}.") for w in have)


def best_named(asked: str, models: Iterable[Named], known: Vocabulary) -> list[tuple[Named, float]]:
    """Return the models that bear a name: exact ones, then by score; of equals full weights, then most downloaded."""
    words = name_words(asked)
    pool = tuple(models)
    return _best(corrected(words, known), pool) or _best(corrected(words, known, even_known=True), pool)


def _best(words: Sequence[str], models: Iterable[Named]) -> list[tuple[Named, float]]:
    scored = [(model, score(words, model)) for model in models]
    packed = any(is_packing(word) for word in words)
    used = max((model.downloads or 0 for model, s in scored if s >= _EXACT), default=0)
    known = max(_BETTER_KNOWN * used, _WELL_KNOWN)
    return sorted(
        ((m, s) for m, s in scored if s >= RESOLVED),
        key=lambda pair: (
            _of_other_words(words, pair[0]),
            pair[1] < (CERTAIN if (pair[0].downloads or 0) >= known else _EXACT),
            -round(pair[1], 1),
            (pair[0].repackaged or bool(unpacked(pair[0].model_id))) != packed,
            -(pair[0].downloads or 0),
            -pair[1],
            pair[0].model_id,
        ),
    )


def _of_other_words(asked: Sequence[str], model: Named) -> int:
    """Return how many of the numbers asked for follow another word in the id: Llama-Guard-4 is less a Llama 4."""
    have = tuple(pairwise(name_words(model.model_id.rpartition("/")[2])))
    return sum(
        word.isalpha() and number[0].isdigit() and size_billions(number) is None and not is_packing(number)
        and not any(w == word and (n == number or n.startswith(f"{number}.")) for w, n in have)
        for word, number in pairwise(asked)
    )  # fmt: skip
