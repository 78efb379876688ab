"""Who may: the caller and the tenant-bound session of a request, and one line a scope."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response, Security
from fastapi.exceptions import ResponseValidationError
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from fastapi.security.oauth2 import OAuth2
from sqlalchemy.orm import Session

from app.access import audit, queries
from app.access.caller import Caller
from app.access.scopes import DESCRIPTIONS, SCOPES_OF_KIND, ClientKind, Scope
from app.access.tokens import Claims, Tokens
from app.db import NO_TENANT, transaction
from app.dependencies import Context, NowDep, context_of, in_turn
from app.errors import AppError, Forbidden, NotFound, Unauthenticated
from app.rate_limits import RateLimiter

# Everything else needs a scope; `check_routes` stops the start where one is missing.
PUBLIC_OPERATIONS: Final = frozenset(
    {("post", "/oauth/token"), ("get", "/healthz"), ("get", "/readyz")}
)

Endpoint = Callable[..., Any]

# What a room says of a route beside its path and its function.
ROUTE_OPTIONS: Final = (
    *("methods", "name", "tags", "status_code", "include_in_schema", "dependencies"),
    *("response_model", "response_class", "response_description", "responses", "openapi_extra"),
    *("summary", "description", "deprecated", "operation_id", "callbacks"),
)

# Stands in a route's arguments where its session will stand.
SESSION: Final = object()

bearer = OAuth2(
    flows={
        "clientCredentials": {
            "tokenUrl": "/oauth/token",
            "scopes": {scope.value: text for scope, text in DESCRIPTIONS.items()},
        }
    },
    scheme_name="oauth2",
    auto_error=False,
)


def read_claims(request: Request, *, now: datetime) -> Claims:
    """Read the bearer token, and refuse who calls too often before a database is asked."""
    context = context_of(request)
    rate_limiter: RateLimiter = context.parts["rate_limiter"]
    try:
        claims = _read_token(request, context, now=now)
    except Unauthenticated:
        rate_limiter.check_unreadable(request)
        raise
    rate_limiter.check_call(
        request,
        request.scope["route"].name,
        authority_id=claims.authority_id,
        client_id=claims.client_id,
        grant_id=claims.grant_id,
    )
    return claims


def _read_token(request: Request, context: Context, *, now: datetime) -> Claims:
    authorization = request.headers.get("Authorization", "")
    match = re.fullmatch(r"(?i:bearer) +([A-Za-z0-9._~+/=-]+)", authorization)
    if match is None:
        raise Unauthenticated
    tokens: Tokens = context.parts["tokens"]
    return tokens.read(match[1], now=now)


@dataclass(frozen=True)
class Visit:
    """What is known of a request before the database is asked: who says to call, and what for."""

    request: Request
    context: Context
    claims: Claims
    now: datetime
    # What the route asks of the caller.
    scopes: frozenset[str]


async def get_session() -> object:
    """Keep a route's place for its session: `Guarded` puts it there."""
    return SESSION


async def get_caller(
    request: Request,
    now: NowDep,
    scheme: SecurityScopes,
    # Publishes the scheme in OpenAPI.
    _: Annotated[str | None, Depends(bearer)],
) -> Visit:
    """Read who says to call, and keep the caller's place in the route: `Guarded` puts it there."""
    claims = read_claims(request, now=now)
    visit = Visit(request, context_of(request), claims, now, frozenset(scheme.scopes))
    if not visit.scopes <= claims.scopes:
        # Refused before it is told what else is wrong with the request.
        await in_turn(visit.context, refuse, visit)
    return visit


def refuse(visit: Visit) -> None:
    """Refuse whoever lacks a scope, and write it down."""
    with enter(visit):
        raise RuntimeError("there was nothing to refuse")


@contextmanager
def enter(visit: Visit) -> Iterator[tuple[Session, Caller]]:
    """Open the transaction of a request, bound to the caller's authority, and find the caller."""
    sessions, tenant = visit.context.session_factory, visit.claims.authority_id or NO_TENANT
    try:
        with transaction(sessions, tenant) as session:
            yield session, _caller_with_scopes(session, visit)
    except (Forbidden, NotFound) as refusal:
        _record_refusal(visit, refusal)
        raise


def _caller_with_scopes(session: Session, visit: Visit) -> Caller:
    caller = find_caller(session, visit.claims, visit.request.state.request_id)
    if caller is None:
        rate_limiter: RateLimiter = visit.context.parts["rate_limiter"]
        who = visit.claims.grant_id or visit.claims.client_id
        rate_limiter.note_failure(visit.request, str(visit.claims.authority_id), str(who))
        raise Unauthenticated
    missing = sorted(visit.scopes - caller.scopes)
    if missing:
        raise Forbidden("The access token lacks a scope.", scope=missing[0])
    return caller


