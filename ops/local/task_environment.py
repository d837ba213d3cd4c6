"""The environment of a task's process: its definition's, and what ECS adds."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ops.local.settings import LOOPBACK, REGION
from ops.local.task_definitions import split_secret

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient

    from ops.local.role_credentials import CredentialsAddress
    from ops.local.settings import LocalSettings
    from ops.local.task_definitions import ContainerSpec


def read_secrets(client: SecretsManagerClient, container: ContainerSpec) -> dict[str, str]:
    """Values of the container's secrets, read with the client's rights: the execution role's."""
    values = {}
    for name, value_from in container.secrets.items():
        secret, key = split_secret(value_from)
        text = client.get_secret_value(SecretId=secret)["SecretString"]
        values[name] = str(json.loads(text)[key]) if key else text
    return values


def task_environment(
    container: ContainerSpec,
    *,
    secret_values: Mapping[str, str],
    credentials: CredentialsAddress,
    settings: LocalSettings,
    image: Path,
    task_id: str,
    port: int,
) -> dict[str, str]:
    """Nothing of the developer's own environment but the path to programs."""
    scratch = settings.scratch / task_id
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        **container.environment,
        **secret_values,
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "HOST": LOOPBACK,
        "PORT": str(port),
        # Every task has an address of its own on AWS; here they would all want one port.
        "METRICS_PORT": "0",
        # In place of the collector beside the container.
        "OTEL_EXPORTER_OTLP_ENDPOINT": settings.traces_url,
        "PYTHONPATH": os.pathsep.join(source_roots(image)),
        "PYTHONPYCACHEPREFIX": str(settings.root / ".cache" / "bytecode"),
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "SSL_CERT_FILE": str(settings.authority_file),
        "AWS_ENDPOINT_URL": settings.emulator_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": credentials.url,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": credentials.token,
    }


def source_roots(image: Path) -> list[str]:
    """Where the image's packages lie in its build context: what is left out of it is not found."""
    return [str(image), *sorted(str(folder) for folder in image.glob("*_src"))]
