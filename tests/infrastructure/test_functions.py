"""What runs without a server: how batches fail, when days are decided, and what is in an asset."""

import importlib
import inspect
import subprocess
import sys

import pytest

from kindred_constructs import function_bundle
from kindred_constructs.function_bundle import FunctionBundle, WheelsMissing
from stacks.application import assemble, create_app
from stacks.environment_file import load_environment
from stacks.yaml_file import InvalidFile

FUNCTIONS = {
    "Assign": "experiment_functions.assign.handler",
    "EvaluateFlag": "experiment_functions.evaluate_flag.handler",
    "ProcessEvents": "experiment_functions.process_events.handler",
    "IndexEvents": "experiment_functions.index_events.handler",
    "AggregateMetrics": "decision_functions.aggregate_metrics.handler",
    "SelectWinner": "decision_functions.select_winner.handler",
}
DECISIONS = ("AggregateMetrics", "SelectWinner")


def function(platform, name):
    return platform.at(f"LambdaStack/{name}").properties


def settings(platform, name):
    return {
        key: platform.named(value, stack="LambdaStack")
        for key, value in function(platform, name)["Environment"]["Variables"].items()
    }


def mapping(platform, consumer):
    return platform.at(f"LambdaStack/{consumer}").properties


def destination(platform, properties):
    target = properties["DestinationConfig"]["OnFailure"]["Destination"]
    return platform.named(target, stack="LambdaStack")


def test_these_functions_and_no_others_run(platform):
    handlers = {
        each.path.split("/")[1]: each.properties["Handler"]
        for each in platform.of_type("AWS::Lambda::Function", stack="LambdaStack")
    }

    assert handlers == FUNCTIONS


@pytest.mark.parametrize("handler", FUNCTIONS.values())
def test_each_handler_is_a_function_that_takes_an_event_and_a_context(handler):
    module, _, name = handler.rpartition(".")

    found = getattr(importlib.import_module(module), name)

    assert len(inspect.signature(found).parameters) == 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_traced_and_its_log_ends(environment, platform, name):
    properties = function(platform, name)
    log = platform.named(properties["LoggingConfig"]["LogGroup"], stack="LambdaStack")

    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert properties["Runtime"] == "python3.13"
    assert platform.at(log).properties["RetentionInDays"] == environment.retention.log_days
    assert "ReservedConcurrentExecutions" not in properties


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_runs_on_the_environments_architecture(environment, platform, name):
    wanted = "arm64" if environment.image.is_arm else "x86_64"

    assert function(platform, name)["Architectures"] == [wanted]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_fails_again_and_again_raises_an_alarm(platform, name):
    alarm = platform.at(f"LambdaStack/{name}/ErrorsAlarm").properties

    assert alarm["MetricName"] == "Errors"
    assert alarm["DatapointsToAlarm"] == 3


@pytest.mark.parametrize("consumer", ["Processing", "Indexing"])
def test_a_batch_is_halved_until_its_poison_is_alone_and_its_neighbours_go_on(platform, consumer):
    properties = mapping(platform, consumer)
    source = platform.named(properties["EventSourceArn"], stack="LambdaStack")

    assert source == "StreamingStack/Events"
    assert properties["BatchSize"] == 100
    assert properties["BisectBatchOnFunctionError"] is True
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["StartingPosition"] == "TRIM_HORIZON"


def test_batches_of_a_shard_are_counted_one_after_the_other(platform):
    """No two writers touch one counter: a shard writes its own."""
    assert mapping(platform, "Processing")["ParallelizationFactor"] == 1


def test_counting_tries_again_a_bounded_number_of_times_and_keeps_what_it_gives_up(platform):
    properties = mapping(platform, "Processing")

    assert properties["MaximumRetryAttempts"] == 20
    assert properties["MaximumRecordAgeInSeconds"] == 7 * 24 * 3600
    assert destination(platform, properties) == "StreamingStack/Uncounted"


def test_indexing_tries_for_as_long_as_the_stream_keeps_an_event(platform):
    properties = mapping(platform, "Indexing")

    assert "MaximumRetryAttempts" not in properties
    assert "MaximumRecordAgeInSeconds" not in properties
    assert destination(platform, properties) == "StreamingStack/Unindexed"


def test_counting_and_indexing_read_the_stream_each_by_itself(platform):
    """The index may be down without a counter standing still."""
    readers = {
        platform.named(each.properties["FunctionName"], stack="LambdaStack")
        for each in platform.of_type("AWS::Lambda::EventSourceMapping")
    }

    assert readers == {"LambdaStack/ProcessEvents", "LambdaStack/IndexEvents"}


@pytest.mark.parametrize("consumer", ["Processing", "Indexing"])
def test_events_that_wait_for_minutes_raise_an_alarm(platform, consumer):
    alarm = platform.at(f"LambdaStack/{consumer}/IteratorAgeAlarm").properties

    assert alarm["MetricName"] == "IteratorAge"
    assert alarm["Threshold"] == 5 * 60 * 1000


@pytest.mark.parametrize("name", DECISIONS)
def test_a_day_is_decided_once_and_again_where_that_failed(platform, name):
    schedule = platform.at(f"LambdaStack/{name}Daily").properties
    target = schedule["Target"]
    failures = platform.at(f"LambdaStack/{name}Daily/Failures").properties

    assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
    assert platform.named(target["Arn"], stack="LambdaStack") == f"LambdaStack/{name}"
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 10
    letters = platform.named(target["DeadLetterConfig"]["Arn"], stack="LambdaStack")
    assert letters == "StreamingStack/Unscheduled"
    assert failures["MaximumRetryAttempts"] == 2
    assert destination(platform, failures) == "StreamingStack/Unscheduled"


