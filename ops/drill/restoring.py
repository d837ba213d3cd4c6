"""The steps that show that data comes back: restored beside the original, looked at, removed."""

from __future__ import annotations

from ops.drill.steps import Call, Step, Until

SUFFIX = "-drill"


def restore_table(table: str, *, region: str | None) -> list[Step]:
    """To the last second that DynamoDB can restore, as a table of its own."""
    copy = f"{table}{SUFFIX}"

    def call(operation: str, **parameters: object) -> Call:
        return Call(service="dynamodb", operation=operation, region=region, parameters=parameters)

    return [
        Step(
            title=f"Restore table {table}",
            call=call(
                "restore_table_to_point_in_time",
                SourceTableName=table,
                TargetTableName=copy,
                UseLatestRestorableTime=True,
            ),
            until=Until(
                call=call("describe_table", TableName=copy),
                expression="Table.TableStatus",
                wanted="ACTIVE",
                within_minutes=240,
            ),
            on_a_laptop=True,
        ),
        Step(
            title=f"See that {copy} can be read",
            until=Until(
                call=call("scan", TableName=copy, Limit=1),
                expression="Count >= `0`",
                wanted=True,
                within_minutes=1,
            ),
            on_a_laptop=True,
        ),
        Step(
            title=f"Remove {copy}",
            call=call("delete_table", TableName=copy),
            on_a_laptop=True,
        ),
    ]


def restore_database(cluster: str, *, subnet_group: str, region: str | None) -> list[Step]:
    """Storage alone, which is what takes long: an instance to ask it comes within minutes."""
    copy = f"{cluster}{SUFFIX}"

    def call(operation: str, **parameters: object) -> Call:
        return Call(service="rds", operation=operation, region=region, parameters=parameters)

    return [
        Step(
            title=f"Restore database {cluster}",
            call=call(
                "restore_db_cluster_to_point_in_time",
                SourceDBClusterIdentifier=cluster,
                DBClusterIdentifier=copy,
                DBSubnetGroupName=subnet_group,
                UseLatestRestorableTime=True,
            ),
            until=Until(
                call=call("describe_db_clusters", DBClusterIdentifier=copy),
                expression="DBClusters[0].Status",
                wanted="available",
                within_minutes=240,
            ),
        ),
        Step(
            title=f"Remove {copy}",
            call=call("delete_db_cluster", DBClusterIdentifier=copy, SkipFinalSnapshot=True),
        ),
    ]
