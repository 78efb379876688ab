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
from matching import Learning, Quality

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


def learn_from(outcomes: Sequence[Outcome], *, in_use: Model | None) -> Learning:
    """Learn weights, and judge them and those in use by the latest outcomes."""
    # What was measured before a measure came to be says nothing of it.
    complete = [one for one in outcomes if one.measures.keys() >= set(matching.MEASURES)]
    measures = [[one.measures[name] for name in matching.MEASURES] for one in complete]
    return matching.learn(
        np.array(measures, dtype=np.float64).reshape(-1, len(matching.MEASURES)),
        np.array([one.attended for one in complete], dtype=np.bool_),
        np.array([np.nan if one.liked is None else one.liked for one in complete], np.float64),
        np.array([_since_epoch_us(one.starts_at) for one in complete], np.int64),
        in_use=None if in_use is None else matching.LearnedWeights(**in_use.weights),
        in_use_saw_until_us=0
        if in_use is None
        else _since_epoch_us(datetime.fromisoformat(in_use.card["held_back_from"])),
    )


def judge_model(session: Session, model: Model, learning: Learning, *, now: datetime) -> bool:
    """Write into a used model's card how good it still is; tell whether that retires it."""
    card = dict(model.card)
    if learning.in_use is not None:
        judged = asdict(learning.in_use)
        from_us = judged.pop("held_back_from_us")
        card["judged"] = judged | {"at": now.isoformat(), "held_back_from": _moment(from_us)}
    reason = None
    if learning.verdict == "better":
        reason = "replaced"
    elif learning.in_use is not None and not learning.in_use.still_better:
        reason = "no_longer_better"
    if reason is not None:
        card["retired"] = {"at": now.isoformat(), "reason": reason}
        model.active = False
    model.card = card
    session.flush()
    return reason is not None


def keep_model(session: Session, learning: Learning, *, now: datetime) -> Model | None:
    """Keep what was learned with its card; what is better than the default is used from now on."""
    if learning.weights is None:
        return None
    active = learning.verdict == "better"
    card = asdict(learning)
    # What was in use as this one was learned is told of in its own card.
    del card["verdict"], card["weights"], card["in_use"]
    for name in ("first", "held_back_from", "last"):
        card[name] = _moment(card.pop(f"{name}_us"))
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


def _since_epoch_us(moment: datetime) -> int:
    return (moment - EPOCH) // ONE_MICROSECOND


def _moment(since_epoch_us: int) -> str:
    return (EPOCH + since_epoch_us * ONE_MICROSECOND).isoformat()


__all__ = [
    "DEFAULT_WEIGHTS",
    "Learning",
    "Outcome",
    "Quality",
    "judge_model",
    "keep_model",
    "learn_from",
]
