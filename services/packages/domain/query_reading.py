"""Reading a search: conditions that stand in the same sentence are taken out; what is left describes the wish."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from services.packages.domain import licence, text
from services.packages.domain.package import Kind
from services.packages.domain.query import KIND_WORDS, Lexicon, Query

_END: Final = (
    r"(?=$|[,;.!?]\s|[,;.!?]$|\b(?:but|that|which|who|please|with|for|on|in|under|and|to|from|than|when|if|as|by)\b)"
)
_NAMES: Final = rf"(?P<names>[^,;!?]+?(?:\s*(?:,\s*)?(?:or|nor)\s+[^,;!?]+?)*?){_END}"
_NOT: Final = re.compile(r"\b(is|are|was|do|does|did|would|should|could|must|ca|wo|has|have)n['’]?t\b")
_EXCLUDE: Final = re.compile(
    r"\b(?:(?:but|and)\s+)?(?:not(?:\s+(?:the|a|an|ones?|of|that|needs?|uses?|using|requires?|requiring|wants?|runs?|from|by|with|via|through|"
    r"based\s+on|built\s+on|depends?\s+on|depending\s+on|relies\s+on|rely\s+on))*|without(?:\s+(?:using|needing|running))?|"
    r"excluding|except(?:\s+for)?|other\s+than|(?:any|every|no)(?:thing|one|body)?\s+but|all\s+but|apart\s+from|no|never|avoid(?:ing)?|minus|rather\s+than|"
    r"instead\s+of|in\s+place\s+of|than)\s+" + _NAMES
)
_COMPARED: Final = ("than", "rather", "instead", "in place")
"""Beginnings of what rules out a thing that does the same job as what is asked for."""
_FREE: Final = re.compile(r"\b(?P<names>[\w.]+)-free\b")
_NON: Final = re.compile(r"\bnon[\s-]+(?P<names>[\w.]+)")
_REPLACE: Final = re.compile(
    r"\b(?:(?:alternatives?|replacements?|substitutes?|successors?|competitors?)\s+(?:to|for|of)|replaces?|replacing|forks?\s+of|"
    r"instead\s+of|similar\s+to|same\s+as|drop-?in\s+for|(?:migrat\w+|mov\w+|switch\w*|get(?:ting)?|away)(?:\s+away)?\s+(?:off|from)|"
    r"get(?:ting)?\s+rid\s+of)\s+" + _NAMES
)
_REPLACED: Final = re.compile(
    r"\b(?P<names>[\w.-]+)(?:\s+drop-?in)?[\s-]+(?:alternatives?|replacements?|substitutes?|forks?|successors?|competitors?)\b"
)
_LIKE: Final = re.compile(r"(?<!\bwould )(?<!'d )\blike\s+(?P<names>[^,;!?]+?)\s*,?\s+(?=but\b|only\b|except\b)")
"""What is like a software but for something: another one."""
_HOSTED: Final = re.compile(rf"\b(?:self[\s-]?hosted|(?:something|anything|tools?|services?)\s+like)\s+{_NAMES}")
"""What is asked for in the place of a hosted service; of a software it is the software itself."""
_LICENCE: Final = re.compile(
    r"\b(?P<no>not\s+(?:be\s+)?|non-?|no\s+|without\s+)?(?:(?:under|with)\s+)?(?:an?\s+|the\s+)?(?P<family>"
    + "|".join(licence.FAMILIES)
    + r")"
    r"(?P<version>[\s-]*v?\d(?:\.\d)?)?(?P<word>[\s-]+(?:licen[cs]ed?|licensing|software))?\b"
)
_SOFTWARE_TOO: Final = ("postgresql", "elastic")
"""Families whose name is a software's as well."""
_OPEN: Final = re.compile(
    r"\b(?:(?:truly\s+|fully\s+)?(?:open[\s-]?source|foss|libre|free\s+software)|"
    r"(?:without|not|no|non)[\s-]+(?:an?\s+|any\s+)?(?:commercial|proprietary|paid)(?:[\s-]+(?:licen[cs]es?|licen[cs]ed|software|edition))?)\b"
)
_PERMISSIVE: Final = re.compile(
    r"\b(?:permissive(?:ly)?(?:\s+licen[cs]ed?)?|no\s+copyleft|non-copyleft)(?:\s+licen[cs]e)?\b"
)
_OFFICIAL: Final = re.compile(
    r"\b(?:official(?:ly)?|from\s+the\s+(?:vendor|makers?|project)|by\s+the\s+(?:vendor|makers?|project))\b"
)
_MAINTAINED: Final = re.compile(
    r"\b(?:(?:still\s+|actively\s+|well\s+)?(?:maintained|supported(?!\s+by))|not\s+(?:deprecated|abandoned|archived|frozen))\b"
)
_SIGNED: Final = re.compile(r"\b(?:cryptographically\s+)?signed\b(?!\s+(?:in|up|by|off))")
_VERIFIED: Final = re.compile(r"\b(?:(?:from|by)\s+(?:an?\s+)?)?verified(?:\s+publishers?)?\b")
_THINGS: Final = (
    r"(?:accounts?|addresses|artifacts?|binaries|browsers?|certificates?|certs?|code|commits?|containers?|cookies|devices?|"
    r"documents?|e-?mails?|files?|formats?|hardware|identities|images?|languages?|licen[cs]es|messages?|protocols?|records?|"
    r"requests?|scripts?|tokens?|urls?|users?|webhooks?)"
)
"""What else than a chart may be signed, verified, official or supported."""
_OF_SOFTWARE: Final = ("permissive", "open_source")
"""Conditions that are said of software only."""
_BEFORE_THINGS: Final = re.compile(rf"\s+(?:\w+\s+)?{_THINGS}\b")
_AFTER_THINGS: Final = re.compile(
    rf"(?:\bself[\s-]|\bnot\s+|\b{_THINGS}\s+(?:(?:that|which|must|should|to)\s+)?(?:(?:are|is|be|were|being)\s+)?(?:only\s+|all\s+)?)$"
)
_CNCF: Final = re.compile(
    r"\bcncf(?:[\s-]+(?P<level>graduated|incubating|sandbox))?(?:\s+projects?)?\b|\b(?P<alone>graduated)\b"
)
_AROUND: Final = re.compile(r"^(?:the|a|an|any)\s+|\s+(?:ones?|charts?|versions?|editions?|variants?|images?|itself)$")
_STATED: Final = (
    ("permissive", _PERMISSIVE),
    ("open_source", _OPEN),
    ("maintained", _MAINTAINED),
    ("official", _OFFICIAL),
    ("signed", _SIGNED),
    ("verified", _VERIFIED),
)
"""Conditions of one word or a few, by their names in Query, in the order in which they are read."""


