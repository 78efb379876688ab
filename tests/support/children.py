"""Children as a client sends them."""

from typing import Any

from tests.support.world import World


def child_body(household_id: str, **changes: Any) -> dict[str, Any]:
    """Describe a child of 13 in full."""
    return {
        "household_id": household_id,
        "given_name": "Sam",
        "date_of_birth": "2013-05-02",
        "gender": "male",
        "home": {"postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
        "travel": {"max_km": 12, "accessible_transport_only": False},
        "communication": {"methods": ["makaton"], "contact": "child", "language": "en"},
        "preferences": {"settings": ["supported", "universal"]},
        "interests": [
            {"text": "really into fishing", "feeling": "love", "voice": "child"},
            {"text": "loud noise and crowds", "feeling": "avoid", "voice": "parent"},
        ],
        "needs": [
            {"code": "wheelchair_access", "importance": "essential", "note": "powered chair"}
        ],
        "availability": [{"weekday": "saturday", "start": "09:00", "end": "17:00"}],
        "sen_types": ["ASD"],
        "friends": [],
        **changes,
    }


def create_child(world: World, household_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """Record a child through the API."""
    answer = world.call(
        "POST", "/v1/children", json=child_body(household_id or world.household(), **changes)
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body
