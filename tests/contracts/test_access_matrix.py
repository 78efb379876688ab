"""Who may do what to whose: every operation x every kind of caller x whose object it is.

An operation without a line in `OPERATIONS` fails `test_every_operation_has_cells`. Each line
names a rule, the status of a permitted call, and the body where there is one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.access.guards import PUBLIC_OPERATIONS
from app.access.scopes import ClientKind
from app.children import queries
from app.children.models import Child
from app.ids import new_id
from tests.support.children import child_body
from tests.support.clock import NOON, SetClock
from tests.support.families import (
    PROVIDER_BODY,
    SERVICE,
    activity_body,
    make_family,
    session_body,
)
from tests.support.world import World, make_world

OWN, NEIGHBOUR, FOREIGN, ABSENT = "own", "same authority", "other authority", "absent"
TARGETS = (OWN, NEIGHBOUR, FOREIGN, ABSENT)
NOBODY, BROKER, FAMILY, BARE_APP = "no token", "broker", "family", "family app without a family"
PROVIDER, COMMISSIONER, OPERATOR = "provider", "commissioner", "operator"
CALLERS = (NOBODY, BROKER, FAMILY, BARE_APP, PROVIDER, COMMISSIONER, OPERATOR)
DAYS = count()

# By caller: the status for an own, a neighbour's, another authority's and an absent object.
Cells = Mapping[str, tuple[int, int, int, int]]
REFUSED: Cells = {NOBODY: (401,) * 4} | dict.fromkeys(CALLERS[1:], (403,) * 4)


def of_a_family(ok: int) -> Cells:
    """Let brokers at every family of theirs, and families at themselves."""
    return {
        **REFUSED,
        BROKER: (ok, ok, 404, 404),
        FAMILY: (ok, 404, 404, 404),
        BARE_APP: (404, 404, 404, 404),
    }


def of_the_authority(ok: int) -> Cells:
    """Let brokers alone at what belongs to their authority."""
    return {**REFUSED, BROKER: (ok, ok, 404, 404)}


def part_of_the_authority(ok: int) -> Cells:
    """Let brokers alone add to what belongs to their authority; the body names the parent."""
    return {**REFUSED, BROKER: (ok, ok, 422, 422)}


def for_brokers(ok: int) -> Cells:
    """Let brokers alone do what names no object."""
    return {**REFUSED, BROKER: (ok, ok, ok, ok)}


def for_families(ok: int) -> Cells:
    """Let brokers and families list what is theirs; `test_lists_show_only_...` looks inside."""
    return {**for_brokers(ok), FAMILY: (ok, ok, ok, ok), BARE_APP: (ok, ok, ok, ok)}


def of_the_catalogue(ok: int) -> Cells:
    """Let everybody in the authority read what it offers."""
    everybody = (BROKER, FAMILY, BARE_APP, PROVIDER, COMMISSIONER)
    return {**REFUSED, **dict.fromkeys(everybody, (ok, ok, 404, 404))}


def for_everybody(ok: int) -> Cells:
    """Let everybody in the authority list what it offers."""
    return {
        caller: tuple(ok if s in (ok, 404) else s for s in cell)  # type: ignore[misc]
        for caller, cell in of_the_catalogue(ok).items()
    }


def for_operators(ok: int) -> Cells:
    """Let operators alone."""
    return {**REFUSED, OPERATOR: (ok, ok, ok, ok)}


@dataclass(frozen=True)
class Operation:
    """The cells of an operation, and the body it is called with for an object with these ids."""

    cells: Cells
    body: Callable[[dict[str, str]], Any] = lambda ids: None
    # Path parameters that are other objects than their names say.
    path: Mapping[str, str] = field(default_factory=dict)
    # Of an operation that takes a file in a form.
    form: Mapping[str, str] | None = None


FILE = b'{"type": "provider", "source_id": "1", "name": "Anglers", "kind": "specialist"}'
OPERATIONS: dict[str, Operation] = {
    "POST /v1/authorities": Operation(for_operators(201), lambda ids: {"name": "Leeds"}),
    "GET /v1/authority": Operation(for_brokers(200)),
    "PUT /v1/authority": Operation(for_brokers(200), lambda ids: {"name": "Stoke"}),
    "GET /v1/authority/policies": Operation(for_brokers(200)),
    "POST /v1/authority/policies": Operation(
        for_brokers(201),
        lambda ids: {"starts_on": f"{date(2030, 1, 1) + timedelta(days=next(DAYS))}"},
    ),
    "GET /v1/authority/support-services": Operation(for_brokers(200)),
    "POST /v1/authority/support-services": Operation(for_brokers(201), lambda ids: SERVICE),
    "PATCH /v1/authority/support-services/{service_id}": Operation(
        of_the_authority(200), lambda ids: {"lead_days": 3}
    ),
    "GET /v1/authority/model": Operation(for_brokers(200)),
    "POST /v1/providers": Operation(for_brokers(201), lambda ids: PROVIDER_BODY),
    "GET /v1/interests": Operation(for_everybody(200)),
    "GET /v1/providers": Operation(for_everybody(200)),
    "GET /v1/providers/{provider_id}": Operation(of_the_catalogue(200)),
    "PATCH /v1/providers/{provider_id}": Operation(
        of_the_authority(200), lambda ids: {"phone": "01782 000000"}
    ),
    "POST /v1/activities": Operation(
        part_of_the_authority(201), lambda ids: activity_body(ids["provider_id"])
    ),
    "GET /v1/activities": Operation(for_everybody(200)),
    "GET /v1/activities/{activity_id}": Operation(of_the_catalogue(200)),
    "PATCH /v1/activities/{activity_id}": Operation(
        of_the_authority(200), lambda ids: {"max_age": 17}
    ),
    "POST /v1/sessions": Operation(
        part_of_the_authority(201), lambda ids: session_body(ids["activity_id"], day=13)
    ),
    "GET /v1/sessions": Operation(for_everybody(200)),
    "GET /v1/sessions/{session_id}": Operation(of_the_catalogue(200)),
    "PATCH /v1/sessions/{session_id}": Operation(
        of_the_authority(200), lambda ids: {"capacity": 20}
    ),
    "POST /v1/imports": Operation(for_brokers(200), form={"kind": "ndjson", "dry_run": "true"}),
    "POST /v1/households": Operation(for_brokers(201), lambda ids: {}),
    "GET /v1/households/{household_id}": Operation(of_a_family(200)),
    "PATCH /v1/households/{household_id}": Operation(
        of_the_authority(200), lambda ids: {"income_band": "B"}
    ),
    "POST /v1/households/{household_id}/family-codes": Operation(of_the_authority(201)),
    "POST /v1/children": Operation(of_a_family(201), lambda ids: child_body(ids["household_id"])),
    "GET /v1/children": Operation(for_families(200)),
    "GET /v1/children/{child_id}": Operation(of_a_family(200)),
    "PATCH /v1/children/{child_id}": Operation(
        of_a_family(200), lambda ids: {"given_name": "Alex"}
    ),
    "GET /v1/children/{child_id}/consents": Operation(of_a_family(200)),
    "POST /v1/children/{child_id}/consents": Operation(
        of_a_family(201), lambda ids: {"purpose": "sharing", "given": True, "by": "parent"}
    ),
    "GET /v1/children/{child_id}/goals": Operation(of_a_family(200)),
    "POST /v1/children/{child_id}/goals": Operation(
        of_a_family(201), lambda ids: {"text": "learn to swim on my own"}
    ),
    "PATCH /v1/children/{child_id}/goals/{goal_id}": Operation(
        of_a_family(200), lambda ids: {"status": "reached"}
    ),
    "GET /v1/children/{child_id}/goals/{goal_id}/steps": Operation(of_a_family(200)),
    "POST /v1/children/{child_id}/goals/{goal_id}/steps": Operation(
        of_a_family(201), lambda ids: {"text": "put my head under water"}
    ),
    "PATCH /v1/children/{child_id}/goals/{goal_id}/steps/{step_id}": Operation(
        of_a_family(200), lambda ids: {"status": "done"}
    ),
    "GET /v1/children/{child_id}/passport": Operation(of_a_family(200)),
    "PUT /v1/children/{child_id}/passport": Operation(
        of_a_family(200), lambda ids: {"medical": "asthma", "flag": "Say hello to Sam first"}
    ),
    "GET /v1/children/{child_id}/passport/versions": Operation(of_a_family(200)),
    "GET /v1/children/{child_id}/passport/versions/{version}": Operation(of_a_family(200)),
    "GET /v1/children/{child_id}/flag": Operation(of_the_authority(200)),
    # The own family is at the provider's own activity, the neighbours are at another's.
    "GET /v1/sessions/{session_id}/briefing": Operation(
        {**of_the_authority(200), PROVIDER: (200, 404, 404, 404)},
        path={"session_id": "attended_session_id"},
    ),
    "GET /v1/children/{child_id}/entitlement-overrides": Operation(of_the_authority(200)),
    "PUT /v1/children/{child_id}/entitlement-overrides": Operation(
        of_the_authority(200),
        lambda ids: {
            "items": [
                {
                    "measure": "free",
                    "allowed": None,
                    "starts_on": "2027-03-01",
                    "ends_on": "2027-03-31",
                    "reason": "Panel of 12 February",
                }
            ]
        },
    ),
    "GET /v1/children/{child_id}/entitlements": Operation(of_a_family(200)),
    "GET /v1/children/{child_id}/matches": Operation(of_a_family(200)),
    "GET /v1/sessions/{session_id}/candidates": Operation(of_the_authority(200)),
    "GET /v1/children/{child_id}/sessions/{session_id}/fit": Operation(of_a_family(200)),
    # The broker, who calls first, has booked the session when the family tries.
    "POST /v1/bookings": Operation(
        {**of_a_family(201), FAMILY: (409, 404, 404, 404)},
        lambda ids: {
            "child_id": ids["child_id"],
            "session_id": ids["session_id"],
            "funding": "free",
        },
    ),
    "GET /v1/bookings": Operation(for_families(200)),
    "GET /v1/bookings/{booking_id}": Operation(of_a_family(200)),
    "GET /v1/bookings/{booking_id}/history": Operation(of_a_family(200)),
    "GET /v1/sessions/{session_id}/waitlist": Operation(of_the_authority(200)),
    "GET /v1/offers": Operation(for_families(200)),
    # Each family's offer has been declined: to decline it again changes nothing.
    "POST /v1/offers/{offer_id}/accept": Operation(of_a_family(409)),
    "POST /v1/offers/{offer_id}/decline": Operation(of_a_family(200)),
    "POST /v1/bookings/{booking_id}/confirm": Operation(of_a_family(200)),
    "POST /v1/bookings/{booking_id}/cancel": Operation(
        of_a_family(200), lambda ids: {"reason": "ill"}
    ),
    # The own family was at the provider's own activity, the neighbours at another's.
    "POST /v1/bookings/{booking_id}/attendance": Operation(
        {**of_the_authority(200), PROVIDER: (200, 404, 404, 404)},
        lambda ids: {"attended": True},
        path={"booking_id": "attended_id"},
    ),
    # A provider may give feedback on its own sessions, but not in a parent's voice.
    "POST /v1/bookings/{booking_id}/feedback": Operation(
        {**of_a_family(200), PROVIDER: (403, 404, 404, 404)},
        lambda ids: {"voice": "parent", "rating": 4},
        path={"booking_id": "attended_id"},
    ),
    "GET /v1/bookings/{booking_id}/arrangements": Operation(of_a_family(200)),
    "GET /v1/arrangements": Operation(for_brokers(200)),
    "GET /v1/arrangements/{arrangement_id}": Operation(of_the_authority(200)),
    "PATCH /v1/arrangements/{arrangement_id}": Operation(
        of_the_authority(200), lambda ids: {"cost_pence": 4100}
    ),
    "GET /v1/children/{child_id}/goals/{goal_id}/progress": Operation(of_a_family(200)),
    "GET /v1/children/{child_id}/outcomes": Operation(of_a_family(200)),
    "POST /v1/children/{child_id}/outcomes": Operation(
        of_a_family(201),
        lambda ids: {
            "role": "member",
            "club": f"Anglers {new_id()}",
            "since": "2027-02-01",
            "voice": "child",
        },
    ),
    "GET /v1/outcomes": Operation(for_brokers(200)),
    # Of a session that is over, so that nothing else here is cancelled.
    "POST /v1/closures": Operation(
        part_of_the_authority(202),
        lambda ids: {"session_id": ids["attended_session_id"], "reason": "The lake is dry"},
    ),
    "GET /v1/closures": Operation(for_brokers(200)),
    "GET /v1/closures/{closure_id}": Operation(of_the_authority(200)),
    "GET /v1/children/{child_id}/transition-plans": Operation(of_a_family(200)),
    "POST /v1/wishes": Operation(
        of_a_family(201),
        lambda ids: {"child_id": ids["child_id"], "text": "go fishing", "voice": "child"},
    ),
    "GET /v1/wishes": Operation(for_families(200)),
    "GET /v1/wishes/{wish_id}": Operation(of_a_family(200)),
}


@dataclass
class Stage:
    """Two authorities, two families of the first, and every caller's token."""

    world: World
    tokens: dict[str, str | None]
    ids: dict[str, dict[str, str]]

    def call(self, caller: str, name: str, target: str) -> Any:
        method, path = name.split(" ")
        operation, ids = OPERATIONS[name], self.ids[target]
        token = self.tokens[caller]
        headers = {"If-Match": "*", "Idempotency-Key": str(new_id())}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.world.http.request(
            method,
            path.format(**ids | {name: ids[of] for name, of in operation.path.items()}),
            json=operation.body(ids),
            data=operation.form,
            files=operation.form and {"file": FILE},
            headers=headers,
        )


