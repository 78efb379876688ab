"""The brochure: frozen and versioned, in every form that is asked for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.scopes import ClientKind
from app.db import transaction
from app.rounds.brochure_schemas import BrochureRead
from app.rounds.models import BrochureDocument
from tests.support.catalogue import add_activity, add_session
from tests.support.rounds import CLOSES, SATURDAY, make_round, open_round, publish
from tests.support.world import World

FORMS = [
    {"format": "json"},
    {"format": "html"},
    {"format": "pdf"},
    {"format": "html", "style": "easy_read"},
    {"format": "pdf", "style": "easy_read"},
]


def read(world: World, round_id: str, accept: str | None = None, **query: Any) -> Any:
    headers = {} if accept is None else {"Accept": accept}
    return world.call("GET", f"/v1/rounds/{round_id}/brochure", params=query, headers=headers)


def all_forms(world: World, round_id: str, **query: Any) -> list[bytes]:
    answers = [read(world, round_id, **form, **query) for form in FORMS]
    assert [answer.status_code for answer in answers] == [200] * len(FORMS)
    return [answer.content for answer in answers]


def republish(world: World, round_id: str, if_match: str = "*") -> Any:
    path = f"/v1/rounds/{round_id}/brochure"
    return world.call("POST", path, headers={"If-Match": if_match})


@pytest.fixture
def angling(world: World) -> str:
    """Put one Saturday of angling into the quarter."""
    activity = add_activity(
        world,
        venue_name="Fenton Pool",
        venue_postcode="ST4 2DE",
        offers=[
            {"need": "wheelchair_access", "kind": "provided"},
            {"need": "hoist", "kind": "on_request", "lead_days": 7, "cost_pence": 4000},
        ],
    )
    return add_session(world, activity, SATURDAY)


class TestContent:
    def test_says_what_is_on_in_the_quarter(self, world: World, angling: str) -> None:
        activity = add_activity(world, title="Winter club")
        add_session(world, activity, SATURDAY - timedelta(days=30))
        add_session(world, activity, SATURDAY, status="cancelled")
        round_id = publish(world, make_round(world)["id"])["id"]

        answer = read(world, round_id)
        brochure = BrochureRead.model_validate_json(answer.content)
        [shown] = brochure.activities
        assert shown.title == "Junior angling"
        assert [str(one.session_id) for one in shown.sessions] == [angling]
        assert [(need.need, need.kind) for need in shown.needs] == [
            ("wheelchair_access", "provided"),
            ("hoist", "on_request"),
        ]
        assert brochure.for_child is None
        assert answer.headers["Brochure-Version"] == "1"

    def test_leaves_out_what_has_begun(self, world: World) -> None:
        activity = add_activity(world)
        add_session(world, activity, world.clock.now - timedelta(minutes=1))
        later = add_session(world, activity, world.clock.now + timedelta(minutes=1))
        times = {"choices_open_at": world.clock.now.isoformat()}
        round_id = publish(world, make_round(world, quarter="2027-Q1", **times)["id"])["id"]

        [shown] = read(world, round_id).json()["activities"]
        assert [one["session_id"] for one in shown["sessions"]] == [later]

    def test_puts_it_into_words(self, world: World, angling: str) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]

        page = read(world, round_id, format="html").text
        assert "Saturday 3 April 2027" in page
        # The quarter begins in summer time.
        assert "10am to midday" in page
        assert "Hoist: can be arranged, ask 7 days before" in page
        assert "Free, or £5 if you have used your free place" in page

    def test_an_empty_quarter_says_so(self, world: World) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        all_forms(world, round_id)
        assert "Nothing is on in this quarter." in read(world, round_id, format="html").text

    def test_what_others_wrote_stays_text(self, world: World) -> None:
        title = "<script>alert(1)</script> & #strong[x] $a$ {{ 7 * 7 }}"
        activity = add_activity(world, title=title, description='#import "x"\n<b>bold</b>')
        add_session(world, activity, SATURDAY)
        round_id = publish(world, make_round(world)["id"])["id"]

        for style in ("standard", "easy_read"):
            page = read(world, round_id, format="html", style=style).text
            assert "<script" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; #strong[x] $a$ {{ 7 * 7 }}" in page
        assert all(len(form) > 100 for form in all_forms(world, round_id))

    def test_an_emoji_costs_the_claim_not_the_document(self, world: World) -> None:
        add_session(world, add_activity(world, title="Fishing 🎣"), SATURDAY)
        round_id = publish(world, make_round(world)["id"])["id"]

        pdf = read(world, round_id, format="pdf").content
        assert b"/StructTreeRoot" in pdf
        assert b"pdfuaid" not in pdf


class TestFrozen:
    def test_the_catalogue_changes_and_the_brochure_does_not(
        self, world: World, angling: str
    ) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        before = all_forms(world, round_id)
        change = {"status": "cancelled"}
        answer = world.call(
            "PATCH", f"/v1/sessions/{angling}", json=change, headers={"If-Match": "*"}
        )
        assert answer.status_code == 200
        add_session(world, add_activity(world, title="New"), SATURDAY)
        world.clock.now += timedelta(days=2)

        assert all_forms(world, round_id) == before

    def test_what_has_changed_is_told_beside_it(self, world: World, angling: str) -> None:
        moved = add_session(world, add_activity(world, title="Art"), SATURDAY)
        round_id = publish(world, make_round(world)["id"])["id"]
        assert read(world, round_id).headers["Brochure-Changes"] == "0"
        later = (SATURDAY + timedelta(hours=3)).isoformat()
        for session_id, change in (
            (angling, {"status": "cancelled"}),
            (moved, {"ends_at": later}),
        ):
            path = f"/v1/sessions/{session_id}"
            answer = world.call("PATCH", path, json=change, headers={"If-Match": "*"})
            assert answer.status_code == 200, answer.text

        assert read(world, round_id, format="pdf").headers["Brochure-Changes"] == "2"
        changes = world.call("GET", f"/v1/rounds/{round_id}/changes").json()
        assert changes["version"] == 1
        assert {(item["session_id"], item["change"]) for item in changes["items"]} == {
            (angling, "cancelled"),
            (moved, "moved"),
        }

    def test_each_version_stays(self, world: World, angling: str) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        first = all_forms(world, round_id)
        add_session(world, add_activity(world, title="Art"), SATURDAY)
        answer = republish(world, round_id, '"2"')
        assert (answer.status_code, answer.json()["brochure_version"]) == (201, 2)
        # Sent again after a lost answer, it makes no third version.
        assert republish(world, round_id, '"2"').status_code == 412

        assert all_forms(world, round_id, version=1) == first
        newest = read(world, round_id)
        assert newest.headers["Brochure-Version"] == "2"
        assert {one["title"] for one in newest.json()["activities"]} == {"Junior angling", "Art"}
        assert read(world, round_id, version=3).status_code == 404

    def test_not_again_once_the_choices_are_closed(self, world: World) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        world.clock.now = CLOSES
        answer = republish(world, round_id)
        assert (answer.status_code, answer.json()["facts"]["status"]) == (409, "choices_closed")

    def test_a_draft_has_none(self, world: World) -> None:
        round_id = make_round(world)["id"]
        family = world.family_token(world.household())
        for path in ("brochure", "changes"):
            answer = world.call("GET", f"/v1/rounds/{round_id}/{path}")
            assert answer.json()["type"].endswith("round-not-published")
            hidden = world.call_with(family, "GET", f"/v1/rounds/{round_id}/{path}")
            assert hidden.status_code == 404
        assert republish(world, round_id).status_code == 409

    def test_every_form_is_kept(self, world: World) -> None:
        publish(world, make_round(world)["id"])
        with transaction(world.sessions, world.authority_id) as session:
            kept = session.scalar(select(func.count()).select_from(BrochureDocument))
        assert kept == len(FORMS)


class TestForms:
    @pytest.mark.parametrize(
        ("accept", "query", "media_type"),
        [
            (None, {}, "application/json"),
            ("*/*", {}, "application/json"),
            ("application/json", {}, "application/json"),
            ("text/html", {}, "text/html"),
            ("text/*", {}, "text/html"),
            ("application/pdf", {}, "application/pdf"),
            ("application/pdf;q=0.5, text/html;q=0.9", {}, "text/html"),
            ("application/json;q=0, */*", {}, "text/html"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", {}, "text/html"),
            ("application/json", {"format": "pdf"}, "application/pdf"),
            ("*/*", {"style": "easy_read"}, "text/html"),
            ("application/pdf", {"style": "easy_read"}, "application/pdf"),
        ],
    )
    def test_by_accept_or_by_name(
        self, world: World, accept: str | None, query: dict[str, str], media_type: str
    ) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        answer = read(world, round_id, accept, **query)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] == media_type

    @pytest.mark.parametrize(
        ("accept", "query"),
        [
            ("image/png", {}),
            ("text/html;q=0", {}),
            ("application/json", {"style": "easy_read"}),
            ("text/html;q=x", {}),
        ],
    )
    def test_what_there_is_not(self, world: World, accept: str, query: dict[str, str]) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        answer = read(world, round_id, accept, **query)
        assert answer.status_code == 406
        assert "text/html" in answer.json()["facts"]["available"]

    def test_easy_read_is_no_data(self, world: World) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        answer = read(world, round_id, format="json", style="easy_read")
        assert answer.status_code == 422

    @pytest.mark.parametrize("style", ["standard", "easy_read"])
    def test_a_page_is_shown_under_a_policy_that_fits_it(self, world: World, style: str) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        answer = read(world, round_id, format="html", style=style)
        policies = answer.headers.get_list("Content-Security-Policy")
        assert len(policies) == 1
        assert "default-src 'none'; style-src 'sha256-" in policies[0]
        assert "unsafe" not in policies[0]
        # Data keeps the closed policy.
        data = read(world, round_id).headers["Content-Security-Policy"]
        assert data == "default-src 'none'; frame-ancestors 'none'"

    @pytest.mark.parametrize("style", ["standard", "easy_read"])
    def test_a_pdf_is_tagged(self, world: World, angling: str, style: str) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        pdf = read(world, round_id, format="pdf", style=style).content
        assert pdf.startswith(b"%PDF-")
        assert pdf.rstrip().endswith(b"%%EOF")
        for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Marked true", b"/Lang(en-GB)"):
            assert mark in pdf
        # It says of itself that it is PDF/UA-1, which the typesetter checks before it does.
        assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
        # Nothing is left to the reader's own fonts.
        assert b"/FontFile" in pdf

    def test_families_read_it_and_providers_do_not(self, world: World) -> None:
        round_id = open_round(world)
        path = f"/v1/rounds/{round_id}/brochure"
        family = world.family_token(world.household())
        assert world.call_with(family, "GET", path).status_code == 200
        assert world.call("GET", path, kind=ClientKind.PROVIDER).status_code == 403
