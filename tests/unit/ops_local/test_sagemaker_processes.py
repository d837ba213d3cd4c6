"""Models as processes, and the server that answers for them."""

from __future__ import annotations

import http.client
import io
import json
import socket
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import psutil
import pytest
from moto import mock_aws

from ops.local.assembly import ImageAsset
from ops.local.images import ImageMissing
from ops.local.ports import free_port
from ops.local.role_credentials import CredentialsServer
from ops.local.sagemaker.container_launch import Launch, launch_of
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.http_server import (
    FAULTS_PATH,
    HEALTH_PATH,
    KEY_HEADER,
    LONGEST_BODY_BYTES,
    SageMakerServer,
)
from ops.local.sagemaker.in_process import LocalSageMaker
from ops.local.sagemaker.model_artefact import ArtefactRefused, fetch_model
from ops.local.sagemaker.model_host import Fleet, ModelRequest
from ops.local.sagemaker.model_processes import ModelProcess, ModelProcesses, ProcessHost
from ops.local.sagemaker.pace import Pace
from tests.local.local_platform import wait_until
from tests.local.sagemaker_alone import TINY_MODEL

REQUEST = ModelRequest(b"{}", "application/json")


def _archive(name: str, content: bytes = b"one") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as files:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        files.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def models() -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="models")
        s3.put_object(Bucket="models", Key="one.tar.gz", Body=_archive("name"))
        yield s3


def test_a_models_archive_is_unpacked_once(models: Any, tmp_path: Path) -> None:
    session = boto3.Session(region_name="us-east-1")
    folder = fetch_model(session, "s3://models/one.tar.gz", under=tmp_path)

    assert (folder / "name").read_text() == "one"
    assert fetch_model(session, "s3://models/one.tar.gz", under=tmp_path) == folder
    models.put_object(Bucket="models", Key="one.tar.gz", Body=_archive("name", b"two"))
    assert (
        fetch_model(session, "s3://models/one.tar.gz", under=tmp_path) / "name"
    ).read_text() == ("two")


@pytest.mark.parametrize(
    "content", [_archive("../outside"), b"not an archive"], ids=["leaves its folder", "no archive"]
)
def test_an_archive_that_is_not_sound_is_refused(
    models: Any, tmp_path: Path, content: bytes
) -> None:
    models.put_object(Bucket="models", Key="bad.tar.gz", Body=content)

    with pytest.raises(ArtefactRefused):
        fetch_model(
            boto3.Session(region_name="us-east-1"), "s3://models/bad.tar.gz", under=tmp_path
        )
    assert not (tmp_path.parent / "outside").exists()


def test_an_images_build_argument_names_its_module(tmp_path: Path) -> None:
    image = ImageAsset(tmp_path, "t1", {"CONTAINER": "embedding_inference"})
    launch = launch_of("host/repository:t1", {"t1": image}.__getitem__, tmp_path)

    assert launch.command == (sys.executable, "-m", "embedding_inference")
    assert launch.environment["PYTHONPATH"] == str(tmp_path)
    with pytest.raises(ImageMissing, match="no build argument CONTAINER"):
        launch_of("host/repository:t1", lambda _: ImageAsset(tmp_path, "t1", {}), tmp_path)


MODEL = {
    "PrimaryContainer": {"Image": "i:t", "ModelDataUrl": "s3://models/one.tar.gz"},
    "ExecutionRoleArn": "role",
}
FLEET = Fleet("e", "production", "m", 0)


@pytest.fixture
def host(models: Any, tmp_path: Path) -> Iterator[Callable[[str], ProcessHost]]:
    """For models of this code, with the archive `one`."""
    credentials = CredentialsServer()
    roles: Any = SimpleNamespace(
        session=lambda _: boto3.Session(region_name="us-east-1"), credentials=lambda _: None
    )
    yield lambda code: ProcessHost(
        launch=lambda _: Launch((sys.executable, "-c", code), tmp_path, {}),
        roles=roles,
        credentials=credentials,
        environment={},
        folder=tmp_path / "models",
        state=tmp_path,
        logs=tmp_path,
    )
    credentials.close()


@pytest.fixture
def start(host: Callable[[str], ProcessHost]) -> Iterator[Callable[..., ModelProcess]]:
    started: list[ModelProcess] = []

    def begin(code: str = TINY_MODEL) -> ModelProcess:
        started.append(ModelProcess(FLEET, MODEL, host(code)))
        return started[-1]

    yield begin
    for process in started:
        process.stop()
        process.await_end()


