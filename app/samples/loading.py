"""Loading a whole authority in one transaction: all of it or, if stopped, nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from app.access.caller import Caller
from app.access.schemas import ClientCredentials
from app.access.scopes import SCOPES_OF_KIND, ClientKind
from app.access.service import renew_client
from app.authorities import service as authorities
from app.children import service as children
from app.children.schemas import ChildCreate
from app.clock import local_date
from app.db import NO_TENANT, bind_tenant, transaction
from app.feeds.contents import HORIZON_DAYS, Horizon
from app.feeds.readers import Item
from app.feeds.service import import_records
from app.ids import new_id
from app.releases import service as releases
from app.releases.schemas import SizeUpdate
from app.samples import queries
from app.samples.angling_story import HOUSEHOLD as ANGLER
from app.samples.angling_story import live_angling_story, make_kieran
from app.samples.authorities import SampleAuthority, support_services
from app.samples.families import SCHOOL_SIZE, SampleChild, make_children
from app.samples.worked_example import HOUSEHOLD, make_maya

# The household and the child of each.
STORIES: Final = {HOUSEHOLD: make_maya, ANGLER: make_kieran}
BROKER: Final = "Sample broker"
# Schedules are dated two weeks further than is needed, so that most starts find nothing to do.
SPARE_DAYS: Final = 14

# What is being done, how much of it is done, and of how much.
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Loaded:
    """An authority that is there, and the broker in whose name its data was brought.

    The broker's secret is new each time, as secrets are not kept.
    """

    authority_id: UUID
    broker: ClientCredentials
    n_children: int
    n_sessions: int


def load_sample(
    sessions: sessionmaker[Session],
    sample: SampleAuthority,
    *,
    now: datetime,
    on_progress: OnProgress,
) -> Loaded:
    """Make the authority, or bring the catalogue of the one that is there up to the day."""
    with transaction(sessions, NO_TENANT) as session:
        queries.wait_for_other_loaders(session)
        authority_id = queries.find_authority(session, sample.name)
        is_new = authority_id is None
        if authority_id is None:
            authority_id = authorities.create_authority(session, sample.name, now=now).id
        else:
            bind_tenant(session, authority_id)
        client = renew_client(
            session, kind=ClientKind.BROKER, name=BROKER, authority_id=authority_id, now=now
        )
        broker = broker_caller(client.client_id, authority_id)
        if not covers_the_day(session, now=now):
            on_progress("catalogue", 0, 1)
            horizon = Horizon.from_today(now, days=HORIZON_DAYS + SPARE_DAYS)
            bring_listings(session, broker, sample.listings(), horizon=horizon, now=now)
            on_progress("catalogue", 1, 1)
        if is_new:
            bring_support_services(session, broker, sample.n_children, now=now)
            bring_sample_families(session, sample, now=now, on_progress=on_progress)
        if sample.has_stories:
            bring_angling_story(session, broker, now=now)
        n_children, n_sessions = queries.count(session)
        say_how_large(session, broker, n_children, now=now)
    return Loaded(authority_id, client, n_children, n_sessions)


def broker_caller(client_id: UUID, authority_id: UUID) -> Caller:
    """Act as a broker, as a request with its token would."""
    return Caller(
        client_id=client_id,
        kind=ClientKind.BROKER,
        authority_id=authority_id,
        scopes=SCOPES_OF_KIND[ClientKind.BROKER],
        request_id=new_id(),
    )


def covers_the_day(session: Session, *, now: datetime) -> bool:
    """Tell whether the stored sessions reach to the last day that they have to."""
    newest = queries.newest_start(session)
    last_day = local_date(Horizon.from_today(now, days=HORIZON_DAYS - 1).end)
    return newest is not None and local_date(newest) >= last_day


def bring_listings(
    session: Session,
    broker: Caller,
    records: Iterable[tuple[int, Item]],
    *,
    horizon: Horizon,
    now: datetime,
) -> None:
    """Import listings as a broker's file would be."""
    import_records(session, broker, records, kind="open_referral_uk", now=now, horizon=horizon)


def bring_support_services(
    session: Session, broker: Caller, n_children: int, *, now: datetime
) -> None:
    """Record what the authority can put in place."""
    for form in support_services(n_children):
        authorities.add_support_service(session, broker, form, now=now)


def say_how_large(session: Session, broker: Caller, n_children: int, *, now: datetime) -> None:
    """Say what an operator would of the year, unless it has been said: releases depend on it."""
    year = local_date(now).year
    if releases.find_size(session, year) is None:
        size_class = releases.size_class_of(n_children)
        form = SizeUpdate(year=year, size_class=size_class)
        releases.set_size_of_bound(session, broker, form, now=now)


def bring_sample_families(
    session: Session, sample: SampleAuthority, *, now: datetime, on_progress: OnProgress
) -> None:
    """Record the sample's families, those of its stories among them."""
    today = local_date(now)
    stories = STORIES if sample.has_stories else {}
    n_others = sample.n_children - len(stories)
    rng = Random(sample.seed)  # noqa: S311 - nothing secret
    made = make_children(rng, n_children=n_others, towns=sample.towns, today=today)
    references = [f"sample-{number + 1}" for number in range(made[-1].household + 1)]
    for reference, make_child in stories.items():
        made.append(SampleChild(len(references), make_child(today)))
        references.append(reference)
    bring_families(session, made, references, now=now, on_progress=on_progress)


def bring_angling_story(session: Session, broker: Caller, *, now: datetime) -> None:
    """Live the angling story, unless an earlier load did."""
    if not queries.has_household(session, ANGLER):
        # A version that knew no such story made the sample.
        kieran = SampleChild(0, make_kieran(local_date(now)))
        bring_families(session, [kieran], [ANGLER], now=now, on_progress=lambda *_: None)
    live_angling_story(session, broker, now=now)


def bring_families(
    session: Session,
    made: Sequence[SampleChild],
    references: Sequence[str],
    *,
    now: datetime,
    on_progress: OnProgress,
) -> None:
    """Record families, a school at a time: that is how far friendships reach."""
    household_ids = children.add_households(session, references, now=now)
    child_ids = [new_id() for _ in made]
    for first in range(0, len(made), SCHOOL_SIZE):
        on_progress("children", first, len(made))
        school = slice(first, first + SCHOOL_SIZE)
        forms = [
            ChildCreate.model_validate(
                {
                    **child.profile,
                    "household_id": household_ids[child.household],
                    "friends": [child_ids[friend] for friend in child.friends],
                }
            )
            for child in made[school]
        ]
        children.create_children(session, forms, now=now, child_ids=child_ids[school])
    on_progress("children", len(made), len(made))
