import copy
import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from app.feeds.readers import RowError, RowSkipped, RowWarning, read_records
from app.feeds.records import ActivityRecord, OfferRecord, ProviderRecord, ScheduleRecord

DATA = Path(__file__).parent.parent / "data"
EXAMPLE: dict[str, Any] = json.loads((DATA / "oruk-service_full.json").read_text())
ORGANIZATION = {"id": "o", "name": "Anglers", "description": "We fish."}
SERVICE = {
    "id": "s",
    "name": "Junior angling",
    "status": "active",
    "organization": ORGANIZATION,
    "cost_options": [{"id": "c", "amount": 0}],
}
SCHEDULE = {"id": "r", "freq": "WEEKLY", "byday": "SA", "opens_at": "10:00", "closes_at": "12:00"}


def items(document: object) -> list[Any]:
    data = json.dumps(document).encode()
    return [item for _, item in read_records(data, "open_referral_uk")]


def activities(document: object) -> list[ActivityRecord]:
    return [item for item in items(document) if isinstance(item, ActivityRecord)]


def activity(**fields: Any) -> ActivityRecord:
    (found,) = activities(SERVICE | fields)
    return found


def notes(**fields: Any) -> list[tuple[str, str]]:
    found = items(SERVICE | fields)
    return [(i.field, i.rule) for i in found if isinstance(i, RowWarning) and i.rule != "assumed"]


def schedules(**fields: Any) -> tuple[ScheduleRecord, ...]:
    return activity(schedules=[SCHEDULE | fields]).schedules


class TestTheStandardsOwnExamples:
    @pytest.mark.parametrize(
        "name", ["service_full", "organization_full", "service_at_location_full"]
    )
    def test_give_the_same_provider_and_activity_whatever_the_shape(self, name: str) -> None:
        data = (DATA / f"oruk-{name}.json").read_bytes()
        found = [item for _, item in read_records(data, "open_referral_uk")]
        (provider,) = (item for item in found if isinstance(item, ProviderRecord))
        (counselling,) = (item for item in found if isinstance(item, ActivityRecord))
        assert provider.name == "Example Organization Inc."
        assert provider.source_id == counselling.provider_source_id == EXAMPLE["organization"]["id"]
        assert counselling.source_id == EXAMPLE["id"]
        assert (counselling.min_age, counselling.max_age) == (12, 18), "100 is cut to our ages"
        assert (counselling.funding, counselling.price_pence) == (("contributory",), 3500)
        assert counselling.venue is not None
        assert counselling.venue.name == "MyCity Civic Center"
        assert counselling.venue.latitude is None, "latitude 100 is on no globe"
        assert counselling.venue.postcode is None, "ABC 1234 is no postcode"
        assert {offer.need for offer in counselling.offers} == {"wheelchair_access", "hi_support"}
        (schedule,) = counselling.schedules
        assert schedule.byday == ("TH", "FR")
        assert schedule.bymonthday == (), "days of the month are for monthly rules"
        assert schedule.except_bank_holidays
        assert (schedule.dtstart, schedule.until) == (date(2005, 1, 1), date(2005, 1, 1))
        rules = [item.rule for item in found if isinstance(item, RowWarning)]
        assert rules == ["postcode", "out_of_range", "assumed"]

    def test_a_list_page_has_no_places_and_no_schedules(self) -> None:
        data = (DATA / "oruk-service_list.json").read_bytes()
        (found,) = activities(json.loads(data))
        assert (found.venue, found.schedules) == (None, ())


