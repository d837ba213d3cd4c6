"""What became of each retraining, and when the last one was started for drift."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.global_table import TableRules


class RetrainingTable(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, rules: TableRules) -> None:
        super().__init__(scope, construct_id)
        self._rules = rules
        self.runs = rules.table(self, "Runs", partition_key="record_id", ttl="expires_at")

    def grant_record(self, grantee: iam.IGrantable) -> None:
        self.runs.grant(grantee, "dynamodb:GetItem", "dynamodb:PutItem")
        self._rules.grant_key(grantee)
