"""Firehose from a Kinesis stream to S3 as Parquet: read, converted and written as its role.

The emulator writes a file for every record, with nobody's rights, and keeps each record besides.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
import time
from typing import Any

from ministack.core.responses import (
    get_account_id,
    get_region,
    new_uuid,
    set_request_account_id,
    set_request_region,
)
from ministack.services import cloudwatch, cloudwatch_logs, firehose, glue, s3

from .parquet_files import Column, Converted, to_parquet
from .role_sessions import role_session
from .stream_shards import find_stream, latest, read_after

Delivery = dict[str, Any]
Record = dict[str, Any]

# AWS waits for the template's hints, 60 s and 64 MB at the least: here nobody would wait so long.
LONGEST_BUFFER_SECONDS = 5.0
LARGEST_OBJECT_RECORDS = 50_000
CONVERSION_FAILED = "format-conversion-failed"

logger = logging.getLogger("kindred.firehose")


class DeliveryRefused(Exception):
    """The role lacks a right, or what it needs is not there: tried again."""


def install() -> None:
    """Take the place of the emulator's delivery from Kinesis; PutRecord stays with it."""
    create = firehose._create_delivery_stream

    def created(request: dict[str, Any]) -> Any:
        response = create(request)
        delivery = firehose._streams.get(request.get("DeliveryStreamName"))
        if delivery and delivery["type"] == "KinesisStreamAsSource":
            Deliverer(delivery).start()
        return response

    firehose._create_delivery_stream = created
    firehose.ingest_from_kinesis_source = lambda *_: None


class Deliverer(threading.Thread):
    """Ends when its delivery stream is gone."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(name=f"deliver-{delivery['name']}", daemon=True)
        self._delivery = delivery
        self._scope = get_account_id(), get_region()
        source = delivery["kinesis_source"]
        self._stream_arn = source["KinesisStreamARN"]
        self._source_role = role_session(source["RoleARN"], delivery["name"])
        stream = find_stream(self._stream_arn)
        # From now on, as AWS begins when a delivery stream is made.
        self._positions = (
            {shard: latest(stream, shard) for shard in stream["shards"]} if stream else {}
        )
        self._problem = ""

    def run(self) -> None:
        set_request_account_id(self._scope[0])
        set_request_region(self._scope[1])
        while firehose._streams.get(self._delivery["name"]) is self._delivery:
            time.sleep(_buffer_seconds(self._delivery))
            try:
                self._deliver()
            except DeliveryRefused as refused:
                self._report(str(refused))
            except Exception as error:
                logger.exception("delivery by %s failed", self._delivery["name"])
                self._report(repr(error))

    def _deliver(self) -> None:
        refusal = self._source_role.refusal("kinesis:GetRecords", self._stream_arn)
        if refusal:
            raise DeliveryRefused(refusal)
        stream = find_stream(self._stream_arn)
        for shard_id in stream["shards"] if stream else ():
            while stream:
                position = self._positions.get(shard_id, "")
                records = read_after(stream, shard_id, position, LARGEST_OBJECT_RECORDS)
                if not records:
                    break
                for destination in self._delivery["destinations"]:
                    write_records(self._delivery, destination["config"], records)
                # Only now: what could not be written is read again.
                self._positions[shard_id] = records[-1]["SequenceNumber"]
                self._measure(records)

    def _measure(self, records: list[Record]) -> None:
        self._problem = ""
        age = time.time() - records[0]["ApproximateArrivalTimestamp"]
        for name, value, unit in (
            ("DeliveryToS3.Success", 1, "Count"),
            ("DeliveryToS3.Records", len(records), "Count"),
            ("DeliveryToS3.DataFreshness", age, "Seconds"),
        ):
            dimensions = {"DeliveryStreamName": self._delivery["name"]}
            cloudwatch.record_metric("AWS/Firehose", name, value, unit, dimensions)

    def _report(self, problem: str) -> None:
        """Into the log that the template gives, and once into the emulator's own."""
        dimensions = {"DeliveryStreamName": self._delivery["name"]}
        cloudwatch.record_metric("AWS/Firehose", "DeliveryToS3.Success", 0, "Count", dimensions)
        if problem == self._problem:
            return
        self._problem = problem
        logger.warning("%s: %s", self._delivery["name"], problem)
        for destination in self._delivery["destinations"]:
            options = destination["config"].get("CloudWatchLoggingOptions") or {}
            if options.get("Enabled"):
                event = {"timestamp": int(time.time() * 1000), "message": problem}
                cloudwatch_logs._put_log_events(
                    {
                        "logGroupName": options["LogGroupName"],
                        "logStreamName": options["LogStreamName"],
                        "logEvents": [event],
                    }
                )