class TestShapes:
    @pytest.mark.parametrize(
        ("document", "reason"),
        [
            (SERVICE, "one service"),
            ([SERVICE], "a list"),
            ({"contents": [SERVICE], "total_items": 1}, "a page"),
            ({"content": [SERVICE], "totalElements": 1}, "a page of the older standard"),
            (ORGANIZATION | {"services": [SERVICE]}, "an organisation with services"),
            ([ORGANIZATION | {"services": [SERVICE | {"organization": None}]}], "a list of them"),
            ({"organizations": [ORGANIZATION | {"services": [SERVICE]}]}, "organisations"),
            ({"service": SERVICE, "location": None}, "a service at a location"),
            ({"organizations": [ORGANIZATION],
              "services": [{k: v for k, v in SERVICE.items() if k not in {"organization",
                            "cost_options"}} | {"organization_id": "o"}],
              "cost_options": [{"id": "c", "service_id": "s", "amount": 0}]}, "tables"),
        ],
    )  # fmt: skip
    def test_all_say_the_same(self, document: object, reason: str) -> None:
        assert items(document) == items(SERVICE), reason

    def test_tables_are_linked_by_ids(self) -> None:
        (found,) = activities(
            {
                "organizations": [ORGANIZATION],
                "services": [{"id": "s", "name": "n", "status": "active", "organization_id": "o"}],
                "service_at_locations": [{"id": "p", "service_id": "s", "location_id": "l"}],
                "locations": [{"id": "l", "location_type": "physical", "name": "Hall"}],
                "addresses": [{"id": "d", "location_id": "l", "postal_code": "st42de"}],
                "accessibility": [{"id": "x", "location_id": "l", "description": "Hoist"}],
                "schedules": [SCHEDULE | {"service_at_location_id": "p"}],
                "attributes": [{"id": "t", "link_id": "s", "taxonomy_term_id": "w"}],
                "taxonomy_terms": [{"id": "w", "name": "Angling", "taxonomy": "OpenActive"}],
            }
        )
        assert found.venue is not None
        assert (found.venue.name, found.venue.postcode) == ("Hall", "ST4 2DE")
        assert [offer.need for offer in found.offers] == ["hoist"]
        assert found.concept_labels == ("Angling",)
        assert len(found.schedules) == 1

    def test_references_in_a_circle_do_no_harm(self) -> None:
        organizations = [
            {"id": "a", "name": "A", "description": "", "parent_organization_id": "b"},
            {"id": "b", "name": "B", "description": "", "parent_organization_id": "a"},
        ]
        terms = [{"id": "t", "name": "T", "parent_id": "u"}, {"id": "u", "parent_id": "t"}]
        service = {"id": "s", "name": "n", "status": "active", "organization_id": "a"}
        attributes = [{"id": "s", "link_id": "s", "taxonomy_term_id": "t"}]
        found = activities(
            {"services": [service], "organizations": organizations, "taxonomy_terms": terms,
             "attributes": attributes}
        )  # fmt: skip
        assert [each.concept_labels for each in found] == [("T",)]

    def test_the_same_service_again_is_nothing_new_another_with_its_id_an_error(self) -> None:
        other = SERVICE | {"name": "Senior angling"}
        assert items([SERVICE, SERVICE]) == items(SERVICE)
        (error,) = (i for i in items([SERVICE, other]) if isinstance(i, RowError))
        assert (error.row, error.field, error.rule) == (2, "id", "duplicate")

    def test_a_bad_row_leaves_the_others(self) -> None:
        found = items([SERVICE, 7, {"id": "x", "status": "active"}, SERVICE | {"id": "t"}])
        assert sum(isinstance(item, ActivityRecord) for item in found) == 2
        assert {item.row for item in found if isinstance(item, RowError)} == {2, 3}


