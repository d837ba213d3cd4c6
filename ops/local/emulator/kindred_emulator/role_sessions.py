"""Sessions of roles that AWS's services assume: functions, event source mappings, Firehose."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_region
from ministack.services import sts


@dataclass(frozen=True, slots=True)
class RoleSession:
    """Temporary credentials; they are good until the platform goes down."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def refusal(self, action: str, resource: str) -> str | None:
        """Why the role may not do this; None when it may. Of the resource, its ARN."""
        service = action.partition(":")[0]
        # No request came over the network: as `transport` has it for those that do.
        iam_evaluator.pin_request_origin("127.0.0.1", True)
        refused = iam_evaluator.enforce(
            self.access_key_id, action, service, get_region(), resource_arn=resource
        )
        return refused and f"the role is not authorized to perform {action} on {resource}"


@cache
def role_session(role_arn: str, name: str) -> RoleSession:
    """The one session of this role under this name."""
    account, role = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    session = RoleSession(
        f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(60)
    )
    record: dict[str, Any] = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name[:64]}",
        "UserId": f"{role}:{name[:64]}",
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
    }
    sts.register_session(session.access_key_id, record)
    return session
