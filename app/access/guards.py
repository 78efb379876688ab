"""Who may: the caller and the tenant-bound session of a request, and one line a scope."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, FastAPI, Request, Security
from fastapi.security import SecurityScopes
from fastapi.security.oauth2 import OAuth2
from sqlalchemy.orm import Session

from app.access import audit, queries
from app.access.caller import Caller
from app.access.scopes import DESCRIPTIONS, SCOPES_OF_KIND, ClientKind, Scope
from app.access.tokens import Claims, Tokens
from app.db import NO_TENANT, transaction
from app.dependencies import AdmissionDep, Context, NowDep, RequestIdDep, context_of
from app.errors import AppError, Forbidden, NotFound, Unauthenticated
from app.rate_limits import RateLimiter

# Everything else needs a scope; `check_routes` stops the start where one is missing.
PUBLIC_OPERATIONS: Final = frozenset(
    {("post", "/oauth/token"), ("get", "/healthz"), ("get", "/readyz")}
)

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


async def get_claims(request: Request, now: NowDep) -> Claims:
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
    # Not through the security scheme: what depends on that is made anew for each set of scopes,
    # so that the caller and the route would each open a transaction of their own.
    authorization = request.headers.get("Authorization", "")
    match = re.fullmatch(r"(?i:bearer) +([A-Za-z0-9._~+/=-]+)", authorization)
    if match is None:
        raise Unauthenticated
    tokens: Tokens = context.parts["tokens"]
    return tokens.read(match[1], now=now)


def get_session(
    request: Request,
    claims: Annotated[Claims, Depends(get_claims)],
    now: NowDep,
    _: AdmissionDep,
) -> Iterator[Session]:
    """Open the transaction of the request, bound to the caller's authority."""
    context = context_of(request)
    try:
        with transaction(context.session_factory, claims.authority_id or NO_TENANT) as session:
            yield session
    except (Forbidden, NotFound) as refusal:
        _record_refusal(request, context, claims, refusal, now=now)
        raise


def _record_refusal(
    request: Request, context: Context, claims: Claims, refusal: AppError, *, now: datetime
) -> None:
    """Write down a denied call; the transaction that refused it has been rolled back."""
    if claims.authority_id is None:
        return
    with transaction(context.session_factory, claims.authority_id) as session:
        caller = find_caller(session, claims, request.state.request_id)
        if caller is None:
            return
        audit.record(
            session,
            caller,
            request.scope["route"].name,
            now=now,
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


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def get_caller(
    request: Request,
    session: SessionDep,
    claims: Annotated[Claims, Depends(get_claims)],
    request_id: RequestIdDep,
    scheme: SecurityScopes,
    # Publishes the scheme in OpenAPI.
    _: Annotated[str | None, Depends(bearer)],
) -> Caller:
    """Let the caller through the door whose scopes it has."""
    caller = find_caller(session, claims, request_id)
    if caller is None:
        rate_limiter: RateLimiter = context_of(request).parts["rate_limiter"]
        rate_limiter.note_failure(
            request, str(claims.authority_id), str(claims.grant_id or claims.client_id)
        )
        raise Unauthenticated
    missing = sorted(set(scheme.scopes) - caller.scopes)
    if missing:
        raise Forbidden("The access token lacks a scope.", scope=missing[0])
    return caller


def _door(scope: Scope) -> object:
    return Security(get_caller, scopes=[scope.value])


AuthoritiesCreate = Annotated[Caller, _door(Scope.AUTHORITIES_CREATE)]
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
RoundsRead = Annotated[Caller, _door(Scope.ROUNDS_READ)]
RoundsWrite = Annotated[Caller, _door(Scope.ROUNDS_WRITE)]
CoverageRead = Annotated[Caller, _door(Scope.COVERAGE_READ)]
ChoicesRead = Annotated[Caller, _door(Scope.CHOICES_READ)]
ChoicesWrite = Annotated[Caller, _door(Scope.CHOICES_WRITE)]
AllocationsRead = Annotated[Caller, _door(Scope.ALLOCATIONS_READ)]
AllocationsWrite = Annotated[Caller, _door(Scope.ALLOCATIONS_WRITE)]
AllocationReasonsRead = Annotated[Caller, _door(Scope.ALLOCATION_REASONS_READ)]
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
