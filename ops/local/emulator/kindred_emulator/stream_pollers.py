"""Event source mappings of Kinesis streams: one poller a shard, in order, by AWS's rules.

The emulator tries a failing batch again for ever, and invokes one mapping after the other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Any

from ministack.core.responses import (
    set_request_account_id,
    set_request_region,
)
from ministack.services import cloudwatch, lambda_svc

from .functions import function_session
from .resource_handlers import after_each_change
from .stream_failures import send_failure
from .stream_polling import (
    DEFAULT_BATCH_SIZE,
    Answer,
    Batch,
    Reason,
    Record,
    Rules,
    decide,
    is_due,
    split_expired,
)
from .stream_shards import START, await_arrival, find_stream, latest, read_after

Mapping = dict[str, Any]
Function = dict[str, Any]

IDLE_SECONDS = 1.0
# How long a refusal or a grant of the role may go unnoticed.
RIGHTS_SECONDS = 1.0
READ_ACTIONS = ("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords")

logger = logging.getLogger("kindred.streams")
_pollers: dict[tuple[str, str], ShardPoller] = {}
_starting = threading.Lock()


def install() -> None:
    """Take the place of the emulator's Kinesis poller; queues and tables stay with it."""
    ensure = lambda_svc._ensure_poller

    def ensured() -> None:
        ensure()
        start_pollers()

    lambda_svc._ensure_poller = ensured
    lambda_svc._poll_kinesis = start_pollers
    after_each_change("AWS::Lambda::EventSourceMapping", _correct)


def start_pollers() -> bool:
    """One for each shard of each mapping that has none; nothing was processed by that."""
    for account, region, mapping in lambda_svc._iter_all_esms():
        arn = str(mapping["EventSourceArn"])
        if ":kinesis:" not in arn:
            continue
        set_request_account_id(account)
        set_request_region(region)
        stream = find_stream(arn)
        with _starting:
            mapping_is_new = not any(uuid == mapping["UUID"] for uuid, _ in _pollers)
            for shard_id in stream["shards"] if stream else ():
                key = (mapping["UUID"], shard_id)
                if key not in _pollers:
                    # A shard that came later holds nothing that this mapping may leave out.
                    from_latest = mapping_is_new and mapping["StartingPosition"] == "LATEST"
                    position = latest(stream, shard_id) if stream and from_latest else START
                    _pollers[key] = ShardPoller(mapping, shard_id, position, (account, region))
                    _pollers[key].start()
    return False


def _correct(uuid: str, properties: Mapping) -> dict[str, Any]:
    """AWS's default for streams; and the version or alias, which an update leaves as it was."""
    mapping = lambda_svc._esms[uuid]
    if ":kinesis:" in mapping["EventSourceArn"]:
        mapping["BatchSize"] = int(properties.get("BatchSize", DEFAULT_BATCH_SIZE))
    _, mapping["Qualifier"] = lambda_svc._resolve_name_and_qualifier(properties["FunctionName"])
    return {}


