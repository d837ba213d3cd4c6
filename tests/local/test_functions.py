"""Functions of the templates, invoked where they run: from their assets, under their roles."""

from __future__ import annotations

import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kindred_aws.definition_store import DefinitionStore
from kindred_aws.experiment_counters import ExperimentCounters
from tests.local.invocation import containers_of, end_containers, invoke
from tests.local.local_platform import LocalPlatform, wait_until


@pytest.fixture(scope="module")
def experiment(platform: LocalPlatform) -> str:
    """The key of a new experiment and of its flag, beside what is published already."""
    key = f"functions-{uuid.uuid4().hex[:8]}"
    store = DefinitionStore(platform.aws("s3"), platform.outputs["DefinitionsBucketName"])
    current = store.fetch(None)
    payload: dict[str, Any] = dict(current.payload) if current else {}
    payload["features"] = {**payload.get("features", {}), key: {"defaultValue": "blue"}}
    payload["experiments"] = [
        *payload.get("experiments", []),
        {
            "key": key,
            "manual": True,
            "status": "running",
            "hashAttribute": "id",
            "hashVersion": 2,
            "variations": ["blue", "green"],
            "meta": [{"key": "control"}, {"key": "treatment"}],
            "weights": [0.5, 0.5],
        },
    ]
    # The same revision: what the service publishes next replaces it.
    store.publish(payload, revision=current.revision if current else 0)
    for output in ("EvaluateFlagFunctionName", "AssignFunctionName"):
        end_containers(platform, output)
    return key


def _flag(platform: LocalPlatform, key: str) -> dict[str, Any]:
    asked = {"flag_key": key, "attributes": {"id": "u1"}}
    answer: dict[str, Any] = invoke(platform, "EvaluateFlagFunctionName", asked)
    return answer


def _assign(platform: LocalPlatform, experiment: str, unit: str) -> dict[str, Any]:
    answer: dict[str, Any] = invoke(
        platform,
        "AssignFunctionName",
        {"experiment_key": experiment, "attributes": {"id": unit}, "track": True},
    )
    return answer


def _exposed(platform: LocalPlatform, experiment: str) -> int:
    counters = ExperimentCounters(
        platform.aws("dynamodb"), table_name=platform.outputs["CountersTableName"]
    )
    counts = counters.read(experiment)
    return sum(counts.exposed(variation).units for variation in counts.variations)


def test_a_flag_is_evaluated(platform: LocalPlatform, experiment: str) -> None:
    answer = _flag(platform, experiment)

    assert (answer["value"], answer["source"]) == ("blue", "defaultValue")


def test_a_unit_is_assigned_and_its_exposure_is_counted(
    platform: LocalPlatform, experiment: str
) -> None:
    before = _exposed(platform, experiment)
    first, again = (_assign(platform, experiment, "unit-1") for _ in range(2))

    assert first["in_experiment"]
    assert first["variation"] == again["variation"]
    assert first["exposure"]["status"] == "accepted"
    wait_until(lambda: _exposed(platform, experiment) == before + 1)


def test_an_unknown_experiment_is_named_and_not_a_failure(
    platform: LocalPlatform, experiment: str
) -> None:
    answer = invoke(
        platform, "AssignFunctionName", {"experiment_key": "no-such-experiment", "attributes": {}}
    )

    assert answer["error"]["code"] == "unknown_experiment"
    assert experiment in answer["error"]["allowed"]


@pytest.mark.parametrize("output", ["AggregateMetricsFunctionName", "SelectWinnerFunctionName"])
def test_what_runs_daily_can_be_run_at_once(platform: LocalPlatform, output: str) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:00Z")

    assert isinstance(invoke(platform, output, {"scheduled_at": now}), dict)


def test_changed_code_runs_after_another_up(platform: LocalPlatform, tmp_path: Path) -> None:
    line = f"assigning as of {uuid.uuid4().hex}"
    changed = platform.up(assembly=_with_changed_code(platform.assembly, tmp_path / "local", line))
    try:
        assert changed.returncode == 0, changed.stderr
        invoke(platform, "AssignFunctionName", {"experiment_key": "any", "attributes": {}})
        assert line in _printed(platform, "AssignFunctionName")
    finally:
        restored = platform.up()
    assert restored.returncode == 0, restored.stderr


def _with_changed_code(assembly: Path, copy: Path, line: str) -> Path:
    """An assembly whose asset of the experiments' functions prints a line when it is imported."""
    shutil.copytree(assembly, copy)
    handler = next(copy.glob("asset.*/experiment_functions/assign.py"))
    handler.write_text(f"{handler.read_text()}\nprint({line!r})\n")
    asset = handler.parents[1]
    old, new = asset.name.removeprefix("asset."), uuid.uuid4().hex * 2
    asset.rename(asset.with_name(f"asset.{new}"))
    for file in copy.glob("assembly-*/*.json"):
        text = file.read_text()
        if old in text:
            file.write_text(text.replace(old, new))
    return copy


def _printed(platform: LocalPlatform, output: str) -> str:
    function = platform.aws("lambda").get_function_configuration(
        FunctionName=platform.outputs[output]
    )
    events = platform.aws("logs").filter_log_events(
        logGroupName=function["LoggingConfig"]["LogGroup"]
    )["events"]
    return "\n".join(event["message"] for event in events)


def test_a_burst_waits_for_a_few_environments_in_place_of_starting_one_each(
    platform: LocalPlatform, experiment: str
) -> None:
    end_containers(platform, "EvaluateFlagFunctionName")

    with ThreadPoolExecutor(40) as callers:
        answers = list(callers.map(lambda _: _flag(platform, experiment), range(80)))

    assert {answer["value"] for answer in answers} == {"blue"}
    assert 1 <= len(containers_of(platform, "EvaluateFlagFunctionName")) <= 8
