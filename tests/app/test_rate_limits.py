"""Rate limits: who is refused, who is not, and for how long."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker
from starlette.requests import Request

from app.access.scopes import ClientKind
from app.access.service import revoke_grant
from app.access.tokens import Tokens
from app.db import transaction
from app.errors import RateLimited
from app.main import create_app
from app.rate_limits import HEAVY, LIST_VERBS, Counts, RateLimiter, Rates
from tests.support.clock import NOON, SetClock
from tests.support.world import World, make_world

FEW = Rates(
    family="3/minute",
    client="8/minute",
    authority="12/minute",
    lists="4/minute",
    heavy="2/minute",
    tokens="6/minute",
    tokens_of_address="9/minute",
    failures="3/minute",
    unreadable="5/minute",
)
Build = Callable[..., World]


@pytest.fixture
def build(sessions: sessionmaker[Session], tokens: Tokens, clock: SetClock) -> Iterator[Build]:
    """Build a service with a few limits, and a world that calls it from an address."""
    opened: list[TestClient] = []

    def make(
        application: FastAPI | None = None, *, address: str = "203.0.113.7", **choices: Any
    ) -> World:
        limiter = RateLimiter(FEW, clock, **choices)
        served = application or create_app(sessions, tokens, clock=clock, rate_limiter=limiter)
        http = TestClient(served, client=(address, 50_000), raise_server_exceptions=False)
        opened.append(http)
        return make_world(http, sessions, clock)

    yield make
    for http in opened:
        http.close()


def statuses(call: Callable[[], Any], times: int) -> list[int]:
    return [call().status_code for _ in range(times)]


def read_session(world: World, kind: ClientKind = ClientKind.BROKER) -> Callable[[], Any]:
    return lambda: world.call("GET", f"/v1/sessions/{uuid4()}", kind=kind)


def ask_token(
    world: World, *, secret: str | None = None, headers: dict[str, str] | None = None
) -> Any:
    mine = world.credentials[ClientKind.BROKER]
    form = {
        "grant_type": "client_credentials",
        "client_id": str(mine.client_id),
        "client_secret": secret or mine.client_secret,
    }
    return world.http.post("/oauth/token", data=form, headers=headers)


class TestClientLimit:
    def test_one_more_is_refused_and_told_when_to_come_again(
        self, build: Build, clock: SetClock
    ) -> None:
        world = build()
        call = read_session(world)

        assert statuses(call, 8) == [404] * 8
        refusal = call()

        assert refusal.status_code == 429
        assert refusal.headers["content-type"] == "application/problem+json"
        assert refusal.headers["Retry-After"] == "60"
        problem = refusal.json()
        assert problem["type"] == "/problems/rate-limited"
        assert problem["facts"] == {
            "limit": "client",
            "allowed": "8 per 1 minute",
            "retry_after_s": 60,
        }

    def test_it_recovers_when_the_time_has_come(self, build: Build, clock: SetClock) -> None:
        world = build()
        call = read_session(world)
        statuses(call, 9)

        clock.now = NOON.replace(second=59)
        assert call().headers["Retry-After"] == "1"
        clock.now = NOON.replace(minute=1)
        assert statuses(call, 9) == [404] * 8 + [429]

    def test_a_client_over_its_limit_leaves_the_authority_its_own(self, build: Build) -> None:
        world = build()
        statuses(read_session(world), 50)

        assert statuses(read_session(world, ClientKind.PROVIDER), 5) == [404] * 4 + [429]

    def test_authorities_do_not_affect_each_other(self, build: Build) -> None:
        world = build()
        other = make_world(world.http, world.sessions, world.clock, name="Cheshire East")
        statuses(read_session(world), 9)
        statuses(read_session(world, ClientKind.PROVIDER), 9)

        assert statuses(read_session(other), 9) == [404] * 8 + [429]


class TestOtherLimits:
    def test_lists_are_counted_against_less(self, build: Build) -> None:
        world = build()

        assert statuses(lambda: world.call("GET", "/v1/sessions"), 5) == [200] * 4 + [429]
        assert read_session(world)().status_code == 404

    def test_heavy_calls_against_still_less(self, build: Build) -> None:
        path = f"/v1/sessions/{uuid4()}/candidates"
        world = build()

        assert statuses(lambda: world.call("GET", path), 3) == [404] * 2 + [429]

    def test_a_family_has_a_limit_of_its_own(self, build: Build) -> None:
        world = build()
        families = [world.family_token(world.household()) for _ in range(2)]

        def read(token: str) -> list[int]:
            return statuses(lambda: world.call_with(token, "GET", f"/v1/children/{uuid4()}"), 4)

        assert [read(token) for token in families] == [[404, 404, 404, 429]] * 2

    def test_tokens(self, build: Build) -> None:
        world = build()

        assert statuses(lambda: ask_token(world), 7) == [200] * 6 + [429]

    def test_every_operation_says_so(self, application: FastAPI) -> None:
        silent = {
            path
            for path, operations in application.openapi()["paths"].items()
            for operation in operations.values()
            if "Retry-After" not in operation["responses"].get("429", {}).get("headers", {})
        }

        assert silent == {"/healthz", "/readyz"}

    def test_every_route_that_lists_is_known_as_one(self, application: FastAPI) -> None:
        answered = {
            operation["operationId"]: operation["responses"]["200"]["content"]
            for operations in application.openapi()["paths"].values()
            for method, operation in operations.items()
            if method == "get" and "200" in operation["responses"]
        }
        pages = [name for name, content in answered.items() if "Page_" in str(content)]

        assert len(pages) > 3
        assert [
            name for name in pages if not name.startswith(LIST_VERBS) and name not in HEAVY
        ] == []


class TestFailures:
    def test_guesses_are_refused_before_they_are_checked(self, build: Build) -> None:
        world = build()

        found = statuses(lambda: ask_token(world, secret="guess"), 4)

        assert found == [401] * 3 + [429]
        assert ask_token(world).status_code == 429

    def test_a_stranger_who_guesses_locks_nobody_out(self, build: Build) -> None:
        world = build()
        stranger = TestClient(world.http.app, client=("198.51.100.9", 4))
        theirs = World(**{**vars(world), "http": stranger})

        assert statuses(lambda: ask_token(theirs, secret="guess"), 4)[-1] == 429
        assert ask_token(world).status_code == 200

    def test_calls_without_a_readable_token(self, build: Build) -> None:
        world = build()

        found = statuses(lambda: world.call_with("nonsense", "GET", "/v1/sessions"), 6)

        assert found == [401] * 5 + [429]
        assert read_session(world)().status_code == 404

    def test_a_revoked_token_is_no_longer_looked_up(self, build: Build, clock: SetClock) -> None:
        world = build()
        household_id = world.household()
        token = world.family_token(household_id)
        answer = world.http.get("/v1/children", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        grant_id = world_grant(world, token)
        with transaction(world.sessions, world.authority_id) as session:
            revoke_grant(session, grant_id, now=clock.now)
        # Past the family's own limit.
        clock.now = NOON.replace(minute=1)

        found = statuses(lambda: world.call_with(token, "GET", f"/v1/children/{uuid4()}"), 4)

        assert found == [401] * 3 + [429]
        assert world.call("GET", "/v1/children").status_code == 200


def world_grant(world: World, token: str) -> Any:
    tokens: Tokens = world.http.app.state.context.parts["tokens"]  # type: ignore[attr-defined]
    return tokens.read(token, now=NOON).grant_id


class TestAddress:
    def test_a_forged_header_changes_nothing(self, build: Build) -> None:
        world = build()

        found = [
            ask_token(world, secret="guess", headers={"X-Forwarded-For": f"192.0.2.{n}"})
            for n in range(4)
        ]

        assert [answer.status_code for answer in found] == [401] * 3 + [429]

    def test_nor_behind_a_proxy_that_adds_the_address_it_saw(self, build: Build) -> None:
        world = build(address="10.0.0.1", trusted_proxies=["10.0.0.0/8"])

        def guess(n: int, seen: str) -> int:
            forwarded = {"X-Forwarded-For": f"192.0.2.{n}, {seen}, 10.2.2.2"}
            return int(ask_token(world, secret="guess", headers=forwarded).status_code)

        assert [guess(n, "198.51.100.9") for n in range(4)] == [401] * 3 + [429]
        assert guess(0, "198.51.100.10") == 401

    @pytest.mark.parametrize(
        ("peer", "forwarded", "counted_as"),
        [
            ("203.0.113.7", "192.0.2.1", "203.0.113.7"),
            ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
            ("10.0.0.1", "192.0.2.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "192.0.2.1, nonsense", "nonsense"),
            ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
            ("::ffff:203.0.113.7", "", "203.0.113.7"),
        ],
    )
    def test_whose_word_counts(
        self, clock: SetClock, peer: str, forwarded: str, counted_as: str
    ) -> None:
        limiter = RateLimiter(FEW, clock, trusted_proxies=["10.0.0.0/8"])

        assert limiter.address_of(request_from(peer, forwarded)) == counted_as


def request_from(peer: str, forwarded: str | None = None) -> Request:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    return Request({"type": "http", "headers": headers, "client": (peer, 4)})


class TestProcesses:
    @pytest.mark.parametrize(("processes", "share"), [(1, 8), (2, 4), (3, 3), (8, 1), (20, 1)])
    def test_each_has_its_share(self, clock: SetClock, processes: int, share: int) -> None:
        limiter = RateLimiter(FEW, clock, processes=processes)
        ids = {"authority_id": uuid4(), "client_id": uuid4(), "grant_id": None}

        def call() -> None:
            limiter.check_call(request_from("203.0.113.7"), "get_session", **ids)

        for _ in range(share):
            call()
        with pytest.raises(RateLimited) as refused:
            call()
        assert refused.value.facts["allowed"] == "8 per 1 minute"


class TestCounts:
    def test_keys_carry_the_authority(self, clock: SetClock) -> None:
        limiter = RateLimiter(Rates(), clock)
        authorities = [uuid4(), uuid4()]
        client_id = uuid4()
        for authority_id in authorities:
            limiter.check_call(
                request_from("203.0.113.7"),
                "list_sessions",
                authority_id=authority_id,
                client_id=client_id,
                grant_id=uuid4(),
            )

        keys = list(limiter._counts._windows)
        assert len(keys) == 8
        for key in keys:
            assert sum(str(authority_id) in key for authority_id in authorities) == 1

    def test_what_has_ended_is_forgotten(
        self, clock: SetClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.rate_limits.MOST_KEYS_BETWEEN_SWEEPS", 10)
        counts = Counts(clock)
        for number in range(10):
            counts.incr(str(number), 60)
        clock.now = NOON.replace(minute=1)
        counts.incr("new", 60)

        assert counts.reset() == 1

    def test_counting_costs_next_to_nothing(self, clock: SetClock) -> None:
        request = request_from("203.0.113.7")
        ids = {"authority_id": uuid4(), "client_id": uuid4(), "grant_id": uuid4()}

        def count() -> float:
            limiter = RateLimiter(Rates(), clock)
            started = time.perf_counter()
            for _ in range(200):
                limiter.check_call(request, "list_matches", **ids)
            return (time.perf_counter() - started) / 200

        # The best of a few, as others may use the machine: 30 microseconds when written.
        assert min(count() for _ in range(5)) < 0.0003
