"""Changes of two children at once, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor

import httpx
from fastapi import FastAPI

from tests.support.catalogue import add_child
from tests.support.live_server import serve
from tests.support.world import World


def test_two_children_name_each_other_as_friends_at_once(
    world: World, application: FastAPI
) -> None:
    pairs = [(add_child(world), add_child(world)) for _ in range(10)]
    token = world.token(next(iter(world.credentials)))

    with serve(application) as live, ThreadPoolExecutor(8) as threads:

        def befriend(pair: tuple[str, str]) -> httpx.Response:
            child_id, friend_id = pair
            return live.patch(
                f"/v1/children/{child_id}",
                json={"friends": [friend_id]},
                headers={"Authorization": f"Bearer {token}", "If-Match": "*"},
            )

        both_ways = [way for a, b in pairs for way in ((a, b), (b, a))]
        answers = list(threads.map(befriend, both_ways))

    assert [answer.status_code for answer in answers] == [200] * len(both_ways)
