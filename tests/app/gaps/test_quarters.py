"""What was unmet in a quarter, against a plain retelling of the rule."""

from datetime import timedelta

from app.clock import months_of_quarter
from app.db import transaction
from app.engine.gaps import GROUP_NAMES
from app.gaps.quarters import UnmetWants, unmet_of_quarter
from app.gaps.warm import WarmMonths
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import Fact, facts_of, refresh, rows_of
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
SWIMMING = {"text": "swimming", "feeling": "like", "voice": "parent"}
STRANGE = {"text": "zzyzx qwrtp", "feeling": "like", "voice": "parent"}
QUARTER = ["2027-04", "2027-05", "2027-06"]
# Sessions of the quarter: the first Saturdays of April, May and June.
APRIL, MAY, JUNE = (SATURDAY + timedelta(days=days) for days in (28, 56, 91))
REASONS = [
    *("age", "need", "distance", "time", "gender", "avoid"),
    *("full", "lead_time", "overlap", "entitlement", "cancelled", "past"),
]


def unmet(world: World) -> UnmetWants:
    with transaction(world.sessions, world.authority_id) as session:
        found = unmet_of_quarter(session, "2027-Q2")
        kept = unmet_of_quarter(session, "2027-Q2", WarmMonths())
    assert (found.concept, found.reason) == (kept.concept, kept.reason)
    return found


def told(found: UnmetWants) -> dict[tuple[str, str], str]:
    ids = [str(child_id) for child_id in found.ids()]
    rows = zip(found.child.tolist(), found.concept, found.reason, strict=True)
    return {(ids[child], concept): reason for child, concept, reason in rows}


def expected(world: World) -> dict[tuple[str, str], str]:
    """Tell the same child by child, from the stored facts."""
    wants: dict[tuple[str, str], list[Fact]] = {}
    for row in rows_of(world, "SELECT DISTINCT child_id FROM gap_children"):
        for month in QUARTER:
            for want, fact in facts_of(world, str(row.child_id), month).items():
                if want is not None:
                    wants.setdefault((str(row.child_id), want), []).append(fact)
    return {
        key: min(facts, key=nearness).outcome
        for key, facts in wants.items()
        if not {"met", "available"} & {fact.outcome for fact in facts}
    }


def nearness(fact: Fact) -> tuple[int, list[int]]:
    if fact.outcome == "nothing_on_offer":
        return len(REASONS) + 1, []
    return len(fact.reasons), [REASONS.index(reason) for reason in fact.reasons]


def test_a_quarter_has_three_months() -> None:
    assert months_of_quarter("2027-Q2") == QUARTER
    assert months_of_quarter("2026-Q4") == ["2026-10", "2026-11", "2026-12"]


def test_unmet_is_what_no_month_met_nor_had_on_offer(world: World) -> None:
    hoist = [{"code": "hoist", "importance": "essential"}]
    far = {"postcode": "CW1 1AA", "latitude": 53.1, "longitude": -2.44}
    fisher = add_child(world, interests=[FISHING, SWIMMING])
    needing = add_child(world, interests=[FISHING, STRANGE], needs=hoist)
    near = add_child(world, interests=[SWIMMING], home=far, travel={"max_km": 2})
    both = add_child(world, interests=[SWIMMING], home=far, travel={"max_km": 2}, needs=hoist)
    lake = add_activity(world, concepts=["angling"])
    pool = add_activity(world, title="Swimming", concepts=["swimming"], min_age=15)
    book(world, fisher, add_session(world, lake, APRIL))
    add_session(world, pool, MAY)
    rows_of(world, "UPDATE activities SET min_age = 0 WHERE id = :id RETURNING 1", id=pool)
    add_session(world, add_activity(world, concepts=["swimming"], min_age=17), JUNE)
    for month in QUARTER:
        refresh(world, month)

    found = unmet(world)

    assert told(found) == expected(world)
    assert told(found) == {
        (needing, "angling"): "need",
        (near, "swimming"): "distance",
        (both, "swimming"): "need",
    }
    assert found.months == tuple(QUARTER)
    assert found.months_wanted.tolist() == [3, 3, 3]
    assert dict(zip(told(found), found.outcode, strict=True)) == {
        (needing, "angling"): "ST4",
        (near, "swimming"): "CW1",
        (both, "swimming"): "CW1",
    }
    # As in June, a month after the eleventh birthday.
    assert set(found.age_band) == {"11-13"}
    mobility = 1 << GROUP_NAMES.index("mobility")
    assert dict(zip(told(found), found.need_groups.tolist(), strict=True)) == {
        (needing, "angling"): mobility,
        (near, "swimming"): 0,
        (both, "swimming"): mobility,
    }


def test_a_quarter_that_was_not_judged_has_no_months(world: World) -> None:
    found = unmet(world)
    assert (found.months, found.concept, len(found.child)) == ((), (), 0)


def test_one_month_of_a_quarter_is_told_as_that(world: World) -> None:
    add_child(world, interests=[FISHING])
    refresh(world, "2027-05")
    found = unmet(world)
    assert found.months == ("2027-05",)
    assert list(told(found).values()) == ["nothing_on_offer"]