def test_winners_are_selected_after_the_day_was_aggregated(platform):
    def minutes(name):
        expression = platform.at(f"LambdaStack/{name}Daily").properties["ScheduleExpression"]
        minute, hour, *rest = expression.removeprefix("cron(").rstrip(")").split()
        assert rest == ["*", "*", "?", "*"]
        return int(hour) * 60 + int(minute)

    assert minutes("AggregateMetrics") + 30 <= minutes("SelectWinner")


def test_a_winner_is_announced_encrypted_and_over_tls(platform):
    topic = platform.at("LambdaStack/Winners").properties
    [policy] = [
        each.properties["PolicyDocument"]
        for each in platform.of_type("AWS::SNS::TopicPolicy")
        if each.stack == "LambdaStack"
    ]

    assert platform.named(topic["KmsMasterKeyId"], stack="LambdaStack") == "DataStack/DataKey"
    assert [each["Effect"] for each in policy["Statement"]] == ["Deny"]


def test_only_what_reaches_a_store_there_is_in_the_vpc(platform):
    inside = {
        each.path
        for each in platform.of_type("AWS::Lambda::Function")
        if "VpcConfig" in each.properties
    }

    assert inside == {
        "LambdaStack/IndexEvents",
        "PrivacyStack/Forgetting/ForgetInside",
        "PrivacyStack/RotateDatabaseAdministrator",
        "PrivacyStack/RotateDatabaseLogin",
    }


def test_functions_are_told_names_and_no_secret(environment, platform):
    told = {name: settings(platform, name) for name in FUNCTIONS}

    assert told["ProcessEvents"]["DYNAMODB_TABLE_NAME"] == "DataStack/CounterTables/Counters"
    assert told["ProcessEvents"]["LEDGER_TABLE"] == "DataStack/CounterTables/Ledger"
    days = told["ProcessEvents"]["EVENT_ID_RETENTION_DAYS"]
    assert days == str(environment.retention.event_id_days)
    assert told["Assign"]["DEFINITIONS_BUCKET"] == "DataStack/DefinitionsBucket"
    for variables in told.values():
        assert not [key for key in variables if key.endswith(("PASSWORD", "SECRET", "TOKEN"))]


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A repository with one function and a core of one module."""
    monkeypatch.setattr(function_bundle, "_ROOT", tmp_path)
    monkeypatch.setattr(function_bundle, "_CACHE", tmp_path / ".cache" / "functions")
    for name in ("core_src/kindred", "core_src/kindred_aws", "lambda_src/counting"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("")
    return tmp_path


def test_an_asset_holds_its_function_and_the_core_and_nothing_but_sources(sources):
    (sources / "lambda_src" / "counting" / "count.py").write_text("pass")
    (sources / "lambda_src" / "counting" / "notes.txt").write_text("not for AWS")

    folder = FunctionBundle("counting", "arm64").folder()

    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "counting/__init__.py",
        "counting/count.py",
        "kindred/__init__.py",
        "kindred_aws/__init__.py",
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("core_src/kindred/__init__.py", "x = 1"), id="the core"),
        pytest.param(("lambda_src/counting/__init__.py", "x = 1"), id="the function"),
        pytest.param(("lambda_src/counting/requirements.txt", "msgspec==1"), id="the lock"),
    ],
)
def test_another_source_or_lock_is_another_asset(sources, change):
    path, text = change
    before = FunctionBundle("counting", "arm64").digest

    (sources / path).write_text(text)

    assert FunctionBundle("counting", "arm64").digest != before


def test_another_architecture_is_another_asset_and_the_same_is_the_same(sources):
    digests = {FunctionBundle("counting", each).digest for each in ("arm64", "x86_64", "host")}

    assert len(digests) == 3
    assert FunctionBundle("counting", "arm64").digest in digests


def test_wheels_that_are_nowhere_are_named_with_what_fetches_them(sources, monkeypatch):
    lock = sources / "lambda_src" / "counting" / "requirements.txt"
    lock.write_text("msgspec==0.22.0 --hash=sha256:" + "0" * 64)
    monkeypatch.setenv("UV_CACHE_DIR", str(sources / "empty"))
    monkeypatch.setenv("UV_OFFLINE", "1")

    with pytest.raises(WheelsMissing) as caught:
        FunctionBundle("counting", "arm64").folder()

    said = str(caught.value)
    assert said.startswith("lambda_src/counting/requirements.txt: its wheels for aarch64-manylinux")
    assert ".venv/bin/python -m ops.functions_wheels" in said
    assert not list((sources / ".cache" / "functions").iterdir()), "nothing half made is left"


def test_the_application_says_that_wheels_are_missing_and_names_their_lock(monkeypatch, tmp_path):
    def missing(_bundle):
        raise WheelsMissing("lambda_src/experiment_functions/requirements.txt: its wheels")

    monkeypatch.setattr(FunctionBundle, "folder", missing)
    app = create_app(outdir=tmp_path)

    with pytest.raises(InvalidFile, match=r"experiment_functions/requirements\.txt: its wheels"):
        assemble(app, [load_environment("dev")])


def test_the_laptops_asset_runs_under_its_own_interpreter():
    """From the cache that set-up fills; without it there is nothing to look at."""
    bundle = FunctionBundle("experiment_functions", "host")
    try:
        folder = bundle.folder()
    except WheelsMissing:
        pytest.skip("the wheels were never fetched here: python -m ops.functions_wheels")

    result = subprocess.run(
        [sys.executable, "-S", "-B", "-c", "import aws_lambda_powertools, msgspec, kindred_aws"],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
