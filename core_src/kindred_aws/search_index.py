"""Indexes events into OpenSearch, one index a day, over its signed HTTP interface."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from kindred.experiments.counting import day_of
from kindred.experiments.events import Event, EventKey, encode, key_of

_CONNECT_SECONDS, _READ_SECONDS = 2, 20
_TOO_LARGE, _TOO_MANY, _SERVER = 413, 429, 500
# A domain short of disk or memory refuses to write with 403, until somebody gives it more.
_BLOCKED = "cluster_block_exception"


class SearchUnavailable(RuntimeError):
    """OpenSearch took nothing of the batch; it may later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexing:
    """Documents `rejected` for good with the reason, and those to be `retried`."""

    rejected: Mapping[EventKey, str] = field(default_factory=dict)
    retried: frozenset[EventKey] = frozenset()


class SearchIndex:
    """`endpoint` is a URL, or a domain's host name; documents go to `{prefix}-YYYY.MM.DD`.

    `ca_bundle` is a file of authorities to trust instead of the public ones.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        prefix: str,
        region: str,
        credentials: Credentials,
        ca_bundle: str | None = None,
    ) -> None:
        url = endpoint if "://" in endpoint else f"https://{endpoint}"
        self._url = f"{url.rstrip('/')}/_bulk"
        self._prefix = prefix
        self._region = region
        self._credentials = credentials
        self._http = URLLib3Session(
            verify=cast("Any", ca_bundle or True),
            timeout=cast("Any", (_CONNECT_SECONDS, _READ_SECONDS)),
        )

    def put(self, events: Sequence[Event]) -> Indexing:
        """An event's key is its document's, so that one that comes again replaces itself.

        Raises SearchUnavailable.
        """
        if not events:
            return Indexing()
        status, body = self._send(b"".join(self._lines(event) for event in events))
        if status == _TOO_LARGE:
            return self._put_halves(events, body)
        if status != 200:
            raise SearchUnavailable(f"{self._url} answered {status}: {_shown(body)}")
        try:
            items = [next(iter(item.values())) for item in json.loads(body)["items"]]
        except (ValueError, LookupError, TypeError) as error:
            raise SearchUnavailable(f"{self._url} gave no bulk answer: {_shown(body)}") from error
        if len(items) != len(events):
            raise SearchUnavailable(f"{len(items)} answers to {len(events)} documents")
        return _indexing(events, items)

    def _put_halves(self, events: Sequence[Event], body: bytes) -> Indexing:
        if len(events) == 1:
            return Indexing(rejected={key_of(events[0]): f"413: {_shown(body)}"})
        middle = len(events) // 2
        first, second = self.put(events[:middle]), self.put(events[middle:])
        return Indexing(
            rejected={**first.rejected, **second.rejected}, retried=first.retried | second.retried
        )

    def _lines(self, event: Event) -> bytes:
        index = f"{self._prefix}-{day_of(event.occurred_at).replace('-', '.')}"
        action = {"index": {"_index": index, "_id": "/".join(filter(None, key_of(event)))}}
        return b"%b\n%b\n" % (json.dumps(action).encode(), encode(event))

    def _send(self, body: bytes) -> tuple[int, bytes]:
        request = AWSRequest(
            "POST", self._url, data=body, headers={"Content-Type": "application/x-ndjson"}
        )
        SigV4Auth(self._credentials.get_frozen_credentials(), "es", self._region).add_auth(request)
        try:
            answer = self._http.send(request.prepare())
        except BotoCoreError as error:
            raise SearchUnavailable(str(error)) from error
        return answer.status_code, answer.content


def _indexing(events: Sequence[Event], items: Sequence[Mapping[str, Any]]) -> Indexing:
    rejected: dict[EventKey, str] = {}
    retried: set[EventKey] = set()
    for event, item in zip(events, items, strict=True):
        status = int(item.get("status", _SERVER))
        error = item.get("error") or {}
        if status == _TOO_MANY or status >= _SERVER or error.get("type") == _BLOCKED:
            retried.add(key_of(event))
        elif status >= 400:
            rejected[key_of(event)] = f"{error.get('type', status)}: {error.get('reason', '')}"
    return Indexing(rejected=rejected, retried=frozenset(retried))


def _shown(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace")
