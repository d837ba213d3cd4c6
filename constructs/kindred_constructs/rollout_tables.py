"""What is rolled out, step by step, and who may change an endpoint at this moment."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.global_table import TableRules
from kindred_constructs.grants import allow

BY_ENDPOINT, UNFINISHED = "by_endpoint", "unfinished"


class RolloutTables(Construct):
    """Deployments with what was judged, and an item an endpoint: lease, fence, refused digests."""

    def __init__(self, scope: Construct, construct_id: str, *, rules: TableRules) -> None:
        super().__init__(scope, construct_id)
        self._rules = rules
        self.deployments = rules.table(
            self,
            "Deployments",
            partition_key="deployment_id",
            # Of idempotency keys; a deployment has none and stays.
            ttl="expires_at",
            indexes={
                BY_ENDPOINT: ("endpoint", "created_at"),
                # Sparse: only what is not over has the attribute.
                UNFINISHED: ("unfinished",),
            },
            # Deployments are large, written at each step, and loaded by what the index names.
            keys_only=(UNFINISHED,),
        )
        self.endpoints = rules.table(self, "Endpoints", partition_key="endpoint")

    def grant_reconcile(self, grantee: iam.IGrantable) -> None:
        """Find what is unfinished, take the endpoint's lock, and write each step."""
        self._allow(grantee, "dynamodb:GetItem", "dynamodb:PutItem")
        self._allow_index(grantee, UNFINISHED)
        self._allow_endpoints(
            grantee,
            *("dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:UpdateItem"),
        )
        self._rules.grant_key(grantee)

    def grant_ask(self, grantee: iam.IGrantable) -> None:
        """Create a deployment once, list them, and say what is wished of one."""
        self._allow(grantee, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan")
        self._allow_index(grantee, BY_ENDPOINT)
        # A new deployment claims its endpoint in one transaction.
        self._allow_endpoints(grantee, "dynamodb:GetItem", "dynamodb:UpdateItem")
        self._rules.grant_key(grantee)

    def _allow(self, grantee: iam.IGrantable, *actions: str) -> None:
        """The L2's grants take in every index."""
        allow(grantee, [self.deployments.table_arn], *actions)

    def _allow_index(self, grantee: iam.IGrantable, index: str) -> None:
        allow(grantee, [f"{self.deployments.table_arn}/index/{index}"], "dynamodb:Query")

    def _allow_endpoints(self, grantee: iam.IGrantable, *actions: str) -> None:
        allow(grantee, [self.endpoints.table_arn], *actions)