class TestService:
    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"status": "inactive"}, "not_active"),
            ({"status": "temporarily closed"}, "not_active"),
            ({"minimum_age": 19}, "adults_only"),
            ({"minimum_age": "65", "maximum_age": None}, "adults_only"),
        ],
    )
    def test_of_no_use_is_skipped_not_wrong(self, fields: dict[str, Any], rule: str) -> None:
        (skipped,) = items(SERVICE | fields)
        assert isinstance(skipped, RowSkipped)
        assert skipped.rule == rule

    @pytest.mark.parametrize(
        ("fields", "field", "rule"),
        [
            ({"id": None}, "id", "missing"),
            ({"name": None}, "name", "missing"),
            ({"name": ["a"]}, "name", "missing"),
            ({"name": "a\u0007"}, "name", "control_character"),
            ({"organization": None}, "organization", "missing"),
            ({"organization": "Anglers"}, "organization", "missing"),
            ({"organization": {"id": "o"}}, "organization.name", "missing"),
            ({"minimum_age": 12, "maximum_age": 8}, "minimum_age", "age_order"),
        ],
    )
    def test_that_cannot_be_read_is_an_error(
        self, fields: dict[str, Any], field: str, rule: str
    ) -> None:
        found = [item for item in items(SERVICE | fields) if isinstance(item, RowError)]
        assert [(error.field, error.rule) for error in found] == [(field, rule)]

    @pytest.mark.parametrize(
        ("fields", "expected", "reason"),
        [
            ({}, (0, 18), "nothing said"),
            ({"minimum_age": None, "maximum_age": None}, (0, 18), "nulls"),
            ({"minimum_age": 0, "maximum_age": 120}, (0, 18), "everybody"),
            ({"minimum_age": "5", "maximum_age": 11.0}, (5, 11), "as text, as a float"),
            ({"minimum_age": 18, "maximum_age": 25}, (18, 18), "the last year counts"),
            ({"eligibility": [{"minimum_age": 4}]}, (4, 18), "nested, as in the older standard"),
            ({"description": "Coarse fishing for ages 8 to 16."}, (8, 16), "from the text"),
        ],
    )
    def test_ages(self, fields: dict[str, Any], expected: tuple[int, int], reason: str) -> None:
        found = activity(**fields)
        assert (found.min_age, found.max_age) == expected, reason

    @pytest.mark.parametrize(
        ("fields", "funding", "price_pence", "reason"),
        [
            ({"cost_options": []}, ("free",), 0, "nothing said"),
            ({"cost_options": [{"amount": 3.5}]}, ("contributory",), 350, "pounds are pence"),
            ({"cost_options": [{"amount": 0}, {"amount": "4.10"}]}, ("free", "contributory"), 410,
             "both"),
            ({"cost_options": [{"amount": 5}, {"amount": 3}]}, ("contributory",), 300, "lowest"),
            ({"cost_options": [{"amount": 5, "valid_to": "2020-01-01"}, {"amount": 6}]},
             ("contributory",), 600, "an old price does not count"),
            ({"cost_options": [], "fees": "\u00a32.50 per session"}, ("contributory",), 250,
             "only in words"),
            ({"cost_options": [{"amount_description": "Free of charge"}]}, ("free",), 0, "free"),
            ({"cost_options": [{"amount": 5, "currency": "EUR"}]}, ("free",), 0, "not pounds"),
            ({"cost_options": [{"amount": -5}]}, ("free",), 0, "no price"),
            ({"cost_options": [{"amount": 10**30}]}, ("free",), 0, "no price either"),
        ],
    )  # fmt: skip
    def test_costs(
        self, fields: dict[str, Any], funding: tuple[str, ...], price_pence: int, reason: str
    ) -> None:
        found = activity(**fields)
        assert (found.funding, found.price_pence) == (funding, price_pence), reason

    def test_an_unknown_cost_is_said(self) -> None:
        assert notes(cost_options=None) == [("cost_options", "unknown")]

    def test_html_is_taken_out_and_length_cut(self) -> None:
        assert activity(description="<p>Fish &amp; <b>chips</b></p>").description == "Fish & chips"
        assert len(activity(name="x" * 500).title) == 200
        assert ("name", "shortened") in notes(name="x" * 500)

    def test_a_broken_web_address_costs_only_itself(self) -> None:
        organization = ORGANIZATION | {"website": "javascript:alert(1)", "email": "a@b.example"}
        provider = items(SERVICE | {"organization": organization})[0]
        assert (provider.website, provider.email) == (None, "a@b.example")
        assert notes(organization=organization) == [
            ("organization.website", "string_pattern_mismatch")
        ]

    def test_our_own_attributes_say_what_the_standard_cannot(self) -> None:
        def own(taxonomy: str, term: str, link_type: str | None = None) -> dict[str, Any]:
            named = {"id": "t", "name": term, "taxonomy": f"Short Breaks {taxonomy}"}
            return {"id": "a", "link_type": link_type, "taxonomy_term": named}

        found = activity(
            description="With a hoist.",
            schedules=[SCHEDULE],
            attributes=[
                own("needs", "hoist", "on_request:7:4500"),
                own("needs", "one_to_one", "limited:2"),
                own("setting", "specialist"),
                own("break type", "overnight"),
                own("capacity", "4"),
                own("gender", "female"),
            ],
        )
        assert found.offers == (
            OfferRecord(need="hoist", kind="on_request", lead_days=7, cost_pence=4500),
            OfferRecord(need="one_to_one", kind="limited", per_session=2),
        )
        assert (found.setting, found.break_type, found.gender) == (
            "specialist", "overnight", "female"
        )  # fmt: skip
        assert [schedule.capacity for schedule in found.schedules] == [4]
        assert found.concept_labels == ()

    @pytest.mark.parametrize("number", ["0", "-3", "9" * 5000, "many", "\u0664"])
    def test_a_capacity_that_is_none_is_assumed(self, number: str) -> None:
        term = {"id": "t", "name": number, "taxonomy": "Short Breaks capacity"}
        found = activity(schedules=[SCHEDULE], attributes=[{"id": "a", "taxonomy_term": term}])
        assert [schedule.capacity for schedule in found.schedules] == [8]

    def test_foreign_terms_are_needs_or_interests(self) -> None:
        labels = ["Swimming", "Hearing loop", "Car parking", "Autism"]
        attributes = [{"id": n, "taxonomy_term": {"id": n, "name": n}} for n in labels]
        found = activity(attributes=attributes)
        assert found.concept_labels == ("Swimming",)
        assert {offer.need for offer in found.offers} == {"hi_support", "autism_aware"}

    def test_several_places_are_several_activities(self) -> None:
        places = [
            {"id": n, "location": {"id": f"l{n}", "location_type": "physical", "name": n}}
            for n in ("north", "south")
        ]
        virtual = {"id": "v", "location": {"id": "lv", "location_type": "virtual"}}
        found = activities(
            SERVICE
            | {
                "service_at_locations": [*places, virtual],
                "schedules": [SCHEDULE, SCHEDULE | {"id": "q", "service_at_location_id": "south"}],
            }
        )
        assert [each.source_id for each in found] == ["s@north", "s@south"]
        assert [[s.source_id for s in each.schedules] for each in found] == [
            ["s@north/r"],
            ["s@south/r", "s@south/q"],
        ]

    @pytest.mark.parametrize(
        ("latitude", "longitude", "kept"),
        [
            (53.0, -2.18, True),
            ("53.0", "-2.18", True),
            (-2.18, 53.0, False),
            (0, 0, False),
            (53.0, None, False),
            (10**30, -2, False),
        ],
    )
    def test_positions(self, latitude: Any, longitude: Any, kept: bool) -> None:
        location = {"id": "l", "name": "Hall", "latitude": latitude, "longitude": longitude}
        venue = activity(service_at_locations=[{"id": "p", "location": location}]).venue
        assert venue is not None
        assert (venue.latitude is not None) is kept


