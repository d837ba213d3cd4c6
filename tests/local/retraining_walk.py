"""A run of retraining on the running platform, as a person makes it with `kindred`."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kindred.experiments.bucketing import Arm
from kindred_aws.event_lake import EventLake
from ops.experiment_record import EXPERIMENT_ID
from ops.retraining.delivery import wait_for_events
from tests.local.invocation import invoke
from tests.local.local_platform import KINDRED, LONGEST_SECONDS, LocalPlatform

_AT_ONCE = 8


@dataclass(frozen=True)
class RetrainingWalk:
    platform: LocalPlatform

    def kindred(self, verb: str, *options: str) -> str:
        """What `kindred retraining` says, line by line."""
        command = [str(KINDRED), "retraining", verb, *options]
        answer = subprocess.run(
            [*command, "--state-dir", str(self.platform.state)],
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def execution(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.platform.aws("stepfunctions").describe_execution(
            executionArn=self._arn(run)
        )
        return found

    def stop(self, run: str) -> None:
        self.platform.aws("stepfunctions").stop_execution(executionArn=self._arn(run))

    def _arn(self, run: str) -> str:
        machine = self.platform.outputs["RetrainingStateMachineArn"]
        return f"{machine.replace(':stateMachine:', ':execution:')}:{run}"

    def runs(self, prefix: str) -> list[str]:
        listed = self.platform.aws("stepfunctions").list_executions(
            stateMachineArn=self.platform.outputs["RetrainingStateMachineArn"]
        )
        return [each["name"] for each in listed["executions"] if each["name"].startswith(prefix)]

    def daily(self, output: str) -> dict[str, Any]:
        """What the function of this output answers its schedule."""
        now = datetime.now(UTC).isoformat()
        answer: dict[str, Any] = invoke(self.platform, output, {"scheduled_at": now})
        return answer

    def ask(self, path: str, units: Iterable[int]) -> dict[int, tuple[Arm, str]]:
        """The arm and the model version that each unit's answer names."""
        found = {}
        with self.platform.client() as client:
            for unit in units:
                answer = client.post(path, json=unit_of(unit))
                assert answer.status_code == 200, answer.text
                said = answer.json()
                found[unit] = (said["ab_arm"], said["model_version"])
        return found

    def tell_performances(self, count: int, *, error: float) -> None:
        """Predictions that were that far off, until they lie in the event lake."""
        began, partner = datetime.now(UTC), f"seen-{uuid.uuid4().hex[:8]}"
        with self.platform.client() as client, ThreadPoolExecutor(_AT_ONCE) as pool:

            def tell(number: int) -> int:
                outcome = {
                    "type": "performance",
                    "event_id": str(uuid.uuid4()),
                    "partner_id": partner,
                    "app_id": f"app-{number}",
                    "predicted": 1.0,
                    "observed": 1.0 + error,
                }
                return client.post("api/v1/outcomes", json=outcome).status_code

            assert set(pool.map(tell, range(count))) == {202}
        outputs = self.platform.outputs
        wait_for_events(
            self.lake,
            outputs["EventDatabaseName"],
            partners=[partner],
            pseudonyms=self.platform.pseudonyms,
            since=began,
            count=count,
        )

    @property
    def lake(self) -> EventLake:
        return EventLake(
            client=self.platform.aws("athena"),
            workgroup=self.platform.outputs["AthenaWorkgroupName"],
        )

    def logged(self, output: str) -> str:
        """By the function whose name is in this output."""
        function = self.platform.aws("lambda").get_function_configuration(
            FunctionName=self.platform.outputs[output]
        )
        events = self.platform.aws("logs").filter_log_events(
            logGroupName=function["LoggingConfig"]["LogGroup"]
        )["events"]
        return "\n".join(event["message"] for event in events)


def unit_of(number: int) -> dict[str, str]:
    return {"partner_id": "walker", "app_id": f"generated-{number:05}"}


@dataclass(frozen=True)
class ExperimentKept:
    """The experiment between the models as it was, for other tests of the same platform."""

    platform: LocalPlatform
    item: dict[str, Any]

    @classmethod
    def now(cls, platform: LocalPlatform) -> ExperimentKept:
        return cls(platform, _table(platform, "get_item", Key=_KEY)["Item"])

    def put_back(self) -> None:
        after = _table(self.platform, "get_item", Key=_KEY)["Item"]
        _table(self.platform, "put_item", Item=self.item)
        if successor := after.get("succeeded_by"):
            _table(self.platform, "delete_item", Key={"experiment_id": successor})


_KEY = {"experiment_id": {"S": EXPERIMENT_ID}}


def _table(platform: LocalPlatform, operation: str, **given: Any) -> Any:
    name = platform.outputs["ExperimentsTableName"]
    return getattr(platform.aws("dynamodb"), operation)(TableName=name, **given)
