"""`shortbreaks allocate`: rounds of one authority or of all."""

from datetime import timedelta

import pytest

from app.cli.allocating import next_quarter, quarter_of
from tests.app.cli.conftest import Run
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import SATURDAY, open_round
from tests.support.world import World


class TestAllocate:
    def test_a_dry_run_tells_what_would_be(self, run: Run, world: World) -> None:
        add_session(world, add_activity(world), SATURDAY, capacity=1)
        add_child(world)
        open_round(world)

        result = run(
            *("allocate", "--authority", world.authority_id, "--month", "2027-05"),
            *("--seed", 7, "--dry-run"),
        )

        assert result.exit_code == 0, result.output
        assert f"{world.authority_id}: 1 places, " in result.stdout
        assert "1 authorities, 2027-Q2, seed 7; 0 failed." in result.stdout

    @pytest.mark.parametrize("month", ["2027-04", "2027-05", "2027-06"])
    def test_any_month_names_the_quarters_round(self, run: Run, world: World, month: str) -> None:
        activity = add_activity(world)
        for starts_at in (SATURDAY, SATURDAY + timedelta(days=70)):
            add_session(world, activity, starts_at, capacity=1)
        add_child(world)
        open_round(world)

        of_it = run("allocate", "--authority", world.authority_id, "--month", month, "--dry-run")
        of_another = run(
            "allocate", "--authority", world.authority_id, "--month", "2027-07", "--dry-run"
        )

        assert "(2027-04: 1, 2027-05: 0, 2027-06: 1)" in of_it.stdout
        assert "no round to allocate" in of_another.stdout

    def test_one_or_all(self, run: Run, world: World) -> None:
        assert run("allocate").exit_code == 2
        assert run("allocate", "--all", "--authority", world.authority_id).exit_code == 2
        assert (
            run("allocate", "--authority", world.authority_id, "--month", "2027-13").exit_code == 2
        )


@pytest.mark.parametrize(
    ("month", "quarter"),
    [("2026-11", "2027-Q1"), ("2027-01", "2027-Q2"), ("2027-09", "2027-Q4")],
)
def test_the_next_quarter(month: str, quarter: str) -> None:
    assert quarter_of(next_quarter(month)) == quarter