class TestSchedules:
    @pytest.mark.parametrize(
        ("fields", "expected", "reason"),
        [
            ({"byday": "th,fr"}, {"byday": ("TH", "FR")}, "lower case"),
            ({"byday": ["Monday", "Wed"]}, {"byday": ("MO", "WE")}, "names in a list"),
            ({"byday": "TH; FR,"}, {"byday": ("TH", "FR")}, "other commas"),
            ({"freq": "weekly"}, {"freq": "WEEKLY"}, "frequency in lower case"),
            ({"freq": None}, {"freq": "WEEKLY"}, "a weekday alone is every week"),
            ({"freq": None, "byday": "1SA,-1SU"}, {"freq": "MONTHLY", "byday": ("1SA", "-1SU")},
             "ordinals alone are every month"),
            ({"freq": "MONTHLY", "byday": "+2MO"}, {"byday": ("2MO",)}, "a plus sign"),
            ({"freq": "MONTHLY", "byday": None, "bymonthday": "1,-1"}, {"bymonthday": (1, -1)},
             "days of the month"),
            ({"freq": None, "byday": None, "dtstart": "2027-01-30"},
             {"freq": "DAILY", "count": 1, "dtstart": date(2027, 1, 30)}, "a day alone is once"),
            ({"opens_at": "10:00:00"}, {"opens_at": time(10)}, "with seconds"),
            ({"opens_at": "9:30"}, {"opens_at": time(9, 30)}, "without the nought"),
            ({"opens_at": "10:00Z"}, {"opens_at": time(10)}, "local time, whatever the suffix"),
            ({"opens_at": "10:00+01:00"}, {"opens_at": time(10)}, "or offset"),
            ({"closes_at": "24:00"}, {"closes_at": time(0)}, "midnight"),
            ({"valid_from": "2027-01-01T00:00:00Z"}, {"valid_from": date(2027, 1, 1)}, "a moment"),
            ({"interval": 2, "valid_from": "2027-01-02"}, {"dtstart": date(2027, 1, 2)},
             "a fortnight counts from valid_from where there is no dtstart"),
            ({"valid_to": "2027-05-01", "until": "2027-04-01"}, {"until": date(2027, 4, 1)},
             "the earlier end"),
            ({"interval": None}, {"interval": 1}, "null interval"),
            ({"notes": "51 weeks a year"}, {"except_last_week": True}, "in the notes"),
            ({"description": "Closed bank holidays"}, {"except_bank_holidays": True}, "in words"),
        ],
    )  # fmt: skip
    def test_messy_ones_are_read(
        self, fields: dict[str, Any], expected: dict[str, Any], reason: str
    ) -> None:
        (schedule,) = schedules(**fields)
        assert {name: getattr(schedule, name) for name in expected} == expected, reason

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"byday": None}, "undated"),
            ({"byday": None, "freq": None}, "undated"),
            ({"byday": None, "valid_from": "2027-01-01"}, "undated"),
            ({"byday": "XX"}, "unknown_day"),
            ({"byday": "1SA"}, "monthly_only"),
            ({"freq": "YEARLY"}, "literal_error"),
            ({"freq": "MONTHLY", "bymonthday": "first"}, "unknown_day"),
            ({"freq": "MONTHLY", "bymonthday": "13", "byday": "FR"}, "rare_date"),
            ({"interval": 2}, "dtstart"),
            ({"interval": 10**9}, "less_than_equal"),
            ({"opens_at": None}, "no_times"),
            ({"opens_at": "morning"}, "form"),
            ({"opens_at": "25:00"}, "time_parsing"),
            ({"dtstart": "2027-02-30"}, "date_from_datetime_parsing"),
            ({"dtstart": "0001-01-01"}, "year_out_of_range"),
            ({"dtstart": "2027-02-01", "valid_to": "2026-01-01"}, "until"),
            ({"byweekno": "20"}, "unsupported"),
        ],
    )
    def test_unusable_ones_leave_the_activity_and_a_warning(
        self, fields: dict[str, Any], rule: str
    ) -> None:
        assert schedules(**fields) == ()
        assert rule in {found for _, found in notes(schedules=[SCHEDULE | fields])}

    def test_without_an_id_it_is_named_by_its_rule(self) -> None:
        (schedule,) = schedules(id=None)
        assert schedule.source_id == "s/weekly-SA-10:00"

    def test_a_second_reading_is_the_same(self) -> None:
        document = SERVICE | {"schedules": [SCHEDULE]}
        assert items(copy.deepcopy(document)) == items(document)
