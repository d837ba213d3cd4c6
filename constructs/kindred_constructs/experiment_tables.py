"""The three tables of the embedding experiment: its settings, its counts, its requests."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.global_table import TableRules

# The partition of the experiment between the embedding models in each of the tables.
EMBEDDING_EXPERIMENT_ID = "embedding_v1_vs_v2"


class ExperimentTables(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, rules: TableRules) -> None:
        super().__init__(scope, construct_id)
        self._rules = rules
        self.experiments = rules.table(self, "Experiments", partition_key="experiment_id")
        self.metrics = rules.table(
            self, "Metrics", partition_key="experiment_id", sort_key="timestamp"
        )
        self.request_log = rules.table(
            self, "RequestLog", partition_key="record_id", ttl="expires_at"
        )

    def grant_serve(self, grantee: iam.IGrantable) -> None:
        """What answering a request takes: read the weights, add to the counts, log the request."""
        self.experiments.grant(grantee, "dynamodb:GetItem")
        self.metrics.grant(grantee, "dynamodb:UpdateItem")
        self.request_log.grant(grantee, "dynamodb:BatchWriteItem", "dynamodb:PutItem")
        self._rules.grant_key(grantee)

    def grant_aggregate(self, grantee: iam.IGrantable) -> None:
        """Read the experiment and the minutes of a day, and write the day."""
        self.experiments.grant(grantee, "dynamodb:GetItem")
        self.metrics.grant(grantee, "dynamodb:PutItem", "dynamodb:Query")
        self._rules.grant_key(grantee)

    def grant_decide(self, grantee: iam.IGrantable) -> None:
        """Read the days, and change the experiment's weights and status."""
        self.experiments.grant(grantee, "dynamodb:GetItem", "dynamodb:UpdateItem")
        self.metrics.grant(grantee, "dynamodb:Query")
        self._rules.grant_key(grantee)

    def grant_read(self, grantee: iam.IGrantable) -> None:
        self.experiments.grant(grantee, "dynamodb:GetItem")
        self._rules.grant_key(grantee)

    def grant_report(self, grantee: iam.IGrantable) -> None:
        """Read the experiment and the days of its arms."""
        self.grant_read(grantee)
        self.metrics.grant(grantee, "dynamodb:Query")

    def grant_list_experiments(self, grantee: iam.IGrantable) -> None:
        self.experiments.grant(grantee, "dynamodb:Scan")
        self._rules.grant_key(grantee)

    def grant_forget(self, grantee: iam.IGrantable) -> None:
        """Of the requests: no other table knows a unit."""
        self.request_log.grant(grantee, "dynamodb:DeleteItem", "dynamodb:Scan")
        self._rules.grant_key(grantee)

    def grant_challenge(self, grantee: iam.IGrantable) -> None:
        """Put a new model beside the one that serves, and follow what becomes of it."""
        self.experiments.grant(
            grantee, *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
        )
        self._rules.grant_key(grantee)
