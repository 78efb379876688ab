import pytest

from app.feeds.readers import terms
from app.feeds.readers.offers import DEFAULT_LEAD_DAYS
from app.feeds.readers.wording import first_match, offer_of_term, offers_in, plain_text


class TestPlainText:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("<p>Fishing &amp; fun</p><p>for all</p>", "Fishing & fun\n\nfor all"),
            ("a <script>alert(1)</script>b", "a b"),
            ("1 < 2", "1 < 2"),
            ("line one\nline   two", "line one\nline two"),
            ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
        ],
    )
    def test_takes_markup_out(self, text: str, expected: str) -> None:
        assert plain_text(text) == expected


class TestOffersIn:
    @pytest.mark.parametrize(
        ("text", "expected", "reason"),
        [
            ("Wheelchair accessible throughout.", {"wheelchair_access": "provided"}, "plain"),
            ("The building is equipped with induction loops for hearing aids. Wheelchair access "
             "is possible on all levels.",
             {"hi_support": "provided", "wheelchair_access": "provided"}, "the standard's example"),
            ("Wheelchair accessible entrance", {"step_free": "provided"}, "only the way in"),
            ("Partial wheelchair access", {}, "part of it is not access"),
            ("There is no hoist.", {}, "denied"),
            ("Sorry, we do not have a changing places toilet", {}, "denied from afar"),
            ("The hoist is not available on Sundays.", {}, "denied behind"),
            ("A hoist. Sadly no hoist in the pool.", {}, "said both ways: not provided"),
            ("Wheelchair basketball for juniors", {}, "a sport is not a support"),
            ("Please tell us if you need a BSL interpreter.", {"bsl": "on_request"}, "on request"),
            ("BSL can be arranged", {"bsl": "on_request"}, "can be arranged"),
            ("Makaton is used. Makaton resources on request.", {"makaton": "provided"},
             "provided outweighs on request"),
            ("Changing facilities", {}, "may be for sports clothes"),
            ("Changing Places toilet and ceiling hoists",
             {"changing_places": "provided", "hoist": "provided"}, "two at once"),
            ("Music off and lights dimmed", {"low_sensory": "provided"}, "less sound and light"),
            ("A nursery garden", {}, "a nursery is not a nurse"),
            ("One-to-one support", {"one_to_one": "provided"}, "with hyphens"),
            ("A 1:1 worker", {"one_to_one": "provided"}, "in figures"),
            ("", {}, "nothing said is nothing provided"),
        ],
    )  # fmt: skip
    def test_maps_what_is_said(self, text: str, expected: dict[str, str], reason: str) -> None:
        found = {need: fields["kind"] for need, fields in offers_in([text]).items()}
        assert found == expected, reason

    def test_gives_a_lead_time_to_what_is_on_request(self) -> None:
        assert offers_in(["Hoist on request"])["hoist"]["lead_days"] == DEFAULT_LEAD_DAYS

    def test_every_pattern_has_a_reason_and_finds_itself_quickly(self) -> None:
        for table in (terms.NEED_PHRASES, terms.SETTINGS, terms.PROVIDER_KINDS, terms.BREAK_TYPES):
            for phrase in table:
                assert phrase.reason
                assert phrase.pattern.search("x" * 10_000) is None


class TestOfferOfTerm:
    @pytest.mark.parametrize(
        ("term", "need"),
        [
            ("Hearing loop", "hi_support"),
            ("Accessible toilet facilities", "accessible_toilet"),
            ("British sign language (bsl)", "bsl"),
            ("Building has lift", "step_free"),
            ("Wheelchair accessible entrance", "step_free"),
            ("Visual impairment", "vi_support"),
            ("Autism", "autism_aware"),
            ("Hoist", "hoist"),
            ("Car parking", None),
            ("Physical impairment", None),
            ("Swimming", None),
        ],
    )
    def test_council_and_openactive_terms(self, term: str, need: str | None) -> None:
        offer = offer_of_term(term)
        assert (offer or {}).get("need") == need


class TestFirstMatch:
    @pytest.mark.parametrize(
        ("table", "text", "expected"),
        [
            (terms.SETTINGS, "Saturday short-break club for complex needs", "specialist"),
            (terms.SETTINGS, "Inclusive football", "supported"),
            (terms.SETTINGS, "Chess club", "default"),
            (terms.PROVIDER_KINDS, "Moorland View Special School", "special_school"),
            (terms.PROVIDER_KINDS, "Stoke Mencap", "specialist"),
            (terms.PROVIDER_KINDS, "City Council leisure services", "universal_service"),
            (terms.BREAK_TYPES, "Overnight respite stays", "overnight"),
            (terms.BREAK_TYPES, "Befriending by a volunteer", "family_based"),
            (terms.GENDERS, "Girl-only adventures", "female"),
            (terms.GENDERS, "For boys and girls", "default"),
        ],
    )
    def test_tables(self, table: tuple[terms.Phrase, ...], text: str, expected: str) -> None:
        assert first_match(table, text, "default") == expected


class TestScheduleWords:
    @pytest.mark.parametrize(
        ("text", "bank_holidays", "last_week"),
        [
            ("The service is not available on public holidays.", True, False),
            ("Closed bank holidays", True, False),
            ("Bank holidays: closed", True, False),
            ("Every Monday except bank holidays.", True, False),
            ("Open on bank holidays, closed on Sundays", False, False),
            ("Closed on Sundays, open on bank holidays", False, False),
            ("51 weeks a year", False, True),
            ("Closed on bank holidays and in the 52nd week", True, True),
            ("Closed between Christmas and New Year", False, True),
            ("Term time only", False, False),
            ("", False, False),
        ],
    )
    def test_what_is_left_out(self, text: str, bank_holidays: bool, last_week: bool) -> None:
        assert bool(terms.BANK_HOLIDAYS_OUT.search(text)) is bank_holidays
        assert bool(terms.LAST_WEEK_OUT.search(text)) is last_week
