"""What the learning room gives."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

Verdict = Literal["better", "not_better"]


class QualityRead(BaseModel):
    """How well probabilities foretold the outcomes that were held back."""

    log_loss: float
    auc: float


class CurvePointRead(BaseModel):
    """Held-back bookings of like probability: how many were said to go well, and how many did."""

    predicted: float
    observed: float
    n_bookings: int


class JudgedRead(BaseModel):
    """How good a used model was when it was last judged, by bookings it never saw."""

    at: datetime
    still_better: bool
    n_held_back: int
    held_back_from: datetime
    quality: QualityRead
    default_quality: QualityRead
    calibration_error: float


class RetiredRead(BaseModel):
    """Why a model is no longer used: a newer one is better, or it is no better than the default."""

    at: datetime
    reason: Literal["replaced", "no_longer_better"]


class CardRead(BaseModel):
    """What a model was learned from, and how good it is."""

    # Bookings with a known outcome, the good ones among them, and those nobody rated.
    n_outcomes: int
    n_liked: int
    n_unrated: int
    # Those learned from, and the later ones kept to judge by.
    n_training: int
    n_held_back: int
    # When the first and the last of these sessions started, and the first kept to judge by.
    first: datetime
    held_back_from: datetime
    last: datetime
    quality: QualityRead
    default_quality: QualityRead
    calibration: list[CurvePointRead]
    calibration_error: float
    # Of a model that is used, from the next time of learning on.
    judged: JudgedRead | None = None
    retired: RetiredRead | None = None


class ModelSummary(BaseModel):
    """One model that was learned, used or not."""

    version: int
    verdict: Verdict
    active: bool
    learned_at: datetime
    card: CardRead


class ModelRead(BaseModel):
    """What the authority's matches are weighed by."""

    kind: Literal["default", "learned"]
    # Set by hand they add up in score space, learned ones in log-odds.
    weights: dict[str, float]
    # Of learned weights only.
    version: int | None
    learned_at: datetime | None
    card: CardRead | None
    # What was learned last; not in use if it was no better than the default.
    newest: ModelSummary | None
    # What was used before, and why it no longer is.
    retired: ModelSummary | None
