"""Point database clusters of the templates at the PostgreSQL that runs beside us."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from ministack.services import rds

from kindred.privacy.password_verifier import scram_verifier

from .resource_handlers import after_each_change

Properties = dict[str, Any]
SALT_BYTES = 16
ENGINE = "aurora-postgresql"

_users: dict[str, dict[str, str]] = {}


def install() -> None:
    """Endpoints of clusters and their instances; the master user and the database of each."""
    after_each_change("AWS::RDS::DBCluster", _cluster)
    after_each_change("AWS::RDS::DBInstance", _instance)


def _cluster(cluster_id: str, properties: Properties) -> dict[str, Any]:
    cluster = rds._clusters[cluster_id]
    if cluster["Engine"] != ENGINE:
        raise ValueError(f"cluster {cluster_id}: {ENGINE} runs here, given {cluster['Engine']}")
    host, port = _address()
    # The reader is the writer: nothing lags, and nothing refuses a write.
    cluster.update(Endpoint=host, ReaderEndpoint=host, Port=port)
    _users[cluster_id] = {
        "name": cluster["MasterUsername"],
        "verifier": scram_verifier(
            properties["MasterUserPassword"], salt=secrets.token_bytes(SALT_BYTES)
        ),
        "database": cluster["DatabaseName"],
    }
    _write_users()
    return {
        "Endpoint.Address": host,
        "Endpoint.Port": str(port),
        "ReadEndpoint.Address": host,
    }


def _instance(instance_id: str, _: Properties) -> dict[str, Any]:
    host, port = _address()
    rds._instances[instance_id]["Endpoint"].update(Address=host, Port=port)
    return {"Endpoint.Address": host, "Endpoint.Port": str(port)}


def _address() -> tuple[str, int]:
    return os.environ["KINDRED_DATABASE_HOST"], int(os.environ["KINDRED_DATABASE_PORT"])


def _write_users() -> None:
    target = Path(os.environ["KINDRED_DATABASE_USERS_FILE"])
    present = [user for cluster, user in _users.items() if cluster in rds._clusters]
    partial = target.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps({"users": present}, indent=2))
    partial.replace(target)
