"""The grid is declared from what is public, and everybody has one place on it."""

import numpy as np

from app.concepts import vocabulary
from app.releases.grid import AGES, REASONS, Unmet, declare_grid, lay_out
from app.releases.topics import OTHER, TOPICS, label_of, topic_of
from tests.support.releases import NORTH, SOUTH


def test_topics_are_concepts_of_the_vocabulary() -> None:
    assert len(set(TOPICS)) == len(TOPICS) == 33
    assert all(topic in vocabulary() for topic in TOPICS if topic != OTHER)
    assert len({label_of(topic) for topic in TOPICS}) == len(TOPICS)


def test_a_want_counts_under_the_nearest_topic() -> None:
    told = {
        "angling": "angling",
        "11_a_side": "football",
        "minecraft": "gaming",
        "tennis": "sport",
        "trampolining": "bouncing",
        "forest_school": "nature",
        "group_exercise": "exercise",
        "museums": "days_out",
        "sauna": OTHER,
        "no such concept": OTHER,
    }

    assert {concept: topic_of(concept) for concept in told} == told


def test_every_concept_has_a_topic() -> None:
    assert {topic_of(concept) for concept in vocabulary().concepts} == set(TOPICS)


def test_without_localities_there_is_no_such_table() -> None:
    assert "locality" not in declare_grid([], with_breakdowns=True).breakdowns
    assert declare_grid([SOUTH], with_breakdowns=False).breakdowns == {}


def test_wants_are_laid_out() -> None:
    grid = declare_grid([SOUTH, NORTH], with_breakdowns=True)
    unmet = Unmet(
        child=np.array([0, 0, 1]),
        concept=["minecraft", "angling", "sauna"],
        outcode=["ST4", "ST4", "unknown"],
        age_band=["8-10", "8-10", "26+"],
        need_groups=np.array([0b101, 0b101, 0]),
        reason=["need", "nothing_on_offer", "full"],
    )

    flags = lay_out(unmet, grid, [SOUTH, NORTH])

    assert [grid.topics[at] for at in flags.topic] == ["gaming", "angling", OTHER]
    laid = {by: [grid.breakdowns[by][at] for at in values] for by, values in flags.columns.items()}
    assert laid == {
        "locality": ["South", "South", "other"],
        "age_band": ["8-10", "8-10", "other"],
        "reason": ["need", "nothing_on_offer", "full"],
    }
    assert flags.in_need_group.sum(axis=1).tolist() == [2, 2, 0]


def test_reasons_and_ages_are_those_of_the_other_rooms() -> None:
    assert REASONS[0] == "age"
    assert REASONS[-1] == "nothing_on_offer"
    assert len(REASONS) == 13
    assert AGES[:2] == ("0-4", "5-7")
