"""What a search asks for: the words that describe it, and the conditions that stand in the same sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

from services.packages.domain import licence, text
from services.packages.domain.package import Kind, Package

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
KIND_WORDS: Final = {
    "operator": Kind.OPERATOR, "operators": Kind.OPERATOR, "exporter": Kind.EXPORTER, "exporters": Kind.EXPORTER,
    "crd": Kind.CRDS, "crds": Kind.CRDS, "demo": Kind.DEMO, "ui": Kind.UI, "gui": Kind.UI, "dashboards": Kind.UI,
    "agent": Kind.AGENT, "agents": Kind.AGENT, "plugin": Kind.ADDON, "addon": Kind.ADDON, "library": Kind.LIBRARY,
    "benchmark": Kind.TOOL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A search, understood."""

    text: str
    """What is left to describe the wish, conditions taken out."""
    names: tuple[str, ...] = ()
    """Words of that text that matter, in order, not stemmed."""
    excluded: frozenset[str] = frozenset()
    """Squashed names of software that must not be the answer."""
    like: frozenset[str] = frozenset()
    """Squashed names of software that the answer is to replace: it must do the same job."""
    excluded_repositories: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()
    """Repositories that the words name: to be preferred."""
    publishers: frozenset[str] = frozenset()
    """The words that name them."""
    families: frozenset[str] = frozenset()
    """Any of these licence families."""
    excluded_families: frozenset[str] = frozenset()
    open_source: bool = False
    permissive: bool = False
    official: bool = False
    maintained: bool = False
    signed: bool = False
    verified: bool = False
    cncf: bool = False
    cncf_level: str = ""
    kinds: frozenset[Kind] = frozenset()
    """Kinds that the words name."""
    excluded_kinds: frozenset[Kind] = frozenset()

    @property
    def conditional(self) -> bool:
        """Whether the sentence states a condition."""
        stated = (self.excluded, self.excluded_repositories, self.families, self.excluded_families, self.excluded_kinds)
        flags = (self.open_source, self.permissive, self.official, self.maintained, self.signed, self.verified)
        return any((*stated, *flags, self.cncf))

    def accepts(self, package: Package) -> bool:
        """Tell whether a package meets the conditions of the sentence."""
        if package.facts.repository in self.excluded_repositories:
            return False
        if package.kind in self.excluded_kinds:
            return False
        if self.excluded and _is_any(package, self.excluded):
            return False
        named = package.licence
        if self.families and not any(licence.in_family(named, f) for f in self.families):
            return False
        if any(licence.in_family(named, f) for f in self.excluded_families):
            return False
        if self.open_source and licence.is_closed(named):
            return False
        if self.permissive and not licence.is_permissive(named):
            return False
        if self.maintained and package.discouraged:
            return False
        if self.official and not package.official:
            return False
        if self.signed and not package.facts.signed:
            return False
        if self.verified and not (package.facts.verified or package.official):
            return False
        return not (self.cncf and not package.cncf_level) and self.cncf_level in ("", package.cncf_level)


def _is_any(package: Package, names: frozenset[str]) -> bool:
    """Tell whether a package is, runs or belongs to one of the named softwares."""
    return not names.isdisjoint(_called((package.facts.name, package.software, *package.aliases)))


@lru_cache(maxsize=16384)
def _called(names: tuple[str, ...]) -> frozenset[str]:
    """Return the names of a package and their words, squashed."""
    return frozenset(text.squash(n) for name in names for n in (name, *text.words(name.replace("-", " "))))


@dataclass(slots=True)
class Lexicon:
    """Names that a query may use, squashed: of software, and of repositories."""

    software: Mapping[str, frozenset[str]]
    """Ids of the software that a name may mean."""
    repositories: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Repositories by their squashed name or publisher, where no software in them has that name."""
    phrases: tuple[str, ...] = ()
    """Names of several words with an "and" in them."""
    hosted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Roles of services that are run elsewhere, by name: no answers, but what does the same job is one."""


def _of_charts(match: re.Match[str]) -> bool:
    """Tell whether a word such as signed is said of the chart, not of images, of e-mails or in self-signed."""
    rest = match.string
    return not (_BEFORE_THINGS.match(rest, match.end()) or _AFTER_THINGS.search(rest[: match.start()]))


