"""Who may enter the cache: the templates' users as a Redis access list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

OPERATOR = "operator"
# The template's user is called `default` when it replaces the one that needs no password.
DEFAULT_OFF = "user default off resetpass -@all"


def access_list(users: Sequence[Mapping[str, Any]], *, operator_password_sha256: str) -> str:
    """The access list file: nobody but the templates' users and the platform's operator."""
    operator = f"user {OPERATOR} on #{operator_password_sha256} -@all +acl|load +ping"
    lines = [operator]
    if not any(user["name"] == "default" for user in users):
        lines.append(DEFAULT_OFF)
    for user in users:
        passwords = " ".join(f"#{digest}" for digest in user["password_sha256"])
        lines.append(" ".join(f"user {user['name']} {passwords} {user['access']}".split()))
    return "\n".join(lines) + "\n"
