"""Keeps a record of each answered request for as long as its time to live, without its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kindred.privacy.pseudonyms import Pseudonyms
from kindred_aws.dynamodb_number import number
from kindred_aws.pseudonym_secret import PseudonymSecret

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import WriteRequestTypeDef

RECORDS_PER_WRITE = 25
_KEEP_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """`request_id` is ours, and unique; a client may send one `correlation_id` again and again.

    `unit_id` is the unit's own; what is written is its pseudonym of the day.
    """

    request_id: str
    correlation_id: str
    at: float
    service: str
    operation: str
    experiment_id: str
    arm: str
    model_version: str
    unit_id: str
    app_id: str
    status: int
    latency_ms: float
    predicted_score: float | None = None


class WriteRefused(Exception):
    """The table took only a part of the records; `refused` are those to try again."""

    def __init__(self, refused: Sequence[RequestRecord]) -> None:
        super().__init__(f"{len(refused)} request records were not taken")
        self.refused = refused


class RequestLog:
    def __init__(
        self, client: DynamoDBClient, *, table_name: str, pseudonyms: PseudonymSecret
    ) -> None:
        self._client = client
        self._pseudonyms = pseudonyms
        self._table_name = table_name

    def write(self, records: Sequence[RequestRecord]) -> None:
        """Write at most 25 records. Writing one again is harmless. Raises WriteRefused, and
        NoPseudonyms."""
        pseudonyms = self._pseudonyms.current
        by_id = {f"request#{record.request_id}": record for record in records}
        requests: list[WriteRequestTypeDef] = [
            {"PutRequest": {"Item": _item(record_id, record, pseudonyms)}}
            for record_id, record in by_id.items()
        ]
        answer = self._client.batch_write_item(RequestItems={self._table_name: requests})
        left = answer.get("UnprocessedItems", {}).get(self._table_name, [])
        if left:
            ids = [request["PutRequest"]["Item"]["record_id"]["S"] for request in left]
            raise WriteRefused([by_id[record_id] for record_id in ids])


def _item(
    record_id: str, record: RequestRecord, pseudonyms: Pseudonyms
) -> dict[str, dict[str, str]]:
    at = datetime.fromtimestamp(record.at, UTC)
    item = {
        "record_id": {"S": record_id},
        "correlation_id": {"S": record.correlation_id},
        "at": {"N": f"{record.at:.3f}"},
        "service": {"S": record.service},
        "operation": {"S": record.operation},
        "experiment_id": {"S": record.experiment_id},
        "arm": {"S": record.arm},
        "model_version": {"S": record.model_version},
        "unit_id": {"S": pseudonyms.on_day(record.unit_id, at=at)},
        "app_id": {"S": record.app_id},
        "status": {"N": str(record.status)},
        "latency_ms": {"N": f"{record.latency_ms:.3f}"},
        "expires_at": {"N": str(int(record.at) + _KEEP_SECONDS)},
    }
    if record.predicted_score is not None:
        item["predicted_score"] = number(record.predicted_score)
    return item
