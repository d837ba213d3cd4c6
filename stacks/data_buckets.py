"""The buckets of an environment, which are the same in its second region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms

from kindred_constructs.artefact_bucket import ArtefactBucket
from kindred_constructs.bucket_replication import BucketReplica
from kindred_constructs.definitions_bucket import DefinitionsBucket
from kindred_constructs.logs_bucket import LogsBucket
from kindred_constructs.second_region import SecondRegion
from kindred_constructs.training_bucket import TrainingBucket
from stacks.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBuckets:
    logs: LogsBucket
    embeddings: ArtefactBucket
    training: TrainingBucket
    definitions: DefinitionsBucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """The second region's buckets; logs are not among what is replicated."""

    buckets: DataBuckets
    second: SecondRegion

    def of(self, name: str) -> BucketReplica:
        """Of the bucket that is called so among the others."""
        return BucketReplica(bucket=getattr(self.buckets, name), second=self.second)


def data_buckets(
    stack: cdk.Stack, *, environment: Environment, key: kms.Key, replicas: Replicas | None = None
) -> DataBuckets:
    retention = environment.retention
    logs = LogsBucket(
        stack,
        "LogsBucket",
        archive_after=cdk.Duration.days(retention.logs_to_deep_archive_days),
    )

    def settings(name: str) -> dict[str, Any]:
        return {
            "encryption_key": key,
            "bucket_key_enabled": True,
            "server_access_logs_bucket": logs,
            "server_access_logs_prefix": f"s3/{name}/",
            "replication_rules": replicas.of(name).rules(stack, name.title()) if replicas else None,
        }

    return DataBuckets(
        logs=logs,
        embeddings=ArtefactBucket(
            stack,
            "EmbeddingsBucket",
            archive_after=cdk.Duration.days(retention.embeddings_to_glacier_days),
            **settings("embeddings"),
        ),
        training=TrainingBucket(
            stack,
            "TrainingBucket",
            delete_after=cdk.Duration.days(retention.training_days),
            intelligent_tiering=environment.sizes.intelligent_tiering,
            **settings("training"),
        ),
        definitions=DefinitionsBucket(stack, "DefinitionsBucket", **settings("definitions")),
    )
