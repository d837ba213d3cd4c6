import pytest

from kindred_aws.request_log import RequestLog, RequestRecord, WriteRefused
from tests.pseudonyms import SecretFake, pseudonym


def record(number):
    return RequestRecord(
        request_id=f"r{number}",
        correlation_id="c",
        at=1_000.0,
        service="similarity",
        operation="find_similar",
        experiment_id="e",
        arm="v1",
        model_version="v1-abc",
        unit_id="partner:anna",
        app_id="a",
        status=200,
        latency_ms=1.5,
    )


def test_a_record_expires_after_thirty_days(dynamodb):
    RequestLog(dynamodb, table_name="request_log", pseudonyms=SecretFake()).write([record(1)])

    [item] = dynamodb.scan(TableName="request_log")["Items"]
    assert item["record_id"]["S"] == "request#r1"
    assert int(item["expires_at"]["N"]) == 1_000 + 30 * 86_400


def test_a_record_names_no_unit(dynamodb):
    RequestLog(dynamodb, table_name="request_log", pseudonyms=SecretFake()).write([record(1)])

    [item] = dynamodb.scan(TableName="request_log")["Items"]
    assert item["unit_id"]["S"] == pseudonym("partner:anna")
    assert "anna" not in str(item)
    assert "partner" not in str(item)


class TakesAllButTheLast:
    def batch_write_item(self, RequestItems):
        [(table, requests)] = RequestItems.items()
        return {"UnprocessedItems": {table: requests[-1:]}}


def test_records_that_were_not_taken_are_named():
    log = RequestLog(TakesAllButTheLast(), table_name="request_log", pseudonyms=SecretFake())

    with pytest.raises(WriteRefused) as refusal:
        log.write([record(1), record(2)])

    assert refusal.value.refused == [record(2)]
