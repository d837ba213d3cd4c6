"""Batch transform jobs: what CreateTransformJob takes, and what is known of each.

Not modelled: instances, several of them or several requests at once, joined and filtered records.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ops.local.sagemaker.listing import list_page
from ops.local.sagemaker.models import Models
from ops.local.sagemaker.names import moment, resource_arn
from ops.local.sagemaker.operation import Operation, Refusal, invalid
from ops.local.sagemaker.shapes import service_model
from ops.local.sagemaker.tags import Tags
from ops.local.sagemaker.transform_run import TransformRun

if TYPE_CHECKING:
    from ops.local.sagemaker.endpoint_changes import Announce
    from ops.local.sagemaker.model_host import ModelHost
    from ops.local.sagemaker.roles import Roles

STATE_CHANGE = "SageMaker Transform Job State Change"
IN_PROGRESS = "InProgress"
SUMMARY = (
    "TransformJobName",
    "TransformJobArn",
    "CreationTime",
    "TransformEndTime",
    "LastModifiedTime",
    "TransformJobStatus",
    "FailureReason",
)


class TransformRecord:
    """One job in the shape of DescribeTransformJob: written by its thread, read by calls."""

    def __init__(
        self, asked: Mapping[str, Any], clock: Callable[[], float], announce: Announce
    ) -> None:
        self._clock, self._announce = clock, announce
        self.name: str = asked["TransformJobName"]
        self.arn = resource_arn("transform-job", self.name)
        self.stop_asked = threading.Event()
        shape = service_model("sagemaker").operation_model("DescribeTransformJob").output_shape
        assert shape is not None
        now = moment(clock())
        self._content = {
            **{key: value for key, value in asked.items() if key in shape.members},
            "TransformJobArn": self.arn,
            "TransformJobStatus": IN_PROGRESS,
            "CreationTime": now,
            "TransformStartTime": now,
        }
        self._tell()

    @property
    def status(self) -> str:
        return str(self._content["TransformJobStatus"])

    def describe(self) -> dict[str, Any]:
        return dict(self._content)

    def move(self, status: str, failure: str | None = None) -> None:
        """On to `Stopping`, or to its end."""
        changes: dict[str, Any] = {"TransformJobStatus": status}
        if status != "Stopping":
            changes["TransformEndTime"] = moment(self._clock())
        if failure:
            changes["FailureReason"] = failure
        self._content = {**self._content, **changes}
        self._tell()

    def _tell(self) -> None:
        detail = {name: self._content[name] for name in SUMMARY if name in self._content}
        for name, value in detail.items():
            if name.endswith("Time"):
                detail[name] = int(value.timestamp() * 1000)
        self._announce(STATE_CHANGE, detail, [self.arn])


class TransformJobs:
    """Each runs on a thread of its own."""

    def __init__(
        self,
        clock: Callable[[], float],
        tags: Tags,
        announce: Announce,
        models: Models,
        host: ModelHost,
        roles: Roles,
    ) -> None:
        self._clock, self._tags, self._announce = clock, tags, announce
        self._models, self._host, self._roles = models, host, roles
        self._records: dict[str, TransformRecord] = {}

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "CreateTransformJob": self._create,
            "DescribeTransformJob": lambda asked: self._record(asked).describe(),
            "StopTransformJob": self._stop,
            "ListTransformJobs": self._list,
        }
        return {("sagemaker", name): operation for name, operation in named.items()}

    def advance(self) -> None:
        """Jobs go on by themselves."""

    def _record(self, asked: Mapping[str, Any]) -> TransformRecord:
        name = asked["TransformJobName"]
        if name not in self._records:
            raise Refusal("ResourceNotFound", f"Could not find transform job {name}")
        return self._records[name]

    def _create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["TransformJobName"]
        if name in self._records:
            raise Refusal("ResourceInUse", f"Transform job names must be unique: {name} exists")
        _check(asked)
        model = self._models.runnable(asked["ModelName"])
        record = TransformRecord(asked, self._clock, self._announce)
        self._records[name] = record
        self._tags.put(record.arn, asked.get("Tags", []))
        TransformRun(record, asked, model, self._host, self._roles).start()
        return {"TransformJobArn": record.arn}

    def _stop(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        record = self._record(asked)
        if record.status != IN_PROGRESS:
            raise invalid(f"The transform job {record.name} is {record.status}")
        record.move("Stopping")
        record.stop_asked.set()
        return {}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        rows = []
        for record in self._records.values():
            described = record.describe()
            described.setdefault("LastModifiedTime", described["CreationTime"])
            rows.append({field: described[field] for field in SUMMARY if field in described})
        return list_page(rows, asked, kind="TransformJob", key="TransformJobSummaries")


def _check(asked: Mapping[str, Any]) -> None:
    """Raises Refusal."""
    given, output = asked["TransformInput"], asked["TransformOutput"]
    if given["DataSource"]["S3DataSource"]["S3DataType"] != "S3Prefix":
        raise invalid("the local SageMaker transforms an S3Prefix")
    if given.get("SplitType", "None") not in ("None", "Line"):
        raise invalid(f"SplitType: given {given['SplitType']}, None and Line are carried here")
    if given.get("CompressionType", "None") != "None":
        raise invalid("compressed input is not carried here")
    if asked.get("DataProcessing"):
        raise invalid("DataProcessing is not carried here")
    if output.get("AssembleWith", "None") == "Line" and given.get("SplitType") != "Line":
        raise invalid("AssembleWith Line needs SplitType Line")
