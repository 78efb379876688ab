"""Access tokens: what is not exactly ours, current and whole is nobody's."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry

from app.access.scopes import ClientKind
from app.access.tokens import ALGORITHM, AUDIENCE, LIFETIME, TYPE, Tokens
from app.ids import new_id
from tests.support.world import World

Token = dict[str, Any]
REGISTRY = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


def genuine(world: World, key: OKPKey) -> tuple[Token, Token]:
    """Give the header and the claims of a token that opens the door."""
    now = int(world.clock.now.timestamp())
    client_id = str(world.credentials[ClientKind.BROKER].client_id)
    claims = {
        "iss": "shortbreaks",
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 600,
        "sub": client_id,
        "client_id": client_id,
        "authority_id": str(world.authority_id),
        "jti": str(new_id()),
        "scope": "children:read",
    }
    return {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}, claims


def sign(header: Token, claims: Token, key: OKPKey) -> str:
    return jwt.encode(header, claims, key, registry=REGISTRY)


def by_hand(header: Token, claims: Token, secret: bytes | None) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, claims)
    ]
    signed = b".".join(parts)
    signature = b"" if secret is None else hmac.new(secret, signed, hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def without(claims: Token, name: str) -> Token:
    return {key: value for key, value in claims.items() if key != name}


def other_key(kid: str) -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"use": "sig", "kid": kid})


HOSTILE: dict[str, Callable[[Token, Token, OKPKey], str]] = {
    "no algorithm": lambda h, c, k: by_hand({**h, "alg": "none"}, c, None),
    "our public key as a shared secret": lambda h, c, k: by_hand(
        {**h, "alg": "HS256"}, c, json.dumps(k.as_dict(private=False)).encode()
    ),
    "our public key's bytes as a shared secret": lambda h, c, k: by_hand(
        {**h, "alg": "HS256"}, c, k.as_pem(private=False)
    ),
    "another audience": lambda h, c, k: sign(h, {**c, "aud": "another-api"}, k),
    "another issuer": lambda h, c, k: sign(h, {**c, "iss": "somebody"}, k),
    "another type": lambda h, c, k: sign({**h, "typ": "JWT"}, c, k),
    "no type": lambda h, c, k: sign(without(h, "typ"), c, k),
    "expired": lambda h, c, k: sign(h, {**c, "iat": c["iat"] - 1200, "exp": c["iat"] - 1}, k),
    "not valid yet": lambda h, c, k: sign(h, {**c, "nbf": c["iat"] + 60}, k),
    "no expiry": lambda h, c, k: sign(h, without(c, "exp"), k),
    "no id": lambda h, c, k: sign(h, without(c, "jti"), k),
    "no subject": lambda h, c, k: sign(h, without(c, "sub"), k),
    "no client": lambda h, c, k: sign(h, without(c, "client_id"), k),
    "unknown key id": lambda h, c, k: sign({**h, "kid": "unknown"}, c, k),
    "no key id": lambda h, c, k: sign(without(h, "kid"), c, k),
    "a key from elsewhere": lambda h, c, k: sign(
        {**h, "kid": "evil", "jku": "https://evil.example/keys"}, c, other_key("evil")
    ),
    "a key in the token": lambda h, c, k: sign(
        {**h, "jwk": (own := other_key(h["kid"])).as_dict(private=False)}, c, own
    ),
    "an ID token": lambda h, c, k: sign(
        {**h, "typ": "JWT"}, {**without(c, "scope"), "aud": c["client_id"], "nonce": "n"}, k
    ),
    "another environment's key": lambda h, c, k: sign(h, c, other_key(h["kid"])),
    "truncated": lambda h, c, k: sign(h, c, k)[:-10],
    "changed": lambda h, c, k: sign(h, c, k).replace(".", ".e", 1),
    "garbage": lambda h, c, k: "not.a.token",
    "an unknown scope": lambda h, c, k: sign(h, {**c, "scope": "everything"}, k),
    "a scope that is no text": lambda h, c, k: sign(h, {**c, "scope": ["children:read"]}, k),
    "a client that is no id": lambda h, c, k: sign(h, {**c, "client_id": "1"}, k),
    "another authority": lambda h, c, k: sign(h, {**c, "authority_id": str(new_id())}, k),
    "no authority": lambda h, c, k: sign(h, without(c, "authority_id"), k),
    "a grant there is not": lambda h, c, k: sign(h, {**c, "grant_id": str(new_id())}, k),
    "too long": lambda h, c, k: sign(h, {**c, "padding": "x" * 5000}, k),
}


@pytest.fixture
def key(tokens: Tokens) -> OKPKey:
    first = tokens._keys.keys[0]
    assert isinstance(first, OKPKey)
    return first


class TestRead:
    def test_opens_the_door(self, world: World, key: OKPKey) -> None:
        token = sign(*genuine(world, key), key)

        assert world.call_with(token, "GET", "/v1/children").status_code == 200

    @pytest.mark.parametrize("name", HOSTILE)
    def test_refuses(self, world: World, key: OKPKey, name: str) -> None:
        answer = world.call_with(HOSTILE[name](*genuine(world, key), key), "GET", "/v1/children")

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json() == {
            "type": "/problems/unauthenticated",
            "title": "A valid access token is needed",
            "status": 401,
        }

    @pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer a b", "Token x.y.z"])
    def test_refuses_other_headers(self, world: World, header: str) -> None:
        answer = world.http.get("/v1/children", headers={"Authorization": header})

        assert answer.status_code == 401

    def test_ends_by_itself(self, world: World) -> None:
        token = world.token(ClientKind.BROKER)
        # Once it has been used it is remembered, until it ends.
        assert world.call_with(token, "GET", "/v1/children").status_code == 200
        world.clock.now += LIFETIME
        world.clock.now += LIFETIME

        assert world.call_with(token, "GET", "/v1/children").status_code == 401

    def test_nothing_but_the_exact_token_is_remembered(self, world: World, key: OKPKey) -> None:
        header, claims = genuine(world, key)
        token = sign(header, claims, key)
        assert world.call_with(token, "GET", "/v1/children").status_code == 200
        more = sign(header, {**claims, "scope": "children:read children:write"}, key)
        unsigned = ".".join([*more.split(".")[:2], token.split(".")[2]])

        assert world.call_with(unsigned, "GET", "/v1/children").status_code == 401
        assert world.call_with(token + "A", "GET", "/v1/children").status_code == 401

    def test_a_token_cannot_have_more_than_its_client(self, world: World, key: OKPKey) -> None:
        header, claims = genuine(world, key)
        token = sign(header, {**claims, "scope": "authorities:create"}, key)

        answer = world.call_with(token, "POST", "/v1/authorities", json={"name": "Leeds"})

        assert answer.status_code == 403

    def test_a_second_key_is_read_while_the_first_signs(self, world: World, key: OKPKey) -> None:
        retired = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
        header, claims = genuine(world, retired)
        old = sign(header, claims, retired)
        both = Tokens(KeySet([key, retired]), issuer="shortbreaks")

        assert both.read(old, now=world.clock.now).authority_id == world.authority_id
