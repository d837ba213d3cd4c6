"""Data capture: requests and answers as JSON Lines in S3, where the configuration says.

Source: the SageMaker developer guide, "Capture data from real-time endpoint"; written with the
model's execution role, every few seconds rather than once an hour or a size.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from ops.local.sagemaker.invocation import Invocation
from ops.local.sagemaker.model_host import ModelAnswer, ModelRequest
from ops.local.sagemaker.names import moment

if TYPE_CHECKING:
    import boto3

FLUSH_SECONDS = 5.0
MOST_HELD = 10_000


class DataCapture:
    """Keeps records until the next file; a role that may not write loses them, as on AWS."""

    def __init__(
        self,
        clock: Callable[[], float],
        session: Callable[[str], boto3.Session],
        draw: random.Random | None = None,
    ) -> None:
        self._clock, self._session = clock, session
        self._draw = draw or random.Random()  # noqa: S311
        self._lock = threading.Lock()
        self._flushed_at = clock()
        # Records by endpoint, variant, destination, key and role.
        self._held: defaultdict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)

    def record(
        self,
        invocation: Invocation,
        request: ModelRequest,
        answer: ModelAnswer,
        inference_id: str | None,
    ) -> None:
        endpoint = invocation.endpoint
        settings = endpoint.configuration.get("DataCaptureConfig", {})
        share = settings.get("InitialSamplingPercentage", 0) / 100
        if not settings.get("EnableCapture") or self._draw.random() >= share:
            return
        now = moment(self._clock())
        record = capture_record(settings, request, answer, inference_id, now)
        where = (
            endpoint.name,
            invocation.variant,
            settings["DestinationS3Uri"],
            settings.get("KmsKeyId", ""),
            invocation.served.role_arn,
        )
        with self._lock:
            held = self._held[where]
            if len(held) < MOST_HELD:
                held.append(json.dumps(record))

    def flush(self) -> None:
        """Write what is held, when it is time."""
        if self._clock() - self._flushed_at < FLUSH_SECONDS:
            return
        self._flushed_at = self._clock()
        with self._lock:
            taken, self._held = self._held, defaultdict(list)
        for (endpoint, variant, destination, key, role_arn), records in taken.items():
            where = urlsplit(destination)
            path = f"{where.path.strip('/')}/{endpoint}/{variant}/{_file_name(self._clock())}"
            encryption: dict[str, Any] = (
                {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
            )
            try:
                self._session(role_arn).client("s3").put_object(
                    Bucket=where.netloc,
                    Key=path.lstrip("/"),
                    Body="".join(f"{record}\n" for record in records).encode(),
                    **encryption,
                )
            except (BotoCoreError, ClientError) as error:
                print(f"{len(records)} captured records are lost: {error}", flush=True)  # noqa: T201


def capture_record(
    settings: Mapping[str, Any],
    request: ModelRequest,
    answer: ModelAnswer,
    inference_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    """One line of a capture file."""
    modes = {option["CaptureMode"] for option in settings["CaptureOptions"]}
    as_text = [
        kind
        for kinds in (settings.get("CaptureContentTypeHeader") or {}).values()
        for kind in kinds
    ]
    data = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _observed("INPUT", request.content_type, request.body, as_text)
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _observed("OUTPUT", answer.content_type, answer.body, as_text)
    metadata = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    if inference_id:
        metadata["inferenceId"] = inference_id
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _observed(mode: str, kind: str, body: bytes, as_text: Sequence[str]) -> dict[str, str]:
    """Text where the configuration names the content type, base64 else."""
    plain = kind.partition(";")[0].strip() in as_text
    encoding = ("CSV" if "csv" in kind else "JSON") if plain else "BASE64"
    return {
        "observedContentType": kind,
        "mode": mode,
        "data": body.decode(errors="replace") if plain else base64.b64encode(body).decode(),
        "encoding": encoding,
    }


def _file_name(seconds: float) -> str:
    return f"{moment(seconds):%Y/%m/%d/%H/%M-%S-%f}-{uuid.uuid4()}.jsonl"
