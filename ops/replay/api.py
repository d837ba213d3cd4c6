"""The platform's HTTP API as a replay uses it, with patience for what passes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from ops.http_answers import PASSING, detail_of

_ATTEMPTS = 8
_LONGEST_WAIT_SECONDS = 10.0
# A running experiment counts; of one that has ended late events are still taken.
_TAKES_EVENTS = ("running", "paused", "completed")


class PlatformRefused(RuntimeError):
    """The platform does not do what a replay needs, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`token` gives a fresh Cognito token of somebody who may start experiments."""

    api_url: str
    api_key: str
    token: Callable[[], str]


class ReplayApi:
    def __init__(
        self,
        access: Access,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._access = access
        self._token: str | None = None
        self._sleep = sleep
        self._client = httpx.AsyncClient(
            base_url=access.api_url,
            headers={"x-api-key": access.api_key},
            timeout=60,
            transport=transport,
        )

    async def __aenter__(self) -> ReplayApi:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def run_experiment(self, definition: Mapping[str, Any]) -> None:
        """Create it where it is missing and start it where it is a draft; PlatformRefused."""
        path = f"api/v1/experiments/{definition['key']}"
        answer = await self._as_person("GET", path, allowed=(HTTPStatus.NOT_FOUND,))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            answer = await self._as_person("POST", "api/v1/experiments", json=definition)
            _require_done(answer, f"creating {definition['key']}")
        if answer.json()["status"] in ("draft", "scheduled"):
            answer = await self._as_person("POST", f"{path}/start")
            _require_done(answer, f"starting {definition['key']}")
        status = answer.json()["status"]
        if status not in _TAKES_EVENTS:
            raise PlatformRefused(
                f"the experiment {definition['key']} is {status}, and takes events while it is "
                f"{', '.join(_TAKES_EVENTS)}; --experiment gives the replay another key"
            )

    async def track(self, events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What became of each event: `accepted`, `rejected` or `retry`. At most 500."""
        answer = await self._send("POST", "api/v1/tracking/batch", json={"events": list(events)})
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    async def find_similar(self, query: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = (
            await self._send("POST", "api/v1/find-similar", json=query)
        ).json()
        return answer

    async def tell_outcome(self, outcome: Mapping[str, Any]) -> None:
        await self._send("POST", "api/v1/outcomes", json=outcome)

    async def results(self, experiment: str) -> dict[str, Any]:
        path = f"api/v1/experiments/{experiment}/results"
        found: dict[str, Any] = (await self._as_person("GET", path)).json()
        return found

    async def _as_person(
        self, method: str, path: str, *, allowed: Sequence[int] = (), json: Any = None
    ) -> httpx.Response:
        """With a token; a new one, once, where the first has run out."""
        for last in (False, True):
            if self._token is None:
                self._token = self._access.token()
            answer = await self._send(
                method,
                path,
                json=json,
                allowed=(*allowed, *(() if last else (HTTPStatus.UNAUTHORIZED,))),
                headers={"authorization": f"Bearer {self._token}"},
            )
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                break
            self._token = None
        return answer

    async def _send(
        self, method: str, path: str, *, allowed: Sequence[int] = (), **request: Any
    ) -> httpx.Response:
        reason = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await self._sleep(min(_LONGEST_WAIT_SECONDS, 0.25 * 2**attempt))
            try:
                answer = await self._client.request(method, path, **request)
            except httpx.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            if answer.is_success or answer.status_code in allowed:
                return answer
            reason = detail_of(answer)
            if answer.status_code not in PASSING:
                break
        raise PlatformRefused(f"{method} {self._access.api_url}{path}: {reason}")


def _require_done(answer: httpx.Response, what: str) -> None:
    if answer.status_code == HTTPStatus.ACCEPTED:
        raise PlatformRefused(
            f"{what} waits for another person's approval: replay again once it is given"
        )
