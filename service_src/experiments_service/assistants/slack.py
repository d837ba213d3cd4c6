"""Notices to a Slack channel (chat.postMessage)."""

from __future__ import annotations

import httpx

from experiments_service.assistants.notices import NoticeFailed

_API = "https://slack.com/api"


class Slack:
    name = "slack"

    def __init__(self, *, token: str, channel: str, api: str = _API) -> None:
        self._token = token
        self._channel = channel
        self._api = api

    async def send(self, client: httpx.AsyncClient, text: str) -> None:
        """Slack answers 200 for what it refuses, and says so in the body."""
        answer = await client.post(
            f"{self._api}/chat.postMessage",
            headers={"Authorization": f"Bearer {self._token}"},
            json={"channel": self._channel, "text": text, "unfurl_links": False},
        )
        answer.raise_for_status()
        body = answer.json()
        if not (isinstance(body, dict) and body.get("ok")):
            reason = body.get("error") if isinstance(body, dict) else body
            raise NoticeFailed(f"slack refused the message: {reason}")