class ShardPoller(threading.Thread):
    """Ends when its mapping or its stream is gone."""

    def __init__(
        self, mapping: Mapping, shard_id: str, position: str, scope: tuple[str, str]
    ) -> None:
        super().__init__(name=f"poll-{shard_id}", daemon=True)
        self._mapping = mapping
        self._shard_id = shard_id
        self._position = position
        self._scope = scope
        self._waiting: deque[Batch] = deque()
        self._refusal: str | None = None
        self._rights_asked_at = 0.0

    def run(self) -> None:
        set_request_account_id(self._scope[0])
        set_request_region(self._scope[1])
        while lambda_svc._esms.get(self._mapping["UUID"]) is self._mapping:
            try:
                pause = self._step()
            except Exception:
                logger.exception("the poller of %s failed", self._shard_id)
                pause = IDLE_SECONDS
            if pause:
                time.sleep(pause)
        _pollers.pop((self._mapping["UUID"], self._shard_id), None)

    def _step(self) -> float:
        """Process one batch, or wait for one; how long to pause afterwards."""
        mapping = self._mapping
        function, _ = lambda_svc._get_func_record_for_qualifier(
            mapping["FunctionName"], mapping.get("Qualifier")
        )
        if function is None or not mapping.get("Enabled", True) or not self._may_read(function):
            return IDLE_SECONDS
        rules = Rules.of(mapping)
        if not self._waiting and not self._take(rules):
            return 0.0
        return self._process(rules, function)

    def _may_read(self, function: Function) -> bool:
        """The mapping reads as the function's role."""
        now = time.monotonic()
        if now - self._rights_asked_at > RIGHTS_SECONDS:
            self._rights_asked_at = now
            session = function_session(function["config"])
            arn = self._mapping["EventSourceArn"]
            refusals = (session.refusal(action, arn) for action in READ_ACTIONS)
            self._refusal = next((refusal for refusal in refusals if refusal), None)
            if self._refusal:
                self._mapping["LastProcessingResult"] = f"PROBLEM: {self._refusal}"
        return self._refusal is None

    def _take(self, rules: Rules) -> bool:
        """Whether a batch was taken from the shard; waits for records when there are none."""
        stream = find_stream(self._mapping["EventSourceArn"])
        if stream is None or self._shard_id not in stream["shards"]:
            time.sleep(IDLE_SECONDS)
            return False
        records = read_after(stream, self._shard_id, self._position, rules.batch_size)
        oldest_age = time.time() - records[0]["ApproximateArrivalTimestamp"] if records else 0.0
        if not is_due(rules, len(records), oldest_age_seconds=oldest_age):
            left = rules.window_seconds - oldest_age if records else IDLE_SECONDS
            await_arrival(min(left, IDLE_SECONDS))
            return False
        self._waiting.append(Batch(tuple(records)))
        return True

    def _process(self, rules: Rules, function: Function) -> float:
        batch = self._waiting.popleft()
        expired, fresh = split_expired(rules, batch, now=time.time())
        if expired:
            self._give_up(function, expired, Reason.AGE, None)
        if fresh is None:
            self._checkpoint(batch)
            return 0.0
        answer = self._invoke(function, fresh)
        decision = decide(rules, fresh, answer)
        self._waiting.extendleft(reversed(decision.again))
        if decision.given_up:
            self._give_up(function, decision.given_up, Reason.RETRIES, answer)
        self._checkpoint(batch)
        return decision.pause_seconds

    def _checkpoint(self, batch: Batch) -> None:
        """Past everything taken, once nothing of it waits to be tried again."""
        if not self._waiting:
            self._position = max(self._position, str(batch.records[-1]["SequenceNumber"]))

    def _give_up(
        self, function: Function, batch: Batch, reason: Reason, answer: Answer | None
    ) -> None:
        send_failure(
            self._mapping, function["config"], batch, reason, shard_id=self._shard_id, answer=answer
        )

    def _invoke(self, function: Function, batch: Batch) -> Answer:
        mapping, started = self._mapping, time.monotonic()
        event_records = [self._event_record(function, record) for record in batch.records]
        wanted = lambda_svc._apply_filter_criteria(event_records, mapping)
        if not wanted:
            return Answer()
        age_ms = (time.time() - batch.records[-1]["ApproximateArrivalTimestamp"]) * 1000
        result = lambda_svc._execute_function(function, {"Records": wanted})
        failed, throttled = bool(result.get("error")), bool(result.get("throttle"))
        name = mapping["FunctionName"]
        lambda_svc._emit_lambda_metrics(
            name, (time.monotonic() - started) * 1000, error=failed, throttle=throttled
        )
        cloudwatch.record_metric(
            "AWS/Lambda", "IteratorAge", age_ms, "Milliseconds", {"FunctionName": name}
        )
        mapping["LastProcessingResult"] = "PROBLEM: Function call failed" if failed else "OK"
        return Answer(result.get("body"), failed and not throttled, throttled)

    def _event_record(self, function: Function, record: Record) -> dict[str, Any]:
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": record["Data"],
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self._shard_id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": function["config"]["Role"],
            "awsRegion": self._scope[1],
            "eventSourceARN": self._mapping["EventSourceArn"],
        }
