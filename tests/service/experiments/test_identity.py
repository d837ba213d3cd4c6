"""Whose token it is, what it is good for, and for how long."""

import time

import httpx
import jwt
import pytest
import redis
from cryptography.hazmat.primitives.asymmetric import rsa
from redis.asyncio import Redis

from experiments_service.identity.authentication import Identity
from experiments_service.identity.keys import KeysUnavailable, SigningKeys
from experiments_service.identity.principal import ROLES, highest_role
from kindred_aws.session_store import SessionStore
from tests.service.experiments.evaluation_fixtures import free_port
from tests.service.experiments.management_fixtures import POOL, SECRET_KEY, UserPool, pool_keys


def from_now(**seconds):
    """Claims that are times, reckoned when the test runs."""
    return {claim: int(time.time()) + offset for claim, offset in seconds.items()}


def given(claims):
    return claims() if callable(claims) else claims


def session(platform, token, method="GET"):
    return platform.client.request(
        method, "/api/v1/session", headers={"Authorization": f"Bearer {token}"}
    )


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({}, id="an access token"),
        pytest.param({"client_id": POOL.client_ids[1]}, id="an access token of the console"),
        pytest.param(
            {
                "token_use": "id",
                "aud": POOL.client_ids[0],
                "client_id": None,
                "email": "ada@x.example",
            },
            id="an id token",
        ),
        pytest.param(lambda: from_now(exp=-10), id="expired within the clocks' difference"),
    ],
)
def test_a_token_of_the_pool_is_taken(platform, claims):
    answer = session(platform, platform.pool.token("approver", **given(claims)))

    assert answer.status_code == 200
    assert answer.json()["role"] == "approver"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param(lambda: from_now(exp=-40), "has expired", id="expired"),
        pytest.param({"exp": None}, 'missing the "exp" claim', id="without an end"),
        pytest.param({"iss": POOL.issuer + "x"}, "Invalid issuer", id="another pool"),
        pytest.param({"client_id": "other"}, "client_id is not", id="another client"),
        pytest.param({"token_use": "id"}, "aud is not", id="an access token posing as an id"),
        pytest.param({"token_use": "refresh"}, "allowed are access, id", id="a refresh token"),
        pytest.param(lambda: from_now(nbf=600), "not yet valid", id="from the future"),
    ],
)
def test_a_token_that_proves_nothing_says_why(platform, claims, reason):
    answer = session(platform, platform.pool.token("admin", **given(claims)))

    assert answer.status_code == 401
    assert reason in answer.json()["detail"]
    assert "this needs the role viewer" in answer.json()["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_signature_of_another_key_is_refused(platform):
    forged = platform.pool.token("admin", key=rsa.generate_private_key(65537, 2048))

    assert session(platform, forged).status_code == 401


def test_neither_no_algorithm_nor_a_shared_secret_is_taken(platform):
    claims = jwt.decode(platform.pool.token("admin"), options={"verify_signature": False})
    headers = {"kid": platform.pool.key_id}
    unsigned = jwt.encode(claims, None, algorithm="none", headers=headers)
    shared = jwt.encode(claims, "x" * 32, algorithm="HS256", headers=headers)

    for token in (unsigned, shared, "not a token", "a.b.c"):
        assert session(platform, token).status_code == 401
    assert platform.client.get("/api/v1/session").status_code == 401


def test_of_several_groups_the_highest_role_counts():
    assert highest_role(["viewer", "admin", "staff"]) == "admin"
    assert highest_role(["staff"]) is None
    assert [highest_role([role]) for role in ROLES] == list(ROLES)


def test_somebody_without_a_role_is_told_which_one_it_takes(platform):
    answer = session(platform, platform.pool.token("staff"))

    assert answer.status_code == 403
    assert answer.json()["detail"] == "role: given none, this needs viewer or above"


def test_an_ended_session_ends_everywhere(platform):
    token = platform.pool.token("viewer", jti="one")
    other = platform.pool.token("viewer", jti="other")
    assert session(platform, token).status_code == 200
    assert session(platform, token, "DELETE").status_code == 204

    refused = session(platform, token)
    assert (refused.status_code, session(platform, other).status_code) == (401, 200)
    assert "the session was ended" in refused.json()["detail"]


def test_a_session_lives_in_valkey_as_long_as_its_token(platform, valkey_port):
    held = redis.Redis(port=valkey_port)
    held.flushall()
    token = platform.pool.token("viewer", **from_now(exp=600))
    session(platform, token)

    [key] = held.keys("session:*")
    assert token.encode() not in key
    assert 0 < held.ttl(key) <= 630


@pytest.fixture
def identity_of(platform):
    """An identity of its own, over the keys at a URL and the Valkey on a port."""
    clients = []

    def make(url, port, clock=time.monotonic):
        clients.append(httpx.AsyncClient())
        return Identity(
            keys=SigningKeys(clients[-1], url=url, clock=clock),
            sessions=SessionStore(Redis(port=port, socket_connect_timeout=0.2)),
            settings=POOL,
            secret_key=SECRET_KEY,
            metrics=platform.collaborators.metrics,
            logger=platform.collaborators.logger,
        )

    yield make
    for client in clients:
        platform.run(client.aclose)


def test_without_valkey_the_token_itself_decides(platform, identity_of):
    identity = identity_of(platform.pool.url, free_port())
    token = platform.pool.token("viewer", jti="alone")

    assert platform.run(identity.authenticate, token).role == "viewer"
    assert platform.logged("sessions unavailable")
    assert b"sessions_unavailable_total" in platform.collaborators.metrics.prometheus_text()
    principal = platform.run(identity.authenticate, token)
    assert platform.run(identity.revoke, token, principal) is False


def test_new_keys_are_fetched_when_a_token_names_them_and_not_too_often(platform, identity_of):
    pool, now = UserPool(), [0.0]
    with pool_keys(pool) as url:
        identity = identity_of(url, free_port(), clock=lambda: now[0])
        for _ in range(3):
            platform.run(identity.authenticate, pool.token("viewer"))
        assert pool.fetches == 1

        pool.new_key("second")
        for _ in range(5):
            with pytest.raises(Exception, match="the user pool does not have"):
                platform.run(identity.authenticate, pool.token("viewer"))
        assert pool.fetches == 1
        now[0] += 31
        platform.run(identity.authenticate, pool.token("viewer"))
        assert pool.fetches == 2


def test_keys_that_cannot_be_fetched_are_nobodys_fault(platform, identity_of):
    pool, now = UserPool(), [0.0]
    pool.broken = True
    with pool_keys(pool) as url:
        identity = identity_of(url, free_port(), clock=lambda: now[0])
        for _ in range(5):
            with pytest.raises(KeysUnavailable):
                platform.run(identity.authenticate, pool.token("viewer"))
        # Requests must not wait in line for an answer that does not come.
        assert pool.fetches == 1
        pool.broken = False
        now[0] += 3
        platform.run(identity.authenticate, pool.token("viewer"))