@pytest.fixture(scope="module")
def stage(
    application: FastAPI, sessions: sessionmaker[Session], shared_clock: SetClock
) -> Iterator[Stage]:
    with TestClient(application, raise_server_exceptions=False) as http:
        world = make_world(http, sessions, shared_clock)
        elsewhere = make_world(http, sessions, shared_clock, name="Cheshire East")
        own = make_family(world, attends=str(world.provider_id))
        neighbour, foreign = make_family(world), make_family(elsewhere)
        shared_clock.now += timedelta(hours=2)
        for at, family in ((world, own), (world, neighbour), (elsewhere, foreign)):
            came = f"/v1/bookings/{family['attended_id']}/attendance"
            assert at.call("POST", came, json={"attended": True}).status_code == 200
        tokens = {kind.value: world.token(kind) for kind in ClientKind}
        yield Stage(
            world,
            {
                NOBODY: None,
                **{caller: tokens.get(caller) for caller in CALLERS},
                FAMILY: world.family_token(own["household_id"]),
                BARE_APP: tokens["family_app"],
            },
            {
                OWN: own,
                NEIGHBOUR: neighbour,
                FOREIGN: foreign,
                ABSENT: {name: str(new_id()) for name in own} | {"version": "1"},
            },
        )
    shared_clock.now = NOON


