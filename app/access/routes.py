"""The token endpoint."""

import base64
import binascii
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Header, Request

from app.access import service
from app.access.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    RefreshTokenReused,
    UnsupportedGrantType,
)
from app.access.schemas import TokenAnswer, TokenRequest
from app.db import NO_TENANT, transaction
from app.dependencies import AdmissionDep, ContextDep, NowDep, RequestIdDep
from app.problems import responses
from app.rate_limits import RateLimiter

router = APIRouter(prefix="/oauth", tags=["access"])


@router.post(
    "/token",
    response_model=TokenAnswer,
    response_model_exclude_none=True,
    responses=responses(InvalidClient, InvalidGrant, InvalidScope, UnsupportedGrantType),
)
def issue_token(
    request: Request,
    form: Annotated[TokenRequest, Form()],
    context: ContextDep,
    now: NowDep,
    request_id: RequestIdDep,
    _: AdmissionDep,
    authorization: Annotated[str | None, Header(max_length=1000)] = None,
) -> TokenAnswer:
    """Exchange credentials, a family's one-time code or a refresh token for an access token."""
    if authorization is not None:
        form = with_basic_credentials(form, authorization)
    rate_limiter: RateLimiter = context.parts["rate_limiter"]
    rate_limiter.check_token_request(request, form.client_id or "")
    try:
        # The client tells the tenant, so this transaction begins without one.
        with transaction(context.session_factory, NO_TENANT) as session:
            return service.issue_token(
                session, context.parts["tokens"], form, request_id=request_id, now=now
            )
    except InvalidClient:
        rate_limiter.note_failure(request, form.client_id or "")
        raise
    except RefreshTokenReused as reuse:
        # The refusal rolled its own transaction back; the end of the grant must stand.
        with transaction(context.session_factory, reuse.authority_id) as session:
            service.revoke_grant(session, reuse.grant_id, now=now)
        raise


def with_basic_credentials(form: TokenRequest, authorization: str) -> TokenRequest:
    """Take the client's credentials from an HTTP Basic header (RFC 6749, section 2.3.1)."""
    kind, _, encoded = authorization.partition(" ")
    try:
        client_id, found, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidClient(error="invalid_client") from None
    if kind.lower() != "basic" or not found:
        raise InvalidClient(error="invalid_client")
    return form.model_copy(
        update={"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}
    )
