"""What a text turns down, however it is worded. Liked phrases carry +, disliked ones -."""

from __future__ import annotations

import time

import pytest

from matching import load_vocabulary


def read(text: str) -> list[str]:
    phrases = load_vocabulary().encode(text)
    return [("+" if one.liked else "-") + one.text for one in phrases if one.weight == 1.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not too loud", ["-loud"]),
        ("nothing too loud, likes swimming", ["-loud", "+swimming"]),
        ("no balls", ["-balls"]),
        ("no dogs, cats or horses. likes painting", ["-dogs", "-cats", "-horses", "+painting"]),
        ("hates dogs, cats, horses", ["-dogs", "-cats", "-horses"]),
        ("hates being wet but loves water play", ["-wet", "+water play"]),
        ("football but only with my brother", ["+football"]),
        ("anything except swimming", ["-swimming"]),
        ("anything but swimming", ["-swimming"]),
        ("doesn't want to do anything but lego", ["+lego"]),
        ("likes trains not buses", ["+trains", "-buses"]),
        ("I don't like sports I like drawing", ["-sports", "+drawing"]),
        ("prefers drawing to sports", ["+drawing", "-sports"]),
        ("would rather read than run about", ["+read", "-run"]),
        ("trains rather than buses", ["+trains", "-buses"]),
        ("he is not keen on heights or mud", ["-heights", "-mud"]),
        ("bored of football", ["-football"]),
        ("allergic to dogs", ["-dogs"]),
        ("gets overwhelmed in big groups, loves art", ["-big groups", "+art"]),
        ("she can't cope with hand dryers; enjoys films", ["-hand dryers", "+films"]),
        ("hates competition. Just wants to kick a ball", ["-competition", "+kick a ball"]),
    ],
)
def test_what_follows_is_turned_down(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crowds make him anxious but loves trains", ["-crowds", "+trains"]),
        ("loves animals, although dogs scare him", ["+animals", "-dogs"]),
        ("swimming? no thanks", ["-swimming"]),
        ("football is boring, I like dance", ["-football", "+dance"]),
        ("finds busy places overwhelming, loves cooking", ["-busy places", "+cooking"]),
        ("tried karate but hated it", ["-tried karate"]),
    ],
)
def test_what_stands_before_is_turned_down(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    """give football a miss|anything bar football|could do without football|dreads football|
    excluding football|run a mile from football|averse to football|triggers: football|
    no more football|reacts badly to football|meh to football|i aint doing football|
    severe phobia of football|couldn't care less about football|keep him away from football|
    football is contraindicated|football should be avoided|football, absolutely not|
    football gives me the ick|football leaves her cold|football makes him gag|football sucks|
    football gets on my nerves|football always ends badly|football is off the table|
    football is for babies|football does my head in""".split("|"),  # noqa: SIM905
)
def test_many_ways_to_turn_down(text: str) -> None:
    turned_down = [one.text for one in load_vocabulary().encode(text) if not one.liked]
    assert any("football" in one for one in turned_down)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("isn't scared of heights", ["+heights"]),
        ("never says no to a bouncy castle", ["+bouncy castle"]),
        ("used to hate swimming but now loves it", ["+swimming"]),
        ("never been on a boat, would love to", ["+boat"]),
        ("climbing makes me happy", ["+climbing"]),
        ("not only trains", ["+trains"]),
        ("loves being out in the woods", ["+woods"]),
    ],
)
def test_negations_that_praise(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("text", ["uses a wheelchair", "epilepsy", "gastrostomy fed", "can't talk"])
def test_needs_are_no_wishes(text: str) -> None:
    assert read(text) == []
    assert all(0.0 < one.weight < 1.0 for one in load_vocabulary().encode(text))


@pytest.mark.parametrize("word", ["finds ", "used to hate ", "nothing anything ", "would rather "])
def test_hostile_repetition_is_read_quickly(word: str) -> None:
    started = time.perf_counter()
    load_vocabulary().encode((word * 2000)[:2000])
    assert time.perf_counter() - started < 2.0
