"""Events on their way: what the stream keeps, where they are archived, and what the index is."""

from typing import get_args

import pytest

from kindred.experiments import events
from kindred_constructs.event_columns import EVENT_COLUMNS
from ops.letters.queues import OUTPUTS, Queue
from stacks.recovery import STANDBY

LETTERS = ("Uncounted", "Unindexed", "Unscheduled")
SEVEN_DAYS_HOURS = 7 * 24


@pytest.fixture
def delivery(platform):
    [found] = platform.of_type("AWS::KinesisFirehose::DeliveryStream")
    return found.properties


@pytest.fixture
def archive(delivery):
    return delivery["ExtendedS3DestinationConfiguration"]


@pytest.fixture
def table(platform):
    [found] = platform.of_type("AWS::Glue::Table")
    return found.properties["TableInput"]


def named(platform, value):
    return platform.named(value, stack="StreamingStack")


def test_the_stream_keeps_events_for_a_week_under_our_key(platform):
    [stream] = platform.of_type("AWS::Kinesis::Stream")
    encryption = stream.properties["StreamEncryption"]

    assert stream.properties["RetentionPeriodHours"] == SEVEN_DAYS_HOURS
    assert encryption["EncryptionType"] == "KMS"
    assert named(platform, encryption["KeyId"]) == "DataStack/DataKey"


def test_the_stream_is_as_wide_as_the_tier_says(environment, platform):
    [stream] = platform.of_type("AWS::Kinesis::Stream")
    sizes = environment.sizes.stream

    mode = stream.properties["StreamModeDetails"]["StreamMode"]
    assert mode == sizes.mode.upper()
    assert stream.properties.get("ShardCount") == sizes.shards


def test_events_come_to_the_archive_from_the_stream_and_from_nowhere_else(platform, delivery):
    source = delivery["KinesisStreamSourceConfiguration"]["KinesisStreamARN"]

    assert delivery["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert named(platform, source) == "StreamingStack/Events"


def test_events_are_archived_as_parquet_by_day_and_what_cannot_be_beside_them(archive):
    conversion = archive["DataFormatConversionConfiguration"]

    assert "ParquetSerDe" in conversion["OutputFormatConfiguration"]["Serializer"]
    assert "OpenXJsonSerDe" in conversion["InputFormatConfiguration"]["Deserializer"]
    assert conversion["Enabled"] is True
    assert archive["Prefix"] == "events/day=!{timestamp:yyyy-MM-dd}/"
    assert archive["ErrorOutputPrefix"].startswith("failed/!{firehose:error-output-type}/")


def test_a_buffer_is_as_large_as_conversion_wants_and_as_quick_as_it_may_be(archive):
    hints = archive["BufferingHints"]

    assert hints["SizeInMBs"] >= 64
    assert hints["IntervalInSeconds"] <= 300


def test_the_archive_is_encrypted_by_our_key(platform, archive):
    key = archive["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"]

    assert named(platform, key) == "DataStack/DataKey"


def test_archived_events_go_when_the_environment_says_and_answers_go_in_a_week(
    environment, platform
):
    bucket = platform.at("StreamingStack/Archive/Bucket").properties
    kept = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    }

    assert kept == {
        "events/": environment.retention.event_archive_days,
        "failed/": 90,
        "query-results/": 7,
    }


def test_athena_finds_each_day_without_being_told_of_it(platform, table):
    parameters = table["Parameters"]
    template = named(platform, parameters["storage.location.template"])

    assert table["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.day.format"] == "yyyy-MM-dd"
    assert parameters["projection.day.range"].endswith(",NOW")
    assert template == "s3://StreamingStack/Archive/Bucket/events/day=${day}"


def test_the_table_has_every_field_that_an_event_may_have(table):
    kinds = get_args(events.Event)
    fields = {field for kind in kinds for field in kind.__struct_encode_fields__} | {"type"}
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]

    assert len(kinds) == 4
    assert set(columns) == fields
    assert columns == [name for name, _ in EVENT_COLUMNS]


def test_answers_of_athena_are_encrypted_and_a_question_is_not_endless(environment, platform):
    [workgroup] = platform.of_type("AWS::Athena::WorkGroup")
    configuration = workgroup.properties["WorkGroupConfiguration"]
    results = configuration["ResultConfiguration"]

    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == environment.sizes.query_gb * 1000**3
    assert results["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    output = named(platform, results["OutputLocation"])
    assert output == "s3://StreamingStack/Archive/Bucket/query-results/"


@pytest.mark.parametrize("letters", LETTERS)
def test_letters_are_kept_for_two_weeks_encrypted_and_over_tls(platform, letters):
    queue = platform.at(f"StreamingStack/{letters}").properties
    [policy] = [
        each.properties
        for each in platform.of_type("AWS::SQS::QueuePolicy")
        if each.path == f"StreamingStack/{letters}/Resource/Policy"
    ]
    [statement] = policy["PolicyDocument"]["Statement"]

    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert named(platform, queue["KmsMasterKeyId"]) == "DataStack/DataKey"
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_each_queue_of_letters_is_found_by_an_output(platform):
    """In the region that stands by, too, where nothing is indexed."""
    for queue, (stack, output) in OUTPUTS.items():
        assert output in platform.templates[stack]["Outputs"]
        there = platform.templates.get(f"{STANDBY}{stack}")
        assert there is None or (output in there["Outputs"]) == (queue is not Queue.UNINDEXED)


@pytest.mark.parametrize("letters", LETTERS)
def test_the_first_letter_raises_an_alarm(platform, letters):
    alarm = platform.at(f"StreamingStack/{letters}/Alarm").properties

    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["EvaluationPeriods"] == 1


def test_the_index_is_inside_encrypted_and_speaks_modern_tls_only(platform):
    [domain] = [each.properties for each in platform.of_type("AWS::OpenSearchService::Domain")]
    subnets = {named(platform, each) for each in domain["VPCOptions"]["SubnetIds"]}

    assert all("/IsolatedSubnet" in each for each in subnets)
    assert domain["EncryptionAtRestOptions"]["Enabled"] is True
    assert named(platform, domain["EncryptionAtRestOptions"]["KmsKeyId"]) == "DataStack/DataKey"
    assert domain["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert domain["DomainEndpointOptions"] == {
        "EnforceHTTPS": True,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }
    assert len(domain["LogPublishingOptions"]) == 3


def test_nobody_is_let_into_the_index_by_a_policy_of_its_own(platform):
    """IAM policies of roles decide, one of which names it."""
    [domain] = platform.of_type("AWS::OpenSearchService::Domain")

    assert "AccessPolicies" not in domain.properties


def test_the_index_is_spread_over_zones_where_it_has_more_than_one_node(environment, platform):
    [domain] = [each.properties for each in platform.of_type("AWS::OpenSearchService::Domain")]
    cluster, sizes = domain["ClusterConfig"], environment.sizes.search
    zones = len(domain["VPCOptions"]["SubnetIds"])

    assert cluster["InstanceCount"] == sizes.nodes
    assert cluster["ZoneAwarenessEnabled"] == (sizes.nodes > 1) == (zones > 1)
    assert sizes.nodes % zones == 0
    assert cluster["DedicatedMasterEnabled"] == (sizes.managers > 0)
