"""Matches for a child: judge, score, pick the best, and only then put reasons into words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.blend import Scores, score, spoken_phrases
from matching.catalogue import Catalogue
from matching.eligibility import Eligibility, SpanJudge, count_blocked, eligible
from matching.entitlement import FREE, family_price
from matching.explain import explain_scores, known_distance
from matching.interests.phrases import Phrase
from matching.problem import Child, Holdings, Live
from matching.result import Match, Matches
from matching.weights import DEFAULT_WEIGHTS, AnyWeights

# Children whose words are compared together: bounds memory, not results.
_AT_ONCE: Final = 1_024


# Of a weekly activity, a quarter; of a daily one, enough to choose from.
MOST_NEXT_SESSIONS: Final = 13


@dataclass(frozen=True, slots=True)
class Judgement:
    """Masks and scores of many children.

    Attributes
    ----------
    mask : ndarray of shape (n_children, n), uint16
        As in `Eligibility`.
    score : ndarray of shape (n_children, n), float64
        Blocked sessions included.
    support : ndarray of shape (n_children, n), uint8
        Position in `SUPPORT_STATES`.
    funding : ndarray of shape (n_children, n), uint8
        As in `Eligibility`.
    """

    mask: NDArray[np.uint16]
    score: NDArray[np.float64]
    support: NDArray[np.uint8]
    funding: NDArray[np.uint8]


def match(
    catalogue: Catalogue,
    child: Child,
    holdings: Holdings,
    live: Live,
    *,
    limit: int = 20,
    span: slice | None = None,
    fold: bool = True,
    weights: AnyWeights = DEFAULT_WEIGHTS,
) -> Matches:
    """Put forward the best sessions for a child.

    Parameters
    ----------
    catalogue : Catalogue
    child : Child
    holdings : Holdings
    live : Live
    limit : int
        How many at most.
    span : slice or None
        Of session indices, as `Catalogue.span` gives it; None: all.
    fold : bool
        One match an activity, its best session, with the next ones named in it; False: every
        session for itself.
    weights : Weights or LearnedWeights

    Returns
    -------
    Matches

    Raises
    ------
    InvalidProblem
        If `live` does not belong to the catalogue.

    Notes
    -----
    Best score first; ties by start, then by session id. Reasons are made for what is returned.
    """
    judged = eligible(catalogue, child, holdings, live, span)
    scores = score(catalogue, child, holdings, judged, weights)
    mask = judged.mask
    if fold:
        activity = catalogue.sessions.activity[judged.span]
        mask = keep_best_of_each(mask, scores.total, activity)
    picked = pick_best(mask, scores.total, limit)
    return Matches(
        items=_make_matches(catalogue, child, holdings, live, judged, scores, picked, fold=fold),
        blocked=count_blocked(judged.mask),
        considered=len(judged.mask),
    )


def pick_best(mask: NDArray[np.uint16], total: NDArray[np.float64], limit: int) -> list[int]:
    """Pick the best eligible positions.

    Parameters
    ----------
    mask : ndarray of shape (n,), uint16
    total : ndarray of shape (n,), float64
    limit : int

    Returns
    -------
    list of int
        Best first; ties in ascending position, which is by start, then by session id.
    """
    open_to = np.flatnonzero(mask == 0)
    if limit <= 0 or not open_to.size:
        return []
    scores = total[open_to]
    if limit < len(open_to):
        # All that tie with the last one stay in, so that position decides among them.
        last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        near = scores >= last
        open_to, scores = open_to[near], scores[near]
    order = np.argsort(-scores, kind="stable")[:limit]
    return [int(at) for at in open_to[order]]


def keep_best_of_each(
    mask: NDArray[np.uint16], total: NDArray[np.float64], activity: NDArray[np.int32]
) -> NDArray[np.uint16]:
    """Leave of each activity's eligible sessions only the best one.

    Parameters
    ----------
    mask : ndarray of shape (n,), uint16
        Not modified.
    total : ndarray of shape (n,), float64
    activity : ndarray of shape (n,), int32

    Returns
    -------
    ndarray of shape (n,), uint16
        As `mask`, with every other session blocked.

    Notes
    -----
    Of equal scores the earlier position stays, which is by start, then by session id.
    """
    kept = np.full_like(mask, np.iinfo(mask.dtype).max)
    open_to = np.flatnonzero(mask == 0)
    if open_to.size:
        best = np.full(int(activity.max()) + 1, -np.inf)
        np.maximum.at(best, activity[open_to], total[open_to])
        at_best = open_to[total[open_to] == best[activity[open_to]]]
        # `unique` names the first position of each activity.
        kept[at_best[np.unique(activity[at_best], return_index=True)[1]]] = 0
    return kept


def judge_many(
    catalogue: Catalogue,
    children: Sequence[tuple[Child, Holdings]],
    live: Live,
    *,
    span: slice | None = None,
    weights: AnyWeights = DEFAULT_WEIGHTS,
) -> Judgement:
    """Judge and score many children against the sessions of a span.

    Parameters
    ----------
    catalogue : Catalogue
    children : sequence of (Child, Holdings)
    live : Live
    span : slice or None
    weights : Weights or LearnedWeights

    Returns
    -------
    Judgement
        Row i is `children[i]`, equal to what it would be alone.

    Notes
    -----
    A loop over children, none over sessions; what several children say is compared once for a
    block of them. 12 bytes a pair.
    """
    span = slice(0, len(catalogue.sessions.ids)) if span is None else span
    shape = (len(children), span.stop - span.start)
    result = Judgement(
        np.zeros(shape, np.uint16),
        np.zeros(shape, np.float64),
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.uint8),
    )
    judge = SpanJudge(catalogue, live, span)
    if not shape[1]:
        return result
    for first in range(0, len(children), _AT_ONCE):
        some = children[first : first + _AT_ONCE]
        judged = [judge.judge(child, holdings) for child, holdings in some]
        place: dict[Phrase, int] = {}
        spoken = [
            [place.setdefault(said, len(place)) for said in spoken_phrases(catalogue, child, one)]
            for (child, _), one in zip(some, judged, strict=True)
        ]
        similarity = catalogue.interests.similarity(list(place))
        for at, ((child, holdings), one) in enumerate(zip(some, judged, strict=True)):
            rows = similarity[spoken[at]]
            result.mask[first + at] = one.mask
            result.support[first + at] = one.support.state
            result.funding[first + at] = one.funding
            scores = score(catalogue, child, holdings, one, weights, rows)
            result.score[first + at] = scores.total
    return result


def _make_matches(
    catalogue: Catalogue,
    child: Child,
    holdings: Holdings,
    live: Live,
    judged: Eligibility,
    scores: Scores,
    picked: list[int],
    *,
    fold: bool,
) -> tuple[Match, ...]:
    sessions, start = catalogue.sessions, judged.span.start
    activities = sessions.activity[judged.span][picked].tolist()
    further = _further_sessions(sessions.activity[judged.span], judged, picked) if fold else {}
    made = []
    for at, activity, score_of_it, reasons in zip(
        picked,
        activities,
        scores.total[picked].tolist(),
        explain_scores(catalogue, child, judged, scores, picked),
        strict=True,
    ):
        funding = "free" if judged.funding[at] & FREE else "contributory"
        made.append(
            Match(
                session_id=sessions.ids[start + at],
                activity_id=catalogue.activities.ids[activity],
                score=score_of_it,
                distance_km=known_distance(judged, activity),
                funding=funding,
                price_pence=family_price(catalogue, holdings, start + at, funding),
                support="arrange" if judged.support.state[at] else "ready",
                arrangements=judged.support.arrangements(at),
                reasons=reasons,
                places_left=int(live.places_left[start + at]),
                next_session_ids=tuple(sessions.ids[start + one] for one in further.get(at, ())),
            )
        )
    return tuple(made)


def _further_sessions(
    activity: NDArray[np.int32], judged: Eligibility, picked: list[int]
) -> dict[int, list[int]]:
    """Find the other sessions of the picked ones' activities that are open, by position."""
    open_to = np.flatnonzero(judged.mask == 0)
    same = np.zeros(int(activity.max(initial=0)) + 1, dtype=np.bool_)
    same[activity[picked]] = True
    near = open_to[same[activity[open_to]]]
    of_activity: defaultdict[int, list[int]] = defaultdict(list)
    for at, one in zip(near.tolist(), activity[near].tolist(), strict=True):
        of_activity[one].append(at)
    return {
        at: [other for other in of_activity[int(activity[at])] if other != at][:MOST_NEXT_SESSIONS]
        for at in picked
    }
