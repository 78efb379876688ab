import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.postcodes import Postcode, centroid, parse_postcode


class TestParsePostcode:
    @pytest.mark.parametrize(
        ("text", "expected", "reason"),
        [
            ("ST4 2DE", Postcode("ST4 2DE", "ST4", "ST"), "as printed"),
            ("st42de", Postcode("ST4 2DE", "ST4", "ST"), "as typed on a telephone"),
            ("  St4   2dE ", Postcode("ST4 2DE", "ST4", "ST"), "stray spaces"),
            ("S T42 DE", Postcode("ST4 2DE", "ST4", "ST"), "spaces in odd places"),
            ("SW1A 1AA", Postcode("SW1A 1AA", "SW1A", "SW"), "a letter ends the outcode"),
            ("M1 1AE", Postcode("M1 1AE", "M1", "M"), "one area letter"),
            ("ST12 9DJ", Postcode("ST12 9DJ", "ST12", "ST"), "two district digits"),
        ],
    )
    def test_reads_what_people_write(self, text: str, expected: Postcode, reason: str) -> None:
        assert parse_postcode(text) == expected, reason

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "empty"),
            ("ST4", "an outcode alone"),
            ("ABC 1234", "the Open Referral UK example's own"),
            ("90210", "another country"),
            ("ST4 2DÉ", "a letter outside A to Z"),
            ("ST٤ 2DE", "a digit of another script"),
            ("ST4\x002DE", "NUL"),
            ("ST4 2DE" + " " * 100, "longer than any postcode"),
            ("\ud800", "a lone surrogate"),
        ],
    )
    def test_refuses_without_repeating(self, text: str, reason: str) -> None:
        with pytest.raises(ValueError) as caught:
            parse_postcode(text)
        assert str(caught.value) == "This is not a UK postcode.", reason

    def test_logs_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(ValueError):
            parse_postcode("NPT SECRET")
        assert not caplog.records

    @given(st.text(max_size=20))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            postcode = parse_postcode(text)
        except ValueError:
            return
        assert parse_postcode(postcode.text) == postcode


class TestCentroid:
    def test_known_outcode(self) -> None:
        assert centroid(parse_postcode("ST4 2DE")) == (52.99468, -2.18328)

    def test_unknown_outcode_falls_back_to_its_area(self) -> None:
        # ST55 is a large user's outcode without a place of its own; ST56 does not exist.
        fallback = centroid(parse_postcode("ST55 9AA"))
        assert fallback is not None
        assert fallback == pytest.approx((53.0, -2.1), abs=0.2)
        assert centroid(parse_postcode("ST56 9AA")) == fallback

    def test_unknown_area_has_none(self) -> None:
        assert centroid(parse_postcode("BX1 1LT")) is None
