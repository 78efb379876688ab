"""Numbers of different pages about the same random month agree with each other."""

import csv
import io
import re
from collections import Counter
from html import unescape
from random import Random
from typing import Any

import pytest

from app.clock import local_date
from app.codes import WEEKDAYS
from app.db import transaction
from app.gaps.quarters import unmet_of_quarter
from app.gaps.slices import DIMENSIONS
from app.samples.families import make_children
from app.samples.homes import STOKE
from app.samples.loading import bring_families
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import MARCH, refresh
from tests.support.races import add_children
from tests.support.world import World

FIGURES = ("children", "children_unmet", "wants", "met", "available", "unmet")
CONCEPTS = (
    "swimming",
    "angling",
    "music",
    "horses",
    "football",
    "dance",
    "cooking",
    "trampolining",
)
SETTINGS = ("specialist", "supported", "universal")
SEEDS = (1, 2)


def ask(world: World, path: str, **params: Any) -> Any:
    answer = world.call("GET", path, params={"month": MARCH, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows_by(world: World, by: str, **filters: str) -> dict[str, dict[str, Any]]:
    told = ask(world, "/v1/gaps", by=by, limit=200, **filters)
    assert told["next_cursor"] is None
    return {row["value"]: row for row in told["items"]}


@pytest.fixture(params=SEEDS)
def month(world: World, request: pytest.FixtureRequest) -> World:
    """Judge a month of children, sessions, bookings and wishes that a seed makes up."""
    rng = Random(request.param)
    made = make_children(rng, n_children=60, towns=STOKE, today=local_date(world.clock.now))
    with transaction(world.sessions, world.authority_id) as session:
        references = [f"home-{number}" for number in range(made[-1].household + 1)]
        bring_families(session, made, references, now=world.clock.now, on_progress=lambda *_: None)
    music = {"text": "music", "feeling": "love", "voice": "child"}
    nameless = {"text": "zzkrx", "feeling": "like", "voice": "parent"}
    nowhere = {"latitude": 53.0, "longitude": -2.18}
    add_children(world, 2, home=nowhere, interests=[music, nameless])
    musicians = [add_child(world, interests=[music]) for _ in range(3)]
    for concept in CONCEPTS:
        activity = add_activity(world, concepts=[concept], setting=rng.choice(SETTINGS))
        for _ in range(2):
            day = SATURDAY.replace(day=rng.randint(2, 30))
            session_id = add_session(world, activity, day, capacity=rng.randint(1, 5))
            if concept == "music":
                book(world, musicians.pop(), session_id)
    wishers = [add_child(world) for _ in range(4)]
    for child in wishers:
        body = {"child_id": child, "text": "learn archery", "voice": "child"}
        assert world.call("POST", "/v1/wishes", json=body).status_code == 201
    refresh(world)
    return world


def test_every_slice_has_the_same_totals(month: World) -> None:
    told = [ask(month, "/v1/gaps", by=by) for by in (*DIMENSIONS, "month")]

    assert len({str(one["totals"]) for one in told}) == 1
    totals = told[0]["totals"]
    assert min(totals[name] for name in FIGURES) > 0, "a month with something of everything"
    assert totals["wants"] == totals["met"] + totals["available"] + totals["unmet"]
    for one in told:
        assert {name: one["trend"][-1][name] for name in FIGURES} == totals
        assert one["cap_pressure"] == told[0]["cap_pressure"]
        assert one["actions"] == told[0]["actions"]
        best = max((row["action"]["children"] for row in one["items"] if row["action"]), default=0)
        if one["next_cursor"] is None:
            assert best <= one["actions"][0]["children"]
    for by in ("interest", "weekday", "setting", "area", "age_band"):
        rows = rows_by(month, by).values()
        for name in ("wants", "met", "available", "unmet"):
            assert sum(row[name] for row in rows) == totals[name], (by, name)
    settings = {one["setting"]: one for one in told[0]["settings"]}
    for value, row in rows_by(month, "setting").items():
        if value != "none":
            of_page = settings[value]
            assert (row["met"], row["available"], row["unmet"]) == (
                *(of_page["met"], of_page["available"], of_page["missed"]),
            )
    assert {row["weekday"] for row in told[0]["actions"]} <= {*WEEKDAYS, None}


@pytest.mark.parametrize("by", DIMENSIONS)
def test_a_table_and_a_chart_tell_what_the_data_does(month: World, by: str) -> None:
    rows = rows_by(month, by)
    params = {"month": MARCH, "by": by, "limit": 200}

    def form(accept: str) -> str:
        answer = month.call("GET", "/v1/gaps", params=params, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(accept)
        words: str = answer.text
        return words

    table = {row["value"]: row for row in csv.DictReader(io.StringIO(form("text/csv")))}
    assert list(table) == list(rows)
    for value, row in rows.items():
        assert [table[value][name] for name in FIGURES] == [str(row[name]) for name in FIGURES]
    [described] = re.findall(r"<desc>(.*?)</desc>", form("image/svg+xml"))
    for row in rows.values():
        said = f"{row['label']}: {row['children_unmet']} of {row['children']}"
        assert said in unescape(described)


def test_equity_counts_the_same_children(month: World) -> None:
    equity = ask(month, "/v1/equity")
    totals = ask(month, "/v1/gaps")["totals"]

    assert equity["unmet"] == totals["children_unmet"]
    dimensions = {one["by"]: one["groups"] for one in equity["dimensions"]}
    for by in ("area", "age_band", "sen_type"):
        groups = {group["group"]: group for group in dimensions[by]}
        for value, row in rows_by(month, by).items():
            if value != "none":
                told = (groups[value]["children"], groups[value]["unmet"])
                assert told == (row["children"], row["children_unmet"]), (by, value)
    nobody = next(group for group in dimensions["need_group"] if group["group"] == "none")
    row = rows_by(month, "need")["none"]
    assert (nobody["children"], nobody["unmet"]) == (row["children"], row["children_unmet"])


def test_wishes_are_among_the_wants(month: World) -> None:
    [group] = month.call("GET", "/v1/wishes/groups").json()["items"]
    row = rows_by(month, "interest", area=group["outcode"])[group["concept"]]

    # Nobody of the others is interested in it.
    assert (group["children"], row["children"], row["unmet"]) == (4, 4, 4)


def test_what_profiles_lack_is_what_slices_cannot_tell(month: World) -> None:
    issues = {one["issue"]: one for one in ask(month, "/v1/gaps/quality")["issues"]}

    assert issues["no_postcode"]["cost"] == rows_by(month, "area")["unknown"]["wants"]
    assert issues["no_recognised_concept"]["cost"] == rows_by(month, "interest")["other"]["unmet"]


def test_a_release_is_drawn_of_the_same_wants(month: World) -> None:
    with transaction(month.sessions, month.authority_id) as session:
        quarter = unmet_of_quarter(session, "2027-Q1")

    assert quarter.months == (MARCH,)
    rows = rows_by(month, "interest")
    unmet = {value: row["unmet"] for value, row in rows.items() if value != "other"}
    assert Counter(quarter.concept) == Counter({v: n for v, n in unmet.items() if n})
    reasons = Counter(quarter.reason)
    for value, row in rows_by(month, "reason").items():
        assert reasons[value] <= row["unmet"], "texts without a concept are not released"
