"""Learning the weights of an authority from what became of its bookings, and keeping them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

import matching
from app.engine import queries
from app.engine.models import Model
from app.ids import new_id
from matching import Learning

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MICROSECOND: Final = timedelta(microseconds=1)
# Every weight set by hand, by name.
DEFAULT_WEIGHTS: Final = asdict(matching.DEFAULT_WEIGHTS)


@dataclass(frozen=True)
class Outcome:
    """What became of one booking, and how well it fitted when it was booked."""

    measures: Mapping[str, Any]
    attended: bool
    # None if nobody said anything.
    liked: bool | None
    starts_at: datetime


def learn_from(outcomes: Sequence[Outcome]) -> Learning:
    """Learn weights, and judge them by the latest outcomes."""
    # What was measured before a measure came to be says nothing of it.
    complete = [one for one in outcomes if one.measures.keys() >= set(matching.MEASURES)]
    measures = [[one.measures[name] for name in matching.MEASURES] for one in complete]
    return matching.learn(
        np.array(measures, dtype=np.float64).reshape(-1, len(matching.MEASURES)),
        np.array([one.attended for one in complete], dtype=np.bool_),
        np.array([np.nan if one.liked is None else one.liked for one in complete], np.float64),
        np.array([(one.starts_at - EPOCH) // ONE_MICROSECOND for one in complete], np.int64),
    )


def keep_model(session: Session, learning: Learning, *, now: datetime) -> Model | None:
    """Keep what was learned with its card; what is better than the default is used from now on."""
    if learning.weights is None:
        return None
    active = learning.verdict == "better"
    if active:
        queries.retire_models(session)
    card = asdict(learning)
    del card["verdict"], card["weights"]
    for name in ("first", "held_back_from", "last"):
        card[name] = (EPOCH + card.pop(f"{name}_us") * ONE_MICROSECOND).isoformat()
    model = Model(
        authority_id=session.info["authority_id"],
        id=new_id(),
        version=queries.newest_model_version(session) + 1,
        active=active,
        verdict=learning.verdict,
        weights=asdict(learning.weights),
        card=card,
        created_at=now,
    )
    session.add(model)
    session.flush()
    return model


__all__ = ["DEFAULT_WEIGHTS", "Learning", "Outcome", "keep_model", "learn_from"]
