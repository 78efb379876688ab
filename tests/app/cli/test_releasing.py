"""`shortbreaks release`: drawn from children's profiles, shown with its error, once."""

from app.clock import month_of, now_utc
from tests.app.cli.conftest import Run
from tests.support.races import add_children
from tests.support.world import World


def this_quarter() -> str:
    year, month = month_of(now_utc()).split("-")
    return f"{year}-Q{(int(month) + 2) // 3}"


class TestRelease:
    def test_shows_figures_and_their_error(self, run: Run, world: World) -> None:
        add_children(
            world, 120, interests=[{"text": "swimming", "feeling": "love", "voice": "child"}]
        )
        asked = ("release", "--authority", world.authority_id, "--period", this_quarter())

        too_early = run(*asked, "--size-class", "under_200")
        result = run(*asked, "--size-class", "under_200", "--early")
        again = run(*asked)

        assert too_early.exit_code == 1
        assert "The quarter may still change" in too_early.stderr
        assert result.exit_code == 0, result.output
        lines = result.stdout.splitlines()
        [swimming] = [line for line in lines if "Swimming" in line]
        # Nothing is on offer, so all of them are counted: with noise, to the nearest five.
        assert 90 <= int(swimming.split("│")[2]) <= 150
        assert any("<10" in line for line in lines)
        assert "standard deviation 3.464" in result.stdout
        assert again.exit_code == 1
        assert "has its release already" in again.stderr

    def test_how_large_it_is_has_to_be_said(self, run: Run, world: World) -> None:
        asked = ("release", "--authority", world.authority_id, "--period", this_quarter())
        result = run(*asked, "--early")

        assert result.exit_code == 1
        assert "An operator has to say how large" in result.stderr

    def test_a_quarter_is_needed(self, run: Run, world: World) -> None:
        asked = ("release", "--authority", world.authority_id, "--period")

        assert run(*asked, "2027-03").exit_code == 2
