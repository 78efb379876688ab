"""Matches and fits over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.clock import LONDON
from app.matches.schemas import MatchesRead
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.world import World


def matches(world: World, child_id: str, query: str = "month=2027-03") -> Any:
    """Ask for a child's matches."""
    answer = world.call("GET", f"/v1/children/{child_id}/matches?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def book(world: World, child_id: str, session_id: str, funding: str = "free") -> None:
    """Book a session."""
    answer = world.call(
        "POST",
        "/v1/bookings",
        json={"child_id": child_id, "session_id": session_id, "funding": funding},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text


class TestListMatches:
    def test_a_match_has_all_of_the_contract(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(
            world,
            interests=[{"text": "really into fishing", "feeling": "love", "voice": "child"}],
            travel={"max_km": 12},
        )

        answer = matches(world, child_id)

        assert answer["child_id"] == child_id
        assert answer["month"] == "2027-03"
        assert answer["entitlement"]["free"]["remaining"] == 1
        [match] = answer["items"]
        assert match["session_id"] == session_id
        assert match["title"] == "Junior angling"
        assert match["provider"] == "Mill Lane Anglers"
        assert match["starts_at"].startswith("2027-03-06T10:00:00")
        assert match["distance_km"] == 0
        assert (match["funding"], match["price_pence"], match["support"]) == ("free", 0, "ready")
        assert match["arrangements"] == []
        assert match["places_left"] == 10
        assert 0 < match["score"] <= 1
        total = sum(reason["contribution"] for reason in match["reasons"])
        assert total == pytest.approx(match["score"], abs=1e-6)
        assert "fishing" in next(r["text"] for r in match["reasons"] if r["factor"] == "interest")

    def test_is_written_exactly_as_the_contract_has_it(self, world: World) -> None:
        on_request = {"need": "hoist", "kind": "on_request", "lead_days": 2, "cost_pence": 4500}
        activity_id = add_activity(world, offers=[on_request])
        for week in range(3):
            add_session(world, activity_id, SATURDAY + timedelta(weeks=week))
        add_session(world, add_activity(world, min_age=17))
        child_id = add_child(world, needs=[{"code": "hoist", "importance": "essential"}])

        answer = matches(world, child_id)

        # The route does not apply its model; nothing may be missing, beside it or out of form.
        [match] = answer["items"]
        assert len(match["arrangements"]) == 1
        assert len(match["next_dates"]) == 2
        assert answer["blocked"] == {"age": 1}
        read = MatchesRead.model_validate_json(json.dumps(answer), strict=True, extra="forbid")
        assert json.dumps(read.model_dump(mode="json")) == json.dumps(answer)

    def test_what_is_liked_comes_first(self, world: World) -> None:
        fishing = add_activity(world)
        chess = add_activity(world, title="Chess club", description="Learn openings.")
        for activity_id in (chess, fishing):
            add_session(world, activity_id)
        child_id = add_child(
            world, interests=[{"text": "fishing", "feeling": "love", "voice": "child"}]
        )

        titles = [match["title"] for match in matches(world, child_id)["items"]]

        assert titles == ["Junior angling", "Chess club"]

    def test_support_that_can_be_arranged_is_said(self, world: World) -> None:
        offers = [{"need": "bsl", "kind": "on_request", "lead_days": 3, "cost_pence": 4500}]
        add_session(world, add_activity(world, offers=offers))
        child_id = add_child(world, needs=[{"code": "bsl", "importance": "essential"}])

        [match] = matches(world, child_id)["items"]

        assert match["support"] == "arrange"
        assert match["arrangements"] == [
            {"need": "bsl", "source": "provider", "lead_days": 3, "cost_pence": 4500}
        ]

    def test_blocked_sessions_are_counted_by_their_first_reason(self, world: World) -> None:
        offers = [{"need": "hoist", "kind": "provided"}]
        lake = add_activity(world, offers=offers)
        add_session(world, lake, datetime(2027, 3, 1, 9, 0, tzinfo=UTC))  # before now
        add_session(world, lake, SATURDAY + timedelta(days=1), capacity=0)
        add_session(world, lake, SATURDAY + timedelta(days=2), status="cancelled")
        add_session(world, add_activity(world, offers=offers, min_age=14))
        add_session(world, add_activity(world))  # no hoist
        add_session(world, add_activity(world, offers=offers, latitude=54.0))
        child_id = add_child(
            world, needs=[{"code": "hoist", "importance": "essential"}], travel={"max_km": 10}
        )

        answer = matches(world, child_id)

        assert answer["items"] == []
        assert answer["blocked"] == {
            "age": 1,
            "need": 1,
            "distance": 1,
            "full": 1,
            "cancelled": 1,
            "past": 1,
        }

    def test_funding_follows_the_entitlement(self, world: World) -> None:
        activity_id = add_activity(world)
        sessions = [
            add_session(world, activity_id, SATURDAY + timedelta(days=days)) for days in range(3)
        ]
        child_id = add_child(world)
        assert {m["funding"] for m in matches(world, child_id)["items"]} == {"free"}

        book(world, child_id, sessions[0])
        paid = matches(world, child_id)["items"]
        assert {(m["funding"], m["price_pence"]) for m in paid} == {("contributory", 500)}

        book(world, child_id, sessions[1], "contributory")
        answer = matches(world, child_id)
        assert answer["items"] == []
        assert answer["blocked"] == {"overlap": 2, "entitlement": 1}

    def test_a_weekly_activity_is_one_match_with_its_next_dates(self, world: World) -> None:
        activity_id = add_activity(world)
        weekly = [
            add_session(world, activity_id, SATURDAY + timedelta(weeks=week)) for week in range(4)
        ]
        child_id = add_child(world)

        [match] = matches(world, child_id)["items"]

        assert match["session_id"] == weekly[0]
        assert [date["session_id"] for date in match["next_dates"]] == weekly[1:]
        assert match["next_dates"][0]["starts_at"].startswith("2027-03-13T10:00:00")

    def test_catalogue_change_shows_in_the_next_request(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(world)
        assert len(matches(world, child_id)["items"]) == 1
        etag = world.call("GET", f"/v1/sessions/{session_id}").headers["ETag"]

        changed = world.call(
            "PATCH",
            f"/v1/sessions/{session_id}",
            json={"status": "cancelled"},
            headers={"If-Match": etag},
        )

        assert changed.status_code == 200, changed.text
        assert matches(world, child_id)["blocked"] == {"cancelled": 1}

    def test_places_are_read_live(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=2)
        child_id = add_child(world)
        matches(world, child_id)

        book(world, add_child(world), session_id)

        assert matches(world, child_id)["items"][0]["places_left"] == 1

    @pytest.mark.parametrize(
        ("query", "days", "reason"),
        [
            ("month=2027-03", [6, 7, 31], "the month has 31 days"),
            ("", [6, 7, 31], "this month is the default"),
            ("from=2027-03-07", [7, 31], "from that day on"),
            ("from=2027-03-06&to=2027-03-07", [6, 7], "the last day counts"),
            ("from=2027-03-31&to=2027-04-02", [31, 1], "days may reach past the month's end"),
            ("from=2027-03-07&to=2099-01-01", [7, 31, 1], "a year of that is looked at"),
            ("month=2027-04&from=2027-03-07", [1], "but not out of a month asked for"),
            ("month=2027-05", [], "nothing there"),
        ],
    )
    def test_span(self, world: World, query: str, days: list[int], reason: str) -> None:
        for day in (
            SATURDAY,
            SATURDAY + timedelta(days=1),
            datetime(2027, 3, 31, 22, 30, tzinfo=UTC),  # half past eleven at night in London
            datetime(2027, 3, 31, 23, 30, tzinfo=UTC),  # half past midnight in April
        ):
            add_session(world, add_activity(world), day)
        child_id = add_child(world)

        found = matches(world, child_id, query)["items"]

        starts = sorted(datetime.fromisoformat(match["starts_at"]) for match in found)
        assert [start.astimezone(LONDON).day for start in starts] == days, reason

    def test_only_what_both_friends_said_counts(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        friend = add_child(world)
        book(world, friend, session_id)
        child_id = add_child(world, friends=[friend])
        factors = {r["factor"] for r in matches(world, child_id)["items"][0]["reasons"]}
        assert "friends" not in factors, "a one-sided friendship must not tell where a child is"

        etag = world.call("GET", f"/v1/children/{friend}").headers["ETag"]
        world.call(
            "PATCH",
            f"/v1/children/{friend}",
            json={"friends": [child_id]},
            headers={"If-Match": etag},
        )

        factors = {r["factor"] for r in matches(world, child_id)["items"][0]["reasons"]}
        assert "friends" in factors

    def test_child_with_nothing_said_and_empty_catalogue(self, world: World) -> None:
        answer = matches(world, add_child(world))

        assert (answer["items"], answer["blocked"]) == ([], {})

    def test_foreign_child(self, world: World, other_world: World) -> None:
        child_id = add_child(world)
        path = f"/v1/children/{child_id}/matches"

        assert other_world.call("GET", path).status_code == 404
        stranger = world.family_token(world.household())
        assert world.call_with(stranger, "GET", path).status_code == 404


class TestExplainFit:
    def test_blocked_pair_says_what_would_help(self, world: World) -> None:
        offers = [{"need": "interpreter", "kind": "on_request", "lead_days": 10, "cost_pence": 1}]
        session_id = add_session(world, add_activity(world, offers=offers, min_age=12))
        child_id = add_child(
            world,
            needs=[
                {"code": "interpreter", "importance": "essential"},
                {"code": "quiet_space", "importance": "helpful"},
            ],
        )

        answer = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit")

        assert answer.status_code == 200, answer.text
        fit = answer.json()
        assert fit["eligible"] is False
        assert fit["support"] == "blocked"
        assert [obstacle["reason"] for obstacle in fit["obstacles"]] == ["age", "lead_time"]
        assert all(obstacle["text"] for obstacle in fit["obstacles"])
        assert {need["need"]: need["met_by"] for need in fit["needs"]} == {
            "interpreter": "too_late",
            "quiet_space": "nothing",
        }

    def test_agrees_with_the_list(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(
            world, interests=[{"text": "fishing", "feeling": "love", "voice": "child"}]
        )
        [match] = matches(world, child_id)["items"]

        fit = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit").json()

        assert fit["eligible"] is True
        for name in ("score", "reasons", "support", "funding", "places_left", "distance_km"):
            assert fit[name] == match[name]

    def test_unknown_session(self, world: World, other_world: World) -> None:
        child_id = add_child(world)
        theirs = add_session(other_world, add_activity(other_world))

        for session_id in (theirs, str(uuid4())):
            answer = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit")
            assert answer.status_code == 404
