"""The words of the wire are those of the engine."""

import matching
from app.codes import NEED_CODES, WEEKDAYS


def test_need_codes_are_matchings() -> None:
    assert NEED_CODES == matching.NEED_CODES


def test_weekdays_are_matchings() -> None:
    assert tuple(matching.WEEKDAYS) == WEEKDAYS
