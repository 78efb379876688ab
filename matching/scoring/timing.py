"""Whether a session lies in a child's free time, and with how much to spare."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Sessions
from matching.codes import WEEKDAYS
from matching.problem import Window

DAY_S: Final = 86_400
# Getting there and back: with this much to spare at both ends a time is comfortable.
COMFORTABLE_S: Final = 1_800
DOES_NOT_FIT: Final = -1


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def merge_windows(windows: Iterable[Window]) -> list[tuple[int, int, int]]:
    """Join windows of a weekday that touch or overlap.

    Parameters
    ----------
    windows : iterable of Window

    Returns
    -------
    list of tuple (weekday, start, end)
        Monday is 0; seconds of the local day; an end of 23:59 has become midnight. Ascending.
    """
    merged: list[tuple[int, int, int]] = []
    spans = []
    for window in windows:
        end = _seconds(window.end)
        end = DAY_S if end >= DAY_S - 60 else end
        spans.append((WEEKDAYS.index(window.weekday), _seconds(window.start), end))
    for weekday, start, end in sorted(spans):
        if merged and merged[-1][0] == weekday and start <= merged[-1][2]:
            merged[-1] = (weekday, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((weekday, start, end))
    return merged


def slack_s(sessions: Sessions, windows: tuple[Window, ...], span: slice) -> NDArray[np.int64]:
    """Give the time to spare around each session of a span.

    Parameters
    ----------
    sessions : Sessions
    windows : tuple of Window
        Not empty.
    span : slice

    Returns
    -------
    ndarray of shape (n,), int64
        Seconds between the session and the nearer edge of its window, the least of its days; an
        edge at midnight is no edge. `DOES_NOT_FIT` where a day is not inside one window.

    Notes
    -----
    Judged once for each distinct weekday and hours, then gathered.
    """
    weekday, start, end = sessions.segments.T
    slack = np.full(len(weekday), DOES_NOT_FIT, dtype=np.int64)
    for day, opens, closes in merge_windows(windows):
        inside = (weekday == day) & (start >= opens) & (end <= closes)
        before = DAY_S if opens == 0 else start[inside] - opens
        after = DAY_S if closes == DAY_S else closes - end[inside]
        slack[inside] = np.minimum(before, after)
    of_session = slack[sessions.segment[span]]
    low, high = np.searchsorted(sessions.further_session, (span.start, span.stop))
    np.minimum.at(
        of_session,
        sessions.further_session[low:high] - span.start,
        slack[sessions.further_segment[low:high]],
    )
    return of_session
