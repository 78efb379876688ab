"""Gap facts: for each child and want of a month, whether it is met, and what it is missed by.

One pass judges every child against every session by the same rules as a match; then each want
looks only at the sessions that serve it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue
from matching.codes import BLOCKING_REASONS, REASON_BIT
from matching.eligibility import SpanJudge
from matching.gaps import nearest
from matching.gaps.wants import Want
from matching.interests.phrases import Phrase
from matching.problem import Child, Holdings, Live

# What becomes of a want; the position is its code.
OUTCOMES: Final[tuple[str, ...]] = ("met", "available", *BLOCKING_REASONS, "nothing_on_offer")
MET: Final = OUTCOMES.index("met")
AVAILABLE: Final = OUTCOMES.index("available")
NOTHING_ON_OFFER: Final = OUTCOMES.index("nothing_on_offer")

# A text without a concept is served from here on: the engine's similarity is a fitted chance,
# so this is as likely as not.
SERVED: Final = 0.5
# Children judged together: bounds memory, not results.
_AT_ONCE: Final = 512
_BUT_FULL: Final = np.uint16(~REASON_BIT["full"] & 0xFFFF)


@dataclass(frozen=True, slots=True)
class Wanting:
    """A child with what it holds, what it wants, and where it has a place.

    Attributes
    ----------
    child : Child
    holdings : Holdings
    wants : tuple of Want
        As `wants_of` gives them.
    places : tuple of UUID
        Sessions in which the child has a place (held, confirmed) or was (attended).
    """

    child: Child
    holdings: Holdings
    wants: tuple[Want, ...]
    places: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class NearMisses:
    """Pairs of an unmet want and a session that serves it, a few reasons away from being open.

    Attributes
    ----------
    fact : ndarray of shape (m,), int32
        Position in the facts.
    session : ndarray of shape (m,), int32
        Index in the catalogue.
    mask : ndarray of shape (m,), uint16
        Of blocking reasons, not 0.
    needs : ndarray of shape (m,), int64
        Essential needs that nothing meets there, or not in time.
    """

    fact: NDArray[np.int32]
    session: NDArray[np.int32]
    mask: NDArray[np.uint16]
    needs: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GapFacts:
    """One row a child and want, in the order of the children and of their wants.

    Attributes
    ----------
    concepts : tuple of str
        Notations that `concept` points into, ascending.
    child : ndarray of shape (n,), int32
        Position in the children given.
    want : ndarray of shape (n,), int32
        Position in the child's wants.
    concept : ndarray of shape (n,), int32
        Position in `concepts`; -1 for a text that names none.
    outcome : ndarray of shape (n,), uint8
        Position in `OUTCOMES`.
    mask : ndarray of shape (n,), uint16
        Blocking reasons of the nearest miss, bit k for `BLOCKING_REASONS[k]`; 0 if there is none.
    needs : ndarray of shape (n,), int64
        Essential needs that nothing meets at the nearest miss, or not in time, bit k for
        `NEED_CODES[k]`.
    session : ndarray of shape (n,), int32
        Index in the catalogue: where it is met, the first that is open, or the nearest miss; -1
        if nothing is on offer.
    could_go : ndarray of shape (n,), int32
        Sessions that serve the want and that only a lack of places could close; 0 if it is met.
    going_child, going_session : ndarray of shape (p,), int32
        The pairs of these, each child and session once: position of the child, index of the
        session; ordered.
    alike_child, alike_session : ndarray of shape (q,), int32
        The pairs of a child and a session that serves a text of it without a concept; ordered.
    near : NearMisses
        Of wants that are neither met nor available; empty unless it was asked for.
    """

    concepts: tuple[str, ...]
    child: NDArray[np.int32]
    want: NDArray[np.int32]
    concept: NDArray[np.int32]
    outcome: NDArray[np.uint8]
    mask: NDArray[np.uint16]
    needs: NDArray[np.int64]
    session: NDArray[np.int32]
    could_go: NDArray[np.int32]
    going_child: NDArray[np.int32]
    going_session: NDArray[np.int32]
    alike_child: NDArray[np.int32]
    alike_session: NDArray[np.int32]
    near: NearMisses


def find_gaps(
    catalogue: Catalogue,
    children: Sequence[Wanting],
    live: Live,
    *,
    span: slice | None = None,
    near_within: int = 0,
) -> GapFacts:
    """Find what becomes of every want of some children in the sessions of a span.

    Parameters
    ----------
    catalogue : Catalogue
    children : sequence of Wanting
    live : Live
        `now` is the clock of the judgement.
    span : slice or None
        Of session indices, as `Catalogue.span` gives it; None: all.
    near_within : int
        Give the pairs that at most so many reasons block as `GapFacts.near`; 0 gives none.

    Returns
    -------
    GapFacts
        A child's rows do not depend on which other children are given.

    Raises
    ------
    InvalidProblem
        If `live` does not belong to the catalogue.

    Notes
    -----
    A place in a session that serves the want makes it met. A session that nothing blocks makes it
    available. Else the session with the fewest blocking reasons is the nearest miss; of equal
    ones that whose reasons come first in the order of `BLOCKING_REASONS`, then the earliest, then
    that of the smaller id. Its first reason is the outcome. O(n_children * n_sessions) with some
    0.2 ms a child for 800 sessions; 2 bytes a pair of 512 children at a time.
    """
    span = slice(0, len(catalogue.sessions.ids)) if span is None else span
    wanted = {want.concept for one in children for want in one.wants if want.concept is not None}
    concepts = tuple(sorted(wanted))
    essential = nearest.essential_masks([one.child for one in children])
    needs = int(np.bitwise_or.reduce(essential, initial=0))
    missing = nearest.missing_needs(catalogue, live, span, needs)
    judge = _Judge(
        catalogue=catalogue,
        span=span,
        concepts=concepts,
        pairs=SpanJudge(catalogue, live, span),
        missing=missing.nothing | missing.late,
        near_within=near_within,
        serving={},
    )
    # At least one part, so that nobody gives empty arrays of the right types.
    parts = []
    for first in range(0, max(len(children), 1), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        parts.append(judge.judge(children[some], first, essential[some]))
    return _join(concepts, parts)


@dataclass(frozen=True, slots=True)
class _Judge:
    """What is the same for every block of children; `serving` keeps what was looked up."""

    catalogue: Catalogue
    span: slice
    concepts: tuple[str, ...]
    pairs: SpanJudge
    missing: NDArray[np.int64]
    near_within: int
    serving: dict[str, NDArray[np.intp]]

    def judge(
        self, children: Sequence[Wanting], first: int, essential: NDArray[np.int64]
    ) -> GapFacts:
        """Judge a block of children, the first of which stands at a position of all."""
        catalogue, span = self.catalogue, self.span
        shape = (len(children), span.stop - span.start)
        mask = np.zeros(shape, dtype=np.uint16)
        has_place = np.zeros(shape, dtype=np.bool_)
        for row, one in enumerate(children):
            mask[row] = self.pairs.judge(one.child, one.holdings).mask
            for session_id in one.places:
                at = catalogue.session_index.get(session_id, -1)
                if span.start <= at < span.stop:
                    has_place[row, at - span.start] = True
        facts = _empty(children, first, self.concepts)
        going, alike = np.zeros((2, *shape), dtype=np.bool_)
        near: list[NearMisses] = []
        for rows, sessions in self._groups(children):
            self._fill(facts, rows, sessions, mask, has_place, going, first)
            if facts.concept[rows[0]] < 0:
                alike[np.ix_(facts.child[rows] - first, sessions)] = True
            near.extend(self._near(facts, rows, sessions, mask, essential, first))
        missed = facts.mask != 0
        at_session = self.missing[facts.session[missed] - span.start]
        facts.needs[missed] = essential[facts.child[missed] - first] & at_session
        child, session = np.nonzero(going)
        child_alike, session_alike = np.nonzero(alike)
        return replace(
            facts,
            going_child=(child + first).astype(np.int32),
            going_session=(session + span.start).astype(np.int32),
            alike_child=(child_alike + first).astype(np.int32),
            alike_session=(session_alike + span.start).astype(np.int32),
            near=_join_near(near),
        )

    def _groups(
        self, children: Sequence[Wanting]
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Give the rows that are served by the same sessions, with these within the span."""
        rows_of: defaultdict[str | tuple[Phrase, ...], list[int]] = defaultdict(list)
        wants = (want for one in children for want in one.wants)
        for row, want in enumerate(wants):
            rows_of[want.phrases if want.concept is None else want.concept].append(row)
        texts = [key for key in rows_of if not isinstance(key, str)]
        phrases = list(dict.fromkeys(phrase for text in texts for phrase in text))
        place = {phrase: at for at, phrase in enumerate(phrases)}
        similarity = self.catalogue.interests.similarity(phrases)
        for key, rows in rows_of.items():
            if isinstance(key, str):
                sessions = self.serving.get(key)
                if sessions is None:
                    sessions = self._sessions_of(self.catalogue.interests.carrying([key]))
                    self.serving[key] = sessions
            else:
                likeness = similarity[[place[phrase] for phrase in key]].max(axis=0)
                sessions = self._sessions_of(likeness >= SERVED)
            yield np.array(rows), sessions

    def _sessions_of(self, activities: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.flatnonzero(activities[self.catalogue.sessions.activity[self.span]])

    def _fill(
        self,
        facts: GapFacts,
        rows: NDArray[np.intp],
        sessions: NDArray[np.intp],
        mask: NDArray[np.uint16],
        has_place: NDArray[np.bool_],
        going: NDArray[np.bool_],
        first: int,
    ) -> None:
        """Write what becomes of some rows that the same sessions serve, in place."""
        if not sessions.size:
            return
        pairs = np.ix_(facts.child[rows] - first, sessions)
        masks, places = mask[pairs], has_place[pairs]
        best = nearest.RANKS[masks].argmin(axis=1)
        found = masks[np.arange(len(rows)), best]
        met = places.any(axis=1)
        best[met] = places[met].argmax(axis=1)
        found[met] = 0
        facts.session[rows] = sessions[best] + self.span.start
        facts.mask[rows] = found
        facts.outcome[rows] = np.where(
            met,
            MET,
            np.where(found == 0, AVAILABLE, AVAILABLE + 1 + nearest.FIRST_REASON[found]),
        )
        could = ((masks & _BUT_FULL) == 0) & ~met[:, np.newaxis]
        facts.could_go[rows] = could.sum(axis=1)
        # Two wants of a child are never among the same rows, so no pair is written twice here.
        going[pairs] |= could

    def _near(
        self,
        facts: GapFacts,
        rows: NDArray[np.intp],
        sessions: NDArray[np.intp],
        mask: NDArray[np.uint16],
        essential: NDArray[np.int64],
        first: int,
    ) -> Iterator[NearMisses]:
        """Give the pairs of unmet rows that few enough reasons block."""
        unmet = rows[facts.mask[rows] != 0]
        if not self.near_within or not unmet.size:
            return
        child = facts.child[unmet] - first
        masks = mask[np.ix_(child, sessions)]
        fact, at = np.nonzero(nearest.REASONS[masks] <= self.near_within)
        yield NearMisses(
            fact=unmet[fact].astype(np.int32),
            session=(sessions[at] + self.span.start).astype(np.int32),
            mask=masks[fact, at],
            needs=essential[child[fact]] & self.missing[sessions[at]],
        )


def _empty(children: Sequence[Wanting], first: int, concepts: tuple[str, ...]) -> GapFacts:
    """Give a row for each want, with nothing on offer."""
    place = {notation: at for at, notation in enumerate(concepts)}
    wants = [len(one.wants) for one in children]
    count = sum(wants)
    concept = (
        -1 if want.concept is None else place[want.concept]
        for one in children
        for want in one.wants
    )
    return GapFacts(
        concepts=concepts,
        child=np.repeat(np.arange(first, first + len(children), dtype=np.int32), wants),
        want=np.fromiter((at for n in wants for at in range(n)), dtype=np.int32, count=count),
        concept=np.fromiter(concept, dtype=np.int32, count=count),
        outcome=np.full(count, NOTHING_ON_OFFER, dtype=np.uint8),
        mask=np.zeros(count, dtype=np.uint16),
        needs=np.zeros(count, dtype=np.int64),
        session=np.full(count, -1, dtype=np.int32),
        could_go=np.zeros(count, dtype=np.int32),
        going_child=np.zeros(0, dtype=np.int32),
        going_session=np.zeros(0, dtype=np.int32),
        alike_child=np.zeros(0, dtype=np.int32),
        alike_session=np.zeros(0, dtype=np.int32),
        near=_join_near([]),
    )


def _join_near(parts: Sequence[NearMisses]) -> NearMisses:
    """Put pairs together, in the order of their facts, then of their sessions."""
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return NearMisses(none, none, np.zeros(0, np.uint16), np.zeros(0, np.int64))
    fact, session = _joined(parts, "fact"), _joined(parts, "session")
    order = np.lexsort((session, fact))
    return NearMisses(
        fact[order], session[order], _joined(parts, "mask")[order], _joined(parts, "needs")[order]
    )


def _join(concepts: tuple[str, ...], parts: Sequence[GapFacts]) -> GapFacts:
    """Put blocks together, in their order."""
    starts = np.cumsum([0, *(len(part.child) for part in parts)])
    near = [
        replace(part.near, fact=part.near.fact + np.int32(start))
        for part, start in zip(parts, starts.tolist(), strict=False)
    ]
    arrays = [one.name for one in fields(GapFacts) if one.name not in {"concepts", "near"}]
    return GapFacts(
        concepts=concepts,
        near=_join_near(near),
        **{name: _joined(parts, name) for name in arrays},
    )


def _joined(parts: Sequence[Any], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(part, name) for part in parts])
