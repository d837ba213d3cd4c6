"""The generations of pseudonyms in Secrets Manager, read again every few minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from kindred.privacy.generations import UnreadableSecret, read_pseudonyms
from kindred.privacy.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

REFRESH_SECONDS = 300.0
_UNREADABLE = (BotoCoreError, ClientError, UnreadableSecret)


class NoPseudonyms(RuntimeError):
    """The secret was never read; the message says why not."""


class PseudonymSecret:
    """`problem` says why the last reading failed; the generations before it still serve.

    `tell` hears of a problem once, not with each reading that fails for the same reason.
    """

    def __init__(
        self,
        client: SecretsManagerClient,
        *,
        secret_id: str,
        tell: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._tell = tell
        self._clock = clock
        self._held: Pseudonyms | None = None
        self._refresh_at = 0.0
        self.problem: str | None = None

    @property
    def current(self) -> Pseudonyms:
        """Not older than five minutes, or as last read. Raises NoPseudonyms."""
        if self._held is None or self._clock() >= self._refresh_at:
            self._refresh()
        if self._held is None:
            raise NoPseudonyms(self.problem)
        return self._held

    def _refresh(self) -> None:
        # Before the reading: other threads go on with what is held meanwhile.
        self._refresh_at = self._clock() + REFRESH_SECONDS
        problem = self._problem_of_reading()
        if self._tell and problem and problem != self.problem:
            self._tell(problem)
        self.problem = problem

    def _problem_of_reading(self) -> str | None:
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_id)
            self._held = read_pseudonyms(answer["SecretString"])
        except _UNREADABLE as error:
            return f"{type(error).__name__}: {error}"
        return None
