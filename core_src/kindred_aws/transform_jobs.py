"""Predictions in bulk: a SageMaker batch transform over one file of JSON Lines in S3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.literals import TransformInstanceTypeType

_JSON_LINES = "application/jsonlines"
# What SageMaker says in one code for a name that is taken and for one that is unknown.
_TAKEN = ("ResourceInUse", "ValidationException")


class InputNotFound(LookupError):
    """There is no such file, or its key is the beginning of another's as well."""


class JobNotFound(LookupError):
    """No job has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformJob:
    """`status` is SageMaker's: InProgress, Completed, Failed, Stopping or Stopped."""

    job_id: str
    status: str
    model_name: str
    input_key: str
    output_prefix: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    failure: str | None


class TransformJobs:
    """Jobs of one bucket; `prefix` begins their names on SageMaker."""

    def __init__(
        self,
        client: SageMakerClient,
        files: S3Client,
        *,
        prefix: str,
        bucket: str,
        key_arn: str,
        instance_type: TransformInstanceTypeType,
    ) -> None:
        self._client = client
        self._files = files
        self._prefix = prefix
        self._bucket = bucket
        self._key_arn = key_arn
        self._instance_type: TransformInstanceTypeType = instance_type

    def start(self, job_id: str, *, model_name: str, input_key: str) -> TransformJob:
        """The job of this id, be it of an earlier call. Raises InputNotFound."""
        self._require_input(input_key)
        try:
            self._create(job_id, model_name, input_key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _TAKEN:
                raise
            try:
                return self.load(job_id)
            except JobNotFound:
                raise error from None
        return self.load(job_id)

    def load(self, job_id: str) -> TransformJob:
        """Raises JobNotFound."""
        try:
            found = self._client.describe_transform_job(TransformJobName=self._name(job_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ResourceNotFound", "ValidationException"):
                raise JobNotFound(f"job_id: given {job_id!r}, which is unknown") from error
            raise
        source = found["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        return TransformJob(
            job_id=job_id,
            status=found["TransformJobStatus"],
            model_name=found["ModelName"],
            input_key=source.removeprefix(f"s3://{self._bucket}/"),
            output_prefix=found.get("TransformOutput", {}).get("S3OutputPath", ""),
            created_at=found["CreationTime"],
            started_at=found.get("TransformStartTime"),
            ended_at=found.get("TransformEndTime"),
            failure=found.get("FailureReason"),
        )

    def _require_input(self, key: str) -> None:
        """SageMaker takes every file whose key begins so, and fails late where there is none."""
        found = self._files.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=2)
        keys = [each["Key"] for each in found.get("Contents", [])]
        # They come in order: a key is before those that it begins.
        if not keys or keys[0] != key:
            raise InputNotFound(f"given {key!r}, which is not in the bucket {self._bucket}")
        if len(keys) > 1:
            raise InputNotFound(
                f"given {key!r}, with which {keys[1]!r} begins as well; allowed a key that is no "
                "other's beginning: add an ending such as .jsonl"
            )

    def _create(self, job_id: str, model_name: str, input_key: str) -> None:
        self._client.create_transform_job(
            TransformJobName=self._name(job_id),
            ModelName=model_name,
            BatchStrategy="MultiRecord",
            TransformInput={
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"s3://{self._bucket}/{input_key}",
                    }
                },
                "ContentType": _JSON_LINES,
                "SplitType": "Line",
            },
            TransformOutput={
                "S3OutputPath": f"s3://{self._bucket}/batch/output/{job_id}/",
                "Accept": _JSON_LINES,
                "AssembleWith": "Line",
                "KmsKeyId": self._key_arn,
            },
            TransformResources={"InstanceType": self._instance_type, "InstanceCount": 1},
        )

    def _name(self, job_id: str) -> str:
        return f"{self._prefix}{job_id}"
