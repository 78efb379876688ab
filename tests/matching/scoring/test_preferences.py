"""Voices that disagree, and how likings for one activity are folded into one."""

from __future__ import annotations

import numpy as np
import pytest

from matching import Interest
from matching.scoring.preferences import strongest, weigh_voices, worst
from tests.matching.worlds import SMALL_VOCABULARY


@pytest.mark.parametrize(
    ("interests", "liked", "avoided", "reason"),
    [
        ([("dogs", "love", "child")], ["dogs"], [], "nobody disagrees"),
        ([("dogs", "love", "child"), ("dogs", "avoid", "parent")], ["dogs"], [], "child first"),
        ([("dogs", "love", "parent"), ("dogs", "avoid", "child")], [], ["dogs"], "and other way"),
        ([("dogs", "love", "child"), ("dogs", "avoid", "child")], ["dogs"], ["dogs"], "equal"),
        ([("footy and dogs", "love", "observed"), ("dogs", "avoid", "child")],
         ["footy"], ["dogs"], "each phrase for itself"),
        ([("loves footy, no dogs", "like", "child")], ["footy"], [], "turned down, not avoided"),
        ([("puppies near music", "avoid", "parent"), ("dogs", "like", "child")],
         ["dogs"], ["music"], "the concept that nobody overrules still blocks"),
    ],
)  # fmt: skip
def test_weigh_voices(
    interests: list[tuple[str, str, str]], liked: list[str], avoided: list[str], reason: str
) -> None:
    weighed = weigh_voices([Interest(*one) for one in interests], SMALL_VOCABULARY)
    assert [one.phrase.text for one in weighed.liked] == liked, reason
    assert weighed.avoided() == set(avoided), reason


def test_stored_phrases_are_not_read_again() -> None:
    stored = SMALL_VOCABULARY.encode("dogs")
    weighed = weigh_voices([Interest("swimming", "love", phrases=stored)], SMALL_VOCABULARY)
    assert [one.phrase.text for one in weighed.liked] == ["dogs"]


class TestFolding:
    def test_the_second_adds_a_share_of_what_is_open(self) -> None:
        each = np.array([[0.5, 1.0, 0.0], [0.25, 1.0, 0.0], [0.0, 1.0, 0.0]])
        assert strongest(each).tolist() == [0.525, 1.0, 0.0]
        assert strongest(each[:1]).tolist() == [0.5, 1.0, 0.0]
        assert strongest(each[:0]).tolist() == [0.0, 0.0, 0.0]

    def test_faint_dislikes_count_nothing(self) -> None:
        assert worst(np.array([[0.05, 0.3], [0.01, 0.2]])).tolist() == [0.0, 0.3]
        assert worst(np.zeros((0, 2))).tolist() == [0.0, 0.0]
