"""Hand the cache's users, as the templates declare them, to the cache that runs beside us."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ministack.services import elasticache

from .resource_handlers import after_each_change

TYPES = (
    "AWS::ElastiCache::User",
    "AWS::ElastiCache::UserGroup",
    "AWS::ElastiCache::ReplicationGroup",
)

_password_hashes: dict[str, list[str]] = {}


def install() -> None:
    """Write the users again whenever a user, a group or a cache changes."""
    target = Path(os.environ["KINDRED_CACHE_USERS_FILE"])

    def write(_: str, properties: dict[str, Any]) -> dict[str, Any]:
        passwords = (properties.get("AuthenticationMode") or {}).get("Passwords")
        if "UserId" in properties:
            _password_hashes[properties["UserId"]] = [
                hashlib.sha256(password.encode()).hexdigest()
                for password in passwords or properties.get("Passwords") or []
            ]
        partial = target.with_suffix(".partial")
        partial.write_text(json.dumps({"users": _users_of_caches()}, indent=2))
        partial.replace(target)
        return {}

    for resource_type in TYPES:
        after_each_change(resource_type, write)


def _users_of_caches() -> list[dict[str, Any]]:
    """Users of the groups that a cache accepts; on AWS the others cannot log in either."""
    groups = {
        group
        for cache in elasticache._replication_groups.values()
        for group in cache.get("UserGroupIds", [])
    }
    members = {
        user
        for group in groups
        for user in elasticache._user_groups.get(group, {}).get("UserIds", [])
    }
    return [
        {
            "name": user["UserName"],
            "access": user["AccessString"],
            "password_sha256": _password_hashes.get(user_id, []),
        }
        for user_id, user in elasticache._users.items()
        if user_id in members
    ]
