"""Let real boto3 clients talk to a control plane in the same process, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.endpoint_changes import Surroundings
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.invocation import Invocation
from ops.local.sagemaker.model_host import Fleet, ModelAnswer, ModelRequest, Readiness
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.pace import Pace
from ops.local.sagemaker.server import endpoint_parts
from ops.local.sagemaker.wire import read_call, write_output, write_refusal
from ops.local.settings import REGION


class _Raw(BytesIO):
    """What botocore reads an answer's body from."""

    def stream(self, **_: Any) -> Any:
        yield self.getvalue()


def attach(client: Any, control_plane: ControlPlane) -> None:
    """From here on the client's requests, serialized and signed, end at the control plane.

    Before a mock of all of AWS, which would answer them too.
    """

    def answered(request: Any, **_: Any) -> AWSResponse:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        given = {name: _text(value) for name, value in request.headers.items()}
        try:
            call = read_call(request.method, request.url, given, body)
            output = control_plane.call(call.service, call.operation, call.parameters)
            answer = write_output(call, output)
        except Refusal as refusal:
            answer = write_refusal(refusal)
        headers: Any = HeadersDict(answer.headers)
        return AWSResponse(request.url, answer.status, headers, _Raw(answer.body))

    client.meta.events.register_first("before-send", answered)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class ReadyModels:
    """A host whose models are there at once and answer what the test wants."""

    def __init__(self) -> None:
        self.running: dict[Fleet, Mapping[str, Any]] = {}
        self.failures: dict[str, str] = {}
        self._answer: Callable[[Fleet, ModelRequest], ModelAnswer] | None = None

    def answer_with(self, answer: Callable[[Fleet, ModelRequest], ModelAnswer]) -> None:
        self._answer = answer

    def start(self, fleet: Fleet, model: Mapping[str, Any]) -> None:
        self.running[fleet] = model

    def readiness(self, fleet: Fleet) -> Readiness:
        """A model named in `failures` never passes its health check."""
        failure = self.failures.get(fleet.model)
        return Readiness(fleet in self.running and failure is None, failure)

    def stop(self, fleet: Fleet) -> None:
        self.running.pop(fleet, None)

    def invoke(self, fleet: Fleet, request: ModelRequest) -> ModelAnswer:
        if self._answer:
            return self._answer(fleet, request)
        body = json.dumps({"model": fleet.model}).encode()
        return ModelAnswer(200, body, "application/json", 1_000.0)


@dataclass
class LocalSageMaker:
    """A control plane with everything of endpoints, on a clock of the test's own.

    Change `now` to let time pass; `in_alarm` names the alarms in ALARM; `events` and
    `invocations` hold what was announced and measured.
    """

    update_seconds: float = 60.0
    now: float = 1_800_000_000.0
    faults: Faults = field(default_factory=Faults)
    models: ReadyModels = field(default_factory=ReadyModels)
    in_alarm: set[str] = field(default_factory=set)
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)

    def __post_init__(self) -> None:
        surroundings = Surroundings(
            clock=lambda: self.now,
            pace=Pace(self.update_seconds),
            host=self.models,
            announce=lambda kind, detail, _: self.events.append((kind, detail)),
            alarms=lambda names: bool(self.in_alarm & set(names)),
            faults=self.faults,
        )
        self.parts = endpoint_parts(surroundings, self, wait=lambda _: None)
        self.control_plane = ControlPlane(self.parts.parts, throttle=self.faults)

    def record(self, invocation: Invocation) -> None:
        self.invocations.append(invocation)

    def client(self, service: str, **settings: Any) -> Any:
        """A boto3 client of this control plane, which never retries unless told to."""
        client = boto3.client(  # type: ignore[call-overload]
            service,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
            config=Config(retries={"total_max_attempts": 1}, **settings),
        )
        attach(client, self.control_plane)
        return client
