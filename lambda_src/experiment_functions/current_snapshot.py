"""The snapshot that a function evaluates: at most a minute old, and never lost once it is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.engine.snapshot import InvalidPayload, Snapshot, compile_snapshot
from kindred_aws.definition_store import Fetched, UnreadableDefinitions

REFRESH_SECONDS = 60.0
# Without any snapshot each call tries again, but not more often than this.
RETRY_SECONDS = 1.0


class DefinitionsUnavailable(RuntimeError):
    """Nothing has been published yet, or nothing could be read; the message says which."""

    def to_json(self) -> dict[str, Any]:
        given = {"code": "definitions_unavailable", "given": str(self), "allowed": "a later call"}
        return {"error": given}


class CurrentSnapshot:
    """`fetch` is given the entity tag of what is held, and answers None for no news.

    `problem` says why the last refresh failed; the snapshot before it is still served.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Fetched | None],
        *,
        decryption_key: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._decryption_key = decryption_key
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._etag: str | None = None
        self._refresh_at = 0.0
        self.problem: str | None = None

    def get(self) -> Snapshot:
        """Raises DefinitionsUnavailable while there has never been one."""
        if self._clock() >= self._refresh_at:
            self._refresh()
        if self._snapshot is None:
            raise DefinitionsUnavailable(self.problem or "nothing has been published yet")
        return self._snapshot

    def _refresh(self) -> None:
        self.problem = None
        try:
            fetched = self._fetch(self._etag)
            if fetched is not None:
                self._snapshot = compile_snapshot(
                    fetched.payload, decryption_key=self._decryption_key
                )
                self._etag = fetched.etag
        except (BotoCoreError, ClientError, UnreadableDefinitions, InvalidPayload) as error:
            self.problem = f"{type(error).__name__}: {error}"
        pause = RETRY_SECONDS if self._snapshot is None else REFRESH_SECONDS
        self._refresh_at = self._clock() + pause
