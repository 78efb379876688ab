"""The angling story, every step of it over HTTP: from a wish that nothing serves to a mentor."""

from datetime import UTC, datetime
from typing import Any

from app.access.scopes import ClientKind
from app.ids import new_id
from tests.support.children import create_child
from tests.support.gaps import Fact, facts_of, refresh_all
from tests.support.races import breaches
from tests.support.world import World

SATURDAY = "2027-03-06T10:00:00Z"


def test_a_young_man_who_loves_fishing(world: World) -> None:
    """Wish, introduction, group, match, place, attendance, wish met, member, mentor."""

    def call(method: str, path: str, status: int, **kwargs: Any) -> Any:
        answer = world.call(method, path, **kwargs)
        assert answer.status_code == status, (path, answer.text)
        return answer.json()

    def create(path: str, **body: Any) -> str:
        headers = {"Idempotency-Key": str(new_id())}
        created: str = call("POST", path, 201, json=body, headers=headers)["id"]
        return created

    # Sam's wish, in his words through his family's app; nothing in the catalogue serves it.
    child = create_child(world, date_of_birth="2010-05-02", needs=[])
    family = world.family_token(child["household_id"])
    of_sam = f"/v1/children/{child['id']}"
    said = {"child_id": child["id"], "text": "go fishing with people my age", "voice": "child"}
    wish = world.call_with(family, "POST", "/v1/wishes", json=said).json()
    of_wish = f"/v1/wishes/{wish['id']}"
    assert call("GET", f"{of_sam}/matches", 200)["items"] == []
    [group] = call("GET", "/v1/wishes/groups", 200)["items"]
    assert (group["concept"], group["outcode"], group["children"]) == ("angling", "ST4", 1)
    assert call("GET", group["wishes_url"], 200)["items"] == [wish]

    # The broker asks around and introduces him to a club, which founds a group.
    club = create("/v1/providers", name="Trent Vale Angling Society", kind="community_group")
    others = [create("/v1/providers", name=name, kind="universal_service") for name in "AB"]
    asked = {"kind": "asked_providers", "happened_on": "2027-02-20"}
    create(f"{of_wish}/actions", **asked, provider_ids=[club, *others])
    introduced = {"kind": "introduced", "happened_on": "2027-02-24", "provider_id": club}
    create(f"{of_wish}/actions", **introduced, note="rang the chairman")
    activity = create(
        "/v1/activities",
        provider_id=club,
        title="Young anglers",
        setting="supported",
        break_type="group_universal",
        funding=["free"],
        concepts=["angling"],
        venue={"name": "Lake", "postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
    )
    place = {"activity_id": activity, "ends_at": "2027-03-06T12:00:00Z", "capacity": 8}
    session_id = create("/v1/sessions", starts_at=SATURDAY, **place)
    founded = {"kind": "group_founded", "happened_on": "2027-03-01"}
    create(f"{of_wish}/actions", **founded, provider_id=club, activity_id=activity)

    # His matches show it; he has a place, and goes.
    [match] = call("GET", f"{of_sam}/matches", 200)["items"]
    assert match["session_id"] == session_id
    assert any("fishing" in reason["text"] for reason in match["reasons"])
    booking = create("/v1/bookings", child_id=child["id"], session_id=session_id, funding="free")
    assert call("GET", of_wish, 200)["status"] == "open"
    world.clock.now = datetime(2027, 3, 6, 12, 5, tzinfo=UTC)
    call("POST", f"/v1/bookings/{booking}/attendance", 200, json={"attended": True})
    met = call("GET", of_wish, 200)
    assert (met["status"], met["met_by"], met["met_booking_id"]) == ("met", "attendance", booking)

    # The month says that his want was met, and the next one that he has no such want any more.
    assert refresh_all(world) == ["2027-03"]
    assert facts_of(world, child["id"]) == {"angling": Fact("met", session_id=session_id)}
    assert call("GET", "/v1/gaps?month=2027-03", 200)["totals"]["met"] == 1

    # He grows in the club.
    for part, day in (("recipient", (3, 6)), ("member", (5, 8)), ("mentor", (9, 4))):
        world.clock.now = datetime(2027, *day, 18, 0, tzinfo=UTC)
        since = f"2027-{day[0]:02d}-{day[1]:02d}"
        create(f"{of_sam}/outcomes", role=part, provider_id=club, since=since, voice="child")
    [role] = call("GET", f"{of_sam}/outcomes", 200)["roles"]
    assert (role["role"], role["provider_id"]) == ("mentor", club)

    # The family reads what was done, without what is for brokers only; nobody else does.
    family = world.family_token(child["household_id"])
    done = world.call_with(family, "GET", f"{of_wish}/actions").json()["items"]
    assert [(one["kind"], one["happened_on"]) for one in done] == [
        ("asked_providers", "2027-02-20"),
        ("introduced", "2027-02-24"),
        ("group_founded", "2027-03-01"),
    ]
    assert {one["note"] for one in done} == {None}
    for kind in (ClientKind.COMMISSIONER, ClientKind.PROVIDER):
        assert world.call("GET", of_wish, kind=kind).status_code == 403
    # One child is never published.
    public = world.call("GET", "/v1/you-said-we-did", kind=ClientKind.COMMISSIONER)
    assert (public.status_code, public.json()["items"]) == (200, [])
    assert breaches(world) == []
