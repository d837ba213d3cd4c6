"""Dashboards and alarms look at what somebody emits, and show what the requirements name."""

import pytest

from tests.infrastructure.aws_metrics import AWS_METRICS
from tests.infrastructure.emitted_lines import ENVIRONMENT, NAMESPACE
from tests.infrastructure.emitted_metrics import Emitted, everything, functions
from tests.infrastructure.used_metrics import of_alarms, of_dashboards, widgets

# Application, infrastructure and business metrics of the design document, then what clients and
# developers ask for: duration, count, codes, whether requests finish; memory, I/O, uptime, CPU,
# errors per minute.
REQUIRED = (
    *("similarity_search_latency", "prediction_latency", "embedding_cache_hit_rate"),
    *("ab_test_assignment_latency", "requests_per_second", "error_rate_4xx", "error_rate_5xx"),
    *("CPUUtilization", "MemoryUtilization", "TargetResponseTime", "HealthyHostCount"),
    *("EngineCPUUtilization", "Evictions", "ConsumedReadCapacityUnits"),
    *("ConsumedWriteCapacityUnits", "4XXError", "5XXError"),
    *("ctr_by_arm", "prediction_accuracy_mae", "revenue_per_request", "user_satisfaction_score"),
    *("request_duration", "request_count", "responses_2xx", "responses_5xx"),
    *("requests_unfinished", "VolumeReadIOPs", "VolumeWriteIOPs", "uptime_seconds"),
    "errors_per_minute",
)
PANELS = {
    "Traffic": ("Requests a second", "Error rate", "Cache hit rate"),
    "Latency": ("similarity_search_latency", "By hour and percentile (ms)"),
    "Infrastructure": ("CPU and memory (%)", "Healthy hosts", "Connections to the cache"),
    "A/B testing": (
        *("Traffic split", "Clicks an answer, by arm"),
        "Mean absolute error of predictions, by arm",
    ),
    "Business": ("Revenue an hour", "Cost of a million requests (USD)"),
}


@pytest.fixture(scope="session")
def emitted():
    return everything()


def looked_at(platform):
    return [*of_alarms(platform), *of_dashboards(platform)]


def test_nobody_looks_at_a_metric_that_our_code_does_not_emit(environment, platform, emitted):
    ours = [use for use in looked_at(platform) if use.namespace.split("/")[0] == NAMESPACE]

    assert ours
    for use in ours:
        namespace = use.namespace.replace(f"/{environment.slug}", f"/{ENVIRONMENT}")
        wanted = Emitted(namespace, use.name, use.dimensions, use.service)
        assert wanted in emitted, f"{use.where}: nothing emits {wanted}"


def test_nobody_looks_at_a_metric_of_aws_that_aws_does_not_emit(platform):
    unknown = [
        f"{use.where}: {use.namespace} {use.name} by {', '.join(sorted(use.dimensions))}"
        for use in looked_at(platform)
        if use.namespace.split("/")[0] != NAMESPACE
        and use.name not in AWS_METRICS.get((use.namespace, use.dimensions), ())
    ]
    assert not unknown, "\n".join(unknown)


@pytest.mark.parametrize("name", REQUIRED)
def test_every_metric_that_was_asked_for_is_on_a_dashboard(platform, name):
    assert name in {use.name for use in of_dashboards(platform)}


@pytest.mark.parametrize("panel", PANELS)
def test_the_service_s_dashboard_has_the_panels_that_were_laid_out(platform, panel):
    shown = [title.split(": ", 1)[1] for title, _ in widgets(platform, "-Similarity")]
    headings = [at for at, title in enumerate(shown) if title.startswith("## ")]
    [begin] = [at for at in headings if shown[at].startswith(f"## {panel}\n")]
    end = min((at for at in headings if at > begin), default=len(shown))

    assert set(PANELS[panel]) <= set(shown[begin:end])


@pytest.mark.parametrize(
    ("title", "view"),
    [
        pytest.param("Error rate", "timeSeries", id="errors as a stack"),
        pytest.param("CPU and memory (%)", "gauge", id="infrastructure as gauges"),
        pytest.param("Healthy hosts", "singleValue", id="healthy hosts as a number"),
        pytest.param("Traffic split", "pie", id="the split as a pie"),
        pytest.param("Clicks an answer, by arm", "bar", id="click rates as bars"),
        pytest.param("By hour and percentile (ms)", "table", id="latency as a table of heat"),
    ],
)
def test_widgets_are_drawn_as_they_were_laid_out(platform, title, view):
    [widget] = [
        each["properties"]
        for shown, each in widgets(platform, "-Similarity")
        if shown.endswith(f": {title}")
    ]

    assert widget["view"] == view
    assert widget.get("stacked", False) == (title == "Error rate")


def test_dashboards_are_named_after_their_stage(platform):
    names = [each.properties["DashboardName"] for each in platform.of_type(KIND)]

    assert all(name.startswith(f"{platform.stage}-") for name in names)
    assert len(set(names)) == len(names)


def test_every_alarm_of_monitoring_is_shown_by_its_state(platform):
    [state] = [each for _, each in widgets(platform, "-Platform") if each["type"] == "alarm"]

    shown = set(state["properties"]["alarms"])
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    telling = [
        alarm.path
        for kind in kinds
        for alarm in platform.of_type(kind, stack="MonitoringStack")
        if alarm.properties.get("AlarmActions")
    ]
    assert shown == set(telling)


KIND = "AWS::CloudWatch::Dashboard"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        pytest.param("metrics.add_metric('Written', 1, 2)", {"Written"}, id="added"),
        pytest.param("metrics.add_metric(name='Named', unit=1)", {"Named"}, id="by keyword"),
        pytest.param("emit({'Handed': 1}, 2)", {"Handed"}, id="handed over"),
        pytest.param(
            "counts = {'A': 1}\n    counts['B'] = 2\n    emit(counts)", {"A", "B"}, id="kept"
        ),
        pytest.param("other = {'A': 1}", set(), id="not handed over"),
        pytest.param("logger.info('A')", set(), id="only logged"),
    ],
)
def test_what_a_function_emits_is_read_from_its_code(tmp_path, code, names):
    asset = tmp_path / "some_functions"
    asset.mkdir()
    (asset / "act.py").write_text(f"def handler(event, context):\n    {code}\n")

    found = list(functions(tmp_path))
    assert {each.name for each in found} == names
    assert {each.service for each in found} <= {"act"}
