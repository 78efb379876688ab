"""The briefing: who comes, just what the session needs to know, and nothing a moment longer."""

from datetime import timedelta
from typing import Any

import pytest

from app.access.scopes import ClientKind
from app.pagination import decode_cursor
from app.passports.briefing import SHOWN_AFTER
from tests.support.bookings import book, slug
from tests.support.briefings import ask, brief, child_with_passport, place, session_with_child
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.passports import PASSPORT, consent, put_passport
from tests.support.world import World

ENDS = SATURDAY + timedelta(hours=2)
SHARED = {name: text for name, text in PASSPORT.items() if name != "flag"}


def cancel(world: World, booking_id: str) -> None:
    answer = world.call("POST", f"/v1/bookings/{booking_id}/cancel")
    assert answer.status_code == 200, answer.text


def attend(world: World, booking_id: str, *, attended: bool) -> None:
    body = {"attended": attended}
    answer = world.call("POST", f"/v1/bookings/{booking_id}/attendance", json=body)
    assert answer.status_code == 200, answer.text


class TestWhoComes:
    def test_nobody_before_a_booking(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_with_passport(world)

        assert brief(world, session_id) == []

    def test_firm_places_and_those_held(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        children = {name: child_with_passport(world, given_name=name) for name in ("Ada", "Bo")}
        place(world, children["Bo"], session_id)
        held = place(world, children["Ada"], session_id, hold_minutes=30)

        ada, bo = brief(world, session_id)

        assert (ada["booking_id"], ada["status"], bo["status"]) == (held, "held", "confirmed")
        assert (ada["passport"], ada["passport_absent"]) == (None, "place_not_firm")
        assert (bo["passport"], bo["passport_absent"]) == (SHARED, None)

    def test_a_hold_that_has_run_out_is_nobody(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        place(world, add_child(world), session_id, hold_minutes=30)
        world.clock.now += timedelta(minutes=31)

        assert brief(world, session_id) == []

    def test_who_waits_or_has_cancelled_is_nobody(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=2)
        cancelled = place(world, child_with_passport(world), session_id)
        place(world, child_with_passport(world, given_name="Ada"), session_id)
        waiting = child_with_passport(world, given_name="Bo")
        answer = book(world, waiting, session_id, waitlist=True)
        assert answer.json()["status"] == "waitlisted"

        cancel(world, cancelled)

        assert [item["given_name"] for item in brief(world, session_id)] == ["Ada"]

    def test_a_child_who_did_not_come(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        came = place(world, child_with_passport(world, given_name="Ada"), session_id)
        missing = place(world, child_with_passport(world, given_name="Bo"), session_id)
        world.clock.now = SATURDAY
        attend(world, came, attended=True)
        attend(world, missing, attended=False)

        ada, bo = brief(world, session_id)

        assert (ada["status"], ada["passport"]) == ("attended", SHARED)
        assert (bo["status"], bo["passport"], bo["passport_absent"]) == (
            *("no_show", None, "did_not_come"),
        )

    def test_by_given_name_in_pages_without_a_name_in_the_url(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        for name in ("Zoe", "ada", "Ben", "Ada", "Cy"):
            place(world, add_child(world, given_name=name), session_id)
        names, cursor, cursors = [], "", []
        while cursor is not None:
            query = f"?limit=2{cursor and '&cursor='}{cursor}"
            answer = ask(world, session_id, query).json()
            names += [item["given_name"] for item in answer["items"]]
            cursor = answer["next_cursor"]
            cursors.append(cursor)

        assert [name.lower() for name in names] == ["ada", "ada", "ben", "cy", "zoe"]
        assert len(cursors) == 3
        coming = [item["booking_id"] for item in brief(world, session_id)]
        assert decode_cursor(cursors[0], [str]) == [coming[1]]
        # A cursor of another session's is none of this list's.
        elsewhere = add_session(world, add_activity(world))
        assert ask(world, elsewhere, f"?cursor={cursors[0]}").status_code == 422


class TestNeeds:
    def needs(self, world: World, **child: Any) -> dict[str, tuple[str, Any]]:
        offers = [
            {"need": "step_free", "kind": "provided"},
            {"need": "makaton", "kind": "provided"},
            {"need": "one_to_one", "kind": "limited", "per_session": 1},
            {"need": "hoist", "kind": "on_request", "lead_days": 1, "cost_pence": 900},
        ]
        session_id = add_session(world, add_activity(world, offers=offers))
        place(world, add_child(world, **child), session_id)
        [item] = brief(world, session_id)
        return {
            need["need"]: (need["met_by"], (need["arrangement"] or {}).get("status"))
            for need in item["needs"]
        }

    def test_each_with_what_meets_it(self, world: World) -> None:
        needs = [
            {"code": code, "importance": "essential"}
            for code in ("step_free", "one_to_one", "hoist")
        ]
        assert self.needs(world, needs=needs) == {
            "step_free": ("provided", None),
            "hoist": ("arranged", "open"),
            "one_to_one": ("limited", None),
        }

    def test_what_only_helps_where_the_session_has_it(self, world: World) -> None:
        needs = [
            {"code": code, "importance": "helpful"}
            for code in ("makaton", "quiet_space", "one_to_one", "hoist")
        ]
        assert self.needs(world, needs=needs) == {"makaton": ("provided", None)}

    def test_a_need_that_came_after_the_booking(self, world: World) -> None:
        session_id, child_id = session_with_child(world)
        changed = world.call(
            "PATCH",
            f"/v1/children/{child_id}",
            json={
                "needs": [{"code": "nurse", "importance": "essential"}],
                "travel": {"accessible_transport_only": True},
            },
            headers={"If-Match": "*"},
        )
        assert changed.status_code == 200

        [item] = brief(world, session_id)

        assert [(need["need"], need["met_by"]) for need in item["needs"]] == [
            ("accessible_transport", "unmet"),
            ("nurse", "unmet"),
        ]

    @pytest.mark.parametrize("stays", [True, False])
    def test_whether_the_family_stays(self, world: World, stays: bool) -> None:
        offers = [{"need": "family_stay", "kind": "provided"}]
        session_id = add_session(world, add_activity(world, offers=offers))
        needs = [{"code": "family_stay", "importance": "helpful"}] if stays else []
        place(world, add_child(world, needs=needs), session_id)

        assert [item["family_stays"] for item in brief(world, session_id)] == [stays]


class TestConsent:
    def test_the_newest_statement_holds_from_the_next_call(self, world: World) -> None:
        session_id, child_id = session_with_child(world)
        assert [item["passport"] for item in brief(world, session_id)] == [SHARED]

        for given in (False, True, False):
            consent(world, child_id, given=given)
            [item] = brief(world, session_id)
            assert (item["passport"], item["passport_absent"]) == (
                (SHARED, None) if given else (None, "no_consent")
            )

    def test_none_recorded_is_none_given(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(world)
        put_passport(world, child_id)
        consent(world, child_id, purpose="booking")
        consent(world, child_id, purpose="matching")
        place(world, child_id, session_id)

        assert [item["passport"] for item in brief(world, session_id)] == [None]

    def test_the_newest_version_is_the_one_shared(self, world: World) -> None:
        session_id, child_id = session_with_child(world)
        put_passport(world, child_id, {"medical": "none"}, seen="*")

        [item] = brief(world, session_id)

        assert item["passport"] == dict.fromkeys(SHARED) | {"medical": "none"}

    def test_consent_without_a_passport(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(world)
        consent(world, child_id)
        place(world, child_id, session_id)

        assert [item["passport_absent"] for item in brief(world, session_id)] == ["none_written"]


class TestTime:
    def test_until_two_weeks_after_the_session(self, world: World) -> None:
        session_id, _ = session_with_child(world)

        world.clock.now = ENDS + SHOWN_AFTER
        last = ask(world, session_id)
        world.clock.now += timedelta(seconds=1)
        over = [
            ask(world, session_id, kind=kind) for kind in (ClientKind.PROVIDER, ClientKind.BROKER)
        ]

        assert last.json()["items"][0]["passport"] == SHARED
        assert [answer.status_code for answer in over] == [403, 403]
        assert {slug(answer) for answer in over} == {"briefing-over"}
        assert not any("Sam" in answer.text for answer in over)
