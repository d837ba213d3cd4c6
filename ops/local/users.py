"""People of the platform's user pool, one for each role, and their tokens."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal

from ops.local.state_files import read_json, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from types_boto3_cognito_idp.client import CognitoIdentityProviderClient

ROLES = ("viewer", "experimenter", "approver", "admin")
# One of each kind that a password policy may ask for.
EVERY_KIND = "aA1!"
Kind = Literal["id", "access"]


class NoSuchUser(Exception):
    """A token was asked for somebody whom the platform does not have."""


def create_users(client: CognitoIdentityProviderClient, *, pool: str, file: Path) -> None:
    """A user in the group of each role, with a generated password; those there already stay."""
    known: dict[str, str] = (read_json(file) or {}).get(pool, {})
    for role in ROLES:
        if role in known:
            continue
        name, password = user_name(role), secrets.token_urlsafe(24) + EVERY_KIND
        client.admin_create_user(
            UserPoolId=pool,
            Username=name,
            UserAttributes=[
                {"Name": "email", "Value": name},
                {"Name": "email_verified", "Value": "true"},
            ],
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
        client.admin_set_user_password(
            UserPoolId=pool, Username=name, Password=password, Permanent=True
        )
        client.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=role)
        known = {**known, role: password}
        write_json(file, {pool: known})


def fresh_token(
    client: CognitoIdentityProviderClient, *, role: str, app: str, file: Path, kind: Kind
) -> str:
    """Sign in as the role's user at the pool's app client. Raises NoSuchUser."""
    pools: dict[str, dict[str, str]] = read_json(file) or {}
    [(pool, passwords)] = pools.items() or [("", {})]
    if role not in passwords:
        known = ", ".join(passwords) or "nobody: the platform has no user pool"
        raise NoSuchUser(f"no user has the role {role}; there are: {known}")
    given = {"USERNAME": user_name(role), "PASSWORD": passwords[role]}
    allowed = client.describe_user_pool_client(UserPoolId=pool, ClientId=app)
    if "ALLOW_ADMIN_USER_PASSWORD_AUTH" in allowed["UserPoolClient"].get("ExplicitAuthFlows", []):
        answer = client.admin_initiate_auth(
            UserPoolId=pool,
            ClientId=app,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters=given,
        )["AuthenticationResult"]
    else:
        answer = client.initiate_auth(
            ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
        )["AuthenticationResult"]
    return answer.get("IdToken", "") if kind == "id" else answer.get("AccessToken", "")


def user_name(role: str) -> str:
    """Users sign in by an address; nothing is ever sent to it."""
    return f"{role}@example.com"
