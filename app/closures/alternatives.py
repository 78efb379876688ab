"""What a child could have instead of a lost place: chosen, ordered and told.

The order is fixed, and the same for everybody; the first difference decides:

1. support that is ready before support that has to be arranged;
2. how much is kept of three things: the day of the week, the time of day (the start moves by an
   hour at most), and the friends who lost their places in the same session;
3. the friends, then the day, then the time;
4. the score of the match;
5. the date that is nearest to the lost one; then the earlier start.

An activity is named once, by its best session. Friends are kept where all of them could go as
well and there is a place for each; if there is such a session, the one that is best for all of
them together is among the alternatives of each.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from app.clock import LONDON
from app.engine.problem import Fit
from app.engine.service import JudgedSpan, setting_of
from app.engine.warm import WarmCatalogue

MOST: Final = 5
# How far before and after the lost session it is looked for others.
WINDOW: Final = timedelta(days=28)
SAME_TIME: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Lost:
    """A place or a turn that is gone."""

    starts_at: datetime
    funding: str
    # Null where the catalogue in memory does not reach back so far.
    setting: str | None
    distance_km: float | None


@dataclass(frozen=True)
class Choice:
    """The sessions of a span as a child, and the friends who lost their places, could have them."""

    warm: WarmCatalogue
    lost: Lost
    judged: JudgedSpan
    # Of the friends who lost their places in the same session, over the same span.
    friends: Sequence[JudgedSpan]
    # By session, the friends who have a place there already.
    friends_there: Mapping[UUID, int]
    starts: Sequence[datetime]

    def within(self) -> range:
        """Give the positions of the sessions near the lost one."""
        first = bisect_left(self.starts, self.lost.starts_at - WINDOW)
        return range(first, bisect_right(self.starts, self.lost.starts_at + WINDOW))

    def same_weekday(self, at: int) -> bool:
        """Tell whether a session is on the same day of the week."""
        return _day_and_time(self.starts[at])[0] == _day_and_time(self.lost.starts_at)[0]

    def same_time(self, at: int) -> bool:
        """Tell whether a session starts at about the same time of day."""
        apart = abs(_day_and_time(self.starts[at])[1] - _day_and_time(self.lost.starts_at)[1])
        return min(apart, DAY - apart) <= SAME_TIME

    def together(self, at: int) -> bool:
        """Tell whether all friends could go as well, with a place for each."""
        return (
            bool(self.friends)
            and int(self.judged.places_left[at]) > len(self.friends)
            and all(friend.mask[at] == 0 for friend in self.friends)
        )

    def rank(self, at: int) -> tuple[Any, ...]:
        """Give what an alternative is ordered by."""
        together, weekday, time = self.together(at), self.same_weekday(at), self.same_time(at)
        return (
            not self.judged.ready[at],
            -(together + weekday + time),
            not together,
            not weekday,
            not time,
            -float(self.judged.score[at]),
            abs(self.starts[at] - self.lost.starts_at),
            at,
        )

    def rank_for_all(self, at: int) -> tuple[Any, ...]:
        """Give what a session is ordered by that the friends could have together."""
        everybody = [self.judged, *self.friends]
        return (
            sum(not one.ready[at] for one in everybody),
            -(self.same_weekday(at) + self.same_time(at)),
            # Rounded, because the sum's last digit depends on who is counted first.
            -round(sum(float(one.score[at]) for one in everybody), 9),
            abs(self.starts[at] - self.lost.starts_at),
            at,
        )


def choose(choice: Choice) -> list[dict[str, Any]]:
    """Choose the alternatives, best first, and say what each keeps and loses."""
    open_to = [at for at in choice.within() if choice.judged.mask[at] == 0]
    picked: list[int] = []
    named: set[int] = set()
    for at in sorted(open_to, key=choice.rank):
        activity = int(choice.judged.activity[at])
        if activity not in named:
            named.add(activity)
            picked.append(at)
        if len(picked) == MOST:
            break
    shared = min(filter(choice.together, open_to), key=choice.rank_for_all, default=None)
    if shared is not None and shared not in picked:
        picked = sorted([*picked[: MOST - 1], shared], key=choice.rank)
    return [_tell(choice, at) for at in picked]


def explain_without(choice: Choice) -> dict[str, Any]:
    """Say why there is no alternative: what blocks the sessions, and which comes nearest."""
    positions = choice.within()
    nearest = choice.judged.nearest_miss(positions)
    return {
        "sessions": len(positions),
        "blocked": choice.judged.blocked(positions),
        "nearest": None if nearest is None else _tell_miss(choice, nearest),
    }


def _tell(choice: Choice, at: int) -> dict[str, Any]:
    fit = choice.judged.explain(choice.judged.session_ids[at])
    setting, lost = setting_of(choice.warm, fit.activity_id), choice.lost
    kept = {
        "support": fit.support == "ready",
        "weekday": choice.same_weekday(at),
        "time": choice.same_time(at),
        "setting": setting == lost.setting,
        "funding": fit.funding == lost.funding,
    }
    if choice.friends:
        kept["friends"] = choice.together(at)
    if fit.distance_km is None or lost.distance_km is None:
        change = None
    else:
        change = round(fit.distance_km - lost.distance_km, 3)
    return {
        **_shown(choice, fit),
        "score": fit.score,
        "funding": fit.funding,
        "price_pence": fit.price_pence,
        "support": fit.support,
        "arrangements": [
            {
                "need": task.need,
                "source": task.source,
                "lead_days": task.lead_days,
                "cost_pence": task.cost_pence,
            }
            for task in fit.arrangements
        ],
        "same_weekday": kept["weekday"],
        "same_time": kept["time"],
        "setting": setting,
        "same_setting": kept["setting"],
        "distance_km": fit.distance_km,
        "distance_change_km": change,
        "friends_there": choice.friends_there.get(fit.session_id, 0),
        # Null where nobody lost a place together with the child.
        "friends_together": kept.get("friends"),
        "keeps": [name for name, is_kept in kept.items() if is_kept],
        "loses": [name for name, is_kept in kept.items() if not is_kept],
        "reasons": [
            {"factor": one.factor, "contribution": one.contribution, "text": one.text}
            for one in fit.reasons
        ],
    }


def _tell_miss(choice: Choice, at: int) -> dict[str, Any]:
    fit = choice.judged.explain(choice.judged.session_ids[at])
    return {
        **_shown(choice, fit),
        "reasons": [
            {"reason": one.reason, "text": one.text, "remedy": one.remedy} for one in fit.obstacles
        ],
    }


def _shown(choice: Choice, fit: Fit) -> dict[str, Any]:
    starts_at, ends_at = choice.warm.times[fit.session_id]
    title, provider = choice.warm.titles[fit.activity_id]
    return {
        "session_id": str(fit.session_id),
        "activity_id": str(fit.activity_id),
        "title": title,
        "provider": provider,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }


# Every family's plan asks it of the same sessions.
@lru_cache(maxsize=65_536)
def _day_and_time(instant: datetime) -> tuple[int, timedelta]:
    """Give the weekday and the time of day in Europe/London."""
    local = instant.astimezone(LONDON)
    since = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    return local.weekday(), since
