"""Places of the chosen items and the children in them, kept best as items come in."""

from __future__ import annotations

from collections.abc import Sequence

from matching.gaps.planning_problem import PlanProblem


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
