"""What is real on the laptop is decided for every type, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.local.assembly import Stack
from ops.local.emulator.kindred_emulator.recorded_types import RECORDED_TYPES
from ops.local.fidelity import (
    EXECUTES,
    RECORDED,
    STOOD_IN,
    Fidelity,
    UndecidedTypes,
    describe_types,
    summarize,
)


def _stack(folder: Path, **resources: dict[str, Any]) -> Stack:
    template = folder / "template.json"
    template.write_text(json.dumps({"Resources": resources}))
    return Stack("Kindred", template, (), "Kindred", "us-east-1")


def test_a_type_that_nobody_decided_is_refused_by_name(tmp_path: Path) -> None:
    stack = _stack(tmp_path, Queue={"Type": "AWS::New::Thing"})

    with pytest.raises(UndecidedTypes, match="AWS::New::Thing"):
        describe_types([stack])


def test_an_alarm_over_an_expression_is_recorded_only(tmp_path: Path) -> None:
    alarm = "AWS::CloudWatch::Alarm"
    stack = _stack(
        tmp_path,
        Plain={"Type": alarm, "Properties": {"MetricName": "errors"}},
        Math={"Type": alarm, "Properties": {"Metrics": [{"Expression": "a/b"}]}},
    )

    kinds = {row.resource_type: row.fidelity for row in describe_types([stack])}

    assert kinds == {
        alarm: Fidelity.EXECUTES,
        f"{alarm} over an expression": Fidelity.RECORDED,
    }


def test_types_are_counted_over_stacks(tmp_path: Path) -> None:
    stack = _stack(tmp_path, A={"Type": "AWS::S3::Bucket"}, B={"Type": "AWS::S3::Bucket"})

    [row] = describe_types([stack])

    assert row.count == 2
    assert summarize([row]) == "1 executes, 0 stood in for, 0 recorded only"


def test_no_type_is_decided_twice() -> None:
    assert not EXECUTES.keys() & STOOD_IN.keys()
    assert not EXECUTES.keys() & RECORDED.keys()
    assert not STOOD_IN.keys() & RECORDED.keys()


def test_what_the_emulator_only_records_is_never_said_to_execute() -> None:
    assert RECORDED_TYPES.keys() <= RECORDED.keys()