def read_query(raw: str, lexicon: Lexicon) -> Query:
    """Understand a search: negations, comparisons, licences, standing and kinds; the rest describes the wish."""
    rest = _NOT.sub(r"\1 not", " ".join(text.fold(raw).replace("’", "'").split()))
    for phrase in lexicon.phrases:
        rest = rest.replace(phrase, text.squash(phrase))
    families: set[str] = set()
    excluded_families: set[str] = set()

    def take_licence(match: re.Match[str]) -> str:
        stated = match["word"] or (match["family"] not in _SOFTWARE_TOO and (match["no"] or match["version"]))
        if not stated:
            return match[0]
        (excluded_families if match["no"] else families).add(match["family"])
        return " "

    rest = _LICENCE.sub(take_licence, rest)
    flags = {}
    for name, pattern in (
        ("permissive", _PERMISSIVE),
        ("open_source", _OPEN),
        ("maintained", _MAINTAINED),
        ("official", _OFFICIAL),
        ("signed", _SIGNED),
        ("verified", _VERIFIED),
    ):
        stated = [m for m in pattern.finditer(rest) if name in _OF_SOFTWARE or _of_charts(m)]
        for found in reversed(stated):
            rest = f"{rest[: found.start()]} {rest[found.end() :]}"
        flags[name] = bool(stated)
    cncf = _CNCF.search(rest)
    if cncf:
        rest = _CNCF.sub(" ", rest)

    excluded: set[str] = set()
    like: set[str] = set()
    excluded_repositories: set[str] = set()
    excluded_kinds: set[Kind] = set()

    def take(match: re.Match[str], *, keep: bool) -> str:
        """Exclude the names of a match; return what stays of it: of "not bitnami redis" the wish for redis."""
        known = False
        stays: list[str] = []
        for name in re.split(r"\s*(?:,|\bor\b|\bnor\b)\s*", match["names"]):
            bare = _AROUND.sub("", name.strip())
            squashed = text.squash(bare)
            publisher, _, theirs = bare.partition(" ")
            known_whole = squashed in lexicon.repositories or squashed in lexicon.software
            apart = publisher in lexicon.repositories or publisher in KIND_WORDS  # no bitnami redis, no operator redis
            if theirs and not keep and not known_whole and apart:
                stays.append(theirs)
                squashed = publisher
            if squashed in lexicon.repositories and not keep:
                excluded_repositories.update(lexicon.repositories[squashed])
                known = True
            if squashed in KIND_WORDS and not keep:  # also where some software has that name
                excluded_kinds.add(KIND_WORDS[squashed])
                known = True
            elif squashed in lexicon.software:
                excluded.update((squashed, *lexicon.software[squashed]))
                known = True
                if keep or match[0].startswith(_COMPARED):
                    like.add(squashed)
            elif squashed in lexicon.hosted and (keep or match[0].startswith(_COMPARED)):
                like.add(squashed)
                known = True
        if not known or keep:
            return match[0]
        return f" , {' , '.join(stays)} , " if stays else " , "

    rest = _NON.sub(lambda m: take(m, keep=False), rest)
    rest = _FREE.sub(lambda m: take(m, keep=False), rest)
    rest = _EXCLUDE.sub(lambda m: take(m, keep=False), rest)
    rest = _REPLACE.sub(lambda m: take(m, keep=True), rest)
    rest = _REPLACED.sub(lambda m: take(m, keep=True), rest)
    rest = _LIKE.sub(lambda m: take(m, keep=True), rest)
    like.update(n for m in _HOSTED.finditer(rest) if (n := text.squash(m["names"])) in lexicon.hosted)
    if not rest.strip(" ,"):
        rest = text.fold(raw)
    spoken = [text.plain(w) for w in text.words(rest)]
    kinds = {kind for word, kind in KIND_WORDS.items() if word in spoken}
    said = {w for w in (*spoken, *(a + b for a, b in pairwise(spoken))) if w in lexicon.repositories}
    repositories = {r for w in said for r in lexicon.repositories[w]} - excluded_repositories
    return Query(
        text=" ".join(rest.replace(",", " ").split()),
        names=tuple(w for w in spoken if w not in text.STOP),
        excluded=frozenset(excluded),
        like=frozenset(like),
        excluded_repositories=frozenset(excluded_repositories),
        excluded_kinds=frozenset(excluded_kinds),
        repositories=frozenset(repositories),
        publishers=frozenset(said),
        families=frozenset(families),
        excluded_families=frozenset(excluded_families),
        open_source=flags["open_source"],
        permissive=flags["permissive"],
        official=flags["official"],
        signed=flags["signed"],
        verified=flags["verified"],
        maintained=flags["maintained"],
        cncf=cncf is not None,
        cncf_level=(cncf["level"] or cncf["alone"] or "") if cncf else "",
        kinds=frozenset(kinds),
    )
