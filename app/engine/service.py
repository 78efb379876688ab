"""Putting a child's rows and the live counts in front of the warm catalogue."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

import matching
from app.authorities.models import SupportService
from app.children.profiles import Profile
from app.concepts import vocabulary
from app.engine.problem import Holdings, Situation, Taken
from app.engine.warm import WarmCatalogue
from app.errors import NotFound
from matching import Fit, Matches

WEEKDAYS: Final = matching.WEEKDAYS
NEED_COLUMNS: Final = {code: column for column, code in enumerate(matching.NEED_CODES)}
CANCELLED_BIT: Final = matching.BLOCKING_REASONS.index("cancelled")


def rank_sessions(
    warm: WarmCatalogue,
    child: Profile,
    *,
    situation: Situation,
    starts_from: datetime,
    starts_before: datetime,
    limit: int,
    now: datetime,
) -> Matches:
    """Rank the sessions of a span of time for a child."""
    live = make_live(warm, situation, now=now)
    span = warm.arrays.span(starts_from, starts_before)
    return matching.match(
        warm.arrays,
        matching_child(child),
        situation.holdings,
        live,
        limit=limit,
        span=span,
        weights=warm.weights,
    )


def explain_fit(
    warm: WarmCatalogue,
    child: Profile,
    session_id: UUID,
    *,
    situation: Situation,
    now: datetime,
) -> Fit:
    """Explain one session for a child in full."""
    session_times(warm, session_id)
    live = make_live(warm, situation, now=now)
    return matching.explain_fit(
        warm.arrays,
        matching_child(child),
        situation.holdings,
        live,
        session_id,
        weights=warm.weights,
    )


@dataclass(frozen=True)
class Candidates:
    """One session judged for many children: by position, who it suits and how well."""

    eligible: NDArray[np.bool_]
    score: NDArray[np.float64]
    # Children by their first blocking reason.
    blocked: Mapping[str, int]
    # Explains the pair at a position in full.
    explain: Callable[[int], Fit]


def judge_candidates(
    warm: WarmCatalogue,
    session_id: UUID,
    children: Sequence[tuple[Profile, Holdings]],
    *,
    situation: Situation,
    now: datetime,
) -> Candidates:
    """Judge one session for many children; `situation` holds what is the same for all of them."""
    session_times(warm, session_id)
    live = make_live(warm, situation, now=now)
    index = warm.arrays.session_index[session_id]
    subjects = matching_children(child for child, _ in children)
    pairs = list(zip(subjects, (holdings for _, holdings in children), strict=True))
    judged = matching.judge_many(
        warm.arrays, pairs, live, span=slice(index, index + 1), weights=warm.weights
    )

    def explain(position: int) -> Fit:
        child, holdings = pairs[position]
        return matching.explain_fit(
            warm.arrays, child, holdings, live, session_id, weights=warm.weights
        )

    return Candidates(
        eligible=judged.mask[:, 0] == 0,
        score=judged.score[:, 0],
        blocked=matching.count_blocked(judged.mask[:, 0]),
        explain=explain,
    )


@dataclass(frozen=True)
class JudgedSpan:
    """The sessions of a span judged for one child, by position: in the order of their starts."""

    session_ids: Sequence[UUID]
    # Every blocking reason of each, as matching's bits; 0 is open to the child.
    mask: NDArray[np.uint16]
    score: NDArray[np.float64]
    ready: NDArray[np.bool_]
    places_left: NDArray[np.int64]
    # Equal for sessions of one activity.
    activity: NDArray[np.int32]
    # Explains one session in full, of the span or not.
    explain: Callable[[UUID], Fit]

    def blocked(self, positions: Sequence[int]) -> dict[str, int]:
        """Count some of the sessions by their first blocking reason."""
        return matching.count_blocked(self.mask[list(positions)])

    def nearest_miss(self, positions: Sequence[int]) -> int | None:
        """Find the session with the fewest blocking reasons, ties by their order and the start.

        One that does not take place is no miss: nothing would make it possible.
        """

        def reasons(position: int) -> list[int]:
            mask = int(self.mask[position])
            return [bit for bit in range(len(matching.BLOCKING_REASONS)) if mask >> bit & 1]

        near = [at for at in positions if not int(self.mask[at]) >> CANCELLED_BIT & 1]
        return min(near, key=lambda at: (len(reasons(at)), reasons(at), at), default=None)


def judge_span(
    warm: WarmCatalogue,
    child: Profile,
    *,
    situation: Situation,
    starts_from: datetime,
    starts_before: datetime,
    now: datetime,
) -> JudgedSpan:
    """Judge every session of a span of time for one child."""
    live = make_live(warm, situation, now=now)
    span = warm.arrays.span(starts_from, starts_before)
    subject = matching_child(child)
    judged = matching.judge_many(
        warm.arrays, [(subject, situation.holdings)], live, span=span, weights=warm.weights
    )

    def explain(session_id: UUID) -> Fit:
        return matching.explain_fit(
            warm.arrays, subject, situation.holdings, live, session_id, weights=warm.weights
        )

    return JudgedSpan(
        session_ids=warm.arrays.session_ids[span],
        mask=judged.mask[0],
        score=judged.score[0],
        ready=judged.support[0] == 0,
        places_left=live.places_left[span].astype(np.int64),
        activity=warm.arrays.sessions.activity[span],
        explain=explain,
    )


def setting_of(warm: WarmCatalogue, activity_id: UUID) -> str:
    """Tell how inclusive an activity of the warm catalogue is."""
    activities = warm.arrays.activities
    return matching.SETTINGS[int(activities.setting[warm.arrays.activity_index[activity_id]])]


def session_times(warm: WarmCatalogue, session_id: UUID) -> tuple[datetime, datetime]:
    """Tell when a session of the warm catalogue starts and ends."""
    times = warm.times.get(session_id)
    if times is None:
        raise NotFound("There is no such session, or it has been over for a month.")
    return times


def make_live(warm: WarmCatalogue, situation: Situation, *, now: datetime) -> matching.Live:
    """Put what is the same for every child in front of the warm catalogue."""
    # A session that came after the version was read is not in the arrays yet.
    index_of, taken = warm.index_of, situation.taken
    places_left = warm.capacity.copy()
    for session_id, count in taken.places:
        index = index_of.get(session_id)
        if index is not None:
            places_left[index] -= count
    limited = [
        (index_of[session_id], NEED_COLUMNS[need], used)
        for session_id, need, used in taken.limited
        if session_id in index_of
    ]
    return matching.Live(
        now=now,
        places_left=places_left,
        limited_taken=np.array(limited, dtype=np.int64).reshape(-1, 3),
        services=tuple(_service(service, taken) for service in situation.services),
        policies=tuple(
            # A policy governs whole months.
            matching.PolicyAges(
                policy.starts_on.replace(day=1), policy.min_age_years, policy.max_age_years
            )
            for policy in situation.policies
        ),
    )


def _service(service: SupportService, taken: Taken) -> matching.SupportService:
    own_id = str(service.id)
    return matching.SupportService(
        need=service.need,
        lead_days=service.lead_days,
        cost_pence=service.cost_pence,
        per_week=service.per_week,
        taken={
            int(week[:4]) * 100 + int(week[6:]): used
            for service_id, week, used in taken.weeks
            if service_id == own_id
        },
    )


class Heard:
    """What several children say alike, read once."""

    def __init__(self) -> None:
        # By the text and the version of the encoder that read it; and with feeling and voice.
        self.phrases: dict[tuple[str, str], tuple[matching.Phrase, ...]] = {}
        self.interests: dict[tuple[str, str, str, str], matching.Interest] = {}


def matching_child(child: Profile) -> matching.Child:
    """Turn a child's profile into what matching takes."""
    return _matching_child(child, Heard())


