"""Who is told of what: reports, budgets, spikes of costs, and logs that are put away."""

import json

import pytest

from kindred.reporting.daily_summary import FIGURES
from stacks.environment_file import load_environment

STACK = "OperationsStack"
REPORTING = f"{STACK}/Reporting"


def settings(platform, path):
    return platform.at(path).properties["Environment"]["Variables"]


def schedule(platform, path):
    return platform.at(path).properties["ScheduleExpression"]


def test_reports_come_by_the_calendar_of_the_environment(environment, platform):
    hour, minute = (int(part) for part in environment.reports.at.split(":"))
    day, of_month = environment.reports.weekly_on, environment.reports.monthly_on_day

    assert schedule(platform, f"{REPORTING}/SummarizeDaySchedule") == (
        f"cron({minute} {hour} * * ? *)"
    )
    assert schedule(platform, f"{REPORTING}/ReportExperimentsSchedule") == (
        f"cron({minute} {hour} ? * {day} *)"
    )
    if environment.budgets:
        assert schedule(platform, f"{REPORTING}/ReportCostsSchedule") == (
            f"cron({minute} {hour} {of_month} * ? *)"
        )


def test_a_report_that_fails_is_tried_again_and_kept(environment, platform):
    names = ["SummarizeDay", "ReportExperiments", *(["ReportCosts"] if environment.budgets else [])]
    for name in names:
        target = platform.at(f"{REPORTING}/{name}Schedule").properties["Target"]
        letters = platform.named(target["DeadLetterConfig"]["Arn"], stack=STACK)
        assert letters == "StreamingStack/Unscheduled"


