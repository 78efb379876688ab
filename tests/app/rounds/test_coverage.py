"""What a quarter covers, against plain counting."""

from datetime import timedelta
from typing import Any

from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import SATURDAY, make_round
from tests.support.world import World

DAY = timedelta(days=1)


def cover(world: World) -> dict[str, Any]:
    round_id = make_round(world)["id"]
    answer = world.call("GET", f"/v1/rounds/{round_id}/coverage")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def row(rows: list[dict[str, Any]], **named: Any) -> dict[str, Any]:
    [found] = [one for one in rows if named.items() <= one.items()]
    return found


def test_an_empty_quarter_lacks_everything(world: World) -> None:
    found = cover(world)

    assert (found["sessions"], found["places"], found["children"]) == (0, 0, 0)
    assert len(found["missing"]["weekdays"]) == 7
    assert len(found["missing"]["weeks"]) == len(found["weeks"]) == 14
    assert found["missing"]["areas"] == found["missing"]["ages"] == []
    assert len(found["missing"]["needs"]) == 34


def test_days_and_weeks(world: World) -> None:
    activity = add_activity(world)
    add_session(world, activity, SATURDAY, capacity=8)
    add_session(world, activity, SATURDAY + DAY, capacity=4)
    add_session(world, activity, SATURDAY + 7 * DAY)
    # None of these is on in the quarter.
    add_session(world, activity, SATURDAY - 4 * DAY)
    add_session(world, activity, SATURDAY + 120 * DAY)
    add_session(world, activity, SATURDAY + 2 * DAY, status="cancelled")
    found = cover(world)

    assert (found["sessions"], found["places"]) == (3, 22)
    assert row(found["weekdays"], weekday="saturday") == {
        "weekday": "saturday",
        "sessions": 2,
        "places": 18,
    }
    assert "monday" in found["missing"]["weekdays"]
    assert "sunday" not in found["missing"]["weekdays"]
    # The quarter begins on a Thursday of a week that began in March.
    assert found["weeks"][0] == {
        "week": "2027-W13",
        "monday": "2027-03-29",
        "sessions": 2,
        "places": 12,
    }
    assert found["missing"]["weeks"] == [f"2027-W{week}" for week in range(15, 27)]
    # The year goes on after the quarter; it has the session of August as well.
    assert found["year"]["year"] == "2027/28"
    assert found["year"]["weeks_with_sessions"] == 3
    assert found["year"]["weeks_wanted"] == 51
    assert len(found["year"]["without"]) == found["year"]["weeks"] - 3


def test_a_late_evening_counts_where_london_has_it(world: World) -> None:
    # Half past eleven in Greenwich on Saturday is Sunday in summer time.
    add_session(world, add_activity(world), SATURDAY.replace(hour=23, minute=30))
    assert row(cover(world)["weekdays"], weekday="sunday")["sessions"] == 1


def test_areas(world: World) -> None:
    add_session(world, add_activity(world, venue_postcode="ST4 2DE"), SATURDAY)
    add_session(world, add_activity(world, venue_postcode=None), SATURDAY)
    add_child(world)
    add_child(world, home={"postcode": "ST10 4AB", "latitude": 53.0, "longitude": -2.0})
    # One who will be too old is not to be provided for.
    add_child(world, date_of_birth="2008-03-31")
    found = cover(world)

    assert found["areas"] == [
        {"outcode": "ST10", "children": 1, "sessions": 0, "places": 0},
        {"outcode": "ST4", "children": 1, "sessions": 1, "places": 10},
        {"outcode": None, "children": 0, "sessions": 1, "places": 10},
    ]
    assert found["missing"]["areas"] == ["ST10"]
    assert found["children"] == 2


def test_ages_on_the_quarters_first_day(world: World) -> None:
    add_session(world, add_activity(world, min_age=8, max_age=12), SATURDAY)
    # Eight on the first day; seven until the second; fourteen.
    for born in ("2019-04-01", "2019-04-02", "2013-01-01"):
        add_child(world, date_of_birth=born)
    found = cover(world)

    assert row(found["ages"], min_age=8)["children"] == 1
    assert row(found["ages"], min_age=5) == {
        "min_age": 5,
        "max_age": 7,
        "children": 1,
        "sessions": 0,
        "places": 0,
    }
    assert row(found["ages"], min_age=11)["sessions"] == 1
    assert found["missing"]["ages"] == ["5-7", "14-16"]


def test_needs_as_each_session_meets_them(world: World) -> None:
    activity = add_activity(
        world,
        offers=[
            {"need": "hoist", "kind": "provided"},
            {"need": "makaton", "kind": "on_request", "lead_days": 3},
        ],
    )
    changed = add_session(world, activity, SATURDAY)
    add_session(world, activity, SATURDAY + DAY)
    answer = world.call(
        "PATCH",
        f"/v1/sessions/{changed}",
        json={"offers": [{"need": "hoist", "kind": "on_request", "lead_days": 2}]},
        headers={"If-Match": "*"},
    )
    assert answer.status_code == 200, answer.text
    service = {"need": "interpreter", "lead_days": 7, "cost_pence": 100, "per_week": 2}
    assert world.call("POST", "/v1/authority/support-services", json=service).status_code == 201
    add_child(world, needs=[{"code": "hoist", "importance": "essential"}])
    add_child(world, needs=[{"code": "hoist", "importance": "helpful"}])
    add_child(world, travel={"max_km": 5, "accessible_transport_only": True})
    found = cover(world)

    def counts(need: str) -> tuple[int, int, int]:
        one = row(found["needs"], need=need)
        return one["children"], one["ready"], one["arrangeable"]

    assert counts("hoist") == (1, 1, 1)
    assert counts("makaton") == (0, 0, 2)
    assert counts("interpreter") == (0, 0, 2)
    assert counts("accessible_transport") == (1, 0, 0)
    assert "accessible_transport" in found["missing"]["needs"]
    assert not {"hoist", "makaton", "interpreter"} & set(found["missing"]["needs"])
