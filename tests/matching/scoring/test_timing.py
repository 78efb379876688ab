"""Free time: windows joined, and the time to spare."""

from __future__ import annotations

from datetime import time

from matching import Window
from matching.scoring.timing import merge_windows

H = 3600


class TestMergeWindows:
    def test_joins_what_touches_or_overlaps_on_one_day_only(self) -> None:
        windows = [
            Window("tuesday", time(9), time(12)),
            Window("monday", time(12), time(17)),
            Window("monday", time(9), time(12)),
            Window("monday", time(10), time(11)),
            Window("monday", time(18), time(19)),
        ]
        assert merge_windows(windows) == [
            (0, 9 * H, 17 * H),
            (0, 18 * H, 19 * H),
            (1, 9 * H, 12 * H),
        ]

    def test_23_59_is_midnight_and_23_58_is_not(self) -> None:
        assert merge_windows([Window("sunday", time(18), time(23, 59))]) == [(6, 18 * H, 24 * H)]
        assert merge_windows([Window("sunday", time(18), time(23, 58))])[0][2] == 86_280

    def test_none(self) -> None:
        assert merge_windows([]) == []
