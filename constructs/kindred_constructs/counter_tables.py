"""What experiments have counted, and the ledger by which nothing is counted twice."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.global_table import TableRules


class CounterTables(Construct):
    """A mark of each event and the state of each unit are in the ledger, until they expire."""

    def __init__(self, scope: Construct, construct_id: str, *, rules: TableRules) -> None:
        super().__init__(scope, construct_id)
        self._rules = rules
        self.counters = rules.table(
            self, "Counters", partition_key="experiment_id", sort_key="variation_metric"
        )
        self.ledger = rules.table(self, "Ledger", partition_key="id", ttl="expires_at")

    def grant_count(self, grantee: iam.IGrantable) -> None:
        """Counters and ledger change in one transaction; counters are added to and never set."""
        self.counters.grant(grantee, "dynamodb:UpdateItem")
        self.ledger.grant(grantee, "dynamodb:BatchGetItem", "dynamodb:PutItem")
        self._rules.grant_key(grantee)

    def grant_forget(self, grantee: iam.IGrantable) -> None:
        self.ledger.grant(grantee, "dynamodb:DeleteItem", "dynamodb:Scan")
        self._rules.grant_key(grantee)

    def grant_read_counters(self, grantee: iam.IGrantable) -> None:
        self.counters.grant(grantee, "dynamodb:Query")
        self._rules.grant_key(grantee)
