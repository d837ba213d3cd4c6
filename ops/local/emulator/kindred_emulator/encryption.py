"""Customer managed keys: keep which key a bucket or table uses, and ask who may use it.

On AWS a call on an encrypted object, item or secret also needs the key. The emulator checks the
call alone, so a missing grant on the key would be found in AWS only.
"""

from __future__ import annotations

import contextvars
from typing import Any
from xml.sax.saxutils import escape

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region
from ministack.services import dynamodb, kinesis, kms, s3, secretsmanager, sns, sqs

from .resource_handlers import after_each_change

Properties = dict[str, Any]

ENCRYPTING = {"s3:PutObject": "kms:GenerateDataKey"}
# Calls on messages and records, and what each asks of the key of its queue, topic or stream.
ON_MESSAGES = {
    "kinesis:PutRecord": "kms:GenerateDataKey",
    "kinesis:PutRecords": "kms:GenerateDataKey",
    "kinesis:GetRecords": "kms:Decrypt",
    "kinesis:SubscribeToShard": "kms:Decrypt",
    "sns:Publish": "kms:GenerateDataKey",
    "sqs:SendMessage": "kms:GenerateDataKey",
    "sqs:ReceiveMessage": "kms:Decrypt",
}
DECRYPTING_S3 = frozenset({"s3:GetObject", "s3:GetObjectVersion"})
WITHOUT_ITEMS = frozenset({"dynamodb:DescribeTable", "dynamodb:ListTables"})

_refused_key: contextvars.ContextVar[tuple[str, str] | None] = contextvars.ContextVar(
    "kindred_refused_key", default=None
)


def install() -> None:
    """Record keys from templates; ask for the key after each call that was allowed."""
    after_each_change("AWS::S3::Bucket", _bucket_key)
    for table_type in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        after_each_change(table_type, _table_key)
    after_each_change("AWS::SNS::Topic", _topic_key)
    enforce, denied = iam_evaluator.enforce, iam_actions.access_denied_response

    def enforce_with_key(
        access_key: str, action: str, service: str, region: str,
        resource_arn: str = "*", service_context: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        _refused_key.set(None)
        refusal = enforce(access_key, action, service, region, resource_arn, service_context)
        needed = None if refusal else needed_key(action, service, resource_arn)
        if needed is None:
            return refusal
        key_action, key_arn = needed
        via = {"kms:ViaService": f"{service}.{region}.amazonaws.com"}
        refusal = enforce(access_key, key_action, "kms", region, key_arn, via)
        if refusal:
            _refused_key.set(needed)
        return refusal

    def denied_naming_key(service: str, action: str, *rest: Any, **named: Any) -> Any:
        refused = _refused_key.get()
        if refused:
            action, named["resource_arn"] = refused
        return denied(service, action, *rest, **named)

    iam_evaluator.enforce = enforce_with_key
    iam_actions.access_denied_response = denied_naming_key


def needed_key(action: str, service: str, resource_arn: str) -> tuple[str, str] | None:
    """The action on a key, and the key's ARN, that a call needs besides its own permission."""
    key, needs = None, "kms:Decrypt"
    if service == "s3" and (action in DECRYPTING_S3 or action in ENCRYPTING):
        key = _object_key(resource_arn)
        needs = ENCRYPTING.get(action, needs)
    elif service == "dynamodb" and action not in WITHOUT_ITEMS:
        table = dynamodb._tables.get(resource_arn.partition(":table/")[2].split("/")[0]) or {}
        key = (table.get("SSEDescription") or {}).get("KMSMasterKeyArn")
    elif action in ON_MESSAGES:
        key, needs = _message_key(service, resource_arn), ON_MESSAGES[action]
    elif action == "secretsmanager:GetSecretValue":
        key = next(
            (
                secret.get("KmsKeyId")
                for secret in secretsmanager._secrets.values()
                if secret["ARN"] == resource_arn
            ),
            None,
        )
    record = kms._resolve_key(key) if key else None
    return (needs, str(record["Arn"])) if record else None


def _message_key(service: str, arn: str) -> str | None:
    if service == "kinesis":
        stream = kinesis._streams.get(arn.rpartition("/")[2]) or {}
        return stream.get("KeyId") if stream.get("EncryptionType") == "KMS" else None
    holder = sqs._queue_by_arn(arn) if service == "sqs" else sns._topics.get(arn)
    return ((holder or {}).get("attributes") or {}).get("KmsMasterKeyId")


def _object_key(resource_arn: str) -> str | None:
    bucket = resource_arn.removeprefix("arn:aws:s3:::").partition("/")[0]
    defaults = s3._bucket_default_sse_headers(bucket)
    key = defaults.get("x-amz-server-side-encryption-aws-kms-key-id")
    return str(key) if key else None


def _bucket_key(bucket: str, properties: Properties) -> dict[str, Any]:
    rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration", [])
    for rule in rules:
        default = rule.get("ServerSideEncryptionByDefault", {})
        key = default.get("KMSMasterKeyID", "")
        s3._put_bucket_encryption(
            bucket,
            (
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
                f"<SSEAlgorithm>{escape(default['SSEAlgorithm'])}</SSEAlgorithm>"
                + (f"<KMSMasterKeyID>{escape(key)}</KMSMasterKeyID>" if key else "")
                + "</ApplyServerSideEncryptionByDefault></Rule>"
                "</ServerSideEncryptionConfiguration>"
            ).encode(),
        )
    return {}


def _table_key(table: str, properties: Properties) -> dict[str, Any]:
    """A global table names the key of each region at the region's replica."""
    declared = [properties, *properties.get("Replicas", [])]
    for holder in declared:
        key = (holder.get("SSESpecification") or {}).get("KMSMasterKeyId")
        if key and holder.get("Region", get_region()) == get_region():
            dynamodb._tables[table]["SSEDescription"] = dynamodb._sse_description_from_spec(
                {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
            )
    return {}


def _topic_key(arn: str, properties: Properties) -> dict[str, Any]:
    sns._topics[arn]["attributes"]["KmsMasterKeyId"] = properties.get("KmsMasterKeyId")
    return {}
