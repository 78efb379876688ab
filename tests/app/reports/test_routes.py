"""Reports over HTTP: made of a release, and of nothing else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from app.access.scopes import ClientKind
from app.db import transaction
from tests.app.rounds.pages import Page
from tests.support.catalogue import add_activity, add_session
from tests.support.races import add_children
from tests.support.releases import (
    NORTH,
    PERIOD,
    SOUTH,
    declare,
    draw_of,
    read,
    set_size,
    wants_in_vain,
)
from tests.support.reports import wants
from tests.support.statements import lines_of
from tests.support.world import World

REPORT = f"/v1/reports/{PERIOD}"
BREAKDOWNS = ("locality", "age_band", "need_group", "reason")
# The tables that a report may be made of, and those that say who asks.
MAY_BE_READ = {
    *("gap_releases", "gap_release_cells", "release_statements"),
    *("authorities", "clients", "family_grants"),
}


@pytest.fixture
def released(world: World) -> World:
    """Draw a quarter's release of two thousand wants."""
    set_size(world)
    declare(world, SOUTH, NORTH)
    draw_of(world, wants(2000))
    return world


def get(world: World, form: str = "json", period: str = PERIOD, **kwargs: Any) -> Any:
    answer = read(world, f"/v1/reports/{period}?format={form}", **kwargs)
    assert answer.status_code == 200, answer.text
    return answer


