"""The rollout API as the command line uses it, with patience for what passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from ops.http_answers import PASSING, detail_of

_ATTEMPTS = 6
_LONGEST_WAIT_SECONDS = 5.0


class RolloutRefused(RuntimeError):
    """The API does not do what was asked, in its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`token` gives a fresh Cognito token of somebody of the role."""

    url: str
    token: Callable[[str], str]


class RolloutApi:
    def __init__(
        self,
        access: Access,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._access = access
        self._tokens: dict[str, str] = {}
        self._sleep = sleep
        self._client = httpx.Client(base_url=access.url, timeout=35, transport=transport)

    def start(self, body: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """With the key, a repeated call is the same deployment. Raises RolloutRefused."""
        headers = {"idempotency-key": key}
        return self._send("experimenter", "POST", "deployments", json=body, headers=headers)

    def deployments(self, endpoint: str | None, *, most: int) -> Iterator[dict[str, Any]]:
        """Newest first of one endpoint, in no order of all. Raises RolloutRefused."""
        parameters: dict[str, Any] = {"limit": min(most, 100)}
        if endpoint is not None:
            parameters["endpoint"] = endpoint
        while most > 0:
            page = self._send("viewer", "GET", "deployments", params=parameters)
            yield from page["deployments"][:most]
            most -= len(page["deployments"])
            if page["next_cursor"] is None:
                return
            parameters["cursor"] = page["next_cursor"]

    def deployment(self, deployment_id: str) -> dict[str, Any]:
        """Raises RolloutRefused."""
        return self._send("viewer", "GET", f"deployments/{deployment_id}")

    def ask(self, deployment_id: str, verb: str, *, reason: str) -> dict[str, Any]:
        """Raises RolloutRefused."""
        role = "approver" if verb == "complete" else "experimenter"
        path = f"deployments/{deployment_id}/{verb}"
        return self._send(role, "POST", path, json={"reason": reason})

    def _send(self, role: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        headers = request.pop("headers", {})
        reason = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(min(_LONGEST_WAIT_SECONDS, 0.25 * 2**attempt))
            token = self._tokens.get(role) or self._access.token(role)
            self._tokens[role] = token
            sent = {**headers, "authorization": f"Bearer {token}"}
            try:
                answer = self._client.request(method, path, headers=sent, **request)
            except httpx.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            if answer.is_success:
                found: dict[str, Any] = answer.json()
                return found
            reason = detail_of(answer)
            if answer.status_code == HTTPStatus.UNAUTHORIZED:
                # It may have run out while a rollout was watched.
                del self._tokens[role]
            elif answer.status_code not in PASSING:
                break
        raise RolloutRefused(f"{method} {self._access.url}{path}: {reason}")
