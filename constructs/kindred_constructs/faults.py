"""What is broken on purpose: tasks, the database's writer, and the way to the second region."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from kindred_constructs.fault_experiments import Fault

PAUSE = "PT10M"


def stop_tasks(service: ecs.FargateService) -> Fault:
    """A third of a service's tasks get SIGTERM, as in a deployment."""
    cluster = service.cluster.cluster_arn
    return Fault(
        description="Stops a third of a service's tasks",
        action="aws:ecs:stop-task",
        target_name="Tasks",
        kind="aws:ecs:task",
        chosen_by={"cluster": cluster, "service": service.service_name},
        share="PERCENT(34)",
        permissions=[
            # Tasks have no names beforehand, and listing has no resource: the cluster is the limit.
            iam.PolicyStatement(
                actions=["ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask"],
                resources=["*"],
                conditions={"ArnEquals": {"ecs:cluster": cluster}},
            )
        ],
    )


def fail_over_database(cluster_arn: str) -> Fault:
    """A reader becomes the writer, in the same region."""
    return Fault(
        description="Makes a reader of the database its writer",
        action="aws:rds:failover-db-cluster",
        target_name="Clusters",
        kind="aws:rds:cluster",
        arns=[cluster_arn],
        permissions=[
            iam.PolicyStatement(
                actions=["rds:DescribeDBClusters", "rds:FailoverDBCluster"],
                resources=[cluster_arn],
            )
        ],
    )


def pause_tables(tables: Sequence[dynamodb.ITableV2]) -> Fault:
    """Writes wait for the second region; what is read there gets older."""
    arns = [table.table_arn for table in tables]
    return Fault(
        description="Pauses the replication of tables to the second region",
        action="aws:dynamodb:global-table-pause-replication",
        target_name="Tables",
        kind="aws:dynamodb:global-table",
        arns=arns,
        settings={"duration": PAUSE},
        permissions=[
            iam.PolicyStatement(
                actions=[
                    "dynamodb:DeleteResourcePolicy",
                    "dynamodb:DescribeTable",
                    "dynamodb:GetResourcePolicy",
                    "dynamodb:PutResourcePolicy",
                ],
                resources=arns,
            )
        ],
    )


def pause_bucket(bucket: s3.IBucket, *, region: str) -> Fault:
    return Fault(
        description="Pauses the replication of published embeddings to the second region",
        action="aws:s3:bucket-pause-replication",
        target_name="Buckets",
        kind="aws:s3:bucket",
        arns=[bucket.bucket_arn],
        settings={"duration": PAUSE, "region": region},
        permissions=[
            iam.PolicyStatement(
                actions=[
                    "s3:GetReplicationConfiguration",
                    "s3:PauseReplication",
                    "s3:PutReplicationConfiguration",
                ],
                resources=[bucket.bucket_arn],
            ),
            # FIS looks its targets up among all buckets of the account; AWS has no narrower one.
            iam.PolicyStatement(actions=["s3:ListAllMyBuckets"], resources=["*"]),
        ],
    )
