"""Past bookings with an outcome, put straight into the database, for tests of what learns."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from uuid import UUID

from sqlalchemy import insert

from app.bookings.models import Booking, Feedback
from app.catalogue.models import Session as CatalogueSession
from app.clock import year_of
from app.db import transaction
from app.ids import new_id
from matching import MEASURES
from tests.support.catalogue import add_activity, add_child
from tests.support.world import World

Chance = Callable[[dict[str, float]], float]


def add_outcomes(world: World, n: int, chance: Chance, *, seed: int) -> None:
    """Let `n` bookings have gone well with a chance that follows from what was measured."""
    rng = Random(seed)
    child_id, activity_id = UUID(add_child(world)), add_activity(world, title="Long ago")
    sessions, bookings, feedback = [], [], []
    tenant = {"authority_id": world.authority_id}
    written = {"created_at": world.clock.now, "updated_at": world.clock.now}
    for number in range(n):
        measures = {name: round(rng.random(), 6) for name in MEASURES}
        measures["ready"] = float(rng.random() < 0.7)
        measures["arrange"] = 1 - measures["ready"]
        session_id, booking_id = new_id(), new_id()
        starts_at = world.clock.now - timedelta(days=90, hours=-3 * number)
        good = rng.random() < chance(measures)
        attended = good or rng.random() < 0.5
        sessions.append(
            {
                **tenant,
                **written,
                "id": session_id,
                "activity_id": activity_id,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=1),
                "capacity": 1,
                "taken": 1,
            }
        )
        bookings.append(
            {
                **tenant,
                **written,
                "id": booking_id,
                "child_id": child_id,
                "session_id": session_id,
                "funding": "free",
                "status": "attended" if attended else "no_show",
                "month": f"{starts_at:%Y-%m}",
                "year": year_of(f"{starts_at:%Y-%m}"),
                "uses_entitlement": True,
                "price_pence": 0,
                "limited_needs": [],
                "factors": measures,
            }
        )
        if attended:
            # What the child says counts, whatever the parent says.
            for voice, rating in (("child", 5 if good else 2), ("parent", 3)):
                said = {"voice": voice, "rating": rating, "outcomes": []}
                feedback.append(
                    {**tenant, **said, "booking_id": booking_id, "given_at": world.clock.now}
                )
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(insert(CatalogueSession), sessions)
        session.execute(insert(Booking), bookings)
        session.execute(insert(Feedback), feedback)
