"""How candidates are ordered: relevance from meaning, task and words; popularity within the task; variants as one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final, NamedTuple

from services.models.domain.languages import spoken
from services.models.domain.model import Relation, is_repackaging
from services.models.domain.names import bare_name, unpacked
from services.models.domain.translating import Direction, runs_against

DEFAULT_RELEVANCE_WEIGHT: Final = 0.6

# Shares of relevance. Chosen on halves of the development wishes: the best region is flat from 0.25 to 0.5 for the task
# against the cosine's own scale, and small for words, which mislead as often as they help.
_MEANING: Final = 0.62
_TASK: Final = 0.32
_WORDS: Final = 0.06

_PLAIN: Final = 0.7
"""What of meaning every candidate has where a wish says no more than its task: then use tells more than what a card is
called or how it begins."""
_SURENESS: Final = 0.25
"""Power of the likeliest task's probability by which the task's share is multiplied. 1 would weigh the task of an
uncertain reading so little that what is most used of any task comes first; 0 would hold every reading for certain."""
_CERTAIN: Final = 0.8
"""Probability from which a reading is not doubted."""
_DOUBTED: Final = 2
"""Place, from 0, of the model that would be first if the reading weighed as much as it is likely."""

_OTHER_LANGUAGE: Final = 0.4
"""Share of its relevance that a model keeps which states languages, but none that the wish names."""
_LANGUAGE_UNSTATED: Final = 0.6
"""The same for a model that states no languages."""
_CONDITIONS_UNSTATED: Final = 0.5
"""The same, where the wish's words state conditions, for a model that does not state whether it satisfies them. The
rest counts as far as its task fits: none of another task shall come first for being the only one that does."""

_DOWNLOADS: Final = 0.7
"""Share of downloads in popularity; likes have the rest."""

_OF_OTHER_TASKS: Final = 0.25
"""Share that the popularity of a model keeps whose task the wish cannot mean."""
UNKNOWN_POPULARITY: Final = 0.4
"""Of a model whose source states neither downloads nor likes: about the middle of its task."""
UNSTATED_TASK: Final = 0.3
"""What a model whose task is not stated gets of the likeliest task's probability."""


class Candidate(NamedTuple):
    """A model that may answer a wish, with what the database knows of how it matches. A tuple, as a search makes some
    two hundred, in a third of the time.
    """

    model_no: int
    model_id: str
    task: str
    base_model: str
    relation: Relation
    downloads: int | None
    likes: int | None
    cosine: float
    """Of the wish and the model's best passage."""
    words: float
    """Share of the wish's telling words that stand in one passage, by weight, 0 to 1."""
    chunk_no: int
    """Its best passage; 0 for none."""
    languages: tuple[str, ...] = ()
    """That it states, as ISO 639 codes."""
    satisfied: bool = True
    """Whether it states that it satisfies what the wish states of models."""

    @property
    def repackaged(self) -> bool:
        """True for the same weights as the base, quantised or converted."""
        return is_repackaging(self.base_model, self.relation)


@dataclass(frozen=True, slots=True)
class TaskPeak:
    """The most popular model of a task: what popularity is measured against."""

    downloads: int = 0
    likes: int = 0


_NO_PEAK: Final = TaskPeak()


class Ranked(NamedTuple):
    """A candidate with its scores, and the repackagings that were collapsed into it."""

    candidate: Candidate
    score: float
    relevance: float
    popularity: float
    doubted: float = 0.0
    """Score if the task that the wish was read as weighed by its probability alone."""
    variants: tuple[str, ...] = ()
    """Model ids, in the order of their scores."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Cosines of a space that mean no relation and the best one may hope for."""

    floor: float
    ceiling: float


def popularity(candidate: Candidate, peaks: Mapping[str, TaskPeak]) -> float:
    """Return 0 to 1: downloads and likes on a log scale against the peak of the task."""
    if candidate.downloads is None and candidate.likes is None:
        return UNKNOWN_POPULARITY
    peak = peaks.get(candidate.task, _NO_PEAK)
    downloads = _share(candidate.downloads, peak.downloads)
    return _DOWNLOADS * downloads + (1 - _DOWNLOADS) * _share(candidate.likes, peak.likes)


def _share(count: int | None, top: int) -> float:
    return min(math.log1p(count) / math.log1p(top), 1.0) if count and top > 0 else 0.0


