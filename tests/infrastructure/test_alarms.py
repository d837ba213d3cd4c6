"""Every alarm tells somebody, by how urgent it is, and names a page that is there."""

import re

import pytest

from tests.infrastructure.synthesized import ROOT

TOPICS = {severity: f"NetworkStack/Alarms/{severity.title()}" for severity in (
    *("critical", "warning", "information"),
)}  # fmt: skip
DESCRIPTION = re.compile(
    r"(?P<happened>.+)\. Severity: (?P<severity>\w+)\. Runbook: (?P<runbook>docs/runbooks/\S+\.md)"
)
PAGES = ROOT / "docs" / "runbooks"
SERVICES = ("Similarity", "Prediction", "Experiments")
KINDS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


def alarms(platform):
    return [alarm for kind in KINDS for alarm in platform.of_type(kind)]


def said(alarm):
    found = DESCRIPTION.fullmatch(alarm.properties["AlarmDescription"])
    assert found, alarm.path
    return found


def told(platform, alarm, moment="AlarmActions"):
    return {
        platform.named(action, stack=alarm.stack) for action in alarm.properties.get(moment, ())
    }


def parts_of_composites(platform):
    rules = platform.of_type("AWS::CloudWatch::CompositeAlarm")
    named = " ".join(
        platform.named(rule.properties["AlarmRule"], stack=rule.stack) for rule in rules
    )
    return set(re.findall(r'"([^"]+)"', named))


def test_every_alarm_names_a_page_that_is_there(platform):
    for alarm in alarms(platform):
        page = ROOT / said(alarm)["runbook"]
        assert page.is_file(), f"{alarm.path}: {said(alarm)['runbook']} is not there"


def test_every_alarm_tells_the_topic_of_its_severity_of_its_beginning_and_its_end(platform):
    parts = parts_of_composites(platform)
    for alarm in alarms(platform):
        if alarm.path in parts:
            assert not told(platform, alarm), alarm.path
            continue
        topic = TOPICS[said(alarm)["severity"]]
        assert topic in told(platform, alarm), alarm.path
        assert topic in told(platform, alarm, "OKActions"), alarm.path


def test_pages_fit_on_a_page_and_say_when_it_is_over():
    for page in PAGES.glob("*.md"):
        text = page.read_text()
        assert text.startswith("# "), page.name
        assert len(text.splitlines()) <= 60, page.name


def test_links_of_pages_lead_somewhere():
    for page in PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
            assert "://" in target or (PAGES / target).exists(), f"{page.name}: {target}"


def test_no_alarm_acts_on_anything_but_topics_and_the_scaling_of_its_service(platform):
    for alarm in alarms(platform):
        others = told(platform, alarm) - set(TOPICS.values())
        for action in others:
            assert action.startswith("ApiStack/"), alarm.path
            assert alarm.path.startswith("MonitoringStack/"), alarm.path
            assert action.split("/")[1] == alarm.path.split("/")[1], alarm.path


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("alarm", "tasks"),
    [
        pytest.param("HighErrorRate", 2, id="errors ask for two tasks"),
        pytest.param("HighLatency", 1, id="slow answers ask for one"),
    ],
)
def test_an_alarm_of_a_service_asks_for_tasks_of_that_service(platform, service, alarm, tasks):
    found = platform.at(f"MonitoringStack/{service}/{alarm}")
    [action] = told(platform, found) - set(TOPICS.values())
    policy = platform.at(action).properties
    steps = policy["StepScalingPolicyConfiguration"]

    assert steps["AdjustmentType"] == "ChangeInCapacity"
    assert [step["ScalingAdjustment"] for step in steps["StepAdjustments"]] == [tasks]
    # Its whole id: the policies that the L2 makes itself name it alike.
    target = platform.named(policy["ScalingTargetId"], stack="ApiStack")
    assert target == f"ApiStack/{service}/Service/Resource/TaskCount/Target"


@pytest.mark.parametrize(
    ("path", "metric", "statistic", "threshold", "seconds", "severity"),
    [
        pytest.param(
            "Similarity/HighErrorRate", "error_rate_5xx", "Average", 5, 2 * 300, "critical"
        ),
        pytest.param(
            "Similarity/HighLatency", "similarity_search_latency", "p99", 500, 2 * 600, "warning"
        ),
        pytest.param(
            *("Similarity/LowCacheHitRate", "embedding_cache_hit_rate", "Average", 80),
            *(3 * 900, "warning"),
        ),
    ],
)
def test_alarms_are_as_the_requirements_name_them(
    platform, path, metric, statistic, threshold, seconds, severity
):
    alarm = platform.at(f"MonitoringStack/{path}")
    properties = alarm.properties

    assert properties["MetricName"] == metric
    assert statistic in (properties.get("Statistic"), properties.get("ExtendedStatistic"))
    assert properties["Threshold"] == threshold
    assert properties["Period"] * properties["EvaluationPeriods"] == seconds
    assert said(alarm)["severity"] == severity


