"""Listings ranked for one text alone, as the score ranks activities for a child who says it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.interests.index import InterestIndex
from matching.problem import Interest
from matching.scoring.preferences import strengths, strongest, weigh_voices, worst
from matching.weights import DEFAULT_WEIGHTS


def rank_listings(index: InterestIndex, text: str) -> NDArray[np.intp]:
    """Rank the listings of an index for what somebody says.

    Parameters
    ----------
    index : InterestIndex
        Fitted.
    text : str
        Likes and dislikes in free text.

    Returns
    -------
    ndarray of shape (n_listings,), intp
        Positions of the listings, best first; of equal ones the earlier first.

    Notes
    -----
    What an activity's interest and dislike add to its score decides, and nothing else.
    """
    said = weigh_voices([Interest(text)], index.vocabulary)
    similarity = index.similarity([one.phrase for one in said.liked + said.disliked])
    n_liked = len(said.liked)
    liked = strongest(strengths(said.liked, similarity[:n_liked]))
    disliked = worst(strengths(said.disliked, similarity[n_liked:]))
    score = DEFAULT_WEIGHTS.interest * liked - DEFAULT_WEIGHTS.dislike * disliked
    return np.argsort(-score, kind="stable")