def operations_of(application: FastAPI) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, operations in application.openapi()["paths"].items()
        for method in operations
        if (method, path) not in PUBLIC_OPERATIONS
    }


def test_every_operation_has_cells(application: FastAPI) -> None:
    operations = operations_of(application)

    assert operations
    assert operations == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_who_may(stage: Stage, name: str) -> None:
    assert set(OPERATIONS[name].cells) == set(CALLERS)
    wrong, refusals = {}, set()
    for caller in CALLERS:
        for target, expected in zip(TARGETS, OPERATIONS[name].cells[caller], strict=True):
            answer = stage.call(caller, name, target)
            if answer.status_code != expected:
                wrong[caller, target] = f"{answer.status_code} instead of {expected}"
            if expected in (404, 422):
                refusals.add(answer.text)

    assert wrong == {}
    # Not yours and not there cannot be told apart.
    assert len(refusals) <= 1


def test_lists_show_only_what_is_the_callers(stage: Stage) -> None:
    for path, name in (
        ("/v1/children", "child_id"),
        ("/v1/wishes", "wish_id"),
        ("/v1/offers", "offer_id"),
    ):
        seen = {}
        for caller in (BROKER, FAMILY, BARE_APP):
            token = stage.tokens[caller]
            assert token is not None
            answer = stage.world.call_with(token, "GET", f"{path}?limit=200")
            seen[caller] = {item["id"] for item in answer.json()["items"]}
        mine, theirs, foreign = (stage.ids[target][name] for target in TARGETS[:3])

        assert {mine, theirs} <= seen[BROKER]
        assert foreign not in seen[BROKER]
        assert mine in seen[FAMILY]
        assert not {theirs, foreign} & seen[FAMILY]
        assert seen[BARE_APP] == set()


