"""Events of `aws.sagemaker` on the default bus, sent after the change and never before it."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

PATH = "/_kindred/service-events"
KEY_HEADER = "x-kindred-key"
SOURCE = "aws.sagemaker"


class Announcements:
    """On a thread of its own: who hears of a change may ask about it at once."""

    def __init__(self, emulator_url: str, key: str) -> None:
        self._client = httpx.Client(base_url=emulator_url, headers={KEY_HEADER: key}, timeout=10)
        self._entries: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._send, name="announcements", daemon=True).start()

    def announce(self, kind: str, detail: Mapping[str, Any], resources: Sequence[str]) -> None:
        """Returns at once."""
        self._entries.put(
            {
                "Source": SOURCE,
                "DetailType": kind,
                "Detail": json.dumps(detail),
                "Resources": list(resources),
            }
        )

    def _send(self) -> None:
        while True:
            entry = self._entries.get()
            try:
                self._client.post(PATH, json={"Entries": [entry]}).raise_for_status()
            except httpx.HTTPError as error:
                print(f"the event {entry['DetailType']} is lost: {error}", flush=True)  # noqa: T201