def write_records(delivery: Delivery, config: dict[str, Any], records: list[Record]) -> None:
    """One object, and one for what cannot be converted. Raises DeliveryRefused."""
    arrived = time.gmtime(records[0]["ApproximateArrivalTimestamp"])
    moment = time.strftime("%Y-%m-%d-%H-%M-%S", arrived)
    name = f"{delivery['name']}-{delivery['version']}-{moment}-{new_uuid()}"
    data = [base64.b64decode(record["Data"]) for record in records]
    conversion = config.get("DataFormatConversionConfiguration") or {}
    if str(conversion.get("Enabled", bool(conversion))).lower() == "true":
        converted, extension = _convert(conversion, data, delivery["name"]), ".parquet"
    else:
        converted, extension = Converted(b"".join(data), ()), ""
    if converted.file is not None:
        prefix = firehose._evaluate_prefix(config.get("Prefix", ""), arrived)
        _put(delivery, config, f"{prefix}{name}{extension}", converted.file)
    if converted.refused:
        prefix = firehose._evaluate_prefix(
            config.get("ErrorOutputPrefix", ""), arrived, error_type=CONVERSION_FAILED
        )
        lines = (_failure(data, reason) for data, reason in converted.refused)
        _put(delivery, config, f"{prefix}{name}", "".join(lines).encode())


def _convert(conversion: dict[str, Any], data: list[bytes], session_name: str) -> Converted:
    schema = conversion["SchemaConfiguration"]
    name = f"{schema['DatabaseName']}/{schema['TableName']}"
    arn = f"arn:aws:glue:{get_region()}:{get_account_id()}:table/{name}"
    refusal = role_session(schema["RoleARN"], session_name).refusal("glue:GetTableVersions", arn)
    if refusal:
        raise DeliveryRefused(refusal)
    table = glue._tables.get(name)
    if table is None:
        raise DeliveryRefused(f"there is no table {name}")
    columns = [
        Column(column["Name"], firehose._hive_to_duckdb_type(column["Type"]))
        for column in table["StorageDescriptor"]["Columns"]
    ]
    serializer = conversion["OutputFormatConfiguration"]["Serializer"].get("ParquetSerDe")
    if serializer is None:
        raise DeliveryRefused("the laptop writes Parquet only, and the template asks for ORC")
    return to_parquet(data, columns, codec=serializer.get("Compression", "SNAPPY"))


def _put(delivery: Delivery, config: dict[str, Any], key: str, body: bytes) -> None:
    refusal = role_session(config["RoleARN"], delivery["name"]).refusal(
        "s3:PutObject", f"{config['BucketARN']}/{key}"
    )
    if refusal:
        raise DeliveryRefused(refusal)
    bucket = firehose._s3_bucket_from_arn(config["BucketARN"])
    headers = {"content-type": "application/octet-stream", "host": "s3.localhost"}
    answer = s3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True)
    status, _, text = asyncio.run(answer)
    if status >= 300:
        raise DeliveryRefused(f"S3 answered {status} to {key}: {text!r}")


def _failure(data: bytes, reason: str) -> str:
    """A line of the error output. Source: Firehose Developer Guide, "Data delivery failures"."""
    now = int(time.time() * 1000)
    return (
        json.dumps(
            {
                "attemptsMade": 1,
                "arrivalTimestamp": now,
                "attemptEndingTimestamp": now,
                "errorCode": "DataFormatConversion.MalformedData",
                "errorMessage": reason,
                "rawData": base64.b64encode(data).decode(),
            }
        )
        + "\n"
    )


def _buffer_seconds(delivery: Delivery) -> float:
    hints = [
        (destination["config"].get("BufferingHints") or {}).get("IntervalInSeconds", 300)
        for destination in delivery["destinations"]
    ]
    return min([LONGEST_BUFFER_SECONDS, *map(float, hints)])
