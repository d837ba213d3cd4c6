"""Notices by email (SendGrid v3 mail/send)."""

from __future__ import annotations

import httpx

_API = "https://api.sendgrid.com"
_SUBJECT_CHARACTERS = 120


class Email:
    name = "email"

    def __init__(self, *, key: str, to: str, sender: str, api: str = _API) -> None:
        self._key = key
        self._to = [address.strip() for address in to.split(",")]
        self._sender = sender
        self._api = api

    async def send(self, client: httpx.AsyncClient, text: str) -> None:
        answer = await client.post(
            f"{self._api}/v3/mail/send",
            headers={"Authorization": f"Bearer {self._key}"},
            json={
                "personalizations": [{"to": [{"email": address} for address in self._to]}],
                "from": {"email": self._sender},
                "subject": f"Kindred: {text}"[:_SUBJECT_CHARACTERS],
                "content": [{"type": "text/plain", "value": text}],
            },
        )
        answer.raise_for_status()
