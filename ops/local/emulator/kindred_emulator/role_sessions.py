"""Sessions of roles that AWS's services assume: functions, event source mappings, Firehose."""

from __future__ import annotations

import contextvars
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import (
    get_account_id,
    get_region,
    set_request_account_id,
    set_request_region,
)
from ministack.services import sts


def caller_refusal(access_key_id: str, action: str, resource: str) -> str | None:
    """Why who has this key may not do this; None when they may. Of the resource, its ARN.

    Asked apart from the request that is being answered, which somebody else may have signed.
    """
    scope = get_account_id(), get_region()
    return contextvars.Context().run(_refusal, *scope, access_key_id, action, resource)


def _refusal(
    account: str, region: str, access_key_id: str, action: str, resource: str
) -> str | None:
    set_request_account_id(account)
    set_request_region(region)
    # No request came over the network: as `transport` has it for those that do.
    iam_evaluator.pin_request_origin("127.0.0.1", True)
    service = action.partition(":")[0]
    refused = iam_evaluator.enforce(access_key_id, action, service, region, resource_arn=resource)
    return refused and f"the role is not authorized to perform {action} on {resource}"


@dataclass(frozen=True, slots=True)
class RoleSession:
    """Temporary credentials; they are good until the platform goes down."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def refusal(self, action: str, resource: str) -> str | None:
        """Why the role may not do this; None when it may. Of the resource, its ARN."""
        return caller_refusal(self.access_key_id, action, resource)


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
