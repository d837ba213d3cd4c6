"""The stream of events: what is put onto it, and what becomes of that."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from kindred.experiments.counts import Counts
from kindred_aws.experiment_counters import ExperimentCounters
from tests.local.local_platform import LocalPlatform

# Longer than the mapping gathers a batch and the function starts.
SETTLED_SECONDS = 3.0


class Stream:
    """One experiment's events, put as the tracking API puts them."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.experiment = f"stream-{uuid.uuid4().hex[:8]}"
        self._now = datetime.now(UTC)

    def exposure(self, unit: str, variation: str = "control") -> dict[str, Any]:
        return self._event("exposure", unit, 0, variation=variation)

    def conversion(self, unit: str, value: float = 1.0) -> dict[str, Any]:
        return self._event("conversion", unit, 1, metric="purchase", value=value)

    def _event(self, kind: str, unit: str, later: int, **fields: Any) -> dict[str, Any]:
        moment = self._now + timedelta(seconds=later)
        return {
            "event_id": str(uuid.uuid4()),
            "type": kind,
            "occurred_at": moment.isoformat().replace("+00:00", "Z"),
            "unit_id": unit,
            "experiment_id": self.experiment,
            **fields,
        }

    def put(self, *records: dict[str, Any] | bytes) -> None:
        entries = [
            {
                "PartitionKey": "test",
                "Data": each if isinstance(each, bytes) else json.dumps(each).encode(),
            }
            for each in records
        ]
        answer = self.platform.aws("kinesis").put_records(
            StreamName=self.platform.outputs["EventStreamName"], Records=entries
        )
        assert answer["FailedRecordCount"] == 0

    @property
    def counts(self) -> Counts:
        counters = ExperimentCounters(
            self.platform.aws("dynamodb"), table_name=self.platform.outputs["CountersTableName"]
        )
        return counters.read(self.experiment)

    @property
    def counted(self) -> tuple[int, int, float]:
        """Units exposed, units converted, total of what they spent."""
        counts = self.counts
        purchase = counts.metric("control", "purchase")
        return counts.exposed("control").units, purchase.units, purchase.total


def mapping_to(platform: LocalPlatform, output: str) -> dict[str, Any]:
    """From the stream to the function whose name this output has."""
    mapping: dict[str, Any] = platform.aws("lambda").list_event_source_mappings(
        FunctionName=platform.outputs[output]
    )["EventSourceMappings"][0]
    return mapping
