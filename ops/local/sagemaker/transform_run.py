"""One transform job: every object below its input through a model, with the model's role."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.local.sagemaker.job_objects import JobFailed, join_address, list_objects, split_address
from ops.local.sagemaker.model_host import Fleet, ModelHost, ModelRequest

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

    from ops.local.sagemaker.roles import Roles
    from ops.local.sagemaker.transform_jobs import TransformRecord

POLL_SECONDS = 0.1
LONGEST_START_SECONDS = 120.0
BYTES_A_MEGABYTE = 1024 * 1024
# What AWS sends at once, unless told otherwise.
DEFAULT_MEGABYTES = 6
SUCCESS = 200


class Stopped(Exception):
    """A person stopped the job."""


class TransformRun(threading.Thread):
    """Ends when the job has."""

    def __init__(
        self,
        record: TransformRecord,
        asked: Mapping[str, Any],
        model: Mapping[str, Any],
        host: ModelHost,
        roles: Roles,
    ) -> None:
        super().__init__(name=f"transform-{record.name}", daemon=True)
        self._record, self._asked = record, asked
        self._model, self._host, self._roles = model, host, roles
        self._fleet = Fleet(
            f"transform-{record.name}",
            "transform",
            asked["ModelName"],
            model["CreationTime"].timestamp(),
        )

    def run(self) -> None:
        try:
            self._host.start(self._fleet, self._with_environment())
            self._await_model()
            s3 = self._roles.session(self._model["ExecutionRoleArn"]).client("s3")
            self._transform(s3)
            self._record.move("Completed")
        except Stopped:
            self._record.move("Stopped")
        except JobFailed as failed:
            self._record.move("Failed", str(failed)[:1024])
        except (BotoCoreError, ClientError, OSError) as error:
            self._record.move("Failed", f"ClientError: {error}"[:1024])
        finally:
            self._host.stop(self._fleet)

    def _with_environment(self) -> dict[str, Any]:
        """A job may add to the model's environment."""
        container = self._model["PrimaryContainer"]
        environment = {**container.get("Environment", {}), **self._asked.get("Environment", {})}
        return {**self._model, "PrimaryContainer": {**container, "Environment": environment}}

    def _await_model(self) -> None:
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while not (readiness := self._host.readiness(self._fleet)).ready:
            if readiness.failure or time.monotonic() > deadline:
                reason = readiness.failure or "it did not answer its health check"
                raise JobFailed(f"InternalServerError: the model does not start: {reason}")
            self._go_on()
            time.sleep(POLL_SECONDS)

    def _transform(self, s3: S3Client) -> None:
        address = self._asked["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        bucket, _ = split_address(address)
        found = list(list_objects(s3, address))
        if not found:
            raise JobFailed(f"ClientError: No S3 objects found under {address}")
        for key, name in found:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            answers = [self._ask(name, part) for part in self._split(body)]
            self._write(s3, f"{name}.out", answers)

    def _split(self, body: bytes) -> Iterator[bytes]:
        """What is sent at once: the file, a line, or as many lines as fit."""
        if self._asked["TransformInput"].get("SplitType", "None") == "None":
            yield body
            return
        lines = [line for line in body.split(b"\n") if line.strip()]
        if self._asked.get("BatchStrategy", "MultiRecord") == "SingleRecord":
            yield from lines
            return
        largest = self._asked.get("MaxPayloadInMB", DEFAULT_MEGABYTES) * BYTES_A_MEGABYTE
        batch: list[bytes] = []
        size = 0
        for line in lines:
            if batch and size + len(line) + 1 > largest:
                yield b"\n".join(batch)
                batch, size = [], 0
            batch.append(line)
            size += len(line) + 1
        if batch:
            yield b"\n".join(batch)

    def _ask(self, name: str, body: bytes) -> bytes:
        self._go_on()
        asked, output = self._asked["TransformInput"], self._asked["TransformOutput"]
        request = ModelRequest(
            body, asked.get("ContentType", "application/octet-stream"), output.get("Accept")
        )
        answer = self._host.invoke(self._fleet, request)
        if answer.status != SUCCESS:
            text = answer.body.decode(errors="replace")
            raise JobFailed(f"ClientError: {name}: the model answered {answer.status}: {text}")
        return answer.body

    def _write(self, s3: S3Client, name: str, answers: list[bytes]) -> None:
        output = self._asked["TransformOutput"]
        by_line = output.get("AssembleWith", "None") == "Line"
        body = b"".join(answers)
        if by_line:
            body = b"".join(answer.rstrip(b"\n") + b"\n" for answer in answers)
        bucket, key = split_address(join_address(output["S3OutputPath"], name))
        encryption: dict[str, Any] = {}
        if output.get("KmsKeyId"):
            encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": output["KmsKeyId"]}
        s3.put_object(Bucket=bucket, Key=key, Body=body, **encryption)

    def _go_on(self) -> None:
        if self._record.stop_asked.is_set():
            raise Stopped
