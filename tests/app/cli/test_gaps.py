"""`shortbreaks gaps`: judged now, and told in a line for each authority."""

from tests.app.cli.conftest import Run
from tests.support.catalogue import add_child
from tests.support.gaps import rows_of
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}


class TestGaps:
    def test_judges_the_months_of_an_authority(self, run: Run, world: World) -> None:
        add_child(world, interests=[FISHING])

        first, second = (run("gaps", "--authority", world.authority_id) for _ in range(2))

        months = [row.month for row in rows_of(world, "SELECT month FROM gap_months")]
        assert first.stdout == f"{world.authority_id}: {', '.join(months)}\n", first.output
        assert second.stdout == f"{world.authority_id}: nothing has changed\n", second.output

    def test_one_or_all(self, run: Run, world: World) -> None:
        assert run("gaps").exit_code == 2
        assert run("gaps", "--all", "--authority", world.authority_id).exit_code == 2
