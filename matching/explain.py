"""Reasons in words: what every factor of one session's score says to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.blend import Scores
from matching.catalogue import Catalogue
from matching.codes import NEED_LABELS, SETTINGS, WEEKDAYS
from matching.eligibility import Eligibility
from matching.local_time import to_moment
from matching.offers import AUTHORITY, LIMITED, PROVIDED, PROVIDER, TOO_LATE
from matching.problem import Child
from matching.result import Reason
from matching.scoring.preferences import Preference
from matching.scoring.timing import COMFORTABLE_S
from matching.support import NeedAnswer

# Below this an activity shares a word or a syllable with an interest, hardly more.
FAINT: Final = 0.2


def explain_scores(
    catalogue: Catalogue,
    child: Child,
    judged: Eligibility,
    scores: Scores,
    positions: Sequence[int],
) -> list[tuple[Reason, ...]]:
    """Say what makes up the scores of some sessions.

    Parameters
    ----------
    catalogue : Catalogue
    child : Child
    judged : Eligibility
    scores : Scores
    positions : sequence of int
        Within the span.

    Returns
    -------
    list of tuple of Reason
        One tuple a position; each in the order of `FACTORS`, without parts that contribute
        nothing. The contributions add up to the score within 1e-9.
    """
    at = np.array(positions, dtype=np.intp)
    activities = catalogue.sessions.activity[judged.span][at]
    texts: dict[str, Callable[[int, int], str]] = {
        "interest": lambda activity, _: _interest_text(catalogue, judged, scores, activity),
        "dislike": lambda activity, _: _dislike_text(judged, scores, activity),
        "goal": lambda activity, _: f"towards a goal: {catalogue.activities.titles[activity]}",
        "distance": lambda activity, _: _distance_text(judged, child, activity),
        "time": lambda _, at: _time_text(catalogue, judged, at),
        "support": lambda _, at: _essential_text(judged, at),
        "helpful": lambda _, at: _helpful_text(judged, at),
        "setting": lambda activity, _: _setting_text(catalogue, child, activity),
        "friends": lambda *_: "a friend has a place in it",
        "novelty": lambda activity, _: _novelty_text(scores, activity),
    }
    reasons = [[Reason("base", scores.base, "open to this child")] for _ in positions]
    of_activity = activities.tolist()
    for part, text in texts.items():
        factor = {"dislike": "interest", "helpful": "support"}.get(part, part)
        amounts = scores.contributions(part, activities, at).tolist()
        for so_far, amount, activity, position in zip(
            reasons, amounts, of_activity, positions, strict=True
        ):
            if amount != 0.0:
                so_far.append(Reason(factor, amount, text(activity, position)))
    return [tuple(one) for one in reasons]


def known_distance(judged: Eligibility, activity: int) -> float | None:
    """Give the distance to an activity.

    Parameters
    ----------
    judged : Eligibility
    activity : int

    Returns
    -------
    float or None
        Kilometres; None when home or venue is unknown.
    """
    distance = float(judged.distance_km[activity])
    return None if np.isnan(distance) else distance


def pounds(pence: int) -> str:
    """Write an amount of money for people.

    Parameters
    ----------
    pence : int

    Returns
    -------
    str
    """
    return f"£{pence // 100:,}.{pence % 100:02d}"


def need_text(need: int, answer: NeedAnswer, at: int) -> str:
    """Say how one need is met in one session.

    Parameters
    ----------
    need : int
        Position in `NEED_CODES`.
    answer : NeedAnswer
    at : int

    Returns
    -------
    str
    """
    label, how = NEED_LABELS[need], int(answer.how[at])
    if how == PROVIDED:
        return f"{label} is provided"
    if how == LIMITED:
        return f"{label} is provided, in limited number"
    if how in {PROVIDER, AUTHORITY}:
        lead_days, cost_pence = answer.terms(at)
        source = "the provider" if how == PROVIDER else "the authority"
        when = "at once" if lead_days == 0 else f"in {lead_days} day{'s' * (lead_days != 1)}"
        cost = "at no cost" if cost_pence == 0 else f"for {pounds(cost_pence)}"
        return f"{label} can be arranged by {source} {when} {cost}"
    if how == TOO_LATE:
        return f"{label} could be arranged, but not before it starts"
    return f"{label} is not provided"


def _interest_text(catalogue: Catalogue, judged: Eligibility, scores: Scores, row: int) -> str:
    liked = _strongest(judged.preferences.liked, scores.measured.liked[:, row])
    title = catalogue.activities.titles[row]
    if scores.measured.liked[:, row].max() < FAINT:
        return f"a little like {liked.phrase.text}: {title}"
    return f"{_said(catalogue, liked, row)}: {title}"


def _dislike_text(judged: Eligibility, scores: Scores, row: int) -> str:
    disliked = _strongest(judged.preferences.disliked, scores.measured.disliked[:, row])
    verb = "avoids" if disliked.avoid else "does not like"
    return f"{verb} {disliked.phrase.text}, which sounds like this"


def _strongest(preferences: tuple[Preference, ...], each: NDArray[np.float64]) -> Preference:
    # Of equal ones the first by its words, whatever its place in the profile.
    return min(
        (preferences[at] for at in np.flatnonzero(each == each.max())),
        key=lambda one: (one.phrase.text, not one.avoid, one.phrase.concepts),
    )


def _said(catalogue: Catalogue, preference: Preference, activity: int) -> str:
    """Quote the phrase, and name what links it to the activity if that is another word."""
    phrase = preference.phrase
    concept = catalogue.interests.shared_concept(phrase, activity)
    if concept in phrase.concepts:
        return phrase.text
    if concept is not None:
        return f"{phrase.text} ({catalogue.vocabulary.label(concept).lower()})"
    word = catalogue.interests.shared_word(phrase, activity)
    return phrase.text if word is None else f"{phrase.text} ({word})"


def _distance_text(judged: Eligibility, child: Child, activity: int) -> str:
    distance = float(judged.distance_km[activity])
    if child.max_km is None:
        return f"{distance:.1f} km away"
    return f"{distance:.1f} km of your {child.max_km:g} km"


def _time_text(catalogue: Catalogue, judged: Eligibility, at: int) -> str:
    if judged.slack_s is None:
        return "any time suits"
    starts = to_moment(int(catalogue.sessions.starts_us[judged.span.start + at]))
    spare = " with time to spare" if judged.slack_s[at] >= COMFORTABLE_S else ""
    day = WEEKDAYS[starts.weekday()].capitalize()
    return f"{day} {starts.hour:02d}:{starts.minute:02d} is within your free time{spare}"


def _essential_text(judged: Eligibility, at: int) -> str:
    answers = judged.support.essential
    return _sentence(need_text(need, answer, at) for need, answer in answers.items()) or (
        "no essential support is needed"
    )


def _helpful_text(judged: Eligibility, at: int) -> str:
    answers = judged.support.helpful
    return "helpful: " + _sentence(need_text(need, one, at) for need, one in answers.items())


def _sentence(parts: Iterable[str]) -> str:
    return "; ".join(parts)


def _setting_text(catalogue: Catalogue, child: Child, activity: int) -> str:
    name = SETTINGS[int(catalogue.activities.setting[activity])]
    if not child.settings:
        return f"a {name} setting"
    return f"a {name} setting, {'as' if name in child.settings else 'a step from what'} you prefer"


def _novelty_text(scores: Scores, activity: int) -> str:
    is_new = scores.measured.of_activity["novelty"][activity] == 1.0
    return "new to this child" if is_new else "known to this child"
