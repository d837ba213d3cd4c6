"""Letters as each of their writers spells them."""

import base64
import json

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/events"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:DecideDaily"
TOPIC = "arn:aws:sns:us-east-1:123456789012:Warning"


def event(number=1):
    document = {
        "type": "exposure",
        "event_id": f"event-{number:016d}",
        "occurred_at": "2026-01-01T00:00:00Z",
        "unit_id": f"1.unit-{number}",
        "experiment_id": "e",
        "variation": "a",
    }
    return json.dumps(document).encode()


def of_consumer(data, *, key="1.unit-1", reason="ValidationException: no", number="7", **more):
    return json.dumps(
        {
            "consumer": "process_events",
            "reason": reason,
            "shard_id": "shardId-000000000000",
            "sequence_number": number,
            "partition_key": key,
            "data": base64.b64encode(data).decode(),
            **more,
        }
    )


def of_batch(first, last, *, records, shard="shardId-000000000000"):
    return json.dumps(
        {
            "requestContext": {
                "requestId": "r",
                "functionArn": FUNCTION.replace("DecideDaily", "ProcessEvents"),
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 21,
            },
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "version": "1.0",
            "KinesisBatchInfo": {
                "shardId": shard,
                "startSequenceNumber": first,
                "endSequenceNumber": last,
                "batchSize": records,
                "streamArn": STREAM,
            },
        }
    )


def of_invocation(payload, *, function=FUNCTION):
    return json.dumps(
        {
            "version": "1.0",
            "requestContext": {
                "functionArn": f"{function}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": payload,
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "responsePayload": {"errorMessage": "no table", "errorType": "LookupError"},
        }
    )


def of_schedule(**changes):
    """The body, and the attributes of its message."""
    return json.dumps({"scheduled_at": "2026-01-01T01:30:00Z"}), {
        "ERROR_CODE": "AccessDeniedException",
        "ERROR_MESSAGE": "not allowed",
        "IS_PAYLOAD_TRUNCATED": "false",
        "SCHEDULE_ARN": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/Daily",
        "TARGET_ARN": FUNCTION,
        **changes,
    }


def of_notice(topic=TOPIC, **more):
    """The body, and the attributes of its message."""
    body = {"Type": "Notification", "TopicArn": topic, "Message": "it is on", **more}
    return json.dumps(body), {"RequestID": "r", "ErrorCode": "503", "ErrorMessage": "down"}
