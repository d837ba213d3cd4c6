"""How others decode events and write counts, made to do the same work, and a server for both."""

import base64
import json
import multiprocessing
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Literal

import boto3
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from kindred.experiments.events import Conversion, Counted, Exposure, encode

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Value = Annotated[float, Field(ge=-1e9, le=1e9)]
SegmentName = Annotated[str, Field(min_length=1, max_length=64)]
SegmentValue = Annotated[str, Field(max_length=64)]

Sums = dict[tuple[str, str | None, str | None], tuple[int, float]]


class Happening(BaseModel):
    model_config = ConfigDict(frozen=True)

    event_id: Annotated[str, Field(min_length=16, max_length=36)]
    occurred_at: AwareDatetime
    unit_id: Annotated[str, Field(min_length=1, max_length=256)]
    experiment_id: Key
    served: Key | None = None


class ExposureModel(Happening):
    type: Literal["exposure"]
    variation: Key
    segments: Annotated[dict[SegmentName, SegmentValue], Field(max_length=3)] = {}
    covariate: Value | None = None
    metric: None = None


class ConversionModel(Happening):
    type: Literal["conversion"]
    metric: Key
    value: Value = 1.0
    variation: Key | None = None
    cross: Annotated[tuple[Key, ...], Field(max_length=8)] = ()


MODELS: dict[str, type[ExposureModel | ConversionModel]] = {
    "exposure": ExposureModel,
    "conversion": ConversionModel,
}
ADAPTER: TypeAdapter[ExposureModel | ConversionModel] = TypeAdapter(
    Annotated[ExposureModel | ConversionModel, Field(discriminator="type")]
)


def sums_of(events: Iterable[Any]) -> Sums:
    """Count and total by experiment, variation and metric, each event id once."""
    sums: Sums = {}
    for event in {event.event_id: event for event in events}.values():
        metric = event.metric
        key = (event.experiment_id, event.variation, metric)
        count, total = sums.get(key, (0, 0.0))
        sums[key] = (count + 1, total + event.value if metric is not None else total)
    return sums


def pydantic_json(records: Sequence[Any]) -> Sums:
    return sums_of(
        ADAPTER.validate_json(base64.b64decode(record["kinesis"]["data"])) for record in records
    )


def json_and_models(records: Sequence[Any]) -> Sums:
    documents = (json.loads(base64.b64decode(record["kinesis"]["data"])) for record in records)
    return sums_of(MODELS[document["type"]](**document) for document in documents)


def kinesis_records(count: int) -> list[Any]:
    """Exposures and conversions in turn, each of another unit, as Lambda hands them over."""
    rng = random.Random(1)
    records = []
    for number in range(count):
        envelope: dict[str, Any] = {
            "event_id": f"01935b7e-0000-7000-8000-{number:012d}",
            "occurred_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
            "unit_id": f"user-{number:06d}",
            "experiment_id": "checkout-button",
            "variation": rng.choice(["control", "treatment"]),
        }
        event = (
            Conversion(**envelope, metric="revenue", value=round(rng.uniform(1, 90), 2))
            if number % 2
            else Exposure(**envelope, segments={"country": "DE", "device": "mobile"})
        )
        records.append(
            {
                "kinesis": {
                    "data": base64.b64encode(encode(event)).decode(),
                    "sequenceNumber": str(10**55 + number),
                    "partitionKey": event.unit_id,
                    "approximateArrivalTimestamp": 1_767_225_600.0,
                },
                "eventID": f"shardId-000000000000:{10**55 + number}",
            }
        )
    return records


def count_each_in_boto3(url: str) -> Callable[[Sequence[Counted]], None]:
    """An event's record by a conditional put, its counters by an update: two calls an event."""
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
    )

    def count(events: Sequence[Counted]) -> None:
        for event in events:
            client.put_item(
                TableName="ledger",
                Item={"id": {"S": event.event_id}, "expires_at": {"N": "1800000000"}},
                ConditionExpression="attribute_not_exists(id)",
            )
            client.update_item(
                TableName="counters",
                Key={
                    "experiment_id": {"S": event.experiment_id},
                    "variation_metric": {"S": f"{event.variation}#{event.metric}"},
                },
                UpdateExpression="ADD #units :one, #total :value",
                ExpressionAttributeNames={"#units": "units", "#total": "total"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":value": {"N": "1.5"}},
            )

    return count


class _Answering(BaseHTTPRequestHandler):
    """Every read finds nothing, every write is done."""

    protocol_version = "HTTP/1.1"
    # An answer in one packet: the second of two would wait for the first to be acknowledged.
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"Responses": {}}' if "BatchGet" in self.headers["X-Amz-Target"] else b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing: the table is what is read."""


def _serve(ports: Any) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    ports.put(server.server_port)
    server.serve_forever()


@contextmanager
def answering_server() -> Iterator[str]:
    """In a process of its own, so that only the client's CPU time is measured."""
    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    process = context.Process(target=_serve, args=(ports,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=30)}"
    finally:
        process.terminate()
        process.join()
