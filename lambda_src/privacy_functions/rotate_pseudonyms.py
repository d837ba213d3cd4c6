"""Adds a generation to the secret of pseudonyms, in Secrets Manager's four steps."""

from __future__ import annotations

import os
import secrets
import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from kindred.privacy.generations import read_pseudonyms, rotated

_LETTERS = string.ascii_letters + string.digits
_KEY_LETTERS = 64
_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Source: AWS Secrets Manager User Guide, "Rotation by Lambda function"."""
    steps = {
        "createSecret": _create,
        # Nobody else has to be told: who makes pseudonyms reads the secret again by itself.
        "setSecret": lambda *_: None,
        "testSecret": _test,
        "finishSecret": _finish,
    }
    client = boto3.client("secretsmanager")
    steps[event["Step"]](client, event["SecretId"], event["ClientRequestToken"])


def _create(client: Any, secret_id: str, version: str) -> None:
    """Once: a step may be called again."""
    if version in _versions(client, secret_id, _PENDING) and _holds(client, secret_id, version):
        return
    held = client.get_secret_value(SecretId=secret_id, VersionStage=_CURRENT)["SecretString"]
    document = rotated(
        held,
        key="".join(secrets.choice(_LETTERS) for _ in range(_KEY_LETTERS)),
        now=datetime.now(UTC),
        keep=timedelta(days=int(os.environ["KEEP_DAYS"])),
    )
    client.put_secret_value(
        SecretId=secret_id,
        ClientRequestToken=version,
        SecretString=document,
        VersionStages=[_PENDING],
    )


def _holds(client: Any, secret_id: str, version: str) -> bool:
    """Secrets Manager names a version before anything is in it."""
    try:
        client.get_secret_value(SecretId=secret_id, VersionId=version, VersionStage=_PENDING)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _test(client: Any, secret_id: str, version: str) -> None:
    """Every pseudonym of today must be what it was."""
    now = datetime.now(UTC)
    new, held = (
        read_pseudonyms(client.get_secret_value(SecretId=secret_id, **which)["SecretString"])
        for which in ({"VersionId": version}, {"VersionStage": _CURRENT})
    )
    if new.of("unit", at=now) != held.of("unit", at=now):
        raise ValueError("the new version changes pseudonyms that are in force")


def _finish(client: Any, secret_id: str, version: str) -> None:
    current = _versions(client, secret_id, _CURRENT)
    if version not in current:
        client.update_secret_version_stage(
            SecretId=secret_id,
            VersionStage=_CURRENT,
            MoveToVersionId=version,
            RemoveFromVersionId=current[0],
        )


def _versions(client: Any, secret_id: str, stage: str) -> list[str]:
    described = client.describe_secret(SecretId=secret_id)["VersionIdsToStages"]
    return [version for version, stages in described.items() if stage in stages]
