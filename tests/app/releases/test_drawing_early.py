"""A release is drawn once for ever: of a quarter that has ended, unless somebody says otherwise."""

from datetime import UTC, datetime, timedelta

from tests.support.releases import PERIOD, draw, set_size, wanting, wants_in_vain
from tests.support.world import World

# London's summer time has begun when the quarter ends; then the last look at its last month.
NOT_BEFORE = datetime(2027, 4, 3, 23, 0, tzinfo=UTC)

BEFORE_ITS_END = "before its quarter had ended"


def test_a_quarter_that_may_still_change_is_refused(world: World) -> None:
    set_size(world)
    with wanting(wants_in_vain(60)):
        for moment in (world.clock.now, NOT_BEFORE - timedelta(seconds=1)):
            world.clock.now = moment
            answer = draw(world, early=False)

            assert answer.status_code == 409
            told = answer.json()
            assert told["type"].endswith("/release-too-early")
            not_before = told["facts"]["not_before"]
            assert datetime.fromisoformat(not_before) == NOT_BEFORE
            assert "early" in told["facts"]["remedy"]
        assert world.call("GET", "/v1/gap-releases").json()["items"] == []

        world.clock.now = NOT_BEFORE
        drawn = draw(world, early=False)
    assert drawn.status_code == 201
    assert not any(BEFORE_ITS_END in note for note in drawn.json()["method"]["notes"])


def test_one_that_is_drawn_early_on_purpose_is_the_release(world: World) -> None:
    set_size(world)
    with wanting(wants_in_vain(60)):
        drawn = draw(world, early=True)
        assert drawn.status_code == 201
        assert any(BEFORE_ITS_END in note for note in drawn.json()["method"]["notes"])
        world.clock.now = NOT_BEFORE

        again = draw(world, early=False)

    assert again.json()["type"].endswith("/release-exists")
    assert [one["period"] for one in world.call("GET", "/v1/gap-releases").json()["items"]] == [
        PERIOD
    ]