def read_query(raw: str, lexicon: Lexicon) -> Query:
    """Understand a search: negations, comparisons, licences, standing and kinds; the rest describes the wish."""
    rest = _NOT.sub(r"\1 not", " ".join(text.fold(raw).replace("’", "'").split()))
    for phrase in lexicon.phrases:
        rest = rest.replace(phrase, text.squash(phrase))
    rest, families, excluded_families = _without_licences(rest)
    rest, flags = _without_flags(rest)
    cncf = _CNCF.search(rest)
    named = _Named(lexicon)
    rest = named.taken_out_of(_CNCF.sub(" ", rest))
    if not rest.strip(" ,"):
        rest = text.fold(raw)
    spoken = [text.plain(w) for w in text.words(rest)]
    said = {w for w in (*spoken, *(a + b for a, b in pairwise(spoken))) if w in lexicon.repositories}
    repositories = {r for w in said for r in lexicon.repositories[w]} - named.excluded_repositories
    return Query(
        text=" ".join(rest.replace(",", " ").split()),
        names=tuple(w for w in spoken if w not in text.STOP),
        excluded=frozenset(named.excluded),
        like=frozenset(named.like),
        excluded_repositories=frozenset(named.excluded_repositories),
        excluded_kinds=frozenset(named.excluded_kinds),
        repositories=frozenset(repositories),
        publishers=frozenset(said),
        families=families,
        excluded_families=excluded_families,
        cncf=cncf is not None,
        cncf_level=(cncf["level"] or cncf["alone"] or "") if cncf else "",
        kinds=frozenset(kind for word, kind in KIND_WORDS.items() if word in spoken),
        **flags,
    )


