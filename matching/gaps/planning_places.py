"""Places of the chosen items and the children in them, kept best as items come in."""

from __future__ import annotations

from collections.abc import Sequence

from matching.gaps.planning_problem import PlanProblem


class Seats:
    """Whom some items serve together, all of them at once: quicker than one item after the other.

    Parameters
    ----------
    problem : PlanProblem
    adjacent : sequence of list of int
        Whom each item would serve, as `PlanProblem.children_of_items` gives it.
    """

    def __init__(self, problem: PlanProblem, adjacent: Sequence[list[int]]) -> None:
        self._weight = problem.child_weight.tolist()
        self._capacity = problem.item_capacity.tolist()
        self._adjacent = adjacent

    def fill(self, items: Sequence[int]) -> tuple[list[int], int]:
        """Give the heaviest children who can all have a place.

        Parameters
        ----------
        items : sequence of int
            Each once.

        Returns
        -------
        served : list of int
            The heaviest first, ties by position.
        total : int
            What they weigh, which no other filling surpasses.

        Notes
        -----
        The greedy rule of a transversal matroid: the heaviest child first, each takes a place if
        others can move to make room. A child that finds no way has seen only full items whose
        children have nowhere else to go either, and that stays so: they are not searched again.
        """
        items_of: dict[int, list[int]] = {}
        for item in items:
            for child in self._adjacent[item]:
                items_of.setdefault(child, []).append(item)
        left = {item: self._capacity[item] for item in items}
        inside: dict[int, list[int]] = {item: [] for item in items}
        seat: dict[int, int] = {}
        closed: set[int] = set()
        for child in sorted(items_of, key=lambda one: (-self._weight[one], one)):
            came: dict[int, int] = {}
            free = _way_to_a_place(child, items_of, left, inside, closed, came)
            if free is None:
                closed.update(came)
                continue
            left[free] -= 1
            into: int | None = free
            while into is not None:
                mover = came[into]
                before = seat.get(mover)
                seat[mover] = into
                inside[into].append(mover)
                if before is not None:
                    inside[before].remove(mover)
                into = before
        served = list(seat)
        return served, sum(self._weight[child] for child in served)


def _way_to_a_place(
    child: int,
    items_of: dict[int, list[int]],
    left: dict[int, int],
    inside: dict[int, list[int]],
    closed: set[int],
    came: dict[int, int],
) -> int | None:
    """Find an item with a place to spare; `came` tells who would move into each item."""
    waiting = [child]
    for mover in waiting:
        for item in items_of[mover]:
            if item in came or item in closed:
                continue
            came[item] = mover
            if left[item]:
                return item
            waiting += inside[item]
    return None


class Places:
    """Which children the items chosen so far serve: of all ways to fill them, a heaviest one.

    Parameters
    ----------
    problem : PlanProblem
    adjacent : sequence of list of int
        Whom each item would serve, as `PlanProblem.children_of_items` gives it.

    Notes
    -----
    The sets of children that the places of some items can serve at once are the independent sets
    of a transversal matroid, so taking the heaviest child that is still reachable, place by
    place, stays a heaviest filling; who is served once stays served, and what an item adds never
    grows as others are chosen (weighted matroid rank is submodular). A place reaches children
    beyond its own item's by taking over a child of a full item, whose place goes to another. An
    item with a place to spare leaves nobody to reach, or it would be taken. Ties go to the lower
    position. Finding one child costs the pairs of the full items at most.
    """

    def __init__(self, problem: PlanProblem, adjacent: Sequence[list[int]]) -> None:
        self._weight = problem.child_weight.tolist()
        self._capacity = problem.item_capacity.tolist()
        self._adjacent = adjacent
        # Of each served child the item that serves it, and how many each item serves.
        self.item_of_child: dict[int, int] = {}
        self._filled: dict[int, int] = {}
        self.total = 0

    def worth(self, item: int) -> int:
        """Tell what an item would add, and change nothing.

        Parameters
        ----------
        item : int

        Returns
        -------
        int
            The weight of the children who would be served as well.
        """
        adjacent = self._adjacent[item]
        taken = self.item_of_child
        new = [child for child in adjacent if child not in taken]
        full = any(
            self._filled[taken[child]] == self._capacity[taken[child]]
            for child in adjacent
            if child in taken
        )
        if not full:
            # Nobody else can be reached.
            return sum(self._weight[child] for child in new[: self._capacity[item]])
        served, moved = self._fill(item)
        for child, into in reversed(moved):
            if into is None:
                del taken[child]
            else:
                taken[child] = into
        del self._filled[item]
        return sum(self._weight[child] for child in served)

    def add(self, item: int) -> list[int]:
        """Choose an item.

        Parameters
        ----------
        item : int
            One that was not chosen before.

        Returns
        -------
        list of int
            The children who are served now and were not before, the heaviest first.
        """
        served, _ = self._fill(item)
        self.total += sum(self._weight[child] for child in served)
        return served

    def _fill(self, item: int) -> tuple[list[int], list[tuple[int, int | None]]]:
        self._filled[item] = 0
        served: list[int] = []
        moved: list[tuple[int, int | None]] = []
        for _ in range(self._capacity[item]):
            path = self._heaviest_path(item)
            if path is None:
                break
            # From the new child back to the item: each gives the one before it its place.
            for child, into in path:
                moved.append((child, self.item_of_child.get(child)))
                self.item_of_child[child] = into
            self._filled[item] += 1
            served.append(path[0][0])
        return served, moved

    def _heaviest_path(self, item: int) -> list[tuple[int, int]] | None:
        came: dict[int, tuple[int, int]] = {}
        waiting = [item]
        best: tuple[int, int, int] | None = None
        for at in waiting:
            found = False
            for child in self._adjacent[at]:
                holder = self.item_of_child.get(child)
                if holder is None:
                    # The first one found is this item's heaviest.
                    if not found:
                        found = True
                        key = -self._weight[child], child, at
                        best = key if best is None else min(best, key)
                elif (
                    holder not in came
                    and holder != item
                    and self._filled[holder] == self._capacity[holder]
                ):
                    came[holder] = child, at
                    waiting.append(holder)
        if best is None:
            return None
        _, child, at = best
        path = [(child, at)]
        while at != item:
            child, at = came[at]
            path.append((child, at))
        return path
