"""Where Prometheus metrics are kept for 150 days, and what is computed of them on the way in."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_aps as aps
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.grants import allow

_RULES = Path(__file__).parents[2] / "telemetry" / "recording_rules.yaml"


class MetricsWorkspace(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(self, "Log", encryption_key=key)
        workspace = aps.CfnWorkspace(
            self,
            "Resource",
            alias=f"kindred-{name}",
            kms_key_arn=key.key_arn,
            logging_configuration=aps.CfnWorkspace.LoggingConfigurationProperty(
                log_group_arn=log_group.log_group_arn
            ),
        )
        workspace.apply_removal_policy(removal_policy)
        self.workspace_id = workspace.attr_workspace_id
        self._arn = workspace.attr_arn
        self.remote_write_url = cdk.Fn.join(
            "", [workspace.attr_prometheus_endpoint, "api/v1/remote_write"]
        )
        aps.CfnRuleGroupsNamespace(
            self,
            "Rules",
            name="services",
            workspace=workspace.attr_arn,
            data=_RULES.read_text("utf-8"),
        )

    def grant_write(self, grantee: iam.IGrantable) -> None:
        allow(grantee, [self._arn], "aps:RemoteWrite")
