"""Which policy governs a month."""

from datetime import date

import pytest

from app.authorities.models import EntitlementPolicy
from app.authorities.service import policy_of_month
from app.errors import NotFound

POLICIES = [
    EntitlementPolicy(starts_on=day)
    for day in (date(2027, 1, 1), date(2027, 4, 30), date(2027, 4, 2), date(2028, 2, 29))
]


@pytest.mark.parametrize(
    ("month", "starts_on", "reason"),
    [
        ("2027-01", date(2027, 1, 1), "from its first day"),
        ("2027-03", date(2027, 1, 1), "until the next one's month"),
        ("2027-04", date(2027, 4, 30), "a policy of the month's last day governs all of it"),
        ("2027-05", date(2027, 4, 30), "the newest, in whatever order they come"),
        ("2028-01", date(2027, 4, 30), "across a year's end"),
        ("2028-02", date(2028, 2, 29), "a leap day"),
        ("2099-12", date(2028, 2, 29), "for good"),
    ],
)
def test_policy_of_month(month: str, starts_on: date, reason: str) -> None:
    assert policy_of_month(POLICIES, month).starts_on == starts_on, reason


def test_no_policy_yet() -> None:
    with pytest.raises(NotFound):
        policy_of_month(POLICIES, "2026-12")
