"""Every event as it came, in S3 as Parquet by the day of its arrival, to be asked in SQL."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.bucket_replication import BucketReplica
from kindred_constructs.event_columns import EVENT_COLUMNS
from kindred_constructs.event_stream import EventStream
from kindred_constructs.grants import allow

TABLE = "events"
FIRST_DAY = "2026-01-01"
# Where rows are put that stay when others are forgotten; what is left there goes by itself.
FORGOTTEN = "query-results/forgotten/"
EVENTS, FAILED, _RESULTS = "events/", "failed/", "query-results/"


class EventArchive(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        stream: EventStream,
        key: kms.IKey,
        log_key: kms.IKey,
        access_logs: s3.IBucket,
        delete_after: cdk.Duration,
        query_gb: int,
        replica: BucketReplica | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._replica = replica
        self.bucket = self._bucket(access_logs, delete_after)
        self.database, self._table = self._schema(name)
        self.workgroup = self._workgroup(name, query_gb)
        self._deliver(stream, log_key)

    def grant_query(self, grantee: iam.IGrantable) -> None:
        """Ask Athena: it reads the catalogue and the data, and writes answers, as who asks it."""
        workgroup = cdk.Stack.of(self).format_arn(
            service="athena", resource="workgroup", resource_name=self.workgroup.ref
        )
        bucket = self.bucket
        for actions, resources in (
            (
                (
                    "athena:GetQueryExecution",
                    "athena:GetQueryResults",
                    "athena:StartQueryExecution",
                    "athena:StopQueryExecution",
                ),
                [workgroup],
            ),
            (("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"), self._catalog_arns()),
            (("s3:GetBucketLocation", "s3:ListBucket"), [bucket.bucket_arn]),
            (("s3:GetObject",), [bucket.arn_for_objects(f"{EVENTS}*")]),
            (
                ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"),
                [bucket.arn_for_objects(f"{_RESULTS}*")],
            ),
        ):
            allow(grantee, resources, *actions)
        self._key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")

    def grant_forget(self, grantee: iam.IGrantable) -> None:
        """Write objects anew without what is to go, and remove every version of the old ones."""
        self.grant_query(grantee)
        bucket = self.bucket
        for actions, resources in (
            (
                (
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:DeleteObjectVersion",
                    "s3:GetObject",
                    "s3:PutObject",
                ),
                [bucket.arn_for_objects(f"{prefix}*") for prefix in (EVENTS, FAILED, FORGOTTEN)],
            ),
            (("s3:ListBucketVersions",), [bucket.bucket_arn]),
        ):
            allow(grantee, resources, *actions)

    def _bucket(self, access_logs: s3.IBucket, delete_after: cdk.Duration) -> s3.Bucket:
        def rule(prefix: str, expiration: cdk.Duration) -> s3.LifecycleRule:
            return s3.LifecycleRule(
                prefix=prefix,
                expiration=expiration,
                noncurrent_version_expiration=cdk.Duration.days(7),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
            )

        return s3.Bucket(
            self,
            "Bucket",
            replication_rules=self._replica.rules(self, "Bucket", prefix=EVENTS)
            if self._replica
            else None,
            encryption_key=self._key,
            bucket_key_enabled=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="s3/events/",
            lifecycle_rules=[
                rule(EVENTS, delete_after),
                rule(FAILED, cdk.Duration.days(90)),
                rule(_RESULTS, cdk.Duration.days(7)),
            ],
        )

    def _schema(self, name: str) -> tuple[glue.CfnDatabase, glue.CfnTable]:
        catalog_id = cdk.Stack.of(self).account
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=catalog_id,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=f"kindred_{name.replace('-', '_')}_events",
                description="Events of experiments as they came, and each as often as it came",
            ),
        )
        table = glue.CfnTable(
            self,
            "Table",
            catalog_id=catalog_id,
            database_name=database.ref,
            table_input=glue.CfnTable.TableInputProperty(
                name=TABLE,
                table_type="EXTERNAL_TABLE",
                partition_keys=[glue.CfnTable.ColumnProperty(name="day", type="string")],
                parameters=self._partition_projection(),
                storage_descriptor=_parquet(self.bucket.s3_url_for_object(EVENTS)),
            ),
        )
        return database, table

    def _partition_projection(self) -> dict[str, str]:
        """Days are known without a crawler that would look for them."""
        return {
            "classification": "parquet",
            "projection.enabled": "true",
            "projection.day.type": "date",
            "projection.day.format": "yyyy-MM-dd",
            "projection.day.range": f"{FIRST_DAY},NOW",
            "storage.location.template": self.bucket.s3_url_for_object(f"{EVENTS}day=${{day}}"),
        }

    def _workgroup(self, name: str, query_gb: int) -> athena.CfnWorkGroup:
        workgroup = athena.CfnWorkGroup
        return workgroup(
            self,
            "Workgroup",
            name=f"kindred-{name}",
            recursive_delete_option=True,
            work_group_configuration=workgroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=query_gb * 1000**3,
                result_configuration=workgroup.ResultConfigurationProperty(
                    output_location=self.bucket.s3_url_for_object(_RESULTS),
                    encryption_configuration=workgroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=self._key.key_arn
                    ),
                ),
            ),
        )

    def _deliver(self, stream: EventStream, log_key: kms.IKey) -> None:
        log_group = logs.LogGroup(self, "DeliveryLog", encryption_key=log_key)
        log_stream = log_group.add_stream("DeliveryLogStream")
        role = iam.Role(
            self,
            "DeliveryRole",
            description="Takes events from the stream to the archive",
            assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"),
        )
        stream.grant_consume(role)
        log_group.grant(role, "logs:PutLogEvents")
        self._grant_deliver(role)
        delivery = firehose.CfnDeliveryStream
        resource = delivery(
            self,
            "Delivery",
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=delivery.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=stream.stream_arn, role_arn=role.role_arn
            ),
            extended_s3_destination_configuration=delivery.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=self.bucket.bucket_arn,
                role_arn=role.role_arn,
                prefix=f"{EVENTS}day=!{{timestamp:yyyy-MM-dd}}/",
                error_output_prefix=(
                    f"{FAILED}!{{firehose:error-output-type}}/day=!{{timestamp:yyyy-MM-dd}}/"
                ),
                buffering_hints=delivery.BufferingHintsProperty(
                    interval_in_seconds=300, size_in_m_bs=128
                ),
                encryption_configuration=delivery.EncryptionConfigurationProperty(
                    kms_encryption_config=delivery.KMSEncryptionConfigProperty(
                        awskms_key_arn=self._key.key_arn
                    )
                ),
                cloud_watch_logging_options=delivery.CloudWatchLoggingOptionsProperty(
                    enabled=True,
                    log_group_name=log_group.log_group_name,
                    log_stream_name=log_stream.log_stream_name,
                ),
                data_format_conversion_configuration=self._to_parquet(role),
            ),
        )
        # Firehose tries its role when it is created.
        resource.node.add_dependency(role)

    def _grant_deliver(self, role: iam.Role) -> None:
        """What AWS names for a delivery with conversion; the L2's grants use wildcards."""
        bucket = self.bucket
        for actions, resources in (
            (
                ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
                [bucket.bucket_arn],
            ),
            (
                ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"),
                [bucket.arn_for_objects(f"{prefix}*") for prefix in (EVENTS, FAILED)],
            ),
            (
                ("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"),
                self._catalog_arns(),
            ),
        ):
            allow(role, resources, *actions)
        self._key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")

    def _catalog_arns(self) -> list[str]:
        stack = cdk.Stack.of(self)
        return [
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=self.database.ref),
            stack.format_arn(
                service="glue", resource="table", resource_name=f"{self.database.ref}/{TABLE}"
            ),
        ]

    def _to_parquet(self, role: iam.Role) -> Any:
        delivery = firehose.CfnDeliveryStream
        return delivery.DataFormatConversionConfigurationProperty(
            enabled=True,
            input_format_configuration=delivery.InputFormatConfigurationProperty(
                deserializer=delivery.DeserializerProperty(
                    open_x_json_ser_de=delivery.OpenXJsonSerDeProperty()
                )
            ),
            output_format_configuration=delivery.OutputFormatConfigurationProperty(
                serializer=delivery.SerializerProperty(
                    parquet_ser_de=delivery.ParquetSerDeProperty(compression="SNAPPY")
                )
            ),
            schema_configuration=delivery.SchemaConfigurationProperty(
                catalog_id=cdk.Stack.of(self).account,
                database_name=self.database.ref,
                table_name=self._table.ref,
                region=cdk.Stack.of(self).region,
                role_arn=role.role_arn,
                version_id="LATEST",
            ),
        )


def _parquet(location: str) -> glue.CfnTable.StorageDescriptorProperty:
    hive = "org.apache.hadoop.hive.ql.io.parquet"
    return glue.CfnTable.StorageDescriptorProperty(
        location=location,
        columns=[
            glue.CfnTable.ColumnProperty(name=name, type=kind) for name, kind in EVENT_COLUMNS
        ],
        input_format=f"{hive}.MapredParquetInputFormat",
        output_format=f"{hive}.MapredParquetOutputFormat",
        serde_info=glue.CfnTable.SerdeInfoProperty(
            serialization_library=f"{hive}.serde.ParquetHiveSerDe"
        ),
    )
