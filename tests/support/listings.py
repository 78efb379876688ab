"""Activities and sessions made through the API, for tests of the catalogue itself."""

from typing import Any, Final

from tests.support.world import World

ACTIVITY: Final = {
    "title": "Junior angling",
    "description": "Coarse fishing by the canal.",
    "setting": "universal",
    "break_type": "group_universal",
    "min_age": 8,
    "max_age": 16,
    "venue": {"name": "Mill Lane lock", "postcode": "ST4 2DE"},
    "funding": ["free"],
}
SESSION: Final = {
    "starts_at": "2027-03-06T10:00:00+00:00",
    "ends_at": "2027-03-06T12:00:00+00:00",
    "capacity": 5,
}


def make(world: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post a body and give what came of it."""
    answer = world.call("POST", path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def make_activity(world: World, **fields: Any) -> dict[str, Any]:
    """Make an activity of the world's provider."""
    return make(
        world, "/v1/activities", {**ACTIVITY, "provider_id": str(world.provider_id), **fields}
    )


def make_session(world: World, activity_id: str, **fields: Any) -> dict[str, Any]:
    """Make a session of an activity."""
    return make(world, "/v1/sessions", {**SESSION, "activity_id": activity_id, **fields})
