"""Every operation that is not public, with its rule: the status that each caller is answered.

Each line names a rule, the status of a permitted call, and the body where there is one.
"""

from datetime import date, timedelta
from itertools import count

from app.ids import new_id
from tests.contracts.access_rules import (
    FAMILY,
    PROVIDER,
    Operation,
    for_brokers,
    for_commissioners,
    for_everybody,
    for_families,
    for_operators,
    of_a_family,
    of_a_period,
    of_any_authority,
    of_the_authority,
    of_the_catalogue,
    of_the_releases,
    of_the_rounds,
    of_who_started,
    part_of_the_authority,
)
from tests.support.children import child_body
from tests.support.commissioning import RELEASED_PLAN, RELEASED_SCENARIO
from tests.support.families import PROVIDER_BODY, SERVICE, activity_body, session_body
from tests.support.releases import PERIOD
from tests.support.rounds import ROUND

DAYS = count()
INTRODUCED = {"kind": "introduced", "happened_on": "2027-02-01", "club": "Railway Society"}

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
    "GET /v1/bookings/{booking_id}/feedback": Operation(
        {**of_a_family(200), PROVIDER: (200, 404, 404, 404)}, path={"booking_id": "attended_id"}
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
    "POST /v1/rounds": Operation(
        for_brokers(201), lambda ids: {**ROUND, "quarter": f"20{40 + next(DAYS) % 60}-Q1"}
    ),
    "GET /v1/rounds": Operation(for_families(200)),
    "GET /v1/rounds/{round_id}": Operation(of_the_rounds(200)),
    "PATCH /v1/rounds/{round_id}": Operation(
        of_the_authority(200), lambda ids: {"title": "What is on"}
    ),
    # Each round has been published, and its offers are not out.
    "POST /v1/rounds/{round_id}/publish": Operation(of_the_authority(200)),
    "POST /v1/rounds/{round_id}/close": Operation(of_the_authority(409)),
    "GET /v1/rounds/{round_id}/coverage": Operation(of_the_authority(200)),
    "GET /v1/rounds/{round_id}/brochure": Operation(of_the_rounds(200)),
    "POST /v1/rounds/{round_id}/brochure": Operation(of_the_authority(201)),
    "GET /v1/rounds/{round_id}/changes": Operation(of_the_rounds(200)),
    "GET /v1/rounds/{round_id}/choices": Operation(of_the_rounds(200)),
    "GET /v1/rounds/{round_id}/choices/{child_id}": Operation(of_a_family(200)),
    "PUT /v1/rounds/{round_id}/choices/{child_id}": Operation(
        of_a_family(200), lambda ids: {"months": []}
    ),
    "POST /v1/rounds/{round_id}/allocations": Operation(
        of_the_authority(202), lambda ids: {"preview": True}
    ),
    "GET /v1/rounds/{round_id}/allocations": Operation(of_the_rounds(200)),
    "GET /v1/rounds/{round_id}/allocations/{allocation_id}": Operation(of_the_authority(200)),
    # Each has been published: a second time changes nothing.
    "POST /v1/rounds/{round_id}/allocations/{allocation_id}/publish": Operation(
        of_the_authority(200), lambda ids: {"answer_by": "2027-03-26T17:00:00Z"}
    ),
    "GET /v1/rounds/{round_id}/allocations/{allocation_id}/children/{child_id}": Operation(
        of_a_family(200)
    ),
    "GET /v1/rounds/{round_id}/allocations/{allocation_id}/sessions": Operation(
        of_the_authority(200)
    ),
    "GET /v1/rounds/{round_id}/allocations/{allocation_id}/equity": Operation(
        of_the_authority(200)
    ),
    # Each job has been stopped: a second time changes nothing.
    "GET /v1/jobs/{job_id}": Operation(of_who_started(200)),
    "GET /v1/jobs/{job_id}/events": Operation(of_who_started(200)),
    "POST /v1/jobs/{job_id}/cancel": Operation(of_who_started(200)),
    "PUT /v1/authorities/{authority_id}/size-class": Operation(
        of_any_authority(200), lambda ids: {"year": 2027, "size_class": "over_500"}
    ),
    "GET /v1/authority/localities": Operation(for_brokers(200)),
    "PUT /v1/authority/localities": Operation(for_brokers(200), lambda ids: {"localities": []}),
    # The period has been released.
    "POST /v1/gap-releases": Operation(for_brokers(409), lambda ids: {"period": PERIOD}),
    "GET /v1/gap-releases": Operation(for_commissioners(200)),
    "GET /v1/gap-releases/{release_id}": Operation(of_the_releases(200)),
    "GET /v1/gap-releases/{release_id}/cells": Operation(of_the_releases(200)),
    "GET /v1/gap-months": Operation(for_brokers(200)),
    "GET /v1/gaps/quality": Operation(for_brokers(200)),
    "GET /v1/gaps/quality/records": Operation(for_brokers(200)),
    "GET /v1/gaps/quality/providers": Operation(for_brokers(200)),
    "POST /v1/gap-months/look": Operation(for_brokers(202)),
    # Of which period, it has to be told.
    "GET /v1/gaps": Operation(for_commissioners(422)),
    "GET /v1/reports/{period}": Operation(of_a_period(200)),
    # Of a released period, both may ask; of a month a commissioner is refused.
    "POST /v1/scenarios": Operation(for_commissioners(201), lambda ids: RELEASED_SCENARIO),
    "GET /v1/scenarios": Operation(for_commissioners(200)),
    "GET /v1/scenarios/{scenario_id}": Operation(of_the_releases(200)),
    "GET /v1/scenarios/{scenario_id}/children": Operation(of_the_authority(200)),
    "POST /v1/commissioning-plans": Operation(for_commissioners(202), lambda ids: RELEASED_PLAN),
    "GET /v1/commissioning-plans": Operation(for_commissioners(200)),
    "GET /v1/commissioning-plans/{plan_id}": Operation(of_the_releases(200)),
    "GET /v1/commissioning-plans/{plan_id}/children": Operation(of_the_authority(200)),
    "GET /v1/equity": Operation(for_commissioners(422)),
    "POST /v1/wishes": Operation(
        of_a_family(201),
        lambda ids: {"child_id": ids["child_id"], "text": "go fishing", "voice": "child"},
    ),
    "GET /v1/wishes": Operation(for_families(200)),
    "GET /v1/wishes/groups": Operation(for_brokers(200)),
    "POST /v1/wishes/actions": Operation(
        part_of_the_authority(201), lambda ids: {"wish_ids": [ids["wish_id"]], **INTRODUCED}
    ),
    "GET /v1/wishes/{wish_id}": Operation(of_a_family(200)),
    "PATCH /v1/wishes/{wish_id}": Operation(of_a_family(200), lambda ids: {"text": "steam trains"}),
    "POST /v1/wishes/{wish_id}/actions": Operation(of_the_authority(201), lambda ids: INTRODUCED),
    "GET /v1/wishes/{wish_id}/actions": Operation(of_a_family(200)),
    "GET /v1/you-said-we-did": Operation(for_everybody(200)),
    "GET /v1/you-said-we-did/lines": Operation(for_brokers(200)),
    "GET /v1/you-said-we-did/lines/{line_id}": Operation(of_the_authority(200)),
    "PATCH /v1/you-said-we-did/lines/{line_id}": Operation(
        of_the_authority(200), lambda ids: {"we_did": "The museum has opened its workshop."}
    ),
}