def guarded(route: APIRoute) -> Endpoint:
    """Let a route's function run with its session and caller in their places.

    The transaction begins, is used and is committed in one go in one thread: each change of
    threads costs as much as a statement, and more while many requests want the interpreter. What
    is answered is read from the rows before the commit, which comes before the answer is sent.
    """
    endpoint, field = route.endpoint, route.response_field

    def enter_and_call(visit: Visit, values: dict[str, Any]) -> Any:
        with enter(visit) as (session, caller):
            answer = endpoint(
                **{
                    name: caller if value is visit else session if value is SESSION else value
                    for name, value in values.items()
                }
            )
            if field is None or isinstance(answer, Response):
                return answer
            said, errors = field.validate(answer, {}, loc=("response",))
            if errors:
                raise ResponseValidationError(errors)
            return said

    @wraps(endpoint)
    async def call(**values: Any) -> Any:
        visit = next(value for value in values.values() if isinstance(value, Visit))
        return await in_turn(visit.context, enter_and_call, visit, values)

    return call


class Guarded(APIRouter):
    """Routes behind the doors below: every one of them is called with its session and caller.

    Each is kept by its whole path. Routers within routers are searched twice a level for every
    request, which takes longer than finding out who calls.
    """

    def include_router(self, router: APIRouter, **_: Any) -> None:
        """Take a room's routes over."""
        for route in router.routes:
            if isinstance(route, APIRoute):
                options = {name: getattr(route, name) for name in ROUTE_OPTIONS}
                # A room's own limit stands, and not with its routes.
                limit = router.max_body_size
                self.add_api_route(route.path, guarded(route), max_body_size=limit, **options)


def _record_refusal(visit: Visit, refusal: AppError) -> None:
    """Write down a denied call; the transaction that refused it has been rolled back."""
    claims, request = visit.claims, visit.request
    if claims.authority_id is None:
        return
    with transaction(visit.context.session_factory, claims.authority_id) as session:
        caller = find_caller(session, claims, request.state.request_id)
        if caller is None:
            return
        audit.record(
            session,
            caller,
            request.scope["route"].name,
            now=visit.now,
            object_id=_last_id(request),
            outcome=refusal.slug,
        )


def _last_id(request: Request) -> UUID | None:
    for value in reversed(request.path_params.values()):
        try:
            return UUID(str(value))
        except ValueError:
            continue
    return None


def find_caller(session: Session, claims: Claims, request_id: UUID) -> Caller | None:
    """Find who calls, as things stand now: a revoked client or grant is nobody at once."""
    client = queries.find_standing_client(session, claims.client_id, claims.grant_id)
    if client is None or client.authority_id != claims.authority_id:
        return None
    kind = ClientKind(client.kind)
    return Caller(
        client_id=client.id,
        kind=kind,
        authority_id=client.authority_id,
        scopes=claims.scopes & SCOPES_OF_KIND[kind],
        request_id=request_id,
        grant_id=claims.grant_id,
        household_id=client.household_id,
        provider_id=client.provider_id,
    )


SessionDep = Annotated[Session, Depends(get_session)]


def _door(scope: Scope) -> object:
    return Security(get_caller, scopes=[scope.value])


