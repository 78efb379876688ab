"""Sample families: the same for a seed and a day, valid, and of a piece."""

from collections import Counter
from datetime import date
from random import Random

import pytest

from app.children.schemas import ChildCreate
from app.children.service import check_date_of_birth
from app.clock import age_on
from app.ids import new_id
from app.postcodes import parse_postcode
from app.samples.families import SCHOOL_SIZE, SampleChild, make_children
from app.samples.homes import AREAS, STOKE
from app.samples.worked_example import make_maya
from tests.support.clock import NOON

TODAY = date(2027, 3, 2)
MANY = make_children(Random(7), n_children=1200, towns=STOKE, today=TODAY)


def essential(child: SampleChild) -> set[str]:
    needs = child.profile["needs"]
    return {need["code"] for need in needs if need["importance"] == "essential"}


def share(code: str, children: list[SampleChild]) -> float:
    return sum(code in essential(child) for child in children) / len(children)


class TestMakeChildren:
    def test_gives_the_same_for_a_seed_and_a_day(self) -> None:
        again = make_children(Random(7), n_children=1200, towns=STOKE, today=TODAY)
        assert again == MANY
        assert make_children(Random(8), n_children=1200, towns=STOKE, today=TODAY) != MANY

    @pytest.mark.parametrize("n_children", [1, 2, 299, 300])
    def test_gives_as_many_as_asked_for(self, n_children: int) -> None:
        made = make_children(Random(1), n_children=n_children, towns=STOKE, today=TODAY)
        assert len(made) == n_children

    def test_gives_what_the_api_itself_would_take(self) -> None:
        for child in [*MANY, SampleChild(0, make_maya(TODAY))]:
            form = ChildCreate.model_validate({**child.profile, "household_id": new_id()})
            check_date_of_birth(form, now=NOON)
            assert form.home.latitude is not None

    @pytest.mark.parametrize("towns", AREAS, ids=lambda towns: towns[0].name)
    def test_lives_in_the_districts_of_the_area(self, towns: tuple[object, ...]) -> None:
        made = make_children(Random(3), n_children=60, towns=towns, today=TODAY)  # type: ignore[arg-type]
        outcodes = {code for town in towns for code in town.outcodes}  # type: ignore[attr-defined]
        homes = {parse_postcode(child.profile["home"]["postcode"]).outcode for child in made}
        assert homes <= outcodes

    def test_has_households_of_one_to_three_who_live_together(self) -> None:
        homes: dict[int, set[str]] = {}
        for child in MANY:
            homes.setdefault(child.household, set()).add(child.profile["home"]["postcode"])
        assert all(len(places) == 1 for places in homes.values())
        sizes = Counter(Counter(child.household for child in MANY).values())
        assert set(sizes) == {1, 2, 3}

    def test_is_mostly_of_school_age(self) -> None:
        ages = [age_on(child.profile["date_of_birth"], TODAY) for child in MANY]
        assert min(ages) == 0
        assert max(ages) == 18
        assert sum(5 <= age <= 15 for age in ages) > 0.7 * len(ages)

    def test_needs_go_with_the_condition(self) -> None:
        complex_ = [child for child in MANY if "PMLD" in child.profile["sen_types"]]
        others = [child for child in MANY if "PMLD" not in child.profile["sen_types"]]
        for code in ("hoist", "changing_places", "personal_care", "wheelchair_access"):
            assert share(code, complex_) > 0.6
            assert share(code, others) < 0.2
        assert 0.2 < sum(not essential(child) for child in MANY) / len(MANY) < 0.6

    def test_signs_where_signing_is_needed(self) -> None:
        for child in MANY:
            signed = {need["code"] for need in child.profile["needs"]} & {"makaton", "bsl", "pecs"}
            assert signed <= set(child.profile["communication"]["methods"])

    def test_has_voices_feelings_and_free_times_of_every_kind(self) -> None:
        said = [one for child in MANY for one in child.profile["interests"]]
        assert {one["voice"] for one in said} == {"child", "parent", "professional", "observed"}
        assert {one["feeling"] for one in said} == {"love", "like", "curious", "dislike", "avoid"}
        assert len({one["text"] for one in said}) > 120
        windows = Counter(len(child.profile["availability"]) for child in MANY)
        assert windows[0] > 100
        assert len(windows) > 4

    def test_friendship_is_mutual_in_one_school_and_not_at_home(self) -> None:
        befriended = 0
        for number, child in enumerate(MANY):
            for friend in child.friends:
                befriended += 1
                assert number in MANY[friend].friends
                assert MANY[friend].household != child.household
                assert friend // SCHOOL_SIZE == number // SCHOOL_SIZE
        assert befriended > 100
