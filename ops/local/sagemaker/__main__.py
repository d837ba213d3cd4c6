"""`python -m ops.local.sagemaker`: the server that the emulator forwards to, until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from ops.local.images import ImageContexts
from ops.local.operator_credentials import become_operator, sagemaker_key
from ops.local.role_credentials import CredentialsServer
from ops.local.sagemaker.alarm_states import AlarmStates
from ops.local.sagemaker.announcements import Announcements
from ops.local.sagemaker.container_launch import Launch, launch_of
from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.data_capture import DataCapture
from ops.local.sagemaker.endpoint_changes import Surroundings
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.http_server import SageMakerServer
from ops.local.sagemaker.job_parts import Workplace, job_parts
from ops.local.sagemaker.model_processes import ModelProcesses, ProcessHost
from ops.local.sagemaker.pace import Pace
from ops.local.sagemaker.roles import Roles
from ops.local.sagemaker.server import endpoint_parts
from ops.local.sagemaker.status_report import StatusReport
from ops.local.sagemaker.variant_metrics import VariantMetrics
from ops.local.settings import LocalSettings
from ops.local.state_files import read_json

if TYPE_CHECKING:
    from types_boto3_cloudwatch.client import CloudWatchClient

TICK_SECONDS = 0.1
POLL_SECONDS = 0.05


def serve(settings: LocalSettings) -> None:
    """Answer until told to stop; then the models end, too."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    become_operator(settings)
    pace, faults, key = Pace(), Faults(), sagemaker_key(settings)
    roles, credentials = Roles(boto3.client("sts")), CredentialsServer()
    launch = _launcher(settings)
    processes = ModelProcesses(_process_host(settings, launch, roles, credentials))
    cloudwatch = boto3.client("cloudwatch", config=Config(retries={"total_max_attempts": 1}))
    metrics = VariantMetrics(time.time, pace, faults, _putting(cloudwatch))
    capture = DataCapture(time.time, roles.session)
    surroundings = Surroundings(
        clock=time.time,
        pace=pace,
        host=processes,
        announce=Announcements(settings.emulator_url, key).announce,
        alarms=AlarmStates(cloudwatch, time.time).any_in_alarm,
        faults=faults,
    )
    workplace = Workplace(
        settings=settings,
        folder=settings.state / "sagemaker",
        roles=roles,
        credentials=credentials,
        launch=launch,
        endpoints=endpoint_parts(surroundings, metrics, capture),
        glue=boto3.client("glue"),
    )
    jobs = job_parts(workplace)
    parts = [*workplace.endpoints.parts, *jobs.parts]
    control_plane = ControlPlane(parts, throttle=faults)
    server = SageMakerServer(
        settings.sagemaker_port,
        key,
        control_plane=control_plane,
        faults=faults,
        pace=pace,
        describe_models=processes.describe,
    )
    threading.Thread(
        target=server.serve_forever, args=(POLL_SECONDS,), name="http", daemon=True
    ).start()
    report = StatusReport(settings.sagemaker_file, server.describe)
    while not stop.wait(TICK_SECONDS):
        _run_due((control_plane.advance, metrics.flush, capture.flush, report.publish))
    server.shutdown()
    jobs.stop()
    processes.stop_all()


def _run_due(due: Sequence[Callable[[], None]]) -> None:
    for each in due:
        try:
            each()
        except Exception:
            # One that fails must not stop the clock for all others.
            traceback.print_exc()


def _launcher(settings: LocalSettings) -> Callable[[str], Launch]:
    images = ImageContexts(lambda: _assembly(settings))
    bytecode = settings.root / ".cache" / "bytecode"
    return lambda image_uri: launch_of(image_uri, images.image, bytecode)


def _process_host(
    settings: LocalSettings,
    launch: Callable[[str], Launch],
    roles: Roles,
    credentials: CredentialsServer,
) -> ProcessHost:
    return ProcessHost(
        launch=launch,
        roles=roles,
        credentials=credentials,
        environment={
            "AWS_ENDPOINT_URL": settings.emulator_url,
            "SSL_CERT_FILE": str(settings.authority_file),
        },
        folder=settings.state / "sagemaker" / "models",
        state=settings.state,
        logs=settings.logs,
    )


def _putting(cloudwatch: CloudWatchClient) -> Callable[[str, Sequence[Any]], None]:
    def put(namespace: str, data: Sequence[Any]) -> None:
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)

    return put


def _assembly(settings: LocalSettings) -> Path:
    return Path((read_json(settings.deployment_file) or {})["assembly"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--emulator-port", type=int, required=True)
    given = parser.parse_args()
    serve(
        LocalSettings(
            root=Path.cwd(),
            state=given.state,
            sagemaker_port=given.port,
            emulator_port=given.emulator_port,
        )
    )