def matching_children(children: Iterable[Profile]) -> list[matching.Child]:
    """Turn profiles into what matching takes; what several children say alike is read once."""
    heard = Heard()
    return [_matching_child(child, heard) for child in children]


def _matching_child(child: Profile, heard: Heard) -> matching.Child:
    return matching.Child(
        date_of_birth=child.date_of_birth,
        gender=child.gender,
        latitude=child.latitude,
        longitude=child.longitude,
        max_km=child.max_km,
        accessible_transport_only=child.accessible_transport_only,
        interests=tuple(_interest(heard, *interest) for interest in child.interests),
        needs=(
            *(_need(*need) for need in child.needs),
            *(_need(code, "helpful") for code in child.communication_needs),
        ),
        availability=tuple(
            _window(weekday, starts, ends) for weekday, starts, ends in child.windows
        ),
        settings=child.settings,
        goals=child.goals,
    )


@lru_cache(maxsize=256)
def _need(code: str, importance: str) -> matching.Need:
    return matching.Need(code, importance)


@lru_cache(maxsize=4_096)
def _window(weekday: int, starts: time, ends: time) -> matching.Window:
    return matching.Window(WEEKDAYS[weekday], starts, ends)


def _interest(
    heard: Heard,
    text: str,
    feeling: str,
    voice: str,
    phrases: list[dict[str, Any]],
    encoder: str,
) -> matching.Interest:
    interest = heard.interests.get((text, feeling, voice, encoder))
    if interest is None:
        read = heard.phrases.get((text, encoder))
        if read is None:
            if encoder == matching.encoder_version():
                read = tuple(matching.Phrase.from_json(phrase) for phrase in phrases)
            else:
                # What another version read is read again, until the job has caught up with it.
                read = tuple(vocabulary().encode(text))
            heard.phrases[text, encoder] = read
        interest = matching.Interest(text, feeling, voice, read)
        heard.interests[text, feeling, voice, encoder] = interest
    return interest
