"""How often somebody may call: counted in memory, before the database is asked for anything.

A request counts for the family behind it, for its client and for its authority, in this order, and
stops at the first of them that has had enough: so a client that asks too much does not use up what
its authority has. Lists and heavy calls are counted a second time, against less. A token is asked
for before anybody is known, so that is counted by where the request comes from. A wrong secret is
counted for the address *and* the client it was tried for: whoever guesses from elsewhere locks
nobody out.

Each serving process counts for itself and enforces its share, a limit divided by the number of
processes and rounded up. Together they let no more through than the limit (and, by the rounding,
one a process); a client with a single connection meets the share of one process. What that buys is
that no request waits for a counter: counting takes some 20 microseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from threading import Lock
from typing import Final
from uuid import UUID

from limits import RateLimitItem, RateLimitItemPerSecond, parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import Request

from app.clock import Clock
from app.errors import RateLimited

# What costs the service most, by the name of the route.
HEAVY: Final = frozenset({"import_file", "list_candidates", "export_child"})
# What routes are called that search or give a page.
LIST_VERBS: Final = ("list_", "suggest_")

MOST_KEYS_BETWEEN_SWEEPS: Final = 10_000


@dataclass(frozen=True)
class Rates:
    """How often, in the notation of the `limits` package.

    The defaults let a whole authority's launch day through: one family app that serves all of its
    families, 150 bookings a second and what those families look at meanwhile. They bound what one
    caller can take from the others; it is not for them to say how much the machine can do.
    """

    # A family at its telephone makes a few calls a screen.
    family: str = "300/minute"
    # 500 a second: 150 bookings, and for each of them two or three other calls.
    client: str = "30000/minute"
    # Two such apps at once.
    authority: str = "60000/minute"
    # One search or list of matches for each booking, and half as many again.
    lists: str = "15000/minute"
    # Nobody imports or exports by the second.
    heavy: str = "120/minute"
    # A family's token lasts ten minutes: 30,000 families of one app.
    tokens: str = "3000/minute"
    # All clients of one address, a town hall's for example.
    tokens_of_address: str = "6000/minute"
    # Wrong secrets for one client, or calls with a token that has been revoked.
    failures: str = "20/minute"
    # Calls without a token that can be read. Apps find out so that theirs has expired.
    unreadable: str = "3000/minute"


class Counts(Storage):
    """Windows in this process's memory, which begin with their first request.

    The package's own memory tells the time itself, and starts a thread to forget.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._windows: dict[str, list[float]] = {}
        self._lock = Lock()
        self._sweep_at = MOST_KEYS_BETWEEN_SWEEPS

    @property
    def base_exceptions(self) -> type[Exception]:
        """Name what a memory can fail with: nothing of its own."""
        return RuntimeError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count one more."""
        now = self._clock().timestamp()
        with self._lock:
            window = self._windows.get(key)
            if window is None or window[1] <= now:
                self._sweep(now)
                window = self._windows[key] = [0, now + expiry]
            window[0] += amount
            return int(window[0])

    def get(self, key: str) -> int:
        """Read a count."""
        window = self._windows.get(key)
        return 0 if window is None or window[1] <= self._clock().timestamp() else int(window[0])

    def get_expiry(self, key: str) -> float:
        """Tell when a window ends."""
        now = self._clock().timestamp()
        window = self._windows.get(key)
        return now if window is None else max(now, window[1])

    def check(self) -> bool:
        """Tell that a memory is there."""
        return True

    def reset(self) -> int:
        """Forget everything."""
        with self._lock:
            forgotten = len(self._windows)
            self._windows.clear()
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one count."""
        with self._lock:
            self._windows.pop(key, None)

    def _sweep(self, now: float) -> None:
        """Forget windows that have ended, each time their number has doubled."""
        if len(self._windows) < self._sweep_at:
            return
        self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        self._sweep_at = max(MOST_KEYS_BETWEEN_SWEEPS, 2 * len(self._windows))


