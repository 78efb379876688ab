"""Learning from an authority's outcomes, and telling what its matches are weighed by."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.catalogue.queries import raise_version
from app.engine.learning import DEFAULT_WEIGHTS, Learning, Outcome, keep_model, learn_from
from app.engine.models import Model
from app.learning import queries
from app.learning.schemas import CardRead, ModelRead, ModelSummary
from app.outbox.service import emit

# Of five.
LIKED: Final = 4


def learn(session: Session, *, now: datetime) -> Learning:
    """Learn from the bound authority's outcomes, and use what is better than the default."""
    learning = learn_from(
        [
            Outcome(
                measures=row.factors,
                attended=row.status == "attended",
                liked=None if row.rating is None else row.rating >= LIKED,
                starts_at=row.starts_at,
            )
            for row in queries.list_outcomes(session)
        ]
    )
    # Moves what the engine keeps warm to the new weights, and lets one learn at a time.
    raise_version(session, by=int(learning.verdict == "better"))
    model = keep_model(session, learning, now=now)
    if model is not None:
        emit(session, "model.learned", model.id, sequence=1, now=now)
    return learning


def get_model(session: Session) -> ModelRead:
    """Tell what the bound authority's matches are weighed by."""
    active, newest = queries.find_active_model(session), queries.find_newest_model(session)
    return ModelRead(
        kind="default" if active is None else "learned",
        weights=DEFAULT_WEIGHTS if active is None else active.weights,
        version=active and active.version,
        learned_at=active and active.created_at,
        card=active and _card(active),
        newest=newest
        and ModelSummary.model_validate(
            {
                "version": newest.version,
                "verdict": newest.verdict,
                "active": newest.active,
                "learned_at": newest.created_at,
                "card": _card(newest),
            }
        ),
    )


def _card(model: Model) -> CardRead:
    return CardRead.model_validate({**model.card, "calibration": model.card["curve"]})