def cells(world: World, by: str = "interest", period: str = PERIOD) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = read(world, f"/v1/gaps?period={period}&by={by}").json()["items"]
    return items


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """Note down every statement that is sent to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


class TestFigures:
    def test_every_figure_is_a_stored_one(self, released: World) -> None:
        report = get(released).json()

        assert [one["table"]["by"] for one in report["tables"]] == ["interest", *BREAKDOWNS]
        for one in report["tables"]:
            assert one["items"] == cells(released, one["table"]["by"])
        release = read(released, f"/v1/gap-releases/{report['release_id']}").json()
        assert report["method"] == release["method"]
        assert [one["table"] for one in report["tables"]] == release["tables"]

    def test_every_number_on_the_page_is_a_stored_one_or_about_the_method(
        self, released: World
    ) -> None:
        page = get(released, "html").text
        by_table = {by: cells(released, by) for by in ("interest", *BREAKDOWNS)}
        figures = {str(c["children"]) for each in by_table.values() for c in each if c["children"]}
        errors = {str(c["error_95"]) for each in by_table.values() for c in each}
        below = {str(c["below"]) for each in by_table.values() for c in each if c["below"]}

        for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', page.split('id="method"')[0]):
            *_, children, error = re.findall(r"<td>(.*?)</td>", row)
            assert error in errors
            assert children in figures or children.removeprefix("fewer than ") in below
        drawn = re.findall(r"<text [^>]*>(\d+) \u00b1 (\d+)</text>", page)
        assert len(drawn) > 20
        assert {children for children, _ in drawn} <= figures
        assert {error for _, error in drawn} <= errors

    def test_in_short_it_says_what_the_tables_say(self, released: World) -> None:
        report = get(released).json()
        shown = {c["children"] for one in report["tables"] for c in one["items"] if c["children"]}

        said = [int(n) for line in report["summary"] for n in re.findall(r"about (\d+)", line)]
        assert len(said) >= 3 + len(BREAKDOWNS)
        assert set(said) <= shown
        assert said[0] == max(c["children"] or 0 for c in report["tables"][0]["items"])
        assert all("give or take" in line for line in report["summary"] if "about" in line)

    def test_suppressed_cells_never_show(self, released: World) -> None:
        # Whatever a cell holds that is not shown, nothing of it comes through.
        with transaction(released.sessions, released.authority_id) as session:
            rows = session.execute(
                text("SELECT by, interest, value FROM gap_release_cells WHERE NOT shown")
            ).all()
        report = get(released).json()
        told = {
            (one["table"]["by"], c["interest"], c["value"]): c
            for one in report["tables"]
            for c in one["items"]
        }
        assert len(rows) > 100
        for by, interest, value in rows:
            assert told[by, interest, value]["children"] is None
            assert told[by, interest, value]["below"] in (15, 20)
        assert "noised" not in get(released).text
        page = Page(get(released, "html").text)
        lowest = {int(row) for row in re.findall(r"\d+", " ".join(_children(page)))}
        assert min(lowest) >= 15

    def test_where_nothing_can_be_shown_it_says_so(self, world: World) -> None:
        set_size(world, "under_200")
        draw_of(world, wants_in_vain(0))
        report = get(world).json()

        shown = [c for c in report["tables"][0]["items"] if c["children"] is not None]
        assert [one["table"]["by"] for one in report["tables"]] == ["interest"]
        assert report["comparison"] is None
        if not shown:
            assert report["summary"][0].startswith("No interest has a figure to show")
            assert "There are no figures to show." in get(world, "html").text


def _children(page: Page) -> list[str]:
    """Give the column of children of each table of a page, but of those of the method."""
    columns = []
    for row in page.all("tr"):
        inside = re.fullmatch(r"(.*?) ((?:fewer than )?[\d,]+) \d+", row.text)
        if inside and "rho" not in row.text:
            columns.append(inside[2])
    return columns


class TestBytes:
    @pytest.mark.parametrize("form", ["json", "html", "pdf"])
    def test_live_rows_change_nothing(self, released: World, form: str) -> None:
        before = get(released, form).content
        session = add_session(released, add_activity(released, concepts=["swimming"]))
        add_children(
            released, 30, interests=[{"text": "chess", "feeling": "love", "voice": "child"}]
        )
        assert released.call(
            "PATCH", f"/v1/sessions/{session}", json={"capacity": 1}, headers={"If-Match": "*"}
        ).is_success
        declare(released, {"name": "Everywhere", "outcodes": ["ST1"]})
        released.clock.now += timedelta(days=400)

        assert get(released, form).content == before
        assert get(released, form, kind=ClientKind.BROKER).content == before

    def test_only_what_was_released_and_published_is_read(
        self, released: World, engine: Engine
    ) -> None:
        get(released)
        with statements_of(engine) as sent:
            for form in ("json", "html", "pdf"):
                get(released, form)
        tables = {
            name for statement in sent for name in re.findall(r"(?:FROM|JOIN) (\w+)", statement)
        }
        assert {"gap_releases", "gap_release_cells", "release_statements"} <= tables
        assert tables <= MAY_BE_READ
        writes = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")
        assert not [statement for statement in sent if writes.search(statement)]

    def test_a_release_drawn_later_of_the_quarter_before_changes_nothing(
        self, released: World
    ) -> None:
        before = get(released).content
        released.clock.now += timedelta(days=1)
        draw_of(released, wants(1500), "2026-Q4")

        assert get(released).content == before
        assert get(released).json()["comparison"] is None


class TestComparison:
    @pytest.fixture
    def two_quarters(self, world: World) -> World:
        set_size(world)
        draw_of(world, wants(2000), "2026-Q4")
        world.clock.now += timedelta(minutes=1)
        draw_of(world, wants(1000, seed=2))
        return world

    def test_differences_are_of_shown_figures_with_the_error_of_both(
        self, two_quarters: World
    ) -> None:
        now = {c["interest"]: c["children"] for c in cells(two_quarters)}
        then = {c["interest"]: c["children"] for c in cells(two_quarters, period="2026-Q4")}
        comparison = get(two_quarters).json()["comparison"]

        assert comparison["period"] == "2026-Q4"
        shown = [i for i in now if now[i] is not None or then[i] is not None]
        assert [one["interest"] for one in comparison["items"]] == shown
        for one in comparison["items"]:
            a, b = now[one["interest"]], then[one["interest"]]
            assert (one["children"], one["children_before"]) == (a, b)
            # 1.96 times the root of two variances of 5.477, and of what rounding adds.
            assert one["error_95"] == 16
            if a is None or b is None:
                assert (one["difference"], one["verdict"]) == (None, "not_shown")
            else:
                assert one["difference"] == a - b
                near = "within_noise" if abs(a - b) <= 16 else "more" if a > b else "fewer"
                assert one["verdict"] == near
        verdicts = {one["interest"]: one["verdict"] for one in comparison["items"]}
        assert verdicts["swimming"] == "fewer"
        assert "within_noise" in verdicts.values()

    def test_the_page_says_when_a_difference_is_within_the_noise(self, two_quarters: World) -> None:
        page = Page(get(two_quarters, "html").text)
        assert any("Within the noise" in row.text for row in page.all("tr"))
        assert any("fewer children for" in line.text for line in page.all("li"))
        # Twice the figures: 2026-Q4's own report has nothing before it.
        assert get(two_quarters, period="2026-Q4").json()["comparison"] is None


class TestSaidAndDone:
    def test_published_lines_of_the_quarter_are_in_it_and_no_others(self, released: World) -> None:
        line = lines_of(released)["swimming"]
        did = "Trent Vale <Angling> Society has founded a group."
        path = f"/v1/you-said-we-did/lines/{line}"

        def answer(words: str | None) -> None:
            headers = {"If-Match": "*"}
            assert released.call("PATCH", path, json={"we_did": words}, headers=headers).is_success

        answer(did)
        items = get(released).json()["you_said_we_did"]["items"]
        assert [(one["interest"], one["we_did"]) for one in items] == [("swimming", did)]
        assert "Trent Vale &lt;Angling&gt; Society" in get(released, "html").text

        # What is taken back is gone from reports too.
        answer(None)
        assert get(released).json()["you_said_we_did"]["items"] == []
        assert "Nothing is published for this quarter." in get(released, "html").text


class TestForms:
    @pytest.mark.parametrize(
        ("accept", "given"),
        [
            ("*/*", "application/json"),
            ("text/html", "text/html; charset=utf-8"),
            ("application/pdf", "application/pdf"),
            ("application/pdf;q=0.5, text/html;q=0.9", "text/html; charset=utf-8"),
        ],
    )
    def test_accept_decides(self, released: World, accept: str, given: str) -> None:
        answer = read(released, REPORT, headers={"Accept": accept})
        assert answer.headers["Content-Type"] == given
        assert "Accept" in answer.headers["Vary"]

    def test_a_form_that_there_is_not(self, released: World) -> None:
        answer = read(released, REPORT, headers={"Accept": "image/png"})
        assert answer.status_code == 406
        assert answer.json()["facts"]["available"] == [
            *("application/json", "text/html", "application/pdf")
        ]
        assert read(released, f"{REPORT}?format=docx").status_code == 422

    def test_a_page_runs_no_script_and_loads_nothing(self, released: World) -> None:
        answer = get(released, "html")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]

    def test_a_pdf_is_tagged(self, released: World) -> None:
        pdf = get(released, "pdf").content
        assert pdf.startswith(b"%PDF-")
        for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Marked true", b"/Lang(en-GB)"):
            assert mark in pdf
        assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
        # Charts say in words what they show.
        assert b"/Alt" in pdf

    def test_no_release_no_report(self, released: World) -> None:
        answer = read(released, "/v1/reports/2027-Q3")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("period", ["2027", "2027-Q5", "2027-03", "2027-q1", "x%00"])
    def test_a_period_is_a_quarter(self, released: World, period: str) -> None:
        assert read(released, f"/v1/reports/{period}").status_code == 422

    def test_families_and_providers_are_refused(self, released: World) -> None:
        for kind in (ClientKind.FAMILY_APP, ClientKind.PROVIDER, ClientKind.OPERATOR):
            assert released.call("GET", REPORT, kind=kind).status_code == 403