class RateLimiter:
    """Counts the requests of one serving process and refuses those over its share."""

    def __init__(
        self,
        rates: Rates,
        clock: Clock,
        *,
        processes: int = 1,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        """Read the limits; a limit or a network that cannot be read stops the start."""
        self._clock = clock
        self._whole = {field.name: parse(getattr(rates, field.name)) for field in fields(rates)}
        self._share = {name: _share_of(name, item, processes) for name, item in self._whole.items()}
        self._counts = Counts(clock)
        self._limiter = FixedWindowRateLimiter(self._counts)
        self._proxies = [ip_network(proxy) for proxy in trusted_proxies]

    def check_call(
        self,
        request: Request,
        route_name: str,
        *,
        authority_id: UUID | None,
        client_id: UUID,
        grant_id: UUID | None,
    ) -> None:
        """Count a call with a genuine token, or refuse it."""
        tenant, client = str(authority_id), str(client_id)
        who = str(grant_id or client_id)
        self._refuse_after_failures(self.address_of(request), tenant, who)
        if grant_id is not None:
            self._count("family", tenant, client, who)
        if route_name in HEAVY:
            self._count("heavy", tenant, client)
        elif route_name.startswith(LIST_VERBS):
            self._count("lists", tenant, client)
        self._count("client", tenant, client)
        self._count("authority", tenant)

    def check_token_request(self, request: Request, client_id: str) -> None:
        """Count a request for a token, or refuse it."""
        address = self.address_of(request)
        self._refuse_after_failures(address, client_id)
        self._count("tokens", address, client_id)
        self._count("tokens_of_address", address)

    def note_failure(self, request: Request, *who: str) -> None:
        """Count a wrong secret or a revoked token, for this address and this client alone."""
        self._limiter.hit(self._share["failures"], self.address_of(request), *who)

    def check_unreadable(self, request: Request) -> None:
        """Count a call without a token that can be read, or refuse to say more."""
        self._count("unreadable", self.address_of(request))

    def address_of(self, request: Request) -> str:
        """Tell where a request comes from; a header counts only if a trusted proxy wrote it.

        Each proxy adds at the right the address it was called from, so what lies to the left of
        the first address that is no proxy's was written by the caller.
        """
        address = request.client.host if request.client else "local"
        if self._proxies and self._is_proxy(address):
            for named in reversed(_forwarded(request)):
                address = named
                if not self._is_proxy(named):
                    break
        return _network_of(address)

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in proxy for proxy in self._proxies)

    def _refuse_after_failures(self, *identifiers: str) -> None:
        item = self._share["failures"]
        if not self._limiter.test(item, *identifiers):
            self._refuse("failures", identifiers)

    def _count(self, name: str, *identifiers: str) -> None:
        if not self._limiter.hit(self._share[name], *identifiers):
            self._refuse(name, identifiers)

    def _refuse(self, name: str, identifiers: Sequence[str]) -> None:
        item = self._share[name]
        ends_at = self._counts.get_expiry(item.key_for(*identifiers))
        wait_s = max(1, math.ceil(ends_at - self._clock().timestamp()))
        raise RateLimited(limit=name, allowed=str(self._whole[name]), retry_after_s=wait_s)


def _share_of(name: str, item: RateLimitItem, processes: int) -> RateLimitItem:
    """Give one process's share; the name keeps the counts of two limits apart."""
    return RateLimitItemPerSecond(
        math.ceil(item.amount / processes), item.get_expiry(), namespace=name
    )


def _forwarded(request: Request) -> list[str]:
    lines = request.headers.getlist("x-forwarded-for")
    return [part.strip() for line in lines for part in line.split(",") if part.strip()]


def _network_of(address: str) -> str:
    """Give an address as it is counted: in IPv6 whoever has one has 2 to the 64th more."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
    return str(parsed)
