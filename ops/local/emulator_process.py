"""Start the emulator: bound to loopback, IAM enforced, nothing of Docker, nothing kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ops.local.child_process import ChildProcess
from ops.local.emulator_environment import EMULATOR, function_python
from ops.local.operator_credentials import clean_environment, operator_environment, sagemaker_key
from ops.local.settings import ACCOUNT, LOOPBACK, REGION

if TYPE_CHECKING:
    from pathlib import Path

    from ops.local.log_files import LogFile
    from ops.local.settings import LocalSettings

HEALTH_PATH = "/_ministack/health"


def start_emulator(settings: LocalSettings, python: Path, log: LogFile) -> ChildProcess:
    """The process; it answers on its port some 0.3 s later."""
    operator = operator_environment(settings)
    environment = clean_environment() | {
        "AWS_ACCESS_KEY_ID": operator["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": operator["AWS_SECRET_ACCESS_KEY"],
        "AUTH": "true",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(settings.emulator_port),
        # One for each call of a function that waits, and enough left for what functions call.
        "MINISTACK_WORKER_THREADS": "256",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        # Where caches that templates ask for are found: the one that runs beside the emulator.
        "REDIS_HOST": LOOPBACK,
        "REDIS_PORT": str(settings.cache_port),
        "KINDRED_CACHE_USERS_FILE": str(settings.cache_users_file),
        "KINDRED_DATABASE_HOST": LOOPBACK,
        "KINDRED_DATABASE_PORT": str(settings.database_port),
        "KINDRED_DATABASE_USERS_FILE": str(settings.database_users_file),
        "KINDRED_SEARCH_ENDPOINT": f"{LOOPBACK}:{settings.search_port}",
        "KINDRED_TRACES_PORT": str(settings.traces_port),
        "KINDRED_SAGEMAKER_PORT": str(settings.sagemaker_port),
        "KINDRED_SAGEMAKER_KEY": sagemaker_key(settings),
        "KINDRED_FUNCTION_PYTHON": str(function_python(settings.root)),
        "KINDRED_AUTHORITY_FILE": str(settings.authority_file),
        # Listeners that nothing here needs, and a Docker that might be there.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{settings.state}/no-docker.sock",
        "STATE_DIR": str(settings.scratch),
        "S3_DATA_DIR": str(settings.scratch),
        "TMPDIR": str(settings.scratch),
        "LOG_LEVEL": os.environ.get("KINDRED_EMULATOR_LOG_LEVEL", "WARNING"),
        # Its own additions, and the core that they share with what they run.
        "PYTHONPATH": os.pathsep.join((str(EMULATOR), str(settings.root / "core_src"))),
        "PYTHONUNBUFFERED": "1",
    }
    return ChildProcess(
        "emulator",
        [str(python), "-m", "kindred_emulator"],
        environment=environment,
        directory=settings.state,
        log=log,
        state=settings.state,
    )