def test_reports_read_and_write_nothing_but_mail(platform):
    roles = {each for each in platform.permissions if each.role.startswith(f"{REPORTING}/")}
    changes = {
        each.action
        for each in roles
        if not each.action.partition(":")[2].startswith(("Get", "List", "Describe", "Query"))
    }

    assert changes - {"logs:CreateLogStream", "logs:PutLogEvents"} <= {
        *("kms:Decrypt", "kms:GenerateDataKey", "lambda:InvokeFunction", "sns:Publish"),
        *("sqs:SendMessage", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
        *("dynamodb:Query", "kms:DescribeKey", "kms:Encrypt"),
        *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    }


def test_costs_are_asked_for_where_there_is_a_budget(environment, platform):
    askers = platform.who_may("ce:GetCostAndUsage", "*")

    assert askers == (
        {f"{REPORTING}/{name}/Role" for name in ("SummarizeDay", "ReportCosts")}
        if environment.budgets
        else set()
    )
    known = settings(platform, f"{REPORTING}/SummarizeDay")["COSTS_ARE_KNOWN"]
    assert known == ("true" if environment.budgets else "false")


def test_the_whole_and_each_named_service_have_a_budget_of_what_carries_the_tag(
    environment, platform
):
    found = {}
    for each in platform.of_type("AWS::Budgets::Budget"):
        budget = each.properties["Budget"]
        [service] = budget["CostFilters"].get("Service", ["the whole"])
        assert budget["CostFilters"]["TagKeyValue"] == [f"user:Environment${environment.slug}"]
        assert (budget["TimeUnit"], budget["BudgetLimit"]["Unit"]) == ("MONTHLY", "USD")
        assert "BudgetName" not in budget
        found[service] = budget["BudgetLimit"]["Amount"]

    budgets = environment.budgets
    expected = {"the whole": budgets.monthly_usd, **budgets.services} if budgets else {}
    assert found == expected


def test_a_budget_is_told_early_and_loudly_once_it_is_used_up(platform):
    for each in platform.of_type("AWS::Budgets::Budget"):
        told = {
            (
                part["Notification"]["NotificationType"],
                part["Notification"]["Threshold"],
                platform.named(part["Subscribers"][0]["Address"], stack=STACK),
            )
            for part in each.properties["NotificationsWithSubscribers"]
        }
        assert told == {
            ("ACTUAL", 80, "NetworkStack/Alarms/Information"),
            ("FORECASTED", 100, "NetworkStack/Alarms/Information"),
            ("ACTUAL", 100, "NetworkStack/Alarms/Warning"),
        }


def test_a_rise_of_a_fifth_is_told_at_once(environment, platform):
    spikes = platform.of_type("AWS::CE::AnomalySubscription")
    if not environment.budgets:
        assert not spikes
        return
    [spike] = [each.properties for each in spikes]
    [monitor] = [each.properties for each in platform.of_type("AWS::CE::AnomalyMonitor")]
    limits = {
        each["Dimensions"]["Key"]: each["Dimensions"]["Values"]
        for each in json.loads(spike["ThresholdExpression"])["And"]
    }

    assert limits["ANOMALY_TOTAL_IMPACT_PERCENTAGE"] == ["20"]
    assert spike["Frequency"] == "IMMEDIATE"
    [subscriber] = spike["Subscribers"]
    assert platform.named(subscriber["Address"], stack=STACK) == "NetworkStack/Alarms/Warning"
    assert json.loads(monitor["MonitorSpecification"])["Tags"]["Values"] == [environment.slug]


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_logs_go_to_s3_after_a_week_and_to_deep_archive_after_half_a_year(platforms, name):
    platform, retention = platforms[name], load_environment(name).retention
    exports = f"{STACK}/LogExports/ExportLogs"
    variables = settings(platform, exports)
    bucket = platform.at("DataStack/LogsBucket").properties

    assert variables["EXPORT_AFTER_DAYS"] == "7"
    assert variables["STAGE"] == f"Kindred-{name}"
    assert platform.named(variables["LOGS_BUCKET"], stack=STACK) == "DataStack/LogsBucket"
    starters = platform.who_may(
        "logs:CreateExportTask",
        f"arn:aws:logs:us-east-1:<AWS::AccountId>:log-group:Kindred-{name}-*",
    )
    assert starters == {f"{exports}/Role"}
    assert platform.who_may("s3:PutObject", "DataStack/LogsBucket/logs/*") == starters
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Transitions"] == [{"StorageClass": "DEEP_ARCHIVE", "TransitionInDays": 180}]
    assert retention.log_days > 7


def test_a_laptop_whose_logs_end_after_a_day_exports_none(platforms):
    assert not [each for each in platforms["local"].resources if "LogExports" in each.path]


def test_only_cloudwatch_may_write_exports_and_only_below_their_prefix(platform):
    policy = platform.at("DataStack/LogsBucket/Policy").properties["PolicyDocument"]
    writes = {
        platform.named(statement["Resource"], stack="DataStack")
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
        and statement["Action"] == "s3:PutObject"
    }

    assert writes == {"DataStack/LogsBucket/logs/*"}


def test_the_summary_reads_what_services_measure(platform):
    """By namespace and service; that each metric is emitted, the tests of monitoring say."""
    namespace = settings(platform, f"{REPORTING}/SummarizeDay")["METRICS_NAMESPACE"]
    measuring = {}
    for definition in platform.of_type("AWS::ECS::TaskDefinition"):
        for container in definition.properties["ContainerDefinitions"]:
            values = {each["Name"]: each["Value"] for each in container.get("Environment", [])}
            if "METRICS_NAMESPACE" in values:
                measuring[values["SERVICE_NAME"]] = values["METRICS_NAMESPACE"]

    assert {figure.service for figure in FIGURES} <= measuring.keys()
    assert set(measuring.values()) == {namespace}


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_api_is_asked_from_outside_under_a_key_of_the_checks_own(platforms, name):
    platform, checks = platforms[name], load_environment(name).checks
    [canary] = [each.properties for each in platform.of_type("AWS::Synthetics::Canary")]
    key = platform.named(canary["RunConfig"]["EnvironmentVariables"]["API_KEY_ID"], stack=STACK)
    readers = platform.who_may(
        "apigateway:GET", f"arn:aws:apigateway:us-east-1::/apikeys/{STACK}/Check/Key"
    )

    assert canary["RuntimeVersion"] == "syn-python-selenium-14.0"
    unit = "minute" if checks.every_minutes == 1 else "minutes"
    assert canary["Schedule"]["Expression"] == f"rate({checks.every_minutes} {unit})"
    assert canary["ProvisionedResourceCleanup"] == "AUTOMATIC"
    assert key == f"{STACK}/Check/Key"
    assert readers == {f"{STACK}/Check/Role"}


def test_the_key_of_sdks_is_read_by_who_starts_the_service_and_who_asks_from_outside(platforms):
    readers = platforms["prod"].who_may(
        "secretsmanager:GetSecretValue", "DataStack/Secrets/ClientKey"
    )

    assert readers == {
        "ApiStack/Experiments/Task/Resource/ExecutionRole",
        f"{STACK}/Check/Role",
    }


def test_a_check_that_fails_or_does_not_run_wakes_somebody(platforms):
    alarm = platforms["prod"].at(f"{STACK}/Check/Failing").properties

    assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("SuccessPercent", "breaching")
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (2, 3)
    [told] = alarm["AlarmActions"]
    assert platforms["prod"].named(told, stack=STACK) == "NetworkStack/Alarms/Critical"