@pytest.mark.parametrize(
    ("name", "threshold", "minutes", "severity"),
    [
        pytest.param("Errors", 5, 5, "critical", id="5 % of errors for 5 minutes"),
        pytest.param("SomeErrors", 2, 10, "warning", id="2 % of errors for 10 minutes"),
        pytest.param("Latency", 500, 10, "critical", id="p99 of 500 ms for 10 minutes"),
        pytest.param("SomeLatency", 300, 15, "warning", id="p99 of 300 ms for 15 minutes"),
    ],
)
def test_what_clients_get_is_watched(platform, name, threshold, minutes, severity):
    alarm = platform.at(f"MonitoringStack/Api/{name}")
    periods = {
        each["MetricStat"]["Period"] for each in alarm.properties["Metrics"] if "MetricStat" in each
    }

    assert alarm.properties["Threshold"] == threshold
    assert said(alarm)["severity"] == severity
    assert {period * alarm.properties["EvaluationPeriods"] for period in periods} == {minutes * 60}


def test_a_cold_cache_is_mailed_as_well(platform):
    for service in ("Similarity", "Prediction"):
        alarm = platform.at(f"MonitoringStack/{service}/LowCacheHitRate")
        assert told(platform, alarm) == {TOPICS["warning"], TOPICS["information"]}


def test_silence_wakes_somebody_where_the_environment_says_so(environment, platform):
    found = [each for each in alarms(platform) if each.path == "MonitoringStack/Api/Silence"]

    if minutes := environment.monitoring.silence_minutes:
        [alarm] = found
        assert alarm.properties["EvaluationPeriods"] == minutes
        assert alarm.properties["TreatMissingData"] == "breaching"
    else:
        assert not found


def test_every_table_that_is_throttled_is_told_of(platform):
    watched = {
        platform.named(dimension["Value"], stack=alarm.stack)
        for alarm in alarms(platform)
        for each in alarm.properties.get("Metrics", ())
        if each.get("MetricStat", {}).get("Metric", {}).get("MetricName") == "WriteThrottleEvents"
        for dimension in each["MetricStat"]["Metric"]["Dimensions"]
    }

    assert {table.path for table in platform.of_type("AWS::DynamoDB::GlobalTable")} <= watched


def test_the_memory_of_every_node_of_the_cache_is_watched(environment, platform):
    sizes = environment.sizes.cache
    nodes = [
        platform.named(metric["Dimensions"][0]["Value"], stack=alarm.stack)
        for alarm in alarms(platform)
        if alarm.path.startswith("MonitoringStack/Cache/")
        for metric in metrics_of(alarm)
    ]

    assert len(set(nodes)) == len(nodes) == sizes.shards * (sizes.replicas_per_shard + 1)
    assert all(re.fullmatch(r"DataStack/Cache(-\d{4})?-\d{3}", node) for node in nodes), nodes
    assert any("-0001-" in node for node in nodes) == (sizes.shards > 1)


def metrics_of(alarm):
    if "MetricName" in alarm.properties:
        return [alarm.properties]
    return [
        each["MetricStat"]["Metric"] for each in alarm.properties["Metrics"] if "MetricStat" in each
    ]


@pytest.mark.parametrize("objective", ["Availability", "Latency"])
@pytest.mark.parametrize(
    ("pace", "factor", "long", "short", "severity"),
    [
        pytest.param("Fast", 14.4, 3600, 300, "critical", id="2 % of the budget in an hour"),
        pytest.param("Steady", 6, 21_600, 1800, "critical", id="5 % in six hours"),
        pytest.param("Slow", 1, 259_200, 21_600, "warning", id="10 % in three days"),
    ],
)
def test_a_budget_that_burns_is_told_by_a_long_window_and_a_short_one(
    platform, objective, pace, factor, long, short, severity
):
    path = f"MonitoringStack/{objective}/{pace}"
    composite = platform.at(path)
    rule = platform.named(composite.properties["AlarmRule"], stack="MonitoringStack")

    assert rule == f'(ALARM("{path}Long") AND ALARM("{path}Short"))'
    assert said(composite)["severity"] == severity
    for window, seconds in (("Long", long), ("Short", short)):
        alarm = platform.at(f"{path}{window}").properties
        periods = {
            each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each
        }
        assert (alarm["Threshold"], periods) == (factor, {seconds})
        # CloudWatch looks back seven days at most, and one where periods are under an hour.
        assert alarm["EvaluationPeriods"] == 1
