"""Suggestions over HTTP."""

import pytest

from app.access.scopes import ClientKind
from tests.support.world import World


class TestSuggestConcepts:
    @pytest.mark.parametrize(
        ("typed", "notation", "reason"),
        [
            ("fish", "angling", "another word for it"),
            ("ANGL", "angling", "case does not matter"),
            ("swim", "swimming", "the label's beginning"),
        ],
    )
    def test_finds_by_any_name(self, world: World, typed: str, notation: str, reason: str) -> None:
        answer = world.call("GET", f"/v1/interests?q={typed}&limit=20")

        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        assert notation in [item["notation"] for item in items], reason
        assert all(typed.lower() in item["matched"].lower() for item in items)

    def test_nothing_typed_yet(self, world: World) -> None:
        items = world.call("GET", "/v1/interests?limit=50").json()["items"]

        labels = [item["label"].lower() for item in items]
        assert labels
        assert labels == sorted(labels)
        assert all(item["broader"] == [] for item in items)

    def test_nothing_is_like_it(self, world: World) -> None:
        assert world.call("GET", "/v1/interests?q=qqqq").json()["items"] == []

    @pytest.mark.parametrize("query", ["q=", "q=a&limit=0", "q=a%00b"])
    def test_refuses(self, world: World, query: str) -> None:
        answer = world.call("GET", f"/v1/interests?{query}", kind=ClientKind.PROVIDER)

        assert answer.status_code == 422
