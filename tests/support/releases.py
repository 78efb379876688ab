"""Releases through the API, of invented wants or of real ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from app.access.scopes import ClientKind
from app.engine.gaps import GROUP_NAMES
from app.releases.grid import AGES, REASONS, Unmet
from tests.support.world import World

PERIOD = "2027-Q1"
SOUTH = {"name": "South", "outcodes": ["ST3", "ST4"]}
NORTH = {"name": "North", "outcodes": ["ST6"]}


def set_size(world: World, size_class: str = "over_500", year: int = 2027) -> Any:
    """Let the operator say how large the authority is."""
    return world.call(
        "PUT",
        f"/v1/authorities/{world.authority_id}/size-class",
        json={"year": year, "size_class": size_class},
        kind=ClientKind.OPERATOR,
    )


def declare(world: World, *localities: dict[str, Any]) -> Any:
    """Let the broker declare the parts of the authority."""
    return world.call("PUT", "/v1/authority/localities", json={"localities": localities})


def draw(world: World, period: str = PERIOD, *, early: bool = True) -> Any:
    """Let the broker draw a release, of a quarter that has not ended too."""
    return world.call("POST", "/v1/gap-releases", json={"period": period, "early": early})


def read(world: World, path: str, **kwargs: Any) -> Any:
    """Let the commissioner read."""
    return world.call("GET", path, **{"kind": ClientKind.COMMISSIONER} | kwargs)


def wants_in_vain(children: int, *, concept: str = "swimming", seed: int = 1) -> Unmet:
    """Invent children who all want the same and cannot get it."""
    rng = np.random.default_rng(seed)
    return Unmet(
        child=np.arange(children),
        concept=[concept] * children,
        outcode=rng.choice(["ST3", "ST6", "CW1"], children).tolist(),
        age_band=rng.choice(AGES[:6], children).tolist(),
        need_groups=rng.integers(0, 2 ** len(GROUP_NAMES), children),
        reason=rng.choice(REASONS, children).tolist(),
    )


@contextmanager
def wanting(unmet: Unmet) -> Iterator[None]:
    """Let releases be drawn of invented wants: how many want what is then known."""
    with patch("app.releases.service.unmet_of", return_value=unmet):
        yield


def draw_of(world: World, unmet: Unmet, period: str = PERIOD) -> str:
    """Draw a release of invented wants."""
    with wanting(unmet):
        answer = draw(world, period)
    assert answer.status_code == 201, answer.text
    release_id: str = answer.json()["id"]
    return release_id


def find_or_draw(world: World) -> str:
    """Give the authority's release, drawn of children who cannot swim if there is none."""
    drawn = read(world, "/v1/gap-releases").json()["items"]
    if drawn:
        release_id: str = drawn[0]["id"]
        return release_id
    assert set_size(world, year=world.clock.now.year).status_code == 200
    # So many that the figure is shown, whatever the noise.
    return draw_of(world, wants_in_vain(100))
