"""What may be said in public of groups of children: the rules, and attacks on them.

Each attack is first tried on a control, the rule that shows whatever reaches the threshold, which
it has to break; otherwise it would say nothing of the rule that is used.
"""

from collections.abc import Callable, Iterable, Sequence
from random import Random

import pytest

from app.wishes.disclosure import (
    AREA_THRESHOLD,
    BANDS,
    MARGIN,
    NOISE_SCALE,
    Asked,
    Line,
    Noise,
    choose_lines,
    draw_noise,
)

BOOKS = {"ST4": 600, "ST6": 600, None: 100}


def exact(count: int) -> int:
    return count


def wishers(n: int, *, concept: str = "angling", area: str | None = "ST4") -> list[Asked]:
    """Let children of as many households wish for the same."""
    return [Asked(f"{area} {k}", f"home {area} {k}", area, concept) for k in range(n)]


def lines(asked: Iterable[Asked], *, noise: Noise = exact, seed: int = 1) -> list[Line]:
    return choose_lines(asked, BOOKS, noise=noise, rng=Random(seed))


class TestRules:
    @pytest.mark.parametrize(
        ("n", "at_least", "reason"),
        [
            (0, None, "nobody"),
            (14, None, "below the threshold"),
            (15 + MARGIN - 1, None, "so near to it that one child could decide"),
            (15 + MARGIN, 15, "the first band"),
            (30 + MARGIN - 1, 15, "so near to the next band that one child could decide"),
            (30 + MARGIN, 30, "the second"),
            (240 + MARGIN, 240, "a high one"),
        ],
    )
    def test_bands(self, n: int, at_least: int | None, reason: str) -> None:
        found = [line.asked_at_least for line in lines(wishers(n))]

        assert found == ([] if at_least is None else [at_least]), reason

    @pytest.mark.parametrize("n", range(15))
    def test_no_luck_shows_what_is_below_the_threshold(self, n: int) -> None:
        assert lines(wishers(n), noise=lambda count: count + 50) == []

    def test_no_luck_shows_a_higher_band_than_was_reached(self) -> None:
        [line] = lines(wishers(29), noise=lambda count: count + 50)

        assert line.asked_at_least == 15

    def test_districts_are_named_where_many_live(self) -> None:
        many = wishers(AREA_THRESHOLD + MARGIN) + wishers(AREA_THRESHOLD, area="ST6")

        [line] = lines(many)

        assert line == Line("angling", 30, ("ST4",))

    def test_homes_that_are_unknown_count_but_are_no_district(self) -> None:
        assert lines(wishers(50, area=None)) == [Line("angling", 30, ())]

    def test_a_household_decides_nothing_alone(self) -> None:
        crowd = [Asked(k, "one home", "ST4", "angling") for k in range(100)]

        assert lines(crowd) == []
        # Two of them count, as they do of any other household.
        assert lines(crowd + wishers(15 + MARGIN - 2)) != []
        assert lines(crowd + wishers(15 + MARGIN - 3)) == []

    def test_a_child_counts_for_three_concepts(self) -> None:
        greedy = [Asked(k, k, "ST4", f"c{n}") for k in range(300) for n in range(10)]
        kept = lines(greedy)

        # 900 of 3,000 wishes count, about 90 of each concept.
        assert [line.asked_at_least for line in kept] == [60] * 10

    def test_what_most_children_want_is_not_said(self) -> None:
        """Whoever is known to be on the books would be known to have said it."""
        books: dict[str | None, int] = {"ST4": 400}

        assert choose_lines(wishers(201), books, noise=exact, rng=Random(1)) == []
        assert choose_lines(wishers(199), books, noise=exact, rng=Random(1)) != []

    @pytest.mark.parametrize(
        ("books", "areas", "reason"),
        [(199, None, "too few children"), (499, (), "no districts"), (500, ("ST4",), "enough")],
    )
    def test_small_authorities(
        self, books: int, areas: tuple[str, ...] | None, reason: str
    ) -> None:
        found = choose_lines(wishers(60), {"ST4": books}, noise=exact, rng=Random(1))

        assert [line.areas for line in found] == ([] if areas is None else [areas]), reason

    def test_order_of_rows_is_irrelevant(self) -> None:
        asked = [Asked(k, k // 3, "ST4", f"c{k % 7}") for k in range(400)]
        mixed = Random(7).sample(asked, len(asked))

        assert lines(asked) == lines(mixed)


class TestNoise:
    def test_is_as_wide_as_it_says(self) -> None:
        noise = draw_noise()
        drawn = [noise(1000) - 1000 for _ in range(4000)]
        mean = sum(drawn) / len(drawn)
        variance = sum((one - mean) ** 2 for one in drawn) / len(drawn)

        assert abs(mean) < 5 * NOISE_SCALE / len(drawn) ** 0.5
        assert 0.9 < variance / NOISE_SCALE**2 < 1.1

    def test_most_of_a_large_group_is_shown(self) -> None:
        noise = draw_noise()
        shown = sum(bool(lines(wishers(45), noise=noise)) for _ in range(200))

        assert shown >= 190


Rule = Callable[[Sequence[Asked]], list[Line]]


def bare_threshold(asked: Sequence[Asked]) -> list[Line]:
    """Show whatever reaches the threshold, with its number: the control."""
    n = len(asked)
    return [Line("angling", n, ())] if n >= BANDS[0] else []


def guess_rate(rule: Rule, n_others: int, *, rounds: int = 600) -> float:
    """Guess whether one more child wished, knowing all others, by the answer likelier with it.

    Half of the answers teach what is likely, the other half are guessed at.
    """
    others, target = wishers(n_others), Asked("target", "home target", "ST4", "angling")

    def answers(*, present: bool) -> list[str]:
        return [str(rule([*others, target] if present else others)) for _ in range(rounds)]

    with_it, without = answers(present=True), answers(present=False)
    half = rounds // 2
    likelier = {
        answer: with_it[:half].count(answer) >= without[:half].count(answer)
        for answer in {*with_it, *without}
    }
    right = sum(likelier[answer] for answer in with_it[half:])
    right += sum(not likelier[answer] for answer in without[half:])
    return right / rounds


class TestAttacks:
    # Standard error of a rate of 600 guesses is 0.02; the noise allows one cell 0.533.
    BOUND = 0.62

    @pytest.mark.parametrize("n_others", [14, 20, 26, 41])
    def test_who_knows_all_others_learns_nothing_of_one(self, n_others: int) -> None:
        noise = draw_noise()

        assert guess_rate(bare_threshold, n_others) == 1.0
        assert guess_rate(lambda asked: lines(asked, noise=noise), n_others) < self.BOUND

    def test_two_quarters_tell_nothing_of_one_who_left(self) -> None:
        """Between the quarters exactly one child's wish was closed."""
        noise, rounds = draw_noise(), 300

        def change(rule: Rule, after: int) -> list[str]:
            return [str((rule(wishers(27)), rule(wishers(after)))) for _ in range(rounds)]

        def overlap(rule: Rule) -> float:
            left, stayed = change(rule, 26), change(rule, 27)
            seen = {*left, *stayed}
            return sum(min(left.count(one), stayed.count(one)) for one in seen) / rounds

        assert overlap(bare_threshold) == 0
        assert overlap(lambda asked: lines(asked, noise=noise)) > 0.75

    def test_districts_do_not_add_up_to_the_whole(self) -> None:
        """The whole less a district is no number: both are feet of bands, drawn apart."""
        whole = wishers(40) + wishers(1, area="ST6")
        noise = draw_noise()
        for _ in range(200):
            for line in lines(whole, noise=noise):
                assert line.asked_at_least in BANDS
                assert "ST6" not in line.areas