def rank(
    candidates: Iterable[Candidate],
    *,
    tasks: Mapping[str, float],
    languages: Sequence[str] = (),
    direction: Direction | None = None,
    conditional: bool = False,
    plain: bool = False,
    scale: Scale,
    peaks: Mapping[str, TaskPeak],
    relevance_weight: float,
) -> list[Ranked]:
    """Return the candidates, best first; equal scores in the order of their ids.

    tasks: how well models of each task fit. languages: those that the wish names or is written in. direction: in which
    it wants them translated. conditional: whether its words state conditions. plain: whether it says no more than its
    task. score = w * relevance + (1 - w) * popularity, where popularity counts by the square of how near the model
    comes to the most relevant one, and by how its task fits beside the likeliest one: what is much used for other
    things is no answer.
    """
    likeliest = max(tasks.values(), default=0.0)
    parts = []
    for candidate in candidates:
        meaning = min(max((candidate.cosine - scale.floor) / (scale.ceiling - scale.floor), 0.0), 1.0)
        if plain:
            meaning = _PLAIN + (1 - _PLAIN) * meaning
        beside = _beside(candidate, tasks, likeliest)
        kept = _kept(languages, candidate, beside if likeliest > 0 else 1.0)
        if direction and candidate.task == "translation" and runs_against(candidate.model_id, direction):
            kept *= _OTHER_LANGUAGE
        if conditional:
            kept *= _CONDITIONS_UNSTATED + (1 - _CONDITIONS_UNSTATED) * beside * candidate.satisfied
        of_its_task = _OF_OTHER_TASKS + (1 - _OF_OTHER_TASKS) * beside if likeliest > 0 else 1.0
        matched = kept * (_MEANING * meaning + _WORDS * candidate.words)
        parts.append(_Parts(candidate, matched, kept * _TASK * beside, of_its_task * popularity(candidate, peaks)))
    sure = _weighed(parts, likeliest**_SURENESS, relevance_weight)
    doubtful = _weighed(parts, likeliest, relevance_weight) if likeliest < _CERTAIN else sure
    ranked = [
        Ranked(part.candidate, score, relevance, popular, doubted)
        for part, (score, relevance, popular), (doubted, _, _) in zip(parts, sure, doubtful, strict=True)
    ]
    ranked.sort(key=lambda r: (-r.score, r.candidate.model_id))
    return ranked


def _beside(candidate: Candidate, tasks: Mapping[str, float], likeliest: float) -> float:
    """Return how well a candidate's task fits beside the likeliest one: 0 to 1, and 0 where none is likely."""
    fit = tasks.get(candidate.task, 0.0) if candidate.task else UNSTATED_TASK * likeliest
    return min(fit / likeliest, 1.0) if likeliest > 0 else 0.0


def _kept(languages: Sequence[str], candidate: Candidate, beside: float) -> float:
    """Return the share of its relevance that a candidate keeps, by the languages that it states: half of it as far as
    its task fits beside the likeliest one.
    """
    if not languages:
        return 1.0
    share = spoken(languages, candidate.languages)
    return _LANGUAGE_UNSTATED if share is None else _OTHER_LANGUAGE + (1 - _OTHER_LANGUAGE) * share * (1 + beside) / 2


class _Parts(NamedTuple):
    """Of what the score of a candidate is made."""

    candidate: Candidate
    matched: float
    """Relevance but for the task."""
    task: float
    """The task's share of relevance, where the reading is certain."""
    popularity: float
    """As far as the task fits."""


def _weighed(parts: Sequence[_Parts], sureness: float, relevance_weight: float) -> list[tuple[float, float, float]]:
    """Return score, relevance and counted popularity of candidates, where the task's share weighs by the sureness."""
    relevances = [part.matched + sureness * part.task for part in parts]
    best = max(relevances, default=0.0)
    weighed = []
    for part, relevance in zip(parts, relevances, strict=True):
        counted = part.popularity * ((relevance / best) ** 2 if best > 0 else 1.0)
        weighed.append((relevance_weight * relevance + (1 - relevance_weight) * counted, relevance, counted))
    return weighed


def doubted(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return the ranked ones with, in the third place, the best of those that are not before it if the reading of the
    wish's task is doubted: of an uncertain reading the first three shall not all rest on it. It has the score of its
    place.
    """
    first, rest = list(ranked[:_DOUBTED]), list(ranked[_DOUBTED:])
    if rest:
        score = rest[0].score
        best = rest.pop(max(range(len(rest)), key=lambda i: (rest[i].doubted, -i)))
        rest.insert(0, best._replace(score=score))
    return first + rest


def alternating(orders: Sequence[Sequence[Ranked]]) -> list[Ranked]:
    """Return the models of several orders by turns, each once: those for the parts of a wish. None has a higher score
    than the one before it.
    """
    if len(orders) == 1:
        return list(orders[0])
    shown: dict[int, Ranked] = {}
    lowest = math.inf
    for ranked in chain.from_iterable(zip_longest(*orders)):
        if ranked is not None and ranked.candidate.model_no not in shown:
            lowest = min(lowest, ranked.score)
            shown[ranked.candidate.model_no] = ranked._replace(score=lowest)
    return list(shown.values())


def collapse(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Put repackagings of one model under it, or under the best of them where it is not among the candidates.

    One whose source names no base goes under the candidate that bears its name without the packing. The group has
    the place and the scores of its best member.
    """
    own = [r.candidate.model_id for r in ranked if not r.candidate.repackaged]
    packings = {model_id for model_id in own if unpacked(model_id)}
    whole: dict[tuple[str, ...], str] = {}
    if packings:
        for model_id in own:
            if model_id not in packings:
                whole.setdefault(bare_name(model_id), model_id)
    groups: dict[str, list[Ranked]] = {}
    for r in ranked:
        root = r.candidate.base_model if r.candidate.repackaged else r.candidate.model_id
        if root in packings:
            root = whole.get(bare_name(root), root)
        groups.setdefault(root, []).append(r)
    collapsed = []
    for root, members in groups.items():
        first = members[0]
        head = next((m for m in members if m.candidate.model_id == root), first)
        variants = tuple(m.candidate.model_id for m in members if m is not head)
        collapsed.append(first._replace(candidate=head.candidate, variants=variants) if variants else first)
    return collapsed