CHILD_FIELDS = {
    *("id", "household_id", "given_name", "date_of_birth", "gender", "home", "travel"),
    *("communication", "preferences", "interests", "needs", "availability", "sen_types", "friends"),
    *("created_at", "updated_at"),
}


@pytest.mark.parametrize("caller", [BROKER, FAMILY])
def test_fields_of_a_child_by_role(stage: Stage, caller: str) -> None:
    child = stage.call(caller, "GET /v1/children/{child_id}", OWN).json()

    assert set(child) == CHILD_FIELDS
    assert set(child["home"]) == {"postcode", "latitude", "longitude"}
    assert set(child["travel"]) == {"max_km", "accessible_transport_only"}
    assert set(child["communication"]) == {"methods", "contact", "language"}
    assert set(child["preferences"]) == {"settings"}


@pytest.mark.parametrize("caller", [BROKER, FAMILY])
@pytest.mark.parametrize("name", ["id", "authority_id", "version", "created_at", "updated_at"])
def test_what_the_server_owns_never_binds(stage: Stage, caller: str, name: str) -> None:
    token = stage.tokens[caller]
    assert token is not None
    own = stage.ids[OWN]
    body = child_body(own["household_id"], **{name: str(new_id())})
    before = stage.call(caller, "GET /v1/children/{child_id}", OWN)

    created = stage.world.call_with(token, "POST", "/v1/children", json=body)
    changed = stage.world.call_with(
        token,
        "PATCH",
        f"/v1/children/{own['child_id']}",
        json={name: str(new_id())},
        headers={"If-Match": "*"},
    )

    assert created.status_code == changed.status_code == 422
    after = stage.call(caller, "GET /v1/children/{child_id}", OWN)
    assert (after.text, after.headers["ETag"]) == (before.text, before.headers["ETag"])


def test_the_matrix_sees_a_missing_check(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show that the cells fail a service that forgets whose child it is."""
    monkeypatch.setattr(queries, "readable_children", lambda caller: select(Child))

    with pytest.raises(AssertionError, match="200 instead of 404"):
        test_who_may(stage, "GET /v1/children/{child_id}")
