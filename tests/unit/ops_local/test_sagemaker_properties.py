"""SageMaker's resources in templates, and alarms, as what SageMaker and EventBridge are told."""

from __future__ import annotations

from typing import Any

import pytest

from ops.local.emulator.kindred_emulator.alarm_event import alarm_event
from ops.local.emulator.kindred_emulator.sagemaker_properties import (
    feature_additions,
    feature_group,
    model_package_group,
)


def _group(*features: str, **changes: Any) -> dict[str, Any]:
    return {
        "FeatureGroupName": "g",
        "FeatureDefinitions": [{"FeatureName": name, "FeatureType": "String"} for name in features],
        "OnlineStoreConfig": {"EnableOnlineStore": "true"},
        **changes,
    }


def test_words_for_truth_become_truth() -> None:
    assert feature_group(_group("a"))["OnlineStoreConfig"] == {"EnableOnlineStore": True}


def test_what_only_templates_know_is_left_out() -> None:
    given = {"ModelPackageGroupName": "g", "ModelPackageGroupPolicy": {"Statement": []}}

    assert model_package_group(given) == {"ModelPackageGroupName": "g"}


def test_an_update_adds_the_features_at_the_end() -> None:
    added = feature_additions(_group("a"), _group("a", "b"))

    assert [held["FeatureName"] for held in added] == ["b"]


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(_group("b"), id="a feature less"),
        pytest.param(_group("a", Description="other"), id="another description"),
    ],
)
def test_an_update_that_would_replace_the_group_is_refused(new: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="can gain features"):
        feature_additions(_group("a"), new)


def test_tags_may_change() -> None:
    assert feature_additions(_group("a"), _group("a", Tags=[{"Key": "k", "Value": "v"}])) == []


def test_an_alarm_tells_its_states_and_its_metric() -> None:
    alarm = {
        "AlarmName": "drift",
        "StateUpdatedTimestamp": 1_700_000_000,
        "Namespace": "Kindred",
        "MetricName": "PredictionMaeGrowth",
        "Dimensions": [{"Name": "service", "Value": "retraining"}],
        "Statistic": "Maximum",
        "Period": 60,
    }

    detail = alarm_event(alarm, "OK", "ALARM", "crossed")

    assert detail["alarmName"] == "drift"
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("OK", "ALARM")
    assert detail["state"]["timestamp"] == "2023-11-14T22:13:20.000+0000"
    metric = detail["configuration"]["metrics"][0]["metricStat"]
    assert metric["metric"]["dimensions"] == {"service": "retraining"}
    assert metric["stat"] == "Maximum"


def test_an_alarm_over_alarms_has_no_metric() -> None:
    alarm = {"AlarmName": "any", "StateUpdatedTimestamp": 0}

    assert "metrics" not in alarm_event(alarm, "OK", "ALARM", "a child")["configuration"]
