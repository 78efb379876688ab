"""Learning from an authority's outcomes, and telling what its matches are weighed by."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.catalogue.queries import raise_version
from app.engine.learning import (
    DEFAULT_WEIGHTS,
    Learning,
    Outcome,
    judge_model,
    keep_model,
    learn_from,
)
from app.engine.models import Model
from app.learning import queries
from app.learning.schemas import CardRead, ModelRead, ModelSummary
from app.outbox.service import emit

# Of five.
LIKED: Final = 4


def learn(session: Session, *, now: datetime) -> Learning:
    """Learn from the bound authority's outcomes; use what is better, as long as it is."""
    # Waits for another that learns, before anything is read.
    raise_version(session, by=0)
    in_use = queries.find_active_model(session)
    learning = learn_from(
        [
            Outcome(
                measures=row.factors,
                attended=row.status == "attended",
                liked=None if row.rating is None else row.rating >= LIKED,
                starts_at=row.starts_at,
            )
            for row in queries.list_outcomes(session)
        ],
        in_use=in_use,
    )
    retired = in_use is not None and judge_model(session, in_use, learning, now=now)
    if in_use is not None and retired:
        emit(session, "model.retired", in_use.id, sequence=2, now=now)
    model = keep_model(session, learning, now=now)
    if model is not None:
        emit(session, "model.learned", model.id, sequence=1, now=now)
    # Moves what the engine keeps warm to the other weights.
    raise_version(session, by=int(retired or learning.verdict == "better"))
    return learning


def get_model(session: Session) -> ModelRead:
    """Tell what the bound authority's matches are weighed by."""
    active = queries.find_active_model(session)
    return ModelRead(
        kind="default" if active is None else "learned",
        weights=DEFAULT_WEIGHTS if active is None else active.weights,
        version=active and active.version,
        learned_at=active and active.created_at,
        card=active and _card(active),
        newest=_summary(queries.find_newest_model(session)),
        retired=_summary(queries.find_retired_model(session)),
    )


def _summary(model: Model | None) -> ModelSummary | None:
    if model is None:
        return None
    return ModelSummary.model_validate(
        {
            "version": model.version,
            "verdict": model.verdict,
            "active": model.active,
            "learned_at": model.created_at,
            "card": _card(model),
        }
    )


def _card(model: Model) -> CardRead:
    return CardRead.model_validate({**model.card, "calibration": model.card["curve"]})
