"""`shortbreaks learn`: what was learned, beside the default."""

from tests.app.cli.conftest import Run
from tests.app.learning.test_service import model, nearness_decides
from tests.support.outcomes import add_outcomes
from tests.support.world import World


class TestLearn:
    def test_shows_what_was_learned(self, run: Run, world: World) -> None:
        add_outcomes(world, 600, nearness_decides, seed=1)

        result = run("learn", "--authority", world.authority_id)

        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(f"{world.authority_id}: 600 outcomes: better than")
        assert "AUC 0." in result.stdout
        assert model(world)["kind"] == "learned"

    def test_every_authority(self, run: Run, world: World, other_world: World) -> None:
        result = run("learn", "--all")

        assert result.exit_code == 0, result.output
        for one in (world, other_world):
            assert f"{one.authority_id}: 0 outcomes: not enough" in result.stdout

    def test_one_or_all(self, run: Run, world: World) -> None:
        assert run("learn").exit_code == 2
        assert run("learn", "--all", "--authority", world.authority_id).exit_code == 2
