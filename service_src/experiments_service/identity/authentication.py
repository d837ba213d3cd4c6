"""From a bearer token to a person: checked once, then remembered for the token's lifetime."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from aws_lambda_powertools import Logger

from experiments_service.identity.keys import SigningKeys
from experiments_service.identity.principal import Principal, highest_role
from experiments_service.metrics import ExperimentMetrics
from experiments_service.settings import IdentitySettings
from kindred_aws.session_store import SessionStore, SessionStoreUnavailable

_SKEW_SECONDS = 30
_REVOKED = "revoked"
_LONGEST_TOKEN = 16_384


class InvalidToken(Exception):
    """A token that proves nothing; the message says why."""


class Identity:
    """Sessions live in Valkey under an HMAC of their token, so that every task knows them and a
    revoked one ends everywhere. While Valkey is away the token's own validity decides."""

    def __init__(
        self,
        *,
        keys: SigningKeys,
        sessions: SessionStore,
        settings: IdentitySettings,
        secret_key: str,
        metrics: ExperimentMetrics,
        logger: Logger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._sessions = sessions
        self._settings = settings
        self._secret = secret_key.encode()
        self._metrics = metrics
        self._logger = logger
        self._clock = clock

    async def authenticate(self, token: str) -> Principal:
        """Raises InvalidToken, and KeysUnavailable while the pool's keys cannot be fetched."""
        if len(token) > _LONGEST_TOKEN:
            raise InvalidToken(f"the token is over {_LONGEST_TOKEN} characters")
        session = self._session_key(token)
        try:
            held = await self._sessions.find(session)
        except SessionStoreUnavailable as error:
            self._without_sessions("read", error)
            return await self._verify(token)
        if held == _REVOKED:
            raise InvalidToken("the session was ended; sign in again")
        if held is not None:
            principal = Principal(**json.loads(held))
            if principal.expires_at + _SKEW_SECONDS > self._clock():
                return principal
        principal = await self._verify(token)
        await self._remember(session, principal)
        return principal

    async def revoke(self, token: str, principal: Principal) -> bool:
        """End the token's session everywhere; False while Valkey is away."""
        try:
            await self._sessions.put(
                self._session_key(token), _REVOKED, expires_at=self._end(principal)
            )
        except SessionStoreUnavailable as error:
            self._without_sessions("revoke", error)
            return False
        return True

    async def sessions_reachable(self) -> bool:
        return await self._sessions.is_reachable()

    async def _remember(self, session: str, principal: Principal) -> None:
        held = {
            "id": principal.id,
            "name": principal.name,
            "role": principal.role,
            "expires_at": principal.expires_at,
        }
        try:
            await self._sessions.add(session, json.dumps(held), expires_at=self._end(principal))
        except SessionStoreUnavailable as error:
            self._without_sessions("write", error)

    def _end(self, principal: Principal) -> int:
        return int(principal.expires_at) + _SKEW_SECONDS

    def _without_sessions(self, operation: str, error: Exception) -> None:
        self._metrics.count("sessions_unavailable")
        self._logger.warning("sessions unavailable", operation=operation, reason=str(error))

    def _session_key(self, token: str) -> str:
        return "session:" + hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()

    async def _verify(self, token: str) -> Principal:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise InvalidToken("the bearer token is not a JWT") from error
        if header.get("alg") != "RS256":
            raise InvalidToken(f"the token's alg: given {header.get('alg')}, allowed RS256")
        key = await self._keys.find(str(header.get("kid")))
        if key is None:
            raise InvalidToken("the token is signed by a key that the user pool does not have")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self._settings.issuer,
                leeway=_SKEW_SECONDS,
                # Access tokens name their client in `client_id`, so that it is checked below.
                options={"require": ["exp", "iss", "sub", "token_use"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("the token has expired; sign in again") from error
        except jwt.PyJWTError as error:
            raise InvalidToken(f"the token is not valid: {error}") from error
        return self._principal(claims)

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        client = {"access": "client_id", "id": "aud"}.get(claims["token_use"])
        if client is None:
            raise InvalidToken("the token's token_use: allowed are access, id")
        if claims.get(client) not in self._settings.client_ids:
            raise InvalidToken(f"the token's {client} is not a client of this platform")
        groups = claims.get("cognito:groups")
        name = claims.get("username") or claims.get("cognito:username") or claims["sub"]
        return Principal(
            id=str(claims["sub"]),
            name=str(claims.get("email") or name),
            role=highest_role(groups if isinstance(groups, list) else ()),
            expires_at=float(claims["exp"]),
        )