@pytest.mark.slow
def test_a_fleet_that_leaves_answers_who_chose_it_already_and_may_be_called_back(
    host: Callable[[str], ProcessHost],
) -> None:
    processes = ModelProcesses(host(TINY_MODEL))
    processes.start(FLEET, MODEL)
    wait_until(lambda: processes.readiness(FLEET).ready)
    processes.stop(FLEET)
    assert processes.invoke(FLEET, REQUEST).status == 200

    processes.start(FLEET, MODEL)
    [kept] = processes.describe()
    processes.stop(FLEET)
    wait_until(lambda: processes.describe() == [])
    assert processes.invoke(FLEET, REQUEST).status == 502
    wait_until(lambda: not psutil.pid_exists(kept["pid"]))
    assert kept["ready"]
    processes.stop_all()


@pytest.mark.slow
def test_a_model_is_asked_once_it_is_healthy_and_comes_back_when_it_ends(
    start: Callable[..., ModelProcess],
) -> None:
    process = start()
    assert not process.readiness.ready
    wait_until(lambda: process.readiness.ready)

    answer = process.invoke(REQUEST)
    assert (answer.status, json.loads(answer.body)["model"]) == (200, "one")
    assert answer.latency_us > 0
    assert process.invoke(ModelRequest(b"no", "application/json")).status == 400
    first = process.pid
    assert first is not None
    psutil.Process(first).kill()
    wait_until(lambda: process.readiness.ready and process.pid != first)
    assert process.invoke(REQUEST).status == 200


@pytest.mark.slow
def test_a_model_that_cannot_start_says_why(start: Callable[..., ModelProcess]) -> None:
    process = start("import sys; sys.exit(3)")
    wait_until(lambda: process.readiness.failure is not None)

    assert process.readiness.failure == "the container ended with exit status 3"
    assert process.invoke(REQUEST).status == 502


@pytest.fixture
def server() -> Iterator[SageMakerServer]:
    local = LocalSageMaker()
    server = SageMakerServer(
        free_port(),
        "key",
        control_plane=local.control_plane,
        faults=Faults(),
        pace=Pace(),
        describe_models=list,
    )
    yield server
    server.server_close()


def _ask(server: SageMakerServer, **headers: str) -> tuple[int, dict[str, Any]]:
    target = {"x-amz-target": "SageMaker.ListModels", **headers}
    answer = server.answer("POST", "/", target, b"{}")
    return answer.status, json.loads(answer.body)


def test_who_does_not_know_the_platforms_key_is_not_heard(server: SageMakerServer) -> None:
    assert _ask(server)[0] == 403
    assert _ask(server, **{KEY_HEADER: "wrong"})[0] == 403
    assert _ask(server, **{KEY_HEADER: "key"}) == (200, {"Models": []})
    assert server.answer("GET", HEALTH_PATH, {}, b"").status == 200


def test_the_emulator_says_how_long_a_minute_is(server: SageMakerServer) -> None:
    _ask(server, **{KEY_HEADER: "key", "x-kindred-minute-seconds": "5.0"})

    assert server.pace.minute_seconds == 5.0


def test_faults_are_switched_over_http(server: SageMakerServer) -> None:
    def call(method: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = server.answer(
            method, FAULTS_PATH, {KEY_HEADER: "key"}, json.dumps(content).encode()
        )
        return answer.status, json.loads(answer.body)

    assert call("POST", {"name": "flood"})[0] == 400
    assert call("POST", {"name": "slow-model", "colour": 1})[0] == 400
    assert call("POST", {"name": "slow-model"})[1]["faults"][0]["name"] == "slow-model"
    assert server.describe()["faults"][0]["milliseconds"] == 300
    assert call("DELETE", {"name": "slow-model"}) == (200, {"faults": []})


def test_a_failure_of_its_own_is_an_internal_failure(
    server: SageMakerServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server.control_plane, "call", lambda *_: 1 / 0)
    status, content = _ask(server, **{KEY_HEADER: "key"})

    assert (status, content["__type"]) == (500, "InternalFailure")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_body_that_is_too_long_is_refused_before_it_is_read(server: SageMakerServer) -> None:
    threading.Thread(target=server.handle_request, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(LONGEST_BODY_BYTES + 1))
    connection.endheaders()

    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.slow
def test_a_connection_that_the_model_closed_meanwhile_is_made_anew(
    start: Callable[..., ModelProcess],
) -> None:
    process = start()
    wait_until(lambda: process.readiness.ready)
    first = process.invoke(REQUEST)
    _, connection = process._kept.connection
    connection.sock, closed = socket.socketpair()
    closed.close()

    assert process.invoke(REQUEST).status == first.status == 200
