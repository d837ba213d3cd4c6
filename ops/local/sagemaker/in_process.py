"""Let real boto3 clients talk to a control plane in the same process, for tests."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.wire import read_call, write_output, write_refusal


class _Raw(BytesIO):
    """What botocore reads an answer's body from."""

    def stream(self, **_: Any) -> Any:
        yield self.getvalue()


def attach(client: Any, control_plane: ControlPlane) -> None:
    """From here on the client's requests, serialized and signed, end at the control plane."""

    def answered(request: Any, **_: Any) -> AWSResponse:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        headers = {name: _text(value) for name, value in request.headers.items()}
        try:
            call = read_call(request.method, request.url, headers, body)
            output = control_plane.call(call.service, call.operation, call.parameters)
            answer = write_output(call, output)
        except Refusal as refusal:
            answer = write_refusal(refusal)
        return AWSResponse(request.url, answer.status, answer.headers, _Raw(answer.body))

    client.meta.events.register("before-send", answered)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
