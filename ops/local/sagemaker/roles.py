"""Execution roles: what SageMaker does for a model or a job, it does with the role's rights."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ops.local.role_credentials import RoleCredentials

if TYPE_CHECKING:
    import boto3
    from types_boto3_sts.client import STSClient

SESSION_NAME = "SageMaker"


class Roles:
    """Each role is assumed once, and again before its session ends."""

    def __init__(self, security_tokens: STSClient) -> None:
        self._security_tokens = security_tokens
        self._lock = threading.Lock()
        self._held: dict[str, tuple[RoleCredentials, boto3.Session]] = {}

    def session(self, role_arn: str) -> boto3.Session:
        """Raises botocore's ClientError when there is no such role."""
        return self._of(role_arn)[1]

    def credentials(self, role_arn: str) -> RoleCredentials:
        """What a process of this role is given. Raises botocore's ClientError."""
        return self._of(role_arn)[0]

    def _of(self, role_arn: str) -> tuple[RoleCredentials, boto3.Session]:
        with self._lock:
            if role_arn not in self._held:
                credentials = RoleCredentials(self._security_tokens, role_arn, SESSION_NAME)
                self._held[role_arn] = credentials, credentials.session()
            return self._held[role_arn]
