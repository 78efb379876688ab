"""Instances that others published come out as they say, or as HiGHS finds them, to the unit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from matching import Allocation, AllocationProblem, allocate, check_allocation
from tests.matching.allocation.drawing import ids, shuffle
from tests.matching.allocation.oracle import best_by_highs

INSTANCES = Path(__file__).parent / "instances"
MOST_CHOICES = 25


def assignment() -> AllocationProblem:
    """Tell OR-Library's assign100: rows are children, columns sessions of one place."""
    size, *costs = map(int, (INSTANCES / "assign100.txt").read_text().split())
    row, column = np.divmod(np.arange(size * size), size)
    return AllocationProblem(
        child_ids=ids(size),
        band=np.zeros(size, dtype=int),
        session_ids=ids(size, 1_000),
        capacity=np.ones(size, dtype=int),
        pair_child=row,
        pair_session=column,
        pair_value=101 - np.array(costs),
    )


def with_several_each(
    value: np.ndarray, wanted: list[int], capacity: list[int]
) -> AllocationProblem:
    """Tell who may have several places as several children; below zero is no pair.

    A pool of one place for each pair of a row and a column keeps a row out of a column twice.
    """
    row_of_child = np.repeat(np.arange(len(value)), wanted)
    row, column = np.nonzero(value >= 0)
    pool = np.full(value.shape, -1)
    pool[row, column] = np.arange(len(row))
    child, session = np.nonzero(value[row_of_child] >= 0)
    return AllocationProblem(
        child_ids=ids(len(row_of_child)),
        band=np.zeros(len(row_of_child), dtype=int),
        session_ids=ids(len(capacity), 1_000),
        capacity=capacity,
        pair_child=child,
        pair_session=session,
        pair_value=value[row_of_child[child], session],
        pair_pool=pool[row_of_child[child], session],
        pool_session=column,
        pool_kind=row,
        pool_capacity=np.ones(len(row), dtype=int),
    )


def courses() -> AllocationProblem:
    """Tell fairpyx' bids: up to six courses a student, with fewer places than wishes."""
    told = json.loads((INSTANCES / "course_bids.json").read_text())
    names = list(told["item_capacities"])
    value = [[bids[name] for name in names] for bids in told["valuations"].values()]
    wanted, capacity = (list(told[one].values()) for one in ("agent_capacities", "item_capacities"))
    return with_several_each(np.array(value), wanted, capacity)


def reviews() -> AllocationProblem:
    """Tell OpenReview's case: two reviews a paper, up to three papers a reviewer."""
    told = json.loads((INSTANCES / "paper_costs.json").read_text())
    costs = told["cost_of_reviewer_and_paper"]
    value = np.array([[-1 if cost is None else 1 - cost for cost in row] for row in costs]).T
    n_papers, n_reviewers = value.shape
    wanted = [told["reviews_of_each_paper"]] * n_papers
    return with_several_each(value, wanted, [told["papers_of_a_reviewer"]] * n_reviewers)


def projects() -> AllocationProblem:
    """Tell the students' lists: projects are pools inside their supervisors' places."""

    def rows(name: str) -> list[dict[str, str]]:
        with (INSTANCES / f"{name}.csv").open() as lines:
            return list(csv.DictReader(lines))

    supervisors = {row["name"]: at for at, row in enumerate(rows("supervisors"))}
    offered = rows("projects")
    project_at = {row["code"]: at for at, row in enumerate(offered)}
    supervisor_of = [supervisors[row["supervisor"]] for row in offered]
    students = rows("students")
    pairs: dict[tuple[int, int], tuple[int, int]] = {}
    for child, student in enumerate(students):
        for place in range(MOST_CHOICES):
            if student[str(place)]:
                project = project_at[student[str(place)]]
                first = (MOST_CHOICES - place, project)
                pairs.setdefault((child, supervisor_of[project]), first)
    return AllocationProblem(
        child_ids=ids(len(students)),
        band=np.zeros(len(students), dtype=int),
        session_ids=ids(len(supervisors), 1_000),
        capacity=[int(row["capacity"]) for row in rows("supervisors")],
        pair_child=[child for child, _ in pairs],
        pair_session=[session for _, session in pairs],
        pair_value=[value for value, _ in pairs.values()],
        pair_pool=[project for _, project in pairs.values()],
        pool_session=supervisor_of,
        pool_kind=np.arange(len(offered)),
        pool_capacity=[int(row["capacity"]) for row in offered],
    )


def reached(allocation: Allocation) -> dict[str, int]:
    return dict(zip(allocation.level_names, allocation.reached, strict=True))


def test_the_best_assignment_costs_what_is_published() -> None:
    problem = assignment()
    allocation = allocate(problem)
    assert check_allocation(problem, allocation).proved
    assert reached(allocation)["placed"] == 100
    assert 100 * 101 - reached(allocation)["value"] == 305


def test_the_best_reviews_cost_what_is_published() -> None:
    problem = reviews()
    allocation = allocate(problem)
    assert reached(allocation)["placed"] == 10
    assert 10 - reached(allocation)["value"] == -100
    papers = list(zip(np.repeat(np.arange(5), 2), allocation.session_of_child, strict=True))
    assert len(set(papers)) == 10


@pytest.mark.parametrize("told", [courses, reviews, projects])
def test_every_level_is_as_good_as_highs_finds_it(told: object) -> None:
    problem = told()
    allocation = allocate(problem)
    assert allocation.reached == best_by_highs(problem)
    assert allocation.optimal
    assert check_allocation(problem, allocation).proved


@pytest.mark.parametrize("told", [assignment, courses, reviews, projects])
def test_the_order_of_rows_changes_nothing(told: object) -> None:
    problem = told()
    other, children, sessions = shuffle(problem, 5)
    before, after = allocate(problem), allocate(other)
    where = np.append(sessions, -1)[after.session_of_child]
    assert (where == before.session_of_child[children]).all()
    assert after.reached == before.reached
