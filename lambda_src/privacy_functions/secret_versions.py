"""A secret's versions as a rotation moves them: each step may come again."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class SecretVersions:
    """`version` is the one that this rotation makes."""

    client: Any
    secret_id: str
    version: str

    def create(self, made_of: Callable[[str], str]) -> None:
        if self.version in self._of(PENDING) and self._is_there():
            return
        self.client.put_secret_value(
            SecretId=self.secret_id,
            ClientRequestToken=self.version,
            SecretString=made_of(self.read(CURRENT)),
            VersionStages=[PENDING],
        )

    def read(self, stage: str) -> str:
        """This rotation's version for PENDING, whatever its stages are by now."""
        asked = {"VersionId": self.version} if stage == PENDING else {"VersionStage": stage}
        text: str = self.client.get_secret_value(SecretId=self.secret_id, **asked)["SecretString"]
        return text

    def finish(self) -> None:
        current = self._of(CURRENT)
        if self.version not in current:
            self.client.update_secret_version_stage(
                SecretId=self.secret_id,
                VersionStage=CURRENT,
                MoveToVersionId=self.version,
                RemoveFromVersionId=current[0],
            )

    def _is_there(self) -> bool:
        """Secrets Manager names a version before anything is in it."""
        try:
            self.read(PENDING)
        except self.client.exceptions.ResourceNotFoundException:
            return False
        return True

    def _of(self, stage: str) -> list[str]:
        described = self.client.describe_secret(SecretId=self.secret_id)["VersionIdsToStages"]
        return [version for version, stages in described.items() if stage in stages]


def random_text(letters: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(letters))