AuthoritiesCreate = Annotated[Caller, _door(Scope.AUTHORITIES_CREATE)]
AuthoritiesWrite = Annotated[Caller, _door(Scope.AUTHORITIES_WRITE)]
AuthorityRead = Annotated[Caller, _door(Scope.AUTHORITY_READ)]
AuthorityWrite = Annotated[Caller, _door(Scope.AUTHORITY_WRITE)]
CatalogueRead = Annotated[Caller, _door(Scope.CATALOGUE_READ)]
CatalogueWrite = Annotated[Caller, _door(Scope.CATALOGUE_WRITE)]
HouseholdsWrite = Annotated[Caller, _door(Scope.HOUSEHOLDS_WRITE)]
ChildrenRead = Annotated[Caller, _door(Scope.CHILDREN_READ)]
ChildrenWrite = Annotated[Caller, _door(Scope.CHILDREN_WRITE)]
MatchesRead = Annotated[Caller, _door(Scope.MATCHES_READ)]
CandidatesRead = Annotated[Caller, _door(Scope.CANDIDATES_READ)]
BookingsRead = Annotated[Caller, _door(Scope.BOOKINGS_READ)]
BookingsWrite = Annotated[Caller, _door(Scope.BOOKINGS_WRITE)]
ArrangementsRead = Annotated[Caller, _door(Scope.ARRANGEMENTS_READ)]
ArrangementsWrite = Annotated[Caller, _door(Scope.ARRANGEMENTS_WRITE)]
AttendanceWrite = Annotated[Caller, _door(Scope.ATTENDANCE_WRITE)]
FeedbackRead = Annotated[Caller, _door(Scope.FEEDBACK_READ)]
FeedbackWrite = Annotated[Caller, _door(Scope.FEEDBACK_WRITE)]
PassportsRead = Annotated[Caller, _door(Scope.PASSPORTS_READ)]
PassportsWrite = Annotated[Caller, _door(Scope.PASSPORTS_WRITE)]
FlagsRead = Annotated[Caller, _door(Scope.FLAGS_READ)]
BriefingsRead = Annotated[Caller, _door(Scope.BRIEFING_READ)]
OutcomesRead = Annotated[Caller, _door(Scope.OUTCOMES_READ)]
OutcomesWrite = Annotated[Caller, _door(Scope.OUTCOMES_WRITE)]
WaitlistRead = Annotated[Caller, _door(Scope.WAITLIST_READ)]
OverridesRead = Annotated[Caller, _door(Scope.OVERRIDES_READ)]
OverridesWrite = Annotated[Caller, _door(Scope.OVERRIDES_WRITE)]
ClosuresRead = Annotated[Caller, _door(Scope.CLOSURES_READ)]
ClosuresWrite = Annotated[Caller, _door(Scope.CLOSURES_WRITE)]
WishesRead = Annotated[Caller, _door(Scope.WISHES_READ)]
WishesWrite = Annotated[Caller, _door(Scope.WISHES_WRITE)]
WishGroupsRead = Annotated[Caller, _door(Scope.WISH_GROUPS_READ)]
WishActionsWrite = Annotated[Caller, _door(Scope.WISH_ACTIONS_WRITE)]
StatementsRead = Annotated[Caller, _door(Scope.STATEMENTS_READ)]
StatementsWrite = Annotated[Caller, _door(Scope.STATEMENTS_WRITE)]
RoundsRead = Annotated[Caller, _door(Scope.ROUNDS_READ)]
RoundsWrite = Annotated[Caller, _door(Scope.ROUNDS_WRITE)]
CoverageRead = Annotated[Caller, _door(Scope.COVERAGE_READ)]
ChoicesRead = Annotated[Caller, _door(Scope.CHOICES_READ)]
ChoicesWrite = Annotated[Caller, _door(Scope.CHOICES_WRITE)]
AllocationsRead = Annotated[Caller, _door(Scope.ALLOCATIONS_READ)]
AllocationsWrite = Annotated[Caller, _door(Scope.ALLOCATIONS_WRITE)]
AllocationReasonsRead = Annotated[Caller, _door(Scope.ALLOCATION_REASONS_READ)]
GapsRead = Annotated[Caller, _door(Scope.GAPS_READ)]
GapMonthsRead = Annotated[Caller, _door(Scope.GAP_MONTHS_READ)]
GapMonthsWrite = Annotated[Caller, _door(Scope.GAP_MONTHS_WRITE)]
GapQualityRead = Annotated[Caller, _door(Scope.GAP_QUALITY_READ)]
GapReleasesRead = Annotated[Caller, _door(Scope.GAP_RELEASES_READ)]
GapReleasesWrite = Annotated[Caller, _door(Scope.GAP_RELEASES_WRITE)]
CommissioningRead = Annotated[Caller, _door(Scope.COMMISSIONING_READ)]
CommissioningWrite = Annotated[Caller, _door(Scope.COMMISSIONING_WRITE)]
CommissionedChildrenRead = Annotated[Caller, _door(Scope.COMMISSIONED_CHILDREN_READ)]
JobsRead = Annotated[Caller, _door(Scope.JOBS_READ)]
JobsWrite = Annotated[Caller, _door(Scope.JOBS_WRITE)]


def check_routes(app: FastAPI) -> None:
    """Stop the start if a route names no scope and is not public by decision."""
    known = {scope.value for scope in Scope}
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            if (method, path) in PUBLIC_OPERATIONS:
                continue
            scopes = [s for entry in operation.get("security", []) for s in entry.get("oauth2", [])]
            if not scopes or not set(scopes) <= known:
                raise RuntimeError(f"{method.upper()} {path} names no scope")