def _without_licences(rest: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """Return the words without licences, the families of these, and those that are ruled out."""
    families: set[str] = set()
    excluded: set[str] = set()

    def take(match: re.Match[str]) -> str:
        stated = match["word"] or (match["family"] not in _SOFTWARE_TOO and (match["no"] or match["version"]))
        if not stated:
            return match[0]
        (excluded if match["no"] else families).add(match["family"])
        return " "

    return _LICENCE.sub(take, rest), frozenset(families), frozenset(excluded)


def _without_flags(rest: str) -> tuple[str, dict[str, bool]]:
    """Return the words without conditions of one word or a few, and which of these were stated."""
    flags = {}
    for name, pattern in _STATED:
        stated = [m for m in pattern.finditer(rest) if name in _OF_SOFTWARE or _of_charts(m)]
        for found in reversed(stated):
            rest = f"{rest[: found.start()]} {rest[found.end() :]}"
        flags[name] = bool(stated)
    return rest, flags


def _of_charts(match: re.Match[str]) -> bool:
    """Tell whether a word such as signed is said of the chart, not of images, of e-mails or in self-signed."""
    rest = match.string
    return not (_BEFORE_THINGS.match(rest, match.end()) or _AFTER_THINGS.search(rest[: match.start()]))


@dataclass(slots=True)
class _Named:
    """What a search names to rule out or to replace, as in Query."""

    lexicon: Lexicon
    excluded: set[str] = field(default_factory=set)
    like: set[str] = field(default_factory=set)
    excluded_repositories: set[str] = field(default_factory=set)
    excluded_kinds: set[Kind] = field(default_factory=set)

    def taken_out_of(self, rest: str) -> str:
        """Return the words without the names that are ruled out; those to be replaced stay, as they tell the job."""
        for pattern in (_NON, _FREE, _EXCLUDE):
            rest = pattern.sub(lambda match: self._take(match, keep=False), rest)
        for pattern in (_REPLACE, _REPLACED, _LIKE):
            rest = pattern.sub(lambda match: self._take(match, keep=True), rest)
        self.like.update(n for m in _HOSTED.finditer(rest) if (n := text.squash(m["names"])) in self.lexicon.hosted)
        return rest

    def _take(self, match: re.Match[str], *, keep: bool) -> str:
        """Exclude the names of a match; return what stays of it: of "not bitnami redis" the wish for redis."""
        replaces = keep or match[0].startswith(_COMPARED)
        known = False
        stays: list[str] = []
        for name in re.split(r"\s*(?:,|\bor\b|\bnor\b)\s*", match["names"]):
            bare = _AROUND.sub("", name.strip())
            squashed = text.squash(bare)
            publisher, _, theirs = bare.partition(" ")
            whole = squashed in self.lexicon.repositories or squashed in self.lexicon.software
            apart = publisher in self.lexicon.repositories or publisher in KIND_WORDS  # bitnami redis, operator redis
            if theirs and not keep and not whole and apart:
                stays.append(theirs)
                squashed = publisher
            known = self._rule_out(squashed, keep=keep, replaces=replaces) or known
        if not known or keep:
            return match[0]
        return f" , {' , '.join(stays)} , " if stays else " , "

    def _rule_out(self, name: str, *, keep: bool, replaces: bool) -> bool:
        """Note one name, squashed, and return whether it is known. keep: it is to be replaced, so that no kind and no
        repository is meant; replaces: what is asked for does the same job.
        """
        of_repository, of_kind = (not keep and name in names for names in (self.lexicon.repositories, KIND_WORDS))
        if of_repository:
            self.excluded_repositories.update(self.lexicon.repositories[name])
        if of_kind:  # also where some software has that name
            self.excluded_kinds.add(KIND_WORDS[name])
            return True
        if name in self.lexicon.software:
            self.excluded.update((name, *self.lexicon.software[name]))
        elif not (replaces and name in self.lexicon.hosted):
            return of_repository
        if replaces:
            self.like.add(name)
        return True
