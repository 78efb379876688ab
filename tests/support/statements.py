"""Lines of you said, we did: what releases show, drawn for tests without noise."""

from unittest.mock import patch

from app.releases.grid import Unmet
from tests.support.releases import PERIOD, draw_of, set_size, wants_in_vain
from tests.support.world import World


def draw_exactly(world: World, period: str = PERIOD, **children: int) -> dict[str, str]:
    """Draw a release that shows how many children want what in vain; give lines by interest."""
    assert set_size(world, year=world.clock.now.year).status_code == 200
    with patch("app.releases.building.add_noise", side_effect=lambda counts, _: list(counts)):
        draw_of(world, wanted_by(**children), period)
    return lines_of(world, period)


def wanted_by(**children: int) -> Unmet:
    """Invent children who each want one thing, all of them in ST4 and for the same reason."""
    n = sum(children.values())
    wants = wants_in_vain(n)
    return Unmet(
        child=wants.child,
        concept=[concept for concept, number in children.items() for _ in range(number)],
        outcode=["ST4"] * n,
        age_band=wants.age_band,
        need_groups=wants.need_groups,
        reason=["full"] * n,
    )


def lines_of(world: World, period: str = PERIOD) -> dict[str, str]:
    """Read the ids of a quarter's lines by their interest, as a broker."""
    answer = world.call("GET", "/v1/you-said-we-did/lines", params={"quarter": period})
    assert answer.status_code == 200, answer.text
    return {line["interest"]: line["id"] for line in answer.json()["items"]}
