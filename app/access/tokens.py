"""Access tokens: RFC 9068 JWTs of ten minutes, signed with Ed25519."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry

from app.access.scopes import Scope
from app.errors import Unauthenticated
from app.ids import new_id
from app.key_files import load_or_make_keys

LIFETIME: Final = timedelta(minutes=10)
ALGORITHM: Final = "Ed25519"
TYPE: Final = "at+jwt"
AUDIENCE: Final = "shortbreaks-api"
LONGEST_TOKEN: Final = 4096
# Tokens whose signature need not be checked again until they run out; more start anew.
MOST_REMEMBERED: Final = 4096


@dataclass(frozen=True)
class Claims:
    """What a genuine, current token says."""

    client_id: UUID
    authority_id: UUID | None
    grant_id: UUID | None
    scopes: frozenset[Scope]


class Tokens:
    """Issues and reads access tokens with a set of keys, the first of which signs."""

    def __init__(self, keys: KeySet, *, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._registry = JWSRegistry(algorithms=[ALGORITHM])
        # By the hash of the exact token: from when until when it holds, and what it says.
        self._remembered: dict[bytes, tuple[float, float, Claims]] = {}

    def issue(self, claims: Claims, *, now: datetime) -> str:
        """Sign a token."""
        issued_at = int(now.timestamp())
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "iat": issued_at,
            "exp": issued_at + int(LIFETIME.total_seconds()),
            "sub": str(claims.grant_id or claims.client_id),
            "client_id": str(claims.client_id),
            "jti": str(new_id()),
            "scope": " ".join(sorted(claims.scopes)),
        }
        if claims.authority_id is not None:
            payload["authority_id"] = str(claims.authority_id)
        if claims.grant_id is not None:
            payload["grant_id"] = str(claims.grant_id)
        key = self._keys.keys[0]
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}
        return jwt.encode(header, payload, key, registry=self._registry)

    def read(self, token: str, *, now: datetime) -> Claims:
        """Read a token, or refuse it without saying why.

        That it is genuine is found out once; whether its client and grant still stand is asked of
        the database each time.
        """
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated
        digest = sha256(token.encode()).digest()
        known = self._remembered.get(digest)
        if known is not None and known[0] <= int(now.timestamp()) < known[1]:
            return known[2]
        issued_at, expires_at, claims = self._verify(token, now=now)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[digest] = (issued_at, expires_at, claims)
        return claims

    def _verify(self, token: str, *, now: datetime) -> tuple[float, float, Claims]:
        try:
            decoded = jwt.decode(token, self._keys, registry=self._registry)
            # joserfc checks neither the type nor, in `decode`, the times.
            if decoded.header.get("typ") != TYPE or "kid" not in decoded.header:
                raise Unauthenticated
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": AUDIENCE},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                jti={"essential": True},
                client_id={"essential": True},
                scope={"essential": True},
            ).validate(decoded.claims)
            claims = Claims(
                client_id=UUID(decoded.claims["client_id"]),
                authority_id=_optional_id(decoded.claims, "authority_id"),
                grant_id=_optional_id(decoded.claims, "grant_id"),
                scopes=frozenset(Scope(scope) for scope in decoded.claims["scope"].split()),
            )
            return decoded.claims["iat"], decoded.claims["exp"], claims
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unauthenticated from error


def _optional_id(claims: dict[str, Any], name: str) -> UUID | None:
    return UUID(claims[name]) if name in claims else None


def make_keys(path: Path) -> KeySet:
    """Read the signing keys of a development machine, making them at the first start."""
    return load_or_make_keys(
        path, lambda: OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    )
