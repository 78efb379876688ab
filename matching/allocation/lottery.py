"""The lottery: one number a child, drawn from the seed and the child's id and nothing else."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=8)
def draw_order(ids: tuple[UUID, ...], seed: int, kind: bytes) -> NDArray[np.int64]:
    """Draw the order of children or sessions.

    Parameters
    ----------
    ids : tuple of UUID
    seed : int
        From 0 to 2**64 - 1.
    kind : bytes
        What is drawn, `b"child"` or `b"session"`, so that the draws differ.

    Returns
    -------
    ndarray of shape (n,), int64
        The position of each id in the drawn order, 0 first; read-only.

    Notes
    -----
    The ids are sorted by keyed BLAKE2b of their 16 bytes, the key being the seed in 8 bytes, big
    end first; equal digests (never seen) by id. So whoever knows the seed can repeat the draw,
    two children keep their order whoever else takes part, and neither the order of the rows nor
    any name plays a part. Kept for a few draws, as one problem is often posed with some of its
    pairs again.
    """
    key = seed.to_bytes(8, "big")
    drawn = [
        (blake2b(one.bytes, digest_size=16, key=key, person=kind).digest(), one.bytes)
        for one in ids
    ]
    order = sorted(range(len(drawn)), key=drawn.__getitem__)
    position = np.empty(len(drawn), dtype=np.int64)
    position[order] = np.arange(len(drawn))
    position.flags.writeable = False
    return position
